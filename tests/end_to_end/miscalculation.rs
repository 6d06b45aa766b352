//! A computer that miscalculates, as its user sees it: one error is repaired and told, one that comes again and
//! again ends the command, and no wrong residue or verdict ever comes out.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use darkreach_e2e::{process::output, stamp::stamped_worker};
use serde_json::Value;

/// A worker with a fault.
fn worker(home: &Path, fault: &str) -> PathBuf {
    let exe = home.join(fault.replace(' ', "-"));
    stamped_worker(&exe, "1.0.0", fault);
    exe
}

fn run(exe: &Path, arguments: &[&str]) -> (Output, Vec<Value>, String) {
    let out = output(Command::new(exe).args(arguments).arg("--json"));
    let rows = String::from_utf8_lossy(&out.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect();
    let err = String::from_utf8_lossy(&out.stderr).into_owned();
    (out, rows, err)
}

#[test]
fn a_test_repairs_one_error_and_gives_up_after_three_in_a_row() {
    let home = tempfile::tempdir().expect("a folder");
    let [good, once, always] =
        ["none", "err once", "err always"].map(|fault| worker(home.path(), fault));
    for arguments in [
        // The Fermat test of a number with a shape, Proth's test, a test before LLR, and one by digits.
        &["test", "27*2^50001-1", "--method", "prp"][..],
        &["test", "3*2^59973+1"],
        &["test", "27*2^50002-1"],
        &["test", "(2^50021+1)/3"],
    ] {
        let (out, right, err) = run(&good, arguments);
        assert!(out.status.success() && err.is_empty(), "{err}");
        assert_eq!(right[0]["mismatches"], 0);

        let (out, repaired, err) = run(&once, arguments);
        assert!(out.status.success(), "{err}");
        assert_eq!(repaired[0]["mismatches"], 1);
        for field in ["expression", "verdict", "method", "res64"] {
            assert_eq!(repaired[0][field], right[0][field], "{arguments:?}");
        }
        assert!(
            err.contains("failed 1 times") && err.contains("this computer miscalculates"),
            "{err}"
        );

        let (out, none, err) = run(&always, arguments);
        assert_eq!(out.status.code(), Some(1), "{err}");
        assert!(none[0]["verdict"].is_null(), "{}", none[0]);
        for text in [&err, none[0]["error"].as_str().unwrap_or_default()] {
            assert!(
                text.contains("failed 3 times in a row")
                    && text.contains("this computer miscalculates")
                    && text.contains("memory"),
                "{text}"
            );
        }
    }
}

#[test]
fn a_search_repairs_one_error_and_gives_up_after_three_in_a_row() {
    let home = tempfile::tempdir().expect("a folder");
    let csv = |exe: &Path| exe.with_extension("csv").display().to_string();
    let search = |exe: &Path| {
        let results = csv(exe);
        let mut arguments = vec!["search", "kbn", "--k", "27", "--n", "50000..50016"];
        arguments.extend(["--c", "-1", "--sieve-limit", "100000"]);
        arguments.extend(["--threads", "1", "--results", &results]);
        run(exe, &arguments)
    };
    let [good, once, always] =
        ["none", "err once", "err always"].map(|fault| worker(home.path(), fault));
    let (out, _, err) = search(&good);
    assert!(
        out.status.success() && !err.contains("miscalculate"),
        "{err}"
    );
    let right = std::fs::read_to_string(csv(&good)).expect("results");
    assert!(right.lines().count() > 3, "{right}");

    let (out, _, err) = search(&once);
    assert!(out.status.success(), "{err}");
    assert!(err.contains("this computer miscalculated"), "{err}");
    let repaired = std::fs::read_to_string(csv(&once)).expect("results");
    assert_eq!(repaired, right);

    let (out, rows, err) = search(&always);
    assert_eq!(out.status.code(), Some(1), "{err}");
    assert!(
        err.contains("3 times in a row") && err.contains("this computer miscalculates"),
        "{err}"
    );
    assert!(rows.iter().all(|row| row["event"] != "done"), "{rows:?}");
    let left = std::fs::read_to_string(csv(&always)).unwrap_or_default();
    assert!(!left.contains("composite"), "{left}");
}
