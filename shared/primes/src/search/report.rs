//! The results of a block, and the check that a stranger's report gets before it is believed.

use rug::Integer;
use serde::{Deserialize, Serialize};

use super::ledger::{self, Outcome};
use crate::{
    certificate::{Proof, verify},
    digits::decimal_digits,
    forms::Candidate,
    primality::{
        decide::{Decision, decide, decide_small, res64},
        run::Unwatched,
    },
    spec::SearchSpec,
    word::is_prime,
};

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
    let whole = |reason: String| Rejection {
        expression: "report".into(),
        reason,
    };
    spec.validate()
        .map_err(|error| whole(format!("its search is not valid: {error}")))?;
    let outcomes =
        ledger::decode(&report.ledger, spec.count()).map_err(|error| whole(error.to_string()))?;
    let mut checked = Checked {
        candidates: outcomes.len() as u64,
        sieved: 0,
        tested: 0,
        primes: Vec::new(),
        probable: Vec::new(),
        audited: 0,
    };
    let mut proofs = report.primes.iter();
    let mut composites = Vec::new();
    for ((at, candidate), outcome) in spec.candidates().zip(outcomes) {
        let reject = |reason: String| Rejection {
            expression: candidate.to_string(),
            reason,
        };
        if let Outcome::Factor(p) = outcome {
            check_factor(spec, &candidate, p).map_err(reject)?;
            checked.sieved += 1;
            continue;
        }
        checked.tested += 1;
        check_tested(&candidate, outcome).map_err(reject)?;
        match outcome {
            Outcome::Prime => {
                let proof = match proofs.next() {
                    Some(prime) if prime.at == at => &prime.proof,
                    _ => {
                        return Err(reject(
                            "it is called prime, but its proof is missing".into(),
                        ));
                    }
                };
                verify(&candidate, proof).map_err(|error| reject(error.to_string()))?;
                checked.primes.push(CheckedPrime {
                    at,
                    expression: candidate.to_string(),
                    digits: decimal_digits(&candidate.value()),
                    proof: proof.clone(),
                });
            }
            Outcome::ProbablePrime => checked.probable.push(candidate.to_string()),
            Outcome::Composite { res64 } => composites.push((candidate, res64)),
            Outcome::BelowTwo | Outcome::Factor(_) => {}
        }
    }
    if let Some(extra) = proofs.next() {
        return Err(whole(format!(
            "it has a proof at {}, where the ledger has no prime",
            extra.at
        )));
    }
    for ordinal in audit(composites.len() as u64) {
        let Some((candidate, claimed)) = usize::try_from(ordinal)
            .ok()
            .and_then(|ordinal| composites.get(ordinal))
        else {
            continue;
        };
        let right = recompute(candidate);
        if right != *claimed {
            return Err(Rejection {
                expression: candidate.to_string(),
                reason: format!("its residue is {right:016X}, not {claimed:016X}"),
            });
        }
        checked.audited += 1;
    }
    Ok(checked)
}

/// A factor of the sieve: prime, within the depth, below N, and it divides.
fn check_factor(spec: &SearchSpec, candidate: &Candidate, p: u64) -> Result<(), String> {
    if p > spec.sieve_limit {
        return Err(format!(
            "the factor {p} is above the sieve limit {}",
            spec.sieve_limit
        ));
    }
    if candidate.modulo(p) != 0 {
        return Err(format!("{p} does not divide it"));
    }
    if candidate.small().is_some_and(|value| value <= p) {
        return Err(format!("{p} is no proper factor"));
    }
    if !is_prime(p) {
        return Err(format!("the factor {p} is not prime"));
    }
    Ok(())
}

/// What can be said of a tested candidate without repeating its test; where an outcome is so rare
/// that repeating it costs nothing, it is repeated.
fn check_tested(candidate: &Candidate, outcome: Outcome) -> Result<(), String> {
    for p in [2, 3] {
        if candidate.modulo(p) == 0 && candidate.small().is_none_or(|value| value > p) {
            return Err(format!("it was tested, but the sieve removes it by {p}"));
        }
    }
    if let Some(value) = candidate.small() {
        let fits = match (decide_small(value), outcome) {
            (Decision::Composite { res64: Some(right) }, Outcome::Composite { res64 }) => {
                right == res64
            }
            (Decision::Prime(_), Outcome::Prime) | (Decision::BelowTwo, Outcome::BelowTwo) => true,
            _ => false,
        };
        return fits
            .then_some(())
            .ok_or_else(|| format!("{outcome:?} is not what it is"));
    }
    match outcome {
        Outcome::BelowTwo => Err("it is not less than 2".into()),
        // A pseudoprime, which hardly exist, or a prime that is hidden.
        Outcome::Composite { res64: 1 } => match decide(candidate, true, None, &mut Unwatched) {
            Ok(Decision::Composite { res64: Some(1) }) => Ok(()),
            _ => Err("its residue is 1, but it is no pseudoprime".into()),
        },
        Outcome::ProbablePrime if recompute(candidate) != 1 => {
            Err("it does not pass the Fermat test".into())
        }
        _ => Ok(()),
    }
}

/// Up to this many bits an audit pays for other arithmetic than the one it audits: at three times the
/// price of GMP's squaring a bit that is under a second.
const INDEPENDENT_BITS: u32 = 20_000;

/// RES64 from the start: by GMP's own powers where that is affordable, so that a fault of the ring
/// shows as a difference between hosts and server; above, by the ring again.
fn recompute(candidate: &Candidate) -> u64 {
    let n = candidate.value();
    if n.significant_bits() <= INDEPENDENT_BITS
        && let Some(power) = Integer::from(3).pow_mod_ref(&Integer::from(&n - 1u32), &n)
    {
        return Integer::from(power).to_u64_wrapping();
    }
    match res64(candidate, &mut Unwatched) {
        Ok(residue) => residue,
        Err(_) => unreachable!("nobody stops it"),
    }
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
    let mut reader = ledger::Reader::new(ledger)?;
    let mut rows = Vec::new();
    for (at, candidate) in spec.candidates() {
        if rows.len() == limit {
            break;
        }
        let outcome = reader.outcome()?;
        if at >= from {
            rows.push(Row {
                at,
                expression: candidate.to_string(),
                outcome,
            });
        }
    }
    Ok(rows)
}
