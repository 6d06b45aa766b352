//! What the search tests share: drivers, and controls that stop a unit at a chosen moment.
#![allow(dead_code, unreachable_pub)]

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use darkreach_primes::{
    expression::Expression,
    forms::{Arguments, FORMS, kbn::from_arguments},
    search::{
        Control, Next, Search, UnitSnapshot,
        ledger::Outcome,
        report::{BlockReport, rows},
    },
    spec::{SearchSpec, SpecError},
};
use rug::{Integer, integer::IsPrime};

/// A search as the command line writes it.
pub fn kbn(k: &str, n: &str, base: u32, c: i32) -> SearchSpec {
    let n = if k.contains("..") || n.contains("..") {
        n.to_owned()
    } else {
        format!("{n}..={n}")
    };
    let (form, range) = from_arguments(k, &n, base, c).unwrap_or_else(|error| panic!("{error}"));
    SearchSpec::new(form, range).unwrap_or_else(|error| panic!("{error}"))
}

/// Never stops, wants no snapshots.
pub struct Never;

impl Control for Never {
    fn should_stop(&self) -> bool {
        false
    }
    fn wants_snapshot(&self) -> bool {
        false
    }
    fn snapshot(&self, _: UnitSnapshot) {
        panic!("nobody wanted a snapshot");
    }
}

/// Says stop after a number of questions, and wants every snapshot until then.
pub struct StopAfter {
    left: AtomicU32,
    snapshots: Mutex<Vec<UnitSnapshot>>,
}

impl StopAfter {
    pub fn new(polls: u32) -> Self {
        Self {
            left: AtomicU32::new(polls),
            snapshots: Mutex::default(),
        }
    }
    pub fn stopped(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
    pub fn snapshots(&self) -> Vec<UnitSnapshot> {
        std::mem::take(&mut self.snapshots.lock().expect("no holder panics"))
    }
}

impl Control for StopAfter {
    fn should_stop(&self) -> bool {
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        left <= 1
    }
    fn wants_snapshot(&self) -> bool {
        true
    }
    fn snapshot(&self, snapshot: UnitSnapshot) {
        self.snapshots
            .lock()
            .expect("no holder panics")
            .push(snapshot);
    }
}

/// Runs what is left of a search.
pub fn finish(search: &mut Search) {
    loop {
        match search.next() {
            Next::Unit(unit) => search.complete(unit.run(&Never)),
            Next::Wait => panic!("a unit is outstanding"),
            Next::Done => return,
        }
    }
}

/// A whole search on one thread.
pub fn run_all(spec: &SearchSpec) -> BlockReport {
    let mut search = Search::new(spec).unwrap_or_else(|error| panic!("{error}"));
    finish(&mut search);
    search.report().unwrap_or_else(|| panic!("no report"))
}

/// Where the primes are.
pub fn primes_of(report: &BlockReport) -> Vec<u64> {
    report.primes.iter().map(|prime| prime.at).collect()
}

/// The outcome at one value, as text.
pub fn outcome_of(spec: &SearchSpec, report: &BlockReport, at: u64) -> String {
    let rows = rows(spec, &report.ledger, at, 1).unwrap_or_else(|error| panic!("{error}"));
    format!("{:?}", rows[0].outcome)
}

/// A search of any form, from its parameters; those with a default may be left out.
pub fn search_of(form: &str, parameters: &[(&str, &str)]) -> SearchSpec {
    try_search(form, parameters).unwrap_or_else(|error| panic!("{form} {parameters:?}: {error}"))
}

/// The same, or why it is refused.
pub fn try_search(form: &str, parameters: &[(&str, &str)]) -> Result<SearchSpec, SpecError> {
    let info = FORMS
        .iter()
        .find(|info| info.name == form)
        .unwrap_or_else(|| panic!("there is no form {form}"));
    let arguments: Arguments = parameters.iter().copied().collect();
    let (form, range) = info.read(&arguments)?;
    SearchSpec::new(form, range)
}

/// The value of an expression.
pub fn value_of(text: &str) -> Integer {
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
    expression.value().unwrap_or_else(|error| panic!("{error}"))
}

/// The values of a term, which is written as one expression or as two with `&` between.
pub fn values_of(text: &str) -> Vec<Integer> {
    text.split(" & ").map(value_of).collect()
}

/// Whether GMP takes it for a prime.
pub fn is_prime(n: &Integer) -> bool {
    n.is_probably_prime(25) != IsPrime::No
}

/// Checks every row of a report by GMP, and gives the values of what is prime, ascending.
pub fn primes_by_value(spec: &SearchSpec, report: &BlockReport) -> Vec<Vec<Integer>> {
    let mut primes = Vec::new();
    for row in rows(spec, &report.ledger, 0, usize::MAX).expect("its own ledger") {
        let values = values_of(&row.expression);
        let prime = values.iter().all(is_prime);
        match row.outcome {
            Outcome::Prime | Outcome::ProbablePrime => primes.push(values.clone()),
            Outcome::Factor(p) => assert!(
                values
                    .iter()
                    .any(|value| value.is_divisible(&Integer::from(p)) && *value > p),
                "{p} of {}",
                row.expression
            ),
            Outcome::BelowTwo => assert!(values.iter().any(|value| *value < 2)),
            Outcome::Composite { .. } | Outcome::Algebraic => {}
        }
        let found = matches!(row.outcome, Outcome::Prime | Outcome::ProbablePrime);
        assert_eq!(found, prime, "{} {:?}", row.expression, row.outcome);
    }
    primes.sort();
    primes
}

/// A small search of every form, some with parameters that matter; seconds in all.
pub const SEARCHES: &[(&str, &[(&str, &str)])] = &[
    ("kbn", &[("k", "1..300"), ("n", "100"), ("c", "1")]),
    ("kbn", &[("k", "3,5,9"), ("n", "1..90"), ("c", "-1")]),
    ("kbn", &[("k", "1..200"), ("n", "70"), ("c", "-5")]),
    ("twin", &[("k", "1..900"), ("n", "63")]),
    ("twin", &[("k", "1..300"), ("n", "15"), ("base", "30")]),
    ("sophie_germain", &[("k", "1..900"), ("n", "64")]),
    (
        "sophie_germain",
        &[("k", "1..600"), ("n", "70"), ("kind", "2")],
    ),
    ("cullen_woodall", &[("n", "1..180")]),
    ("carol_kynea", &[("n", "1..120")]),
    ("gen_fermat", &[("b", "2..300"), ("m", "4")]),
    ("factorial", &[("n", "1..100")]),
    ("factorial", &[("n", "1..120"), ("step", "3"), ("c", "1")]),
    ("primorial", &[("p", "2..400")]),
    ("wagstaff", &[("p", "3..320")]),
    ("repunit", &[("n", "2..200"), ("base", "3")]),
    ("palindromic", &[("digits", "67"), ("index", "0..400")]),
    (
        "palindromic",
        &[("digits", "31"), ("index", "99900..100200"), ("base", "7")],
    ),
    ("near_repdigit", &[("digits", "31"), ("repeated", "7")]),
    ("near_repdigit", &[("digits", "3..150"), ("changed", "8")]),
];

/// All of [`SEARCHES`].
pub fn searches() -> impl Iterator<Item = SearchSpec> {
    SEARCHES
        .iter()
        .map(|(form, parameters)| search_of(form, parameters))
}
