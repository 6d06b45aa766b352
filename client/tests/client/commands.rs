//! The program's commands that need no server.

use serde_json::Value;

use crate::{
    known::{SEVEN_PLUS, THREE_MINUS, primes_over_k},
    program::{Running, darkreach, say},
};

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn primes(events: &[Value]) -> Vec<String> {
    let mut primes: Vec<_> = events
        .iter()
        .filter(|event| event["event"] == "prime")
        .map(|event| event["expression"].as_str().unwrap().to_owned())
        .collect();
    primes.sort();
    primes
}

fn search(arguments: &[&str]) -> Vec<Value> {
    let home = home();
    let said = say(darkreach(home.path())
        .arg("search")
        .args(arguments)
        .arg("--json"));
    assert_eq!(said.status, 0, "{}", said.err);
    said.json()
}

#[test]
fn numbers_are_tested_and_told_in_the_order_in_which_they_were_given() {
    let home = home();
    let said = say(darkreach(home.path()).args([
        "test",
        "27*2^5000-1",
        "3*2^2816+1",
        "1",
        "2",
        "11#-1",
        "100!+1",
        "10^9+7",
        "--json",
    ]));
    assert_eq!(said.status, 0, "{}", said.err);
    let answers = said.json();
    let told: Vec<_> = answers
        .iter()
        .map(|a| {
            (
                a["expression"].as_str().unwrap(),
                a["verdict"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("27*2^5000-1", "composite"),
            ("3*2^2816+1", "prime"),
            ("1", "composite"),
            ("2", "prime"),
            ("11#-1", "prime"),
            ("100!+1", "composite"),
            ("10^9+7", "prime"),
        ]
    );
    assert_eq!(answers[1]["digits"], 849);
    for answer in &answers {
        let mut keys: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        assert_eq!(
            keys,
            [
                "digits",
                "expression",
                "method",
                "mismatches",
                "res64",
                "seconds",
                "verdict"
            ]
        );
        assert_eq!(answer["mismatches"], 0);
        assert!(answer["seconds"].as_f64().unwrap() >= 0.0);
    }
}

#[test]
fn the_fermat_test_gives_the_residue_that_other_programs_give() {
    let home = home();
    // PRST's and PFGW's RES64 of 3^(N-1) mod N.
    let said = say(darkreach(home.path()).args(["test", "3*2^188+1", "--method", "prp", "--json"]));
    let answer = &said.json()[0];
    assert_eq!(answer["res64"], "E362E5218682A016");
    assert_eq!(answer["verdict"], "composite");
    let said = say(darkreach(home.path()).args(["test", "3*2^189+1", "--method", "prp", "--json"]));
    assert_eq!(said.json()[0]["verdict"], "probable_prime");
    assert_eq!(said.json()[0]["res64"], "0000000000000001");
}

#[test]
fn a_wrong_expression_is_told_and_the_others_are_tested() {
    let home = home();
    let list = home.path().join("list");
    std::fs::write(&list, "# numbers\n7\n\n2^61-1\n").unwrap();
    let said = say(darkreach(home.path())
        .args(["test", "3*2^^5", "--json", "--file"])
        .arg(&list));
    assert_eq!(said.status, 1);
    assert!(said.err.contains("at character 5"), "{}", said.err);
    let answers = said.json();
    assert_eq!(answers.len(), 3);
    assert!(answers[0]["error"].is_string());
    assert_eq!(answers[2]["expression"], "2^61-1");
    assert_eq!(answers[2]["verdict"], "prime");
}

#[test]
fn a_range_of_n_gives_the_published_primes() {
    for (k, c, known) in [("7", "1", SEVEN_PLUS), ("3", "-1", THREE_MINUS)] {
        let events = search(&["kbn", "--k", k, "--n", "1..=1000", "--c", c]);
        let sign = if c == "1" { "+1" } else { "-1" };
        let mut expected: Vec<_> = known.iter().map(|n| format!("{k}*2^{n}{sign}")).collect();
        expected.sort();
        assert_eq!(primes(&events), expected);
        let done = events.last().unwrap();
        assert_eq!(done["event"], "done");
        assert_eq!(done["candidates"], 1000);
        assert_eq!(done["primes"], known.len());
        let sum = done["sieved"].as_u64().unwrap() + done["tested"].as_u64().unwrap();
        assert_eq!(sum, 1000);
    }
}

#[test]
fn a_range_of_k_gives_what_gmp_finds() {
    for (range, k, n, base, c) in [
        ("1..300", 1..300, 1000, 2, 1),
        ("1..=299", 1..300, 200, 2, -1),
        ("5..400", 5..400, 120, 3, 1),
        ("1..200", 1..200, 90, 10, -1),
    ] {
        let (n_text, base_text, c_text) = (n.to_string(), base.to_string(), c.to_string());
        let events = search(&[
            "kbn",
            "--k",
            range,
            "--n",
            &n_text,
            "--base",
            &base_text,
            "--c",
            &c_text,
            "--threads",
            "2",
        ]);
        let mut expected = primes_over_k(k, n, base, c);
        expected.sort();
        assert_eq!(primes(&events), expected, "{range} {n} {base} {c}");
        for event in events.iter().filter(|e| e["event"] == "prime") {
            assert!(event["proof"]["theorem"].is_string(), "{event}");
            assert!(event["digits"].as_u64().unwrap() > 1, "{event}");
        }
    }
}

#[test]
fn every_candidate_has_its_line_in_the_results() {
    let home = home();
    let file = home.path().join("results.csv");
    let said = say(darkreach(home.path())
        .args([
            "search",
            "kbn",
            "--k",
            "1..100",
            "--n",
            "188",
            "--c",
            "1",
            "--results",
        ])
        .arg(&file));
    assert_eq!(said.status, 0, "{}", said.err);
    let text = std::fs::read_to_string(&file).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("at,expression,outcome,factor,res64"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let at: Vec<u64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(at, (1..100).step_by(2).collect::<Vec<_>>());
    let three = &rows[1];
    assert_eq!(three[1], "3*2^188+1");
    assert!(
        three[2] == "factor" || three[4] == "E362E5218682A016",
        "{three:?}"
    );
    for row in &rows {
        assert_eq!(row[2] == "factor", !row[3].is_empty(), "{row:?}");
        assert_eq!(row[2] == "composite", row[4].len() == 16, "{row:?}");
    }
}

#[test]
fn wrong_ranges_are_usage_errors_that_say_what_would_be_right() {
    let home = home();
    for (k, n, what) in [
        ("1..1", "5", "--k"),
        ("5..1", "5", "--k"),
        ("1..x", "5", "--k"),
        ("1..99999999999999999999999", "5", "--k"),
        ("1", "2", ""),
        ("1..3", "1..3", ""),
        ("0..=18446744073709551615", "5", "--k"),
    ] {
        let said =
            say(darkreach(home.path()).args(["search", "kbn", "--c", "1", "--k", k, "--n", n]));
        assert_eq!(said.status, 2, "{k} {n}: {}", said.err);
        assert!(said.err.starts_with("error: "), "{}", said.err);
        assert!(said.err.contains(what), "{}", said.err);
        assert!(said.out.is_empty());
    }
    let said = say(darkreach(home.path()).args(["search", "kbn", "--k", "1"]));
    assert_eq!(said.status, 2);
}

#[test]
fn a_search_that_was_stopped_goes_on_from_its_checkpoint() {
    let home = home();
    let folder = home.path().join("checkpoints");
    let command = || {
        let mut command = darkreach(home.path());
        command
            .args(["search", "kbn", "--k", "1..4000", "--n", "600", "--c", "1"])
            .args(["--json", "--checkpoint"])
            .arg(&folder);
        command
    };
    let mut first = Running::start(&mut command());
    let found = first.until("prime")["expression"]
        .as_str()
        .unwrap()
        .to_owned();
    first.signal("TERM");
    let (status, mut events) = first.end();
    if status == Some(0) {
        // It was quicker than the signal; then there is nothing to go on with.
        assert_eq!(events.last().unwrap()["event"], "done");
        return;
    }
    assert_eq!(status, Some(1));
    // Another search does not take this state.
    let said = say(darkreach(home.path())
        .args([
            "search",
            "kbn",
            "--k",
            "1..4001",
            "--n",
            "600",
            "--c",
            "1",
            "--checkpoint",
        ])
        .arg(&folder));
    assert_eq!(said.status, 1);
    assert!(said.err.contains("another search"), "{}", said.err);

    let second = say(&mut command());
    assert_eq!(second.status, 0, "{}", second.err);
    let done = second.json().last().unwrap().clone();
    events.extend(second.json());
    let mut together = primes(&events);
    together.push(found);
    together.sort();
    together.dedup();
    let mut expected = primes_over_k(1..4000, 600, 2, 1);
    expected.sort();
    assert_eq!(together, expected);
    assert_eq!(done["primes"], expected.len());
}

#[test]
fn status_says_what_is_not_there() {
    let home = home();
    let said = say(darkreach(home.path()).arg("status"));
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(
        said.out.contains("not attached (darkreach attach URL)"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("not running (darkreach run)"),
        "{}",
        said.out
    );
    let said = say(darkreach(home.path()).args(["status", "--json"]));
    let report = &said.json()[0];
    assert_eq!(report["attached"], false);
    assert_eq!(report["running"], false);
    // Looking changes nothing.
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    let said = say(darkreach(home.path()).arg("run"));
    assert_eq!(said.status, 1);
    assert!(said.err.contains("not attached"), "{}", said.err);
    assert!(
        said.err.contains("hint: darkreach attach URL"),
        "{}",
        said.err
    );
}

#[test]
fn flags_beat_the_environment_and_that_beats_the_file() {
    let home = home();
    let file = home.path().join("my.toml");
    std::fs::write(
        &file,
        "threads = 3\nclaim_ahead = 7\ncheckpoint_seconds = 11\n",
    )
    .unwrap();
    let said = say(darkreach(home.path())
        .args(["config", "--json", "--log", "error", "--config"])
        .arg(&file)
        .env("DARKREACH_THREADS", "5")
        .env("DARKREACH_LOG", "debug"));
    assert_eq!(said.status, 0, "{}", said.err);
    let settings = said.json()[0]["settings"].clone();
    let row = |key: &str| {
        (
            settings[key]["value"].clone(),
            settings[key]["origin"].clone(),
        )
    };
    assert_eq!(row("threads"), (5.into(), "environment".into()));
    assert_eq!(row("claim_ahead"), (7.into(), "file".into()));
    assert_eq!(row("log"), ("error".into(), "command_line".into()));
    assert_eq!(row("heartbeat_seconds"), (30.0.into(), "default".into()));
}

#[test]
fn configuration_mistakes_are_told_with_their_place() {
    let home = home();
    let file = home.path().join("my.toml");
    std::fs::write(&file, "threads = 3\nthread = 4\n").unwrap();
    let said = say(darkreach(home.path())
        .args(["status", "--config"])
        .arg(&file));
    assert_eq!(said.status, 1);
    assert!(
        said.err.contains("my.toml:2:1: unknown field `thread`"),
        "{}",
        said.err
    );
    let said = say(darkreach(home.path())
        .arg("status")
        .env("DARKREACH_THREADS", "many"));
    assert!(
        said.err
            .starts_with("error: DARKREACH_THREADS: \"many\" is not valid"),
        "{}",
        said.err
    );
    let said = say(darkreach(home.path()).args(["run", "--checkpoint-seconds", "0"]));
    assert!(
        said.err
            .starts_with("error: --checkpoint-seconds: 0 is not between 0.05 and 3600"),
        "{}",
        said.err
    );
    let said = say(darkreach(home.path()).args(["status", "--config", "/nowhere/at.all"]));
    assert!(
        said.err
            .contains("cannot read the configuration /nowhere/at.all"),
        "{}",
        said.err
    );
}

#[test]
fn the_licences_of_gmp_are_in_the_program() {
    let home = home();
    let said = say(darkreach(home.path()).arg("licences"));
    assert_eq!(said.status, 0);
    for text in [
        "GNU LESSER GENERAL PUBLIC LICENSE",
        "Relinking with your own GMP",
        "gmp-mpfr-sys",
    ] {
        assert!(said.out.contains(text), "{text}");
    }
}
