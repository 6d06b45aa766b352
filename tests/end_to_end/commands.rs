//! `darkreach test` and `darkreach search`, which need no server.

use std::process::Command;

use darkreach_e2e::{
    expected::Range,
    process::{output, program},
};
use serde_json::Value;

fn lines(arguments: &[&str]) -> (bool, Vec<Value>) {
    let out = output(
        Command::new(program("darkreach"))
            .args(arguments)
            .arg("--json"),
    );
    let rows = String::from_utf8(out.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect();
    (out.status.success(), rows)
}

/// Published residues and primes, as another program of the field would print them.
#[test]
fn test_prints_verdicts_and_residues_of_the_literature() {
    let (good, rows) = lines(&[
        "test",
        "3*2^2816+1",
        "3*2^2817+1",
        "2^127-1",
        "10^999+7",
        "91",
    ]);
    assert!(good);
    let verdicts: Vec<&str> = rows
        .iter()
        .map(|r| r["verdict"].as_str().expect("text"))
        .collect();
    assert_eq!(
        verdicts,
        ["prime", "composite", "prime", "probable_prime", "composite"]
    );
    assert_eq!(rows[0]["digits"], 849);
    assert!(rows[0]["res64"].is_null(), "{}", rows[0]);
    assert_eq!(rows[0]["expression"], "3*2^2816+1");
    assert!(rows[0]["seconds"].as_f64().is_some_and(|s| s >= 0.0));

    let published = [
        ("3*2^188+1", "E362E5218682A016"),
        ("3*2^106-1", "4119195AAC289097"),
        ("2*5^117+1", "8AA4CF2C74EABD69"),
        ("6*7^120+1", "A82044FA698CF54B"),
        ("5^97-4", "66EC38AD4D9C148B"),
        ("100!+1", "BEDC1A7420A1E92D"),
        ("(2^97+1)/3", "BEC66DD7632FC9AD"),
        ("(2^89+1)/3", "3E09E550A943F76C"),
        ("27*2^100000-1", "B75078F29D815E01"),
    ];
    let mut arguments = vec!["test", "--method", "prp"];
    arguments.extend(published.iter().map(|(expression, _)| *expression));
    let (good, rows) = lines(&arguments);
    assert!(good);
    for ((expression, res64), row) in published.iter().zip(rows) {
        assert_eq!(row["res64"], *res64, "{expression}");
        assert_eq!(row["verdict"], "composite", "{expression}");
    }
}

/// The trivial cases are decided exactly, before any test could be fooled by them.
#[test]
fn small_even_and_base_multiples_are_decided_exactly() {
    let cases = [
        ("0", "composite"),
        ("1", "composite"),
        ("2", "prime"),
        ("3", "prime"),
        ("4", "composite"),
        ("9", "composite"),
        ("2^64", "composite"),
        ("3^200", "composite"),
        ("121", "composite"),
    ];
    for method in ["auto", "prp"] {
        let mut arguments = vec!["test", "--method", method];
        arguments.extend(cases.iter().map(|(expression, _)| *expression));
        let (good, rows) = lines(&arguments);
        assert!(good);
        for ((expression, verdict), row) in cases.iter().zip(rows) {
            // 121 is a base-3 pseudoprime: the forced Fermat test may only call it probable.
            if (*expression, method) == ("121", "prp") {
                assert_ne!(row["verdict"], "prime", "{row}");
                continue;
            }
            assert_eq!(row["verdict"], *verdict, "{method}: {row}");
        }
    }
}

/// One bad expression fails the command but not the others.
#[test]
fn an_unknown_expression_is_named_and_the_rest_is_tested() {
    let out = output(
        Command::new(program("darkreach")).args(["test", "3*2^5+1", "3*2^^5", "7", "--json"]),
    );
    assert_eq!(out.status.code(), Some(1));
    let text = String::from_utf8_lossy(&out.stdout);
    assert_eq!(text.matches("\"prime\"").count(), 2, "{text}");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(errors.contains("3*2^^5"), "{errors}");
}

/// The same search without any server finds the same primes.
#[test]
fn search_finds_what_gmp_finds() {
    for (arguments, range) in [
        (
            ["--k", "1..300", "--n", "1000", "--c=1"],
            Range {
                k: 1..300,
                n: 1000..1001,
                base: 2,
                c: 1,
            },
        ),
        (
            ["--k", "1..=300", "--n", "333", "--c=-1"],
            Range {
                k: 1..301,
                n: 333..334,
                base: 2,
                c: -1,
            },
        ),
        (
            ["--k", "5", "--n", "1..800", "--c=1"],
            Range {
                k: 5..6,
                n: 1..800,
                base: 2,
                c: 1,
            },
        ),
    ] {
        let mut all = vec!["search", "kbn", "--base", "2"];
        all.extend(arguments);
        let (good, rows) = lines(&all);
        assert!(good);
        let mut found: Vec<String> = rows
            .iter()
            .filter(|row| row["event"] == "prime")
            .map(|row| row["expression"].as_str().expect("text").to_owned())
            .collect();
        found.sort();
        let mut expected = range.primes();
        expected.sort();
        assert_eq!(found, expected);
        let done = rows.last().expect("a summary");
        assert_eq!(done["event"], "done");
        assert_eq!(done["candidates"], range.candidates().len());
    }
}
