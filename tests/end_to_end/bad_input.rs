//! What people and broken machines do: wrong arguments, wrong servers, wrong directories, a second
//! worker, a corrupt checkpoint. A clear message, a non-zero status, nothing lost.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Output},
    thread,
};

use darkreach_e2e::{
    expected::Range,
    process::{output, program},
    server::Server,
    worker::Worker,
};

fn refused(out: &Output, words: &[&str]) {
    assert!(
        !out.status.success(),
        "accepted: {}",
        String::from_utf8_lossy(&out.stdout)
    );
    let message = String::from_utf8_lossy(&out.stderr);
    assert!(!message.contains("panicked"), "{message}");
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
}

fn darkreach(arguments: &[&str]) -> Output {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let config = dir.path().join("config.toml");
    fs::write(&config, "").expect("write");
    output(
        Command::new(program("darkreach"))
            .args(arguments)
            .arg("--data-dir")
            .arg(dir.path().join("state"))
            .arg("--config")
            .arg(config),
    )
}

/// Ranges and parameters that make no sense name the argument at fault.
#[test]
fn impossible_searches_are_refused_by_both_programs() {
    let server = Server::start();
    for (k, n, base, c, word) in [
        ("5..5", "100", "2", "1", "k"),
        ("9..3", "100", "2", "1", "k"),
        ("1..99999999999999999999999", "100", "2", "1", "k"),
        ("1..100", "1..100", "2", "1", "range"),
        ("1..100", "100", "1", "1", "base"),
        ("1..100", "100", "2", "0", "c"),
        ("1..100", "100", "2", "4", "c"),
        ("4", "1..100", "2", "1", "k"),
        ("1..100", "99999999999", "2", "1", "n"),
        ("abc", "100", "2", "1", "k"),
    ] {
        let c = format!("--c={c}");
        let arguments = ["kbn", "--k", k, "--n", n, "--base", base, c.as_str()];
        refused(&darkreach(&[&["search"], &arguments[..]].concat()), &[word]);
        refused(
            &server.command(&[&["job", "create"], &arguments[..]].concat()),
            &[word],
        );
    }
}

/// A server that is not there, is something else, speaks another version, or would be talked to in
/// the clear over the internet: four different messages.
#[test]
fn attaching_to_the_wrong_place_says_what_is_wrong() {
    let free = TcpListener::bind("127.0.0.1:0")
        .expect("bind")
        .local_addr()
        .expect("address");
    refused(
        &darkreach(&["attach", &format!("http://{free}")]),
        &["connect"],
    );

    for (answer, header, words) in [
        ("{\"hello\":1}", "", &["not a darkreach server"][..]),
        (
            "{\"service\":\"darkreach\",\"version\":\"9.0.0\",\"protocol\":99}",
            "x-darkreach-protocol: 99\r\n",
            &["protocol", "99"][..],
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("address");
        let body = answer.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut request = [0; 2048];
                let _enough = stream.read(&mut request);
                let _sent = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{header}content-length: {}\r\nconnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        refused(&darkreach(&["attach", &format!("http://{address}")]), words);
    }
    refused(&darkreach(&["attach", "http://192.0.2.1"]), &["https"]);
    refused(&darkreach(&["attach", "ftp://127.0.0.1"]), &["http"]);
    refused(&darkreach(&["run", "--until-idle"]), &["attach"]);
}

/// Directories that are not ours are left alone, by both programs.
#[test]
fn a_directory_without_our_marker_is_not_touched() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("thesis.txt");
    fs::write(&file, "chapter 1").expect("write");
    let place = dir.path().to_str().expect("UTF-8");
    for (name, arguments) in [
        (
            "darkreach",
            vec!["attach", "http://127.0.0.1:9", "--data-dir", place],
        ),
        ("darkreach", vec!["run", "--data-dir", place]),
        (
            "darkreach-server",
            vec!["serve", "--listen", "127.0.0.1:0", "--data-dir", place],
        ),
    ] {
        refused(
            &output(Command::new(program(name)).args(arguments)),
            &[place],
        );
    }
    let left: Vec<_> = fs::read_dir(dir.path()).expect("read").collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// A second worker and a second server on the same directory are told so.
#[test]
fn one_directory_has_one_owner() {
    let server = Server::start();
    server.job("1..8000", "12000", 2, 1, 4000);
    let worker = Worker::attach(&server.url);
    let process = worker.run(&["--until-idle", "--log-candidates"]);
    process.wait_for("tested");
    refused(
        &worker.command(&["run", "--until-idle"]),
        &["another", &process.id().to_string()],
    );
    let second = server.command(&["serve", "--listen", "127.0.0.1:0"]);
    refused(&second, &["another"]);
    process.terminate();
}

/// The newest checkpoint is damaged: the one before it is used, with a warning, and the results are
/// right. Both damaged: the block starts again.
#[test]
fn a_corrupt_checkpoint_is_not_believed() {
    for damage_all in [false, true] {
        let server = Server::start();
        let range = Range {
            k: 1..4000,
            n: 8000..8001,
            base: 2,
            c: 1,
        };
        let job = server.job("1..4000", "8000", 2, 1, 4000);
        let worker = Worker::attach(&server.url);
        let arguments = [
            "--until-idle",
            "--log-candidates",
            "--checkpoint-seconds",
            "0.05",
        ];
        let mut process = worker.run(&arguments);
        for _ in 0..4 {
            process.wait_for("checkpoint");
        }
        process.kill();
        let files = worker.checkpoints();
        assert!(files.len() >= 2, "{files:?}");
        let from = if damage_all { 0 } else { files.len() - 1 };
        for file in &files[from..] {
            let mut bytes = fs::read(file).expect("read");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
            fs::write(file, bytes).expect("write");
        }
        let mut process = worker.run(&arguments);
        let (status, events) = process.finish();
        assert!(status.success(), "{}", process.log());
        let warned = events.iter().any(|event| {
            let message = event["message"].as_str().unwrap_or_default();
            event["event"] == "warning" && message.contains("checkpoint")
        });
        assert!(warned, "no warning: {events:?}");
        server.wait_validated(job);
        range.assert_right(&server.api().candidates(job));
    }
}

/// Mistakes in the configuration are reported with their place.
#[test]
fn configuration_mistakes_have_line_and_column() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let config = dir.path().join("config.toml");
    for (text, words) in [
        (
            "threads = 2\ncheckpoint_secnods = 3\n",
            &["config.toml", "2", "checkpoint_secnods"][..],
        ),
        ("threads = \"many\"\n", &["config.toml:1:11", "many"][..]),
        ("threads = = 2\n", &["config.toml", "1"][..]),
    ] {
        fs::write(&config, text).expect("write");
        let out = output(
            Command::new(program("darkreach"))
                .args(["status", "--data-dir"])
                .arg(dir.path().join("state"))
                .arg("--config")
                .arg(&config),
        );
        refused(&out, words);
    }
}
