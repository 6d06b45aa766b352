//! The search over one block: `sieving -> testing -> proving -> done`.
//!
//! A [`Search`] hands out [`Unit`]s of pure computation that any thread may run, and takes their
//! results back in any order; its whole state can be saved between any two of these calls. The
//! results do not depend on the order, on the number of threads, or on interruptions.

pub mod ledger;
mod plan;
pub mod report;
pub(crate) mod seal;
mod state;
mod tally;
mod testing;
mod unit;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    certificate::Proof,
    cost,
    forms::Number,
    primality::{batch, run::Standing},
    spec::{SearchSpec, SpecError},
};
use ledger::Outcome;
use report::{BlockReport, ProvedPrime};
use tally::Tally;
use unit::{Found, Task, Work};
pub use unit::{Unit, UnitResult, UnitSnapshot};

/// Where a search stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Removing candidates with small factors.
    Sieving,
    /// Testing the survivors, proving those that pass.
    Testing,
    /// Every candidate is decided.
    Done,
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The phase.
    pub phase: Phase,
    /// The share of the block's estimated cost that is done, 0 to 1, never decreasing in one run.
    pub fraction: f64,
    /// Candidates of the block.
    pub candidates: u64,
    /// Candidates removed by a factor, of the sieve or algebraic.
    pub sieved: u64,
    /// Candidates tested.
    pub tested: u64,
    /// Primes found and proved.
    pub primes: u64,
}

/// What a running unit asks of its surroundings, now and then.
pub trait Control: Sync {
    /// True when the unit should give up at the next safe point. Asked at least every few
    /// milliseconds or every squaring, whichever is longer.
    fn should_stop(&self) -> bool;
    /// True when a long test should leave a snapshot now.
    fn wants_snapshot(&self) -> bool;
    /// Takes the newest snapshot of a running unit; [`Search::note`] stores it.
    fn snapshot(&self, snapshot: UnitSnapshot);
}

/// What to do next.
#[derive(Debug)]
pub enum Next {
    /// Run this and give its result to [`Search::complete`].
    Unit(Unit),
    /// Nothing to hand out until an outstanding unit comes back.
    Wait,
    /// Every candidate is decided; [`Search::report`] has the results.
    Done,
}

/// Why a saved state cannot be resumed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The bytes are not a state that this program can read.
    #[error("the saved state cannot be read: {0}")]
    Unreadable(String),
    /// The state was written by another version of the program.
    #[error("the saved state has format {found}, this program reads format {supported}")]
    Version {
        /// Format number found.
        found: u32,
        /// The format number supported.
        supported: u32,
    },
    /// The state belongs to another search (form, range, depth or anything else of the spec).
    #[error("the saved state belongs to another search: {0}")]
    OtherSearch(String),
    /// The state contradicts itself or claims a factor that does not divide.
    #[error("the saved state is not possible: {0}")]
    Impossible(String),
}

/// The search over one block.
#[derive(Debug)]
pub struct Search {
    spec: Arc<SearchSpec>,
    /// The smallest factor found so far at each index of the range; 0 for none.
    factors: Vec<u64>,
    chunks: Vec<Chunk>,
    /// Intervals that are not done.
    open_chunks: usize,
    /// Candidates with a factor; algebraic ones are counted when the sieve is complete.
    sieved: u64,
    /// The survivors without an algebraic factor, ascending; empty before the sieve is complete.
    tests: Vec<Test>,
    /// The proofs of each prime: one a member.
    proofs: BTreeMap<u32, Vec<Proof>>,
    /// The half-done tests.
    partials: BTreeMap<u32, Standing>,
    /// Tests that came back undone, by their place in `tests`; they go out first.
    returned: BTreeSet<usize>,
    /// The place of the first test that was never handed out.
    next_test: usize,
    outstanding: BTreeMap<u64, Outstanding>,
    next_id: u64,
    tally: Tally,
    /// Failures of the strong check in the tests that are done.
    mismatches: u32,
}

/// An interval of primes.
#[derive(Debug)]
struct Chunk {
    primes: Range<u64>,
    seconds: f64,
    stand: Stand,
}

/// Where an interval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Open,
    Out,
    Done,
}

/// A survivor of the sieve.
#[derive(Debug)]
struct Test {
    index: u32,
    outcome: Option<Outcome>,
}

/// What is in somebody's hands.
#[derive(Debug)]
enum Outstanding {
    Chunk,
    /// Indices of candidates.
    Tests(Vec<u32>),
}

/// The longest range of one search, in values of the index; a longer one is cut into
/// blocks first.
pub const MAX_LENGTH: u64 = 1 << 24;

impl Search {
    /// A new search over a validated spec.
    ///
    /// # Errors
    /// The spec's own error if it does not validate, or if the range is longer than
    /// [`MAX_LENGTH`].
    pub fn new(spec: &SearchSpec) -> Result<Self, SpecError> {
        spec.validate()?;
        let length = spec.range.end - spec.range.start;
        if length > MAX_LENGTH {
            return Err(SpecError {
                field: "range",
                reason: format!(
                    "{} holds {length} values; one search holds at most {MAX_LENGTH}: search it in parts",
                    spec.describe()
                ),
            });
        }
        let chunks: Vec<Chunk> = plan::sieve_chunks(spec)
            .into_iter()
            .map(|primes| Chunk {
                seconds: cost::sieve_seconds(spec, primes.start, primes.end),
                primes,
                stand: Stand::Open,
            })
            .collect();
        let sieve_seconds = chunks.iter().map(|chunk| chunk.seconds).sum();
        Ok(Self {
            tally: Tally::new(sieve_seconds, spec.cost(), spec.count()),
            spec: Arc::new(spec.clone()),
            factors: vec![0; length as usize],
            open_chunks: chunks.len(),
            sieved: 0,
            chunks,
            tests: Vec::new(),
            proofs: BTreeMap::new(),
            partials: BTreeMap::new(),
            returned: BTreeSet::new(),
            next_test: 0,
            outstanding: BTreeMap::new(),
            next_id: 0,
            mismatches: 0,
        })
    }

    /// Goes on from bytes of [`Search::save`]. The bytes are read as hostile input: the spec must
    /// be this one, every count and length is bounded by it, every factor is divided.
    ///
    /// `own` says whether this host wrote the state. From another host the decided candidates are
    /// kept (their author answers for them) and half-done tests start again.
    ///
    /// # Errors
    /// [`ResumeError`]; nothing is resumed then.
    pub fn resume(spec: &SearchSpec, bytes: &[u8], own: bool) -> Result<Self, ResumeError> {
        state::resume(spec, bytes, own)
    }

    /// The whole state, outstanding units counted as not done except for their last snapshot.
    pub fn save(&self) -> Vec<u8> {
        state::save(self)
    }

    /// The next thing to do.
    #[expect(
        clippy::should_implement_trait,
        reason = "a search is no iterator: waiting is not its end"
    )]
    pub fn next(&mut self) -> Next {
        let work = if self.sieved() {
            self.next_tests()
        } else {
            self.next_chunk()
        };
        match work {
            Some(work) => {
                let id = self.next_id;
                self.next_id += 1;
                let outstanding = match &work {
                    Work::Sieve { .. } => Outstanding::Chunk,
                    Work::Tests(tasks) => {
                        Outstanding::Tests(tasks.iter().map(|task| task.index).collect())
                    }
                };
                self.outstanding.insert(id, outstanding);
                Next::Unit(Unit {
                    id,
                    spec: self.spec.clone(),
                    work,
                })
            }
            None if self.outstanding.is_empty() => Next::Done,
            None => Next::Wait,
        }
    }

    /// Takes back a unit that was run, finished or stopped. A result of another search is ignored.
    pub fn complete(&mut self, result: UnitResult) {
        if !Arc::ptr_eq(&result.spec, &self.spec) || self.outstanding.remove(&result.id).is_none() {
            return;
        }
        match result.found {
            Found::Sieved { chunk, hits: None } => self.chunks[chunk].stand = Stand::Open,
            Found::Sieved {
                chunk,
                hits: Some(hits),
            } => {
                for hit in hits {
                    let factor = &mut self.factors[hit.index as usize];
                    self.sieved += u64::from(*factor == 0);
                    if *factor == 0 || *factor > hit.factor {
                        *factor = hit.factor;
                    }
                }
                self.chunks[chunk].stand = Stand::Done;
                self.open_chunks -= 1;
                self.tally.done += self.chunks[chunk].seconds;
                if self.sieved() {
                    self.start_tests();
                }
            }
            Found::Tested { decided, left } => {
                self.mismatches = self.mismatches.saturating_add(result.mismatches);
                for (index, decided) in decided.into_iter().zip(result.decided) {
                    self.decide(index, decided.outcome, decided.proofs);
                }
                for task in left {
                    if let Some(place) = self.place(task.index) {
                        self.returned.insert(place);
                        if let Some(standing) = task.from {
                            self.partials.insert(task.index, standing);
                        }
                    }
                }
            }
        }
        self.tally.advance(self.half_done());
    }

    /// Stores a snapshot of a unit that is still running. A snapshot of a unit that has meanwhile
    /// come back is ignored.
    pub fn note(&mut self, snapshot: UnitSnapshot) {
        let expected = matches!(
            self.outstanding.get(&snapshot.id),
            Some(Outstanding::Tests(indices)) if indices.contains(&snapshot.index)
        );
        if expected && Arc::ptr_eq(&snapshot.spec, &self.spec) {
            self.partials.insert(snapshot.index, snapshot.standing);
            self.tally.advance(self.half_done());
        }
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let phase = if !self.sieved() {
            Phase::Sieving
        } else if self.tally.tested < self.tests.len() as u64 {
            Phase::Testing
        } else {
            Phase::Done
        };
        Progress {
            phase,
            fraction: if phase == Phase::Done {
                1.0
            } else {
                self.tally.fraction
            },
            candidates: self.tally.candidates,
            sieved: self.sieved,
            tested: self.tally.tested,
            primes: self.proofs.len() as u64,
        }
    }

    /// How often the strong check failed in the tests that are done, each time followed by a
    /// repetition that passed: nothing is wrong with the results, but something with this computer.
    pub fn mismatches(&self) -> u32 {
        self.mismatches
    }

    /// The spec.
    pub fn spec(&self) -> &SearchSpec {
        &self.spec
    }

    /// The results; `None` before [`Next::Done`].
    pub fn report(&self) -> Option<BlockReport> {
        if !self.sieved() {
            return None;
        }
        let mut tests = self.tests.iter().peekable();
        let mut outcomes = Vec::with_capacity(self.tally.candidates as usize);
        for (at, _) in self.spec.terms() {
            let index = (at - self.spec.range.start) as usize;
            outcomes.push(match self.factors[index] {
                0 => match tests.next_if(|test| test.index as usize == index) {
                    Some(test) => test.outcome?,
                    None => Outcome::Algebraic,
                },
                factor => Outcome::Factor(factor),
            });
        }
        let primes = self
            .proofs
            .iter()
            .filter_map(|(&index, proofs)| {
                let (proof, second) = proofs.split_first()?;
                Some(ProvedPrime {
                    at: self.spec.range.start + u64::from(index),
                    proof: proof.clone(),
                    second: second.first().cloned(),
                })
            })
            .collect();
        Some(BlockReport {
            ledger: ledger::encode(&outcomes),
            primes,
        })
    }

    fn sieved(&self) -> bool {
        self.open_chunks == 0
    }

    /// Makes the list of survivors, once the sieve is complete.
    fn start_tests(&mut self) {
        let start = self.spec.range.start;
        let mut algebraic = 0;
        self.tests = self
            .spec
            .terms()
            .map(|(at, term)| ((at - start) as u32, term))
            .filter(|&(index, _)| self.factors[index as usize] == 0)
            .filter(|(_, term)| {
                // Theory has a factor where the sieve found none.
                let composite = term.algebraic();
                algebraic += u64::from(composite);
                !composite
            })
            .map(|(index, _)| Test {
                index,
                outcome: None,
            })
            .collect();
        self.sieved += algebraic;
        let tests = self
            .tests
            .iter()
            .map(|test| self.test_seconds(test.index))
            .sum();
        self.tally.set_tests(tests);
    }

    /// Estimated seconds that went into half-done tests.
    fn half_done(&self) -> f64 {
        self.partials
            .iter()
            .map(|(&index, standing)| match &standing.partial.stage {
                stage if stage.is_fermat() && standing.member == 0 => {
                    let at = self.spec.range.start + u64::from(index);
                    let steps = self.spec.term(at).map_or(1.0, |term| match term.first() {
                        Number::Kbnc(candidate) => f64::from(candidate.n),
                        other => other.bits(),
                    });
                    let share = standing.partial.position as f64 / steps.max(1.0);
                    self.test_seconds(index) * share.min(1.0)
                }
                // The estimate of a test is that of its first Fermat test.
                _ => self.test_seconds(index),
            })
            .sum()
    }

    fn test_seconds(&self, index: u32) -> f64 {
        self.spec
            .term(self.spec.range.start + u64::from(index))
            .map_or(0.0, |term| cost::test_seconds(&term))
    }

    /// The place of an index in `tests`.
    fn place(&self, index: u32) -> Option<usize> {
        self.tests
            .binary_search_by_key(&index, |test| test.index)
            .ok()
    }

    /// Records the decision of a survivor; the first one counts.
    fn decide(&mut self, index: u32, outcome: Outcome, proofs: Vec<Proof>) {
        let Some(place) = self.place(index) else {
            return;
        };
        if self.tests[place].outcome.is_some() {
            return;
        }
        self.tests[place].outcome = Some(outcome);
        self.partials.remove(&index);
        if !proofs.is_empty() {
            self.proofs.insert(index, proofs);
        }
        self.tally.tested += 1;
        self.tally.done += self.test_seconds(index);
    }

    fn next_chunk(&mut self) -> Option<Work> {
        let chunk = self
            .chunks
            .iter()
            .position(|chunk| chunk.stand == Stand::Open)?;
        self.chunks[chunk].stand = Stand::Out;
        Some(Work::Sieve {
            chunk,
            primes: self.chunks[chunk].primes.clone(),
        })
    }

    /// The next group of tests: what came back first, then in ascending order.
    fn next_tests(&mut self) -> Option<Work> {
        let mut tasks = Vec::new();
        let mut seconds = 0.0;
        // Whether all of them may be tested at once: then a few more cost little.
        let mut together = true;
        while tasks.len() < plan::UNIT_CANDIDATES
            && (seconds < plan::UNIT_SECONDS || together && tasks.len() < plan::UNIT_BATCH)
        {
            let place = match self.returned.pop_first() {
                Some(place) => place,
                None if self.next_test < self.tests.len() => {
                    self.next_test += 1;
                    self.next_test - 1
                }
                None => break,
            };
            let test = &self.tests[place];
            if test.outcome.is_some() {
                continue;
            }
            let cost = self.test_seconds(test.index);
            let from = self.partials.get(&test.index).cloned();
            let at = self.spec.range.start + u64::from(test.index);
            let shape = self.spec.term(at).and_then(|term| term.first().kbnc());
            let fits = shape.is_some_and(|candidate| batch::fits(&candidate));
            let joins = together && fits && from.is_none() && tasks.len() < plan::UNIT_BATCH;
            // A long test does not join a group: it would make the others wait for it.
            if !tasks.is_empty() && !joins && seconds + cost > 2.0 * plan::UNIT_SECONDS {
                self.returned.insert(place);
                break;
            }
            seconds += cost;
            together &= fits && from.is_none();
            let index = test.index;
            tasks.push(Task { index, from });
        }
        (!tasks.is_empty()).then_some(Work::Tests(tasks))
    }
}
