//! What the search tests share: drivers, and controls that stop a unit at a chosen moment.
#![allow(dead_code, unreachable_pub)]

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use darkreach_primes::{
    forms::kbn::from_arguments,
    search::{
        Control, Next, Search, UnitSnapshot,
        report::{BlockReport, rows},
    },
    spec::SearchSpec,
};

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
