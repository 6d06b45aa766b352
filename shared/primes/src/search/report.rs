//! The results of a block, and the check that a stranger's report gets before it is believed.

use serde::{Deserialize, Serialize};

use super::ledger::Outcome;
use crate::{certificate::Proof, spec::SearchSpec};

/// A candidate that a test decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Its expression, for example `3*2^1000+1`.
    pub expression: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The proof, if it is prime.
    pub proof: Option<Proof>,
}

/// A prime of a block with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvedPrime {
    /// The value of the running variable.
    pub at: u64,
    /// The proof.
    pub proof: Proof,
}

/// Everything a search found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockReport {
    /// The packed outcomes, see [`super::ledger`].
    pub ledger: Vec<u8>,
    /// The primes, ascending.
    pub primes: Vec<ProvedPrime>,
}

/// One row of a report as a researcher reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The value of the running variable.
    pub at: u64,
    /// The candidate's expression.
    pub expression: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// A prime that the check accepted, with what a table wants to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPrime {
    /// The value of the running variable.
    pub at: u64,
    /// The candidate's expression.
    pub expression: String,
    /// Decimal digits.
    pub digits: u64,
    /// The verified proof.
    pub proof: Proof,
}

/// What a report contains once it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Candidates in the block.
    pub candidates: u64,
    /// Removed by a factor.
    pub sieved: u64,
    /// Tested.
    pub tested: u64,
    /// The primes.
    pub primes: Vec<CheckedPrime>,
    /// Expressions that passed the Fermat test without a proof.
    pub probable: Vec<String>,
    /// Residues recomputed and found equal.
    pub audited: u64,
}

/// Why a report is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expression}: {reason}")]
pub struct Rejection {
    /// The candidate at fault, or `report` for the report as a whole.
    pub expression: String,
    /// What is wrong.
    pub reason: String,
}

/// Checks a report against its spec: every candidate has exactly one outcome; every factor is a
/// prime up to the sieve limit, smaller than N, and divides N; every prime has a proof and it
/// verifies; and of the composites, those that `audit` picks are tested again from the start and
/// their RES64 compared.
///
/// `audit` receives the number of tested composites and returns the ordinals to repeat; the caller
/// draws them at random after it has the report, so that nobody can foresee them.
///
/// # Errors
/// [`Rejection`] names the first candidate at fault.
pub fn check(
    spec: &SearchSpec,
    report: &BlockReport,
    audit: &mut dyn FnMut(u64) -> Vec<u64>,
) -> Result<Checked, Rejection> {
    let _ = (spec, report, audit);
    todo!()
}

/// The rows of a ledger that stand for running-variable values `from..`, at most `limit` of them.
///
/// # Errors
/// The ledger's error.
pub fn rows(
    spec: &SearchSpec,
    ledger: &[u8],
    from: u64,
    limit: usize,
) -> Result<Vec<Row>, super::ledger::LedgerError> {
    let _ = (spec, ledger, from, limit);
    todo!()
}
