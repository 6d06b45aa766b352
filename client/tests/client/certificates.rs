//! Certificates written by `test --certificate` and judged by `verify`.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
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

#[test]
fn a_killed_proof_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("certificates");
    let mut command = darkreach(home.path());
    command
        .args([
            "test",
            "10^299+669",
            "--log",
            "info",
            "--json",
            "--certificate",
        ])
        .arg(&folder);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let saved = lines
        .map_while(Result::ok)
        .any(|line| line.contains("was saved"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(saved);
    let left = names(&folder);
    assert!(
        left.iter()
            .any(|path| path.extension().is_some_and(|e| e == "state")),
        "{left:?}"
    );
    assert!(
        !left
            .iter()
            .any(|path| path.extension().is_some_and(|e| e == "json"))
    );

    let said = say(darkreach(home.path())
        .args([
            "test",
            "10^299+669",
            "--log",
            "info",
            "--json",
            "--certificate",
        ])
        .arg(&folder));
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(
        said.err.contains("goes on from its saved state"),
        "{}",
        said.err
    );
    let left = names(&folder);
    assert_eq!(left.len(), 1, "{left:?}");
    let said = say(darkreach(home.path()).arg("verify").arg(&left[0]));
    assert_eq!(said.status, 0, "{}", said.err);
}
