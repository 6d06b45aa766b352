//! Sieves, files of candidates and the list of forms, by the program.

use std::path::Path;

use serde_json::Value;

use crate::program::{Running, Said, darkreach, say};

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn sieve(home: &Path, arguments: &[&str]) -> Said {
    say(darkreach(home)
        .current_dir(home)
        .arg("sieve")
        .args(arguments)
        .arg("--json"))
}

fn last(said: &Said) -> Value {
    assert_eq!(said.status, 0, "{}", said.err);
    said.json().pop().unwrap()
}

fn read(home: &Path, name: &str) -> String {
    std::fs::read_to_string(home.join(name)).unwrap()
}

pub(crate) fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_sieve_ends_with_its_counts_and_writes_what_is_left() {
    let home = home();
    let done = last(&sieve(
        home.path(),
        &[
            "kbn",
            "--k",
            "1..=20000",
            "--n",
            "1000",
            "--base",
            "2",
            "--c",
            "1",
            "--p-max",
            "1e6",
            "--out",
            "left.abc",
            "--factors",
            "factors",
        ],
    ));
    assert_eq!(done["form"], "kbn");
    assert_eq!(done["primes_tested"], 78_498);
    assert_eq!(done["candidates"], 10_000);
    let number = |name: &str| done[name].as_u64().unwrap();
    assert_eq!(
        number("candidates"),
        number("factors") + number("survivors")
    );
    assert!(done["seconds"].as_f64().unwrap() > 0.0);
    let left = read(home.path(), "left.abc");
    assert_eq!(left.lines().count() as u64, number("survivors") + 1);
    assert!(left.starts_with("ABC $a*2^1000+1 // "), "{left}");
    let factors = read(home.path(), "factors");
    assert_eq!(factors.lines().count() as u64, number("factors"));
    for line in factors.lines() {
        let (p, candidate) = line.split_once(" | ").unwrap();
        let p: u64 = p.parse().unwrap();
        let k: u64 = candidate
            .strip_suffix("*2^1000+1")
            .unwrap()
            .parse()
            .unwrap();
        let power = rug::Integer::from(2)
            .pow_mod(&rug::Integer::from(1000), &rug::Integer::from(p))
            .unwrap();
        assert_eq!((power * k + 1u32) % p, 0, "{line}");
    }
    // Every candidate once: with a factor, or left.
    let mut ks: Vec<u64> = factors
        .lines()
        .map(|line| line.split([' ', '*']).nth(2).unwrap().parse().unwrap())
        .chain(left.lines().skip(1).map(|line| line.parse().unwrap()))
        .collect();
    ks.sort_unstable();
    ks.dedup();
    assert_eq!(ks.len(), 10_000);
}

#[test]
fn files_of_every_format_are_tested() {
    let home = home();
    let mut verdicts = Vec::new();
    for format in ["abc", "abcd", "newpgen"] {
        let arguments = [
            "kbn", "--k", "9", "--n", "1..=300", "--c", "1", "--p-max", "1000", "--out", "left",
            "--format", format,
        ];
        let done = last(&sieve(home.path(), &arguments));
        let said = say(darkreach(home.path())
            .args(["test", "--json", "--file"])
            .arg(home.path().join("left")));
        assert_eq!(said.status, 0, "{}", said.err);
        let answers = said.json();
        assert_eq!(answers.len() as u64, done["survivors"].as_u64().unwrap());
        let primes: Vec<String> = answers
            .iter()
            .filter(|answer| answer["verdict"] == "prime")
            .map(|answer| answer["expression"].as_str().unwrap().to_owned())
            .collect();
        verdicts.push(primes);
    }
    // A002256 up to 300; small ones that equal the sieving prime are left.
    let expected: Vec<String> = [
        1, 2, 3, 6, 7, 11, 14, 17, 33, 42, 43, 63, 65, 67, 81, 134, 162, 206, 211,
    ]
    .iter()
    .map(|n| format!("9*2^{n}+1"))
    .collect();
    assert_eq!(verdicts, vec![expected; 3]);
}

#[test]
fn a_bad_line_of_a_file_is_named() {
    let home = home();
    let list = home.path().join("list");
    std::fs::write(&list, "ABC $a*2^$b+1\n3 5\n3 x\n").unwrap();
    let said = say(darkreach(home.path()).args(["test", "--file"]).arg(&list));
    assert_eq!(said.status, 1);
    assert!(said.err.contains("line 3"), "{}", said.err);
    assert!(said.out.is_empty());
    // One that can be read and has no value that could be tested; the others are tested.
    std::fs::write(&list, "ABC $a*2^$b+1\n3 5\n3 99999999999\n").unwrap();
    let said = say(darkreach(home.path())
        .args(["test", "--json", "--file"])
        .arg(&list));
    assert_eq!(said.status, 1);
    assert!(said.err.contains("list: line 3: "), "{}", said.err);
    assert!(said.err.contains("a power is too large"), "{}", said.err);
    assert_eq!(said.json()[0]["verdict"], "prime");
}

#[test]
fn depths_that_make_no_sense_are_usage_errors() {
    let home = home();
    let form = ["kbn", "--k", "1..9", "--n", "50", "--c", "1"];
    for (depth, reason) in [
        ("1", "too small"),
        ("-5", "not a whole number"),
        ("many", "not a whole number"),
        ("1e30", "above 281474976710656"),
    ] {
        for (command, flag) in [("search", "--sieve-limit"), ("sieve", "--p-max")] {
            let said = say(darkreach(home.path())
                .arg(command)
                .args(form)
                .args([flag, depth]));
            assert_eq!(said.status, 2, "{depth}: {}", said.err);
            assert!(
                said.err.contains(flag) && said.err.contains(reason),
                "{}",
                said.err
            );
        }
    }
}

#[test]
fn a_sieve_chooses_its_depth_by_itself_and_goes_deeper_later() {
    let home = home();
    let arguments = [
        "twin",
        "--k",
        "1..=2000",
        "--n",
        "400",
        "--checkpoint",
        "ck",
        "--factors",
        "f",
    ];
    let first = last(&sieve(home.path(), &arguments));
    let depth = first["p_max"].as_u64().unwrap();
    assert!(depth > 1000, "{first}");
    let limit = (depth + 1_000_000).to_string();
    let deeper = [&arguments[..], &["--p-max", &limit, "--out", "left"]].concat();
    let second = last(&sieve(home.path(), &deeper));
    assert_eq!(second["p_max"].as_u64().unwrap(), depth + 1_000_000);
    let whole = last(&sieve(
        home.path(),
        &[
            "twin",
            "--k",
            "1..=2000",
            "--n",
            "400",
            "--p-max",
            &limit,
            "--out",
            "whole",
            "--factors",
            "g",
        ],
    ));
    for count in [
        "primes_tested",
        "candidates",
        "factors",
        "survivors",
        "algebraic",
    ] {
        assert_eq!(second[count], whole[count], "{count}");
    }
    assert_eq!(read(home.path(), "left"), read(home.path(), "whole"));
    // A sieve that goes on writes its factors behind those of the first part.
    assert_eq!(
        sorted_lines(&read(home.path(), "f")),
        sorted_lines(&read(home.path(), "g"))
    );
}

#[test]
fn a_killed_sieve_goes_on_from_its_checkpoint() {
    let home = home();
    let arguments = |limit: &'static str| {
        vec![
            "kbn",
            "--k",
            "3",
            "--n",
            "100000..=140000",
            "--c",
            "1",
            "--p-max",
            limit,
            "--out",
            "left",
            "--factors",
            "f",
            "--checkpoint",
            "ck",
        ]
    };
    // A first checkpoint is certain; then it is killed somewhere on its way.
    last(&sieve(home.path(), &arguments("20000")));
    let begun = Running::start(
        darkreach(home.path())
            .current_dir(home.path())
            .env("DARKREACH_CHECKPOINT_SECONDS", "1")
            .arg("sieve")
            .args(arguments("400000"))
            .arg("--json"),
    );
    begun.signal("KILL");
    drop(begun);
    let resumed = last(&sieve(home.path(), &arguments("400000")));
    let whole = last(&sieve(
        home.path(),
        &[
            "kbn",
            "--k",
            "3",
            "--n",
            "100000..=140000",
            "--c",
            "1",
            "--p-max",
            "400000",
            "--out",
            "whole",
            "--factors",
            "g",
        ],
    ));
    for count in ["primes_tested", "candidates", "factors", "survivors"] {
        assert_eq!(resumed[count], whole[count], "{count}");
    }
    assert_eq!(read(home.path(), "left"), read(home.path(), "whole"));
    assert_eq!(
        sorted_lines(&read(home.path(), "f")),
        sorted_lines(&read(home.path(), "g"))
    );
    // Another sieve does not take this state.
    let other = sieve(
        home.path(),
        &[
            "wagstaff",
            "--p",
            "3..100",
            "--p-max",
            "1000",
            "--checkpoint",
            "ck",
        ],
    );
    assert_eq!(other.status, 1);
    assert!(
        other.err.contains("belongs to another search"),
        "{}",
        other.err
    );
}

#[test]
fn the_forms_are_listed_and_their_examples_run() {
    let home = home();
    let said = say(darkreach(home.path()).args(["forms", "--json"]));
    assert_eq!(said.status, 0, "{}", said.err);
    let forms = said.json();
    assert_eq!(forms.len(), 12);
    for form in &forms {
        let name = form["form"].as_str().unwrap();
        let example = form["example"].as_str().unwrap();
        let arguments: Vec<&str> = example.split(' ').skip(1).collect();
        assert_eq!(arguments[..2], ["search", name]);
        let said = say(darkreach(home.path()).args(&arguments).arg("--json"));
        assert_eq!(said.status, 0, "{example}: {}", said.err);
        let done = said.json().pop().unwrap();
        assert_eq!(done["event"], "done");
        let decided = done["sieved"].as_u64().unwrap() + done["tested"].as_u64().unwrap();
        assert_eq!(done["candidates"].as_u64().unwrap(), decided, "{example}");
    }
    let said = say(darkreach(home.path()).args(["forms"]));
    assert!(
        said.out.contains("darkreach search near_repdigit"),
        "{}",
        said.out
    );
}

#[test]
fn bad_parameters_are_named_as_flags() {
    let home = home();
    for (arguments, flag) in [
        (&["wagstaff", "--p", "15"][..], "--p:"),
        (
            &["palindromic", "--digits", "64", "--index", "0..5"],
            "--digits:",
        ),
        (&["carol_kynea", "--n", "1..5", "--base", "3"], "--base:"),
        (&["factorial", "--n", "1..5", "--step", "0"], "--step:"),
        (
            &["near_repdigit", "--digits", "5", "--repeated", "4"],
            "--repeated:",
        ),
        (
            &["kbn", "--k", "1..9", "--n", "5", "--c", "1", "--base", "1"],
            "--base:",
        ),
        (&["kbn", "--k", "9", "--n", "1..9", "--c", "3"], "--c:"),
        (&["twin", "--k", "1..9", "--n", "-5"], "--n:"),
        (
            &["sophie_germain", "--k", "4", "--n", "5"],
            "--k: there is no candidate",
        ),
        (&["cullen_woodall", "--n", "1..99999999999"], "--n:"),
        (
            &["gen_fermat", "--b", "3", "--m", "3"],
            "--b: there is no candidate",
        ),
        (
            &["primorial", "--p", "24..29"],
            "--p: there is no candidate",
        ),
        (&["wagstaff", "--p", "8..11"], "--p: there is no candidate"),
        (&["repunit", "--n", "5..5"], "--n:"),
    ] {
        for command in ["search", "sieve"] {
            let said = say(darkreach(home.path()).arg(command).args(arguments));
            assert_eq!(said.status, 2, "{arguments:?}: {}", said.err);
            assert!(said.err.contains(flag), "{}", said.err);
        }
    }
}
