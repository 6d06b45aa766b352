//! The search over one block: `sieving -> testing -> proving -> done`.
//!
//! A [`Search`] hands out [`Unit`]s of pure computation that any thread may run, and takes their
//! results back in any order; its whole state can be saved between any two of these calls. The
//! results do not depend on the order, on the number of threads, or on interruptions.

pub mod ledger;
pub mod report;

use serde::{Deserialize, Serialize};

use crate::spec::SearchSpec;
use report::BlockReport;

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
    /// Candidates removed by a factor.
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

/// The search over one block.
#[derive(Debug)]
pub struct Search {}

/// A piece of computation: sieve a range of primes, or test and prove one candidate (or a few).
#[derive(Debug)]
pub struct Unit {}

/// What a unit found, or how far it came before it was stopped.
#[derive(Debug)]
pub struct UnitResult {}

/// A long test in the middle: enough to go on from there.
#[derive(Clone, Debug)]
pub struct UnitSnapshot {}

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
    /// The state was written by a newer program.
    #[error("the saved state has format {found}, this program reads up to {supported}")]
    Version {
        /// Format number found.
        found: u32,
        /// Newest format number supported.
        supported: u32,
    },
    /// The state belongs to another search (form, range, depth or anything else of the spec).
    #[error("the saved state belongs to another search: {0}")]
    OtherSearch(String),
    /// The state contradicts itself or claims a factor that does not divide.
    #[error("the saved state is not possible: {0}")]
    Impossible(String),
}

impl Search {
    /// A new search over a validated spec.
    ///
    /// # Errors
    /// The spec's own error if it does not validate.
    pub fn new(spec: &SearchSpec) -> Result<Self, crate::spec::SpecError> {
        let _ = spec;
        todo!()
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
        let _ = (spec, bytes, own);
        todo!()
    }

    /// The whole state, outstanding units counted as not done except for their last snapshot.
    pub fn save(&self) -> Vec<u8> {
        todo!()
    }

    /// The next thing to do.
    pub fn next(&mut self) -> Next {
        todo!()
    }

    /// Takes back a unit that was run, finished or stopped.
    pub fn complete(&mut self, result: UnitResult) {
        let _ = result;
        todo!()
    }

    /// Stores a snapshot of a unit that is still running. A snapshot of a unit that has meanwhile
    /// come back is ignored.
    pub fn note(&mut self, snapshot: UnitSnapshot) {
        let _ = snapshot;
        todo!()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        todo!()
    }

    /// The spec.
    pub fn spec(&self) -> &SearchSpec {
        todo!()
    }

    /// The results; `None` before [`Next::Done`].
    pub fn report(&self) -> Option<BlockReport> {
        todo!()
    }
}

impl Unit {
    /// Computes. Pure: no files, no clock, no threads of its own.
    pub fn run(self, control: &dyn Control) -> UnitResult {
        let _ = control;
        todo!()
    }

    /// For logs: `sieve 2..1000000` or `test 3*2^1000+1`.
    pub fn describe(&self) -> String {
        todo!()
    }
}

impl UnitResult {
    /// The candidates that this unit decided by a test, for display: expression and outcome.
    pub fn decided(&self) -> &[report::Decided] {
        todo!()
    }
}
