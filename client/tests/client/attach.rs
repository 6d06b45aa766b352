//! Attaching, and each way in which it can go wrong, told apart.

use std::{io::Read, net::TcpListener, path::Path};

use darkreach_protocol::problem::ProblemKind;

use crate::{
    program::{Said, darkreach, say},
    server::{FakeServer, Fault},
};

fn attach(home: &Path, url: &str, more: &[&str]) -> Said {
    say(darkreach(home).args(["attach", url]).args(more))
}

#[test]
fn attaching_stores_the_node_and_asking_again_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let server = FakeServer::start([]);
    let said = attach(home.path(), server.url(), &["--name", "attic", "--json"]);
    assert_eq!(said.status, 0, "{}", said.err);
    assert_eq!(said.json()[0]["node"], "node-1");
    assert!(!said.out.contains("token"), "{}", said.out);
    let again = attach(home.path(), server.url(), &["--json"]);
    assert_eq!(again.json()[0]["event"], "already_attached");
    let posts = server
        .books()
        .log
        .iter()
        .filter(|l| l.starts_with("POST"))
        .count();
    assert_eq!(posts, 1);
    let status = say(darkreach(home.path()).args(["status", "--json"]));
    assert_eq!(status.json()[0]["server"], server.url());
    assert_eq!(status.json()[0]["name"], "attic");

    let other = FakeServer::start([]);
    let refused = attach(home.path(), other.url(), &[]);
    assert_eq!(refused.status, 1);
    assert!(refused.err.contains("is attached to"), "{}", refused.err);
    let forced = attach(home.path(), other.url(), &["--force"]);
    assert_eq!(forced.status, 0, "{}", forced.err);
    let status = say(darkreach(home.path()).args(["status", "--json"]));
    assert_eq!(status.json()[0]["server"], other.url());
}

#[test]
fn leaving_a_server_keeps_what_was_not_delivered() {
    let home = tempfile::tempdir().unwrap();
    let server = FakeServer::start([]);
    attach(
        home.path(),
        server.url(),
        &["--data-dir", home.path().join("d").to_str().unwrap()],
    );
    let data = home.path().join("d");
    std::fs::create_dir_all(data.join("outbox")).unwrap();
    std::fs::write(data.join("outbox/5.json"), "{}").unwrap();
    let said = attach(
        home.path(),
        FakeServer::start([]).url(),
        &["--force", "--data-dir", data.to_str().unwrap()],
    );
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.err.contains("0 blocks and 1 results"), "{}", said.err);
    let aside = std::fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("left-")
        })
        .unwrap();
    assert!(aside.join("outbox/5.json").exists());
    assert!(aside.join("node.json").exists());
}

#[test]
fn every_wrong_server_is_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let wrong = |url: &str, words: &str, hint: &str| {
        let said = attach(home.path(), url, &[]);
        assert_ne!(said.status, 0);
        assert!(said.err.contains(words), "{words}: {}", said.err);
        assert!(said.err.contains(hint), "{hint}: {}", said.err);
        let status = say(darkreach(home.path()).args(["status", "--json"]));
        assert_eq!(status.json()[0]["attached"], false);
    };
    let with = |fault: Fault| {
        let server = FakeServer::start([]);
        server.books().faults.push_back(("/api/v1", fault));
        server
    };
    // Nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    wrong(
        &address,
        "the connection was refused",
        "is the server running?",
    );
    let stranger = with(Fault::Stranger(200, "<html>hello</html>"));
    wrong(
        stranger.url(),
        "is not a darkreach server",
        "check the address",
    );
    let missing = with(Fault::Stranger(404, "not here"));
    wrong(
        missing.url(),
        "is not a darkreach server: status 404",
        "check the address",
    );
    let future = with(Fault::Version(99));
    wrong(
        future.url(),
        "speaks protocol version 99, this program speaks 1",
        "install the newest",
    );
    let crowded = with(Fault::Problem(ProblemKind::RateLimited));
    wrong(crowded.url(), "Too many requests", "wait a while");
    let cut = with(Fault::LoseAnswer);
    wrong(cut.url(), "cannot be reached", "check the address");
    // HTTPS where nobody speaks it.
    let plain = FakeServer::start([]);
    let https = plain.url().replace("http://", "https://");
    wrong(&https, "", "hint: ");
    // Plain HTTP to another machine is refused before anything is sent.
    wrong(
        "http://192.0.2.1:7770",
        "plain HTTP to another machine",
        "--allow-plain-http",
    );
    wrong("nonsense", "is not a server address", "https://example.org");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_told_so_and_can_be_vouched_for() {
    let home = tempfile::tempdir().unwrap();
    let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(
        rustls::crypto::aws_lc_rs::default_provider().into(),
    )
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(
        vec![key.cert.der().clone()],
        key.signing_key.serialize_der().try_into().unwrap(),
    )
    .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::Stream::new(&mut tls, &mut stream);
            // A handshake and a request; the answer is an end, which is not a server of ours.
            let _ = stream.read(&mut [0; 1024]);
        }
    });
    let url = format!("https://localhost:{port}");
    let said = attach(home.path(), &url, &[]);
    assert_eq!(said.status, 1);
    let no_roots = said.err.contains("cannot prepare the connection");
    assert!(
        no_roots
            || said
                .err
                .contains("issued by an authority that this computer does not know"),
        "{}",
        said.err
    );
    assert!(said.err.contains("--ca-certificate FILE"), "{}", said.err);
    // Vouched for, TLS is fine, and what is wrong is another thing.
    let pem = home.path().join("ca.pem");
    std::fs::write(&pem, key.cert.pem()).unwrap();
    let said = attach(
        home.path(),
        &url,
        &["--ca-certificate", pem.to_str().unwrap()],
    );
    assert_eq!(said.status, 1);
    assert!(said.err.contains("cannot be reached: "), "{}", said.err);
    // But not for another name.
    let url = format!("https://127.0.0.1:{port}");
    let said = attach(
        home.path(),
        &url,
        &["--ca-certificate", pem.to_str().unwrap()],
    );
    assert!(
        said.err.contains("its certificate is for another name"),
        "{}",
        said.err
    );
    std::fs::write(&pem, "no certificate").unwrap();
    let said = attach(
        home.path(),
        &url,
        &["--ca-certificate", pem.to_str().unwrap()],
    );
    assert!(
        said.err.contains("there is no certificate in it"),
        "{}",
        said.err
    );
}
