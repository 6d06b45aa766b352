//! Certificates written by `test --certificate` and judged by `verify`.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::program::{darkreach, say};

/// The answers to `test --certificate` for these numbers, with the files' folder.
fn certify(home: &Path, numbers: &[&str]) -> (Vec<Value>, PathBuf) {
    let folder = home.join("certificates");
    let said = say(darkreach(home)
        .arg("test")
        .args(numbers)
        .args(["--json", "--certificate"])
        .arg(&folder));
    assert_eq!(said.status, 0, "{}", said.err);
    (said.json(), folder)
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    names
}

#[test]
fn a_prime_of_each_kind_has_a_file_that_is_verified() {
    let home = tempfile::tempdir().unwrap();
    let kinds = [
        ("97", "small"),
        ("3*2^189+1", "proth"),
        ("3*2^206-1", "llr"),
        ("46*6^60+1", "pocklington"),
        ("28*6^60-1", "morrison"),
        ("73!+1", "pocklington"),
        ("379#+1", "pocklington"),
        ("94!-1", "morrison"),
        ("10^99+289", "ecpp"),
        ("9366258517812865707042407075682187158526639", "ecpp"),
    ];
    let mut numbers: Vec<&str> = kinds.iter().map(|(number, _)| *number).collect();
    numbers.extend(["91", "3*2^188+1"]);
    let (answers, folder) = certify(home.path(), &numbers);
    let files: Vec<&str> = answers
        .iter()
        .filter_map(|answer| answer["certificate"].as_str())
        .collect();
    assert_eq!(files.len(), kinds.len(), "{answers:?}");
    assert_eq!(names(&folder).len(), kinds.len());
    assert!(answers[kinds.len()]["certificate"].is_null());
    let said = say(darkreach(home.path())
        .arg("verify")
        .args(&files)
        .arg("--json"));
    assert_eq!(said.status, 0, "{}", said.err);
    for ((number, theorem), told) in kinds.iter().zip(said.json()) {
        assert_eq!(told["expression"], *number);
        assert_eq!(told["verdict"], "prime", "{told}");
        assert!(told["seconds"].as_f64().unwrap() >= 0.0);
        if *theorem != "ecpp" {
            assert_eq!(told["theorem"], *theorem, "{told}");
        }
    }
    // The same for people.
    let said = say(darkreach(home.path()).arg("verify").arg(files[1]));
    assert!(
        said.out.starts_with("3*2^189+1 is prime (proth, one step"),
        "{}",
        said.out
    );
}

#[test]
fn what_is_not_proved_has_no_file() {
    let home = tempfile::tempdir().unwrap();
    // Too long for elliptic curves, and without factors of N-1 and N+1.
    let folder = home.path().join("certificates");
    let said = say(darkreach(home.path())
        .args(["test", "(2^5807+1)/3", "--certificate"])
        .arg(&folder));
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.out.contains("is probable prime"), "{}", said.out);
    assert!(said.out.contains("no certificate"), "{}", said.out);
    assert!(names(&folder).is_empty());
}

#[test]
fn refused_and_missing_files_are_named() {
    let home = tempfile::tempdir().unwrap();
    let (answers, folder) = certify(home.path(), &["3*2^189+1", "73!+1"]);
    let good = answers[0]["certificate"].as_str().unwrap();
    let text = std::fs::read_to_string(good).unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let other = write("other", &text.replace("3*2^189+1", "3*2^190+1"));
    let half = write("half", &text[..text.len() / 2]);
    let missing = folder.join("missing");
    let said = say(darkreach(home.path())
        .arg("verify")
        .args([good.as_ref(), other.as_path(), &half, &missing])
        .arg("--json"));
    assert_eq!(said.status, 1);
    let told = said.json();
    let verdicts: Vec<_> = told
        .iter()
        .map(|t| t["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["prime", "refused", "refused", "refused"]);
    assert_eq!(told[1]["expression"], "3*2^190+1");
    assert!(said.err.contains("is not the n"), "{}", said.err);
    assert!(
        said.err.contains("cannot read") && said.err.contains("missing"),
        "{}",
        said.err
    );
    assert!(said.err.contains("3 of 4"), "{}", said.err);
    for told in &told {
        assert!(told["file"].is_string());
    }
}

/// A command that keeps its state as often as can be, with its log.
fn often(home: &Path, arguments: &[&str]) -> Command {
    let mut command = darkreach(home);
    command
        .args(arguments)
        .args(["--log", "info", "--json"])
        .env("DARKREACH_CHECKPOINT_SECONDS", "0.05");
    command
}

/// Starts a command again and again, and kills it as soon as it has saved a state, at most `times`; then lets
/// it end. What it said in the end, and what each run said that it went on from.
fn kill_and_go_on(
    times: usize,
    mut command: impl FnMut() -> Command,
) -> (crate::program::Said, Vec<String>) {
    let mut gone_on = Vec::new();
    for run in 0..times {
        let mut child = command()
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let saved = lines.map_while(Result::ok).any(|line| {
            let saved = line.contains("was saved");
            said.push(line);
            saved
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(saved, "run {run} ended before it saved a state: {said:?}");
        let resumed = said
            .into_iter()
            .filter(|line| line.contains("goes on from"));
        let resumed: Vec<String> = resumed.collect();
        assert_eq!(resumed.is_empty(), run == 0, "{resumed:?}");
        gone_on.extend(resumed);
    }
    let said = say(&mut command());
    let resumed = said
        .err
        .lines()
        .filter(|line| line.contains("goes on from"));
    gone_on.extend(resumed.map(str::to_owned));
    (said, gone_on)
}

#[test]
fn killed_proofs_of_every_theorem_go_on() {
    let home = tempfile::tempdir().unwrap();
    // What runs long, and how long it takes for another kill to come in time.
    for (number, theorem, times) in [
        ("3*2^42294+1", "proth", 3),
        ("3*2^41628-1", "llr", 3),
        ("2*3^26000+1", "", 2),
        ("872!+1", "pocklington", 2),
        ("974!-1", "morrison", 4),
        ("10^299+669", "ecpp", 3),
    ] {
        let folder = |name: &str| home.path().join(name).display().to_string();
        let (killed, whole) = (folder("killed"), folder("whole"));
        let test = |folder: &str| often(home.path(), &["test", number, "--certificate", folder]);
        let (said, gone_on) = kill_and_go_on(times, || test(&killed));
        assert_eq!(said.status, 0, "{}", said.err);
        assert!(gone_on.len() >= times, "{number}: {gone_on:?}");
        // Nothing is left of the states, and all is as if nothing had happened.
        let answer = &said.json()[0];
        let expected = &say(&mut test(&whole)).json()[0];
        for field in ["verdict", "method", "res64", "mismatches"] {
            assert_eq!(answer[field], expected[field], "{number}: {field}");
        }
        if theorem.is_empty() {
            assert_eq!(answer["verdict"], "composite");
            continue;
        }
        assert_eq!(answer["method"], theorem, "{number}");
        let (one, other) = (names(killed.as_ref()), names(whole.as_ref()));
        assert_eq!((one.len(), other.len()), (1, 1), "{one:?}");
        let certificate = std::fs::read(&one[0]).unwrap();
        assert_eq!(certificate, std::fs::read(&other[0]).unwrap(), "{number}");
        for file in [&one[0], &other[0]] {
            std::fs::remove_file(file).unwrap();
        }
    }
}

#[test]
fn a_killed_verification_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let numbers = ["974!-1", "10^199+153", "3*2^42294+1"];
    let (answers, _) = certify(home.path(), &numbers);
    let files: Vec<&str> = answers
        .iter()
        .map(|answer| answer["certificate"].as_str().unwrap())
        .collect();
    let verify = || often(home.path(), &[&["verify"], &files[..]].concat());
    let (said, gone_on) = kill_and_go_on(4, verify);
    assert_eq!(said.status, 0, "{}", said.err);
    let verdicts: Vec<_> = said
        .json()
        .iter()
        .map(|told| (told["expression"].clone(), told["verdict"].clone()))
        .collect();
    let expected: Vec<_> = numbers.map(|n| (n.into(), "prime".into())).into();
    assert_eq!(verdicts, expected);
    assert!(
        gone_on.iter().any(|line| line.contains("verified")),
        "{gone_on:?}"
    );
    // Nothing is left, and what was verified counts for these files alone.
    let cache = home.path().join(".cache").join("darkreach");
    assert!(names(&cache).is_empty(), "{:?}", names(&cache));
    let mut child = verify()
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(
        lines
            .map_while(Result::ok)
            .any(|line| line.contains("was saved"))
    );
    child.kill().unwrap();
    child.wait().unwrap();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let forged = text.replacen("\"expression\": \"", "\"expression\": \"2+", 1);
        assert_ne!(text, forged);
        std::fs::write(file, forged).unwrap();
    }
    let said = say(&mut verify());
    assert_eq!(said.status, 1, "{}", said.out);
    assert!(said.json().iter().all(|told| told["verdict"] == "refused"));
}
