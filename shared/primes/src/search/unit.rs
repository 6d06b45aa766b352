//! Units: the pieces of pure computation that a search hands out, and what comes back of them.

use std::{ops::Range, sync::Arc};

use super::{Control, report::Decided, testing::Tests};
use crate::{
    primality::run::Standing,
    sieve::{Hit, sieve},
    spec::SearchSpec,
    strong::Miscalculation,
};

/// A piece of computation: sieve a range of primes, or test and prove one candidate (or a few).
#[derive(Debug)]
pub struct Unit {
    pub(super) id: u64,
    pub(super) spec: Arc<SearchSpec>,
    pub(super) work: Work,
}

/// What a unit does.
#[derive(Debug)]
pub(super) enum Work {
    /// Sieves the whole range with the primes of an interval.
    Sieve { chunk: usize, primes: Range<u64> },
    /// Tests candidates, one after the other.
    Tests(Vec<Task>),
}

/// A candidate to be tested, by its index in the range, with what was already done of it.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) index: u32,
    pub(super) from: Option<Standing>,
}

/// What a unit found, or how far it came before it was stopped.
#[derive(Debug)]
pub struct UnitResult {
    pub(super) id: u64,
    pub(super) spec: Arc<SearchSpec>,
    pub(super) found: Found,
    /// The decided candidates of a test unit.
    pub(super) decided: Vec<Decided>,
    /// Failures of the strong check in the decided tests.
    pub(super) mismatches: u32,
    /// The check that failed too often.
    pub(super) miscalculation: Option<Miscalculation>,
}

/// The part of a result that the search takes in.
#[derive(Debug)]
pub(super) enum Found {
    /// The hits of a sieve unit; `None` if it was stopped.
    Sieved {
        chunk: usize,
        hits: Option<Vec<Hit>>,
    },
    /// The indices of the decided candidates, in the order of `decided`, and what is left.
    Tested { decided: Vec<u32>, left: Vec<Task> },
}

/// A long test in the middle: enough to go on from there.
#[derive(Clone, Debug)]
pub struct UnitSnapshot {
    pub(super) id: u64,
    pub(super) spec: Arc<SearchSpec>,
    pub(super) index: u32,
    pub(super) standing: Standing,
}

impl Unit {
    /// Computes. Pure: no files, no clock, no threads of its own.
    pub fn run(self, control: &dyn Control) -> UnitResult {
        let Self { id, spec, work } = self;
        match work {
            Work::Sieve { chunk, primes } => {
                let hits = sieve(&spec, primes, &mut || control.should_stop());
                UnitResult {
                    id,
                    spec,
                    found: Found::Sieved { chunk, hits },
                    decided: Vec::new(),
                    mismatches: 0,
                    miscalculation: None,
                }
            }
            Work::Tests(tasks) => Tests::new(id, &spec, control).run(tasks),
        }
    }

    /// For logs: `sieve 2..1000000` or `test 3*2^1000+1`.
    pub fn describe(&self) -> String {
        match &self.work {
            Work::Sieve { primes, .. } => format!("sieve {}..{}", primes.start, primes.end),
            Work::Tests(tasks) => {
                let name = |task: Option<&Task>| {
                    task.and_then(|task| {
                        self.spec
                            .term(self.spec.range.start + u64::from(task.index))
                    })
                    .map_or_else(String::new, |term| term.to_string())
                };
                match tasks.len() {
                    1 => format!("test {}", name(tasks.first())),
                    _ => format!("test {} to {}", name(tasks.first()), name(tasks.last())),
                }
            }
        }
    }
}

impl UnitResult {
    /// The candidates that this unit decided by a test, for display: expression and outcome.
    pub fn decided(&self) -> &[Decided] {
        &self.decided
    }

    /// Why the unit gave up, if it found that this computer miscalculates. Running it again here
    /// would end the same way.
    pub fn miscalculation(&self) -> Option<Miscalculation> {
        self.miscalculation
    }
}
