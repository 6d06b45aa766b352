//! `kill -9` of the program at moments drawn from a fixed seed, while it sieves and while it tests, for
//! every form: what comes out in the end is what an uninterrupted run gives.
//!
//! Moments are counted in events that the program tells, so no clock says when it dies; where exactly
//! it is by then differs from run to run, and must not matter.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

use crate::{
    program::{Running, Said, darkreach, say},
    sieve::sorted_lines,
};

/// A form with flags that give some tenths of a second of sieving and of testing: the form and its
/// parameters, the depth of a search, and that of a sieve alone.
type Case = (&'static [&'static str], &'static str, &'static str);

const CASES: &[Case] = &[
    (
        &["kbn", "--k", "1..=40000", "--n", "2500", "--c", "1"],
        "2e8",
        "3e8",
    ),
    (&["twin", "--k", "1..=200000", "--n", "4000"], "2e8", "3e8"),
    (
        &["sophie_germain", "--k", "1..=200000", "--n", "4000"],
        "2e8",
        "3e8",
    ),
    (&["cullen_woodall", "--n", "1..=3000"], "2e6", "3e6"),
    (&["carol_kynea", "--n", "1..=1000"], "1e6", "2e6"),
    (&["gen_fermat", "--b", "2..=8000", "--m", "6"], "2e8", "3e8"),
    (&["factorial", "--n", "100..=400"], "2e6", "3e6"),
    (&["primorial", "--p", "100..=1600"], "2e6", "3e6"),
    (&["wagstaff", "--p", "3..=2000"], "1e8", "1e8"),
    (&["repunit", "--n", "2..=1100", "--base", "6"], "5e7", "1e8"),
    (
        &["palindromic", "--digits", "101", "--index", "0..30000"],
        "2e6",
        "3e6",
    ),
    (
        &["near_repdigit", "--digits", "201", "--repeated", "9"],
        "1e6",
        "2e6",
    ),
];

/// Kills of one search or sieve; some come too late, and it is started anew.
const MOST_STARTS: u32 = 16;

/// Numbers from a seed (xorshift).
struct Dice(u64);

impl Dice {
    /// From 1 to `most`.
    fn roll(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        1 + self.0 % most
    }
}

fn read(home: &Path, name: &str) -> String {
    std::fs::read_to_string(home.join(name)).unwrap()
}

/// What an event says of a candidate.
fn told(event: &Value) -> Option<String> {
    let what = event["event"].as_str()?;
    let expression = event["expression"].as_str()?;
    let verdict = event["outcome"].as_str().unwrap_or(what);
    Some(format!(
        "{expression} {verdict} {} {}",
        event["res64"], event["proof"]
    ))
}

/// How a start ended.
enum End {
    /// Killed, in this phase.
    Killed(String),
    Finished(Value),
}

/// Starts the program and kills it after so many events in a phase; collects what it told.
fn start(
    home: &Path,
    arguments: &[&str],
    phase: Option<&str>,
    events: u64,
    told_of: &mut BTreeSet<String>,
) -> End {
    let mut program = Running::start(darkreach(home).current_dir(home).args(arguments));
    let (mut at, mut seen) = (String::new(), 0);
    let mut last = Value::Null;
    let mut killed = false;
    while let Some(event) = program.next() {
        told_of.extend(told(&event));
        if let Some(entered) = event["phase"].as_str() {
            entered.clone_into(&mut at);
        }
        seen += u64::from(phase.is_none_or(|phase| phase == at));
        last = event;
        if seen == events && !killed {
            program.kill();
            killed = true;
        }
    }
    match program.end().0 {
        Some(0) => End::Finished(last),
        Some(status) => panic!("{arguments:?} ended with {status}: {last}"),
        None => End::Killed(at),
    }
}

fn common(home: &Path, command: &str, case: &Case, rest: &[&str]) -> Said {
    say(darkreach(home)
        .current_dir(home)
        .arg(command)
        .args(case.0)
        .args(["--json", "--threads", "2"])
        .args(rest))
}

fn last(said: &Said) -> Value {
    assert_eq!(said.status, 0, "{}", said.err);
    said.json().pop().unwrap()
}

const FREQUENT: &[&str] = &["--checkpoint", "ck", "--checkpoint-seconds", "0.05"];

#[test]
fn a_search_killed_at_any_moment_ends_with_the_same_results() {
    let mut dice = Dice(0x5EED_0005_0001);
    for case in CASES {
        let form = case.0[0];
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let flags = ["--sieve-limit", case.1, "--log-candidates", "--results"];
        let whole = common(home, "search", case, &[&flags[..], &["whole.csv"]].concat());
        let done = last(&whole);
        let expected: BTreeSet<String> = whole.json().iter().filter_map(told).collect();
        assert!(
            expected.len() as u64 >= done["tested"].as_u64().unwrap(),
            "{form}"
        );

        let arguments = [
            &["search"],
            case.0,
            &["--json", "--threads", "2"],
            &flags[..],
            &["killed.csv"],
            FREQUENT,
        ]
        .concat();
        let (mut sieving, mut testing) = (0, 0);
        let mut told_of = BTreeSet::new();
        let mut end = None;
        for _ in 0..MOST_STARTS {
            // Events come at each checkpoint while it sieves, at each candidate while it tests.
            let (phase, events) = match (sieving, testing) {
                (0 | 1, _) => (Some("sieving"), dice.roll(4)),
                (_, 0..=2) => (Some("testing"), dice.roll(200)),
                _ => (None, u64::MAX),
            };
            match start(home, &arguments, phase, events, &mut told_of) {
                End::Killed(at) if at == "sieving" => sieving += 1,
                End::Killed(_) => testing += 1,
                // Every candidate was told by then, also of what earlier starts had done.
                End::Finished(found) => {
                    for count in ["candidates", "sieved", "tested", "primes"] {
                        assert_eq!(found[count], done[count], "{form}: {count}");
                    }
                    assert_eq!(told_of, expected, "{form}");
                    assert_eq!(read(home, "killed.csv"), read(home, "whole.csv"), "{form}");
                    told_of.clear();
                    end = Some(found);
                    if sieving >= 2 && testing >= 3 {
                        break;
                    }
                }
            }
        }
        println!("{form}: killed {sieving} times sieving, {testing} testing; {done}");
        assert!(
            sieving >= 2 && testing >= 3 && end.is_some(),
            "{form}: {sieving}, {testing}"
        );
    }
}

#[test]
fn a_sieve_killed_at_any_moment_leaves_the_same_candidates_and_factors() {
    let mut dice = Dice(0x5EED_0005_0002);
    for case in CASES {
        let form = case.0[0];
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let flags = ["--p-max", case.2];
        let files = |out, factors| [&flags[..], &["--out", out, "--factors", factors]].concat();
        let done = last(&common(home, "sieve", case, &files("whole", "all")));
        let arguments = [
            &["sieve"],
            case.0,
            &["--json", "--threads", "2"],
            &files("left", "found")[..],
            FREQUENT,
        ]
        .concat();
        let (mut kills, mut finished) = (0, false);
        for _ in 0..MOST_STARTS {
            let events = if kills < 3 { dice.roll(3) } else { u64::MAX };
            match start(home, &arguments, None, events, &mut BTreeSet::new()) {
                End::Killed(_) => kills += 1,
                End::Finished(found) => {
                    for count in ["candidates", "factors", "survivors", "algebraic", "p_max"] {
                        assert_eq!(found[count], done[count], "{form}: {count}");
                    }
                    assert_eq!(read(home, "left"), read(home, "whole"), "{form}");
                    // In which order an interval's factors are told is open.
                    let (found, all) = (read(home, "found"), read(home, "all"));
                    assert_eq!(sorted_lines(&found), sorted_lines(&all), "{form}");
                    finished = true;
                    if kills >= 3 {
                        break;
                    }
                    // It was quicker than the kill: from the start again.
                    std::fs::remove_dir_all(home.join("ck")).unwrap();
                }
            }
        }
        println!("{form}: killed {kills} times; {done}");
        assert!(kills >= 3 && finished, "{form}: killed {kills} times");
    }
}
