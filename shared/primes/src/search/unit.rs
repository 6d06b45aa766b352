//! Units: the pieces of pure computation that a search hands out, and what comes back of them.

use std::{ops::Range, sync::Arc};

use super::{Control, ledger::Outcome, report::Decided};
use crate::{
    primality::{
        decide::{Decision, decide},
        run::{Halt, Monitor, Partial, steps_per_look},
    },
    sieve::{Hit, sieve},
    spec::SearchSpec,
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
    pub(super) from: Option<Partial>,
}

/// What a unit found, or how far it came before it was stopped.
#[derive(Debug)]
pub struct UnitResult {
    pub(super) id: u64,
    pub(super) spec: Arc<SearchSpec>,
    pub(super) found: Found,
    /// The decided candidates of a test unit.
    pub(super) decided: Vec<Decided>,
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
    pub(super) partial: Partial,
}

impl Unit {
    /// Computes. Pure: no files, no clock, no threads of its own.
    pub fn run(self, control: &dyn Control) -> UnitResult {
        let Self { id, spec, work } = self;
        let mut decided = Vec::new();
        let found = match work {
            Work::Sieve { chunk, primes } => Found::Sieved {
                chunk,
                hits: sieve(&spec, primes, &mut || control.should_stop()),
            },
            Work::Tests(tasks) => run_tests(id, &spec, tasks, control, &mut decided),
        };
        UnitResult {
            id,
            spec,
            found,
            decided,
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
                            .candidate(self.spec.range.start + u64::from(task.index))
                    })
                    .map_or_else(String::new, |candidate| candidate.to_string())
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
}

fn run_tests(
    id: u64,
    spec: &Arc<SearchSpec>,
    tasks: Vec<Task>,
    control: &dyn Control,
    decided: &mut Vec<Decided>,
) -> Found {
    let mut indices = Vec::with_capacity(tasks.len());
    let mut tasks = tasks.into_iter();
    while let Some(task) = tasks.next() {
        let Some(candidate) = spec.candidate(spec.range.start + u64::from(task.index)) else {
            continue;
        };
        let mut monitor = Watcher {
            control,
            interval: steps_per_look(candidate.bits()),
            until_look: 1,
            snapshot: |partial| UnitSnapshot {
                id,
                spec: spec.clone(),
                index: task.index,
                partial,
            },
        };
        match decide(&candidate, true, task.from.as_ref(), &mut monitor) {
            Ok(decision) => {
                indices.push(task.index);
                let (outcome, proof) = match decision {
                    Decision::BelowTwo => (Outcome::BelowTwo, None),
                    Decision::Prime(proof) => (Outcome::Prime, Some(proof)),
                    Decision::ProbablePrime => (Outcome::ProbablePrime, None),
                    Decision::Composite { res64 } => {
                        let res64 = res64.expect("a search runs the Fermat test first");
                        (Outcome::Composite { res64 }, None)
                    }
                };
                decided.push(Decided {
                    expression: candidate.to_string(),
                    outcome,
                    proof,
                });
            }
            Err(Halt(partial)) => {
                let mut left = vec![Task {
                    index: task.index,
                    from: Some(*partial),
                }];
                left.extend(tasks);
                return Found::Tested {
                    decided: indices,
                    left,
                };
            }
        }
    }
    Found::Tested {
        decided: indices,
        left: Vec::new(),
    }
}

/// Asks the surroundings about every millisecond, and before the first step of each test.
struct Watcher<'a, S> {
    control: &'a dyn Control,
    interval: u32,
    until_look: u32,
    snapshot: S,
}

impl<S: Fn(Partial) -> UnitSnapshot> Monitor for Watcher<'_, S> {
    #[inline]
    fn step(&mut self, _: u64, _: u64, save: &dyn Fn() -> Partial) -> Result<(), Halt> {
        self.until_look -= 1;
        if self.until_look > 0 {
            return Ok(());
        }
        self.until_look = self.interval;
        if self.control.should_stop() {
            return Err(Halt(Box::new(save())));
        }
        if self.control.wants_snapshot() {
            self.control.snapshot((self.snapshot)(save()));
        }
        Ok(())
    }
}
