//! The results of a block, and the check that a stranger's report gets before it is believed.

use rug::Integer;
use serde::{Deserialize, Serialize};

use super::ledger::{self, Outcome};
use crate::{
    certificate::{Proof, ProofError, check_steps, verify},
    digits::decimal_digits,
    forms::{Number, Term},
    primality::{
        run::Unwatched,
        term::{self, Verdict, decide, decide_words},
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
    /// Decimal digits, of a pair those of the larger number; 0 unless it is a (probable) prime.
    pub digits: u64,
    /// The proofs, if it is prime: one, or one for each of a pair.
    pub proofs: Vec<Proof>,
}

/// A prime of a block with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvedPrime {
    /// The index.
    pub at: u64,
    /// The proof, of a pair that of the first number.
    pub proof: Proof,
    /// Of a pair the proof of the second number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Proof>,
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
    /// The index.
    pub at: u64,
    /// The candidate's expression.
    pub expression: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// A prime that the check accepted, with what a table wants to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPrime {
    /// The index.
    pub at: u64,
    /// The candidate's expression.
    pub expression: String,
    /// Decimal digits, of a pair those of the larger number.
    pub digits: u64,
    /// The verified proof, of a pair that of the first number.
    pub proof: Proof,
    /// Of a pair the verified proof of the second number.
    pub second: Option<Proof>,
}

/// A probable prime of a report: every member passed the Fermat test again here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedProbable {
    /// The index.
    pub at: u64,
    /// The candidate's expression.
    pub expression: String,
    /// Decimal digits, of a pair those of the larger number.
    pub digits: u64,
}

/// What a report contains once it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Candidates in the block.
    pub candidates: u64,
    /// Removed by a factor, of the sieve or algebraic.
    pub sieved: u64,
    /// Tested.
    pub tested: u64,
    /// The primes.
    pub primes: Vec<CheckedPrime>,
    /// What passed the Fermat test without a proof.
    pub probable: Vec<CheckedProbable>,
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
    for ((at, term), outcome) in spec.terms().zip(outcomes) {
        let reject = |reason: String| Rejection {
            expression: term.to_string(),
            reason,
        };
        if let Outcome::Factor(p) = outcome {
            check_factor(spec, &term, p).map_err(reject)?;
            checked.sieved += 1;
            continue;
        }
        if outcome == Outcome::Algebraic {
            if !term.algebraic() {
                return Err(reject("it has no algebraic factorisation".into()));
            }
            checked.sieved += 1;
            continue;
        }
        checked.tested += 1;
        check_tested(&term, outcome).map_err(reject)?;
        match outcome {
            Outcome::Prime => {
                let prime = match proofs.next() {
                    Some(prime) if prime.at == at => prime,
                    _ => {
                        return Err(reject(
                            "it is called prime, but its proof is missing".into(),
                        ));
                    }
                };
                check_proofs(&term, prime).map_err(reject)?;
                checked.primes.push(CheckedPrime {
                    at,
                    expression: term.to_string(),
                    digits: digits(&term),
                    proof: prime.proof.clone(),
                    second: prime.second.clone(),
                });
            }
            Outcome::ProbablePrime => checked.probable.push(CheckedProbable {
                at,
                expression: term.to_string(),
                digits: digits(&term),
            }),
            Outcome::Composite { res64 } => composites.push((term, res64)),
            Outcome::BelowTwo | Outcome::Factor(_) | Outcome::Algebraic => {}
        }
    }
    if let Some(extra) = proofs.next() {
        return Err(whole(format!(
            "it has a proof at {}, where the ledger has no prime",
            extra.at
        )));
    }
    for ordinal in audit(composites.len() as u64) {
        let Some((term, claimed)) = usize::try_from(ordinal)
            .ok()
            .and_then(|ordinal| composites.get(ordinal))
        else {
            continue;
        };
        let right = recompute(term);
        if right != *claimed {
            return Err(Rejection {
                expression: term.to_string(),
                reason: format!("its residue is {right:016X}, not {claimed:016X}"),
            });
        }
        checked.audited += 1;
    }
    Ok(checked)
}

/// The decimal digits of the larger member.
pub(super) fn digits(term: &Term) -> u64 {
    term.members()
        .map(|number| decimal_digits(&number.value()))
        .max()
        .unwrap_or(0)
}

/// One valid proof for each member.
fn check_proofs(term: &Term, prime: &ProvedPrime) -> Result<(), String> {
    let proofs = std::iter::once(&prime.proof).chain(&prime.second);
    if proofs.clone().count() != term.len() {
        return Err("it needs one proof for each of its numbers".into());
    }
    for (number, proof) in term.members().zip(proofs) {
        verify_number(number, proof).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Verifies the proof of a number.
pub(crate) fn verify_number(number: &Number, proof: &Proof) -> Result<(), ProofError> {
    match number {
        Number::Kbnc(candidate) => verify(candidate, proof),
        Number::Other(_) => {
            let refuse = |reason: &str| ProofError {
                expression: number.to_string(),
                theorem: proof.theorem(),
                reason: reason.into(),
            };
            match (proof, number.small()) {
                (Proof::Small, Some(word)) if is_prime(word) => Ok(()),
                (Proof::Small, Some(_)) => Err(refuse("it is composite")),
                (Proof::Small, None) => Err(refuse("N is not below 2^64")),
                (Proof::General { step }, _) => {
                    check_steps(&number.value(), std::slice::from_ref(step.as_ref()))
                        .map_err(|error| refuse(&error.to_string()))
                }
                _ => Err(refuse("the theorem speaks of numbers of another shape")),
            }
        }
    }
}

/// A factor of the sieve: prime, within the depth, and a proper factor of a member.
fn check_factor(spec: &SearchSpec, term: &Term, p: u64) -> Result<(), String> {
    if p > spec.sieve_limit {
        return Err(format!(
            "the factor {p} is above the sieve limit {}",
            spec.sieve_limit
        ));
    }
    if p == 0 || term.members().all(|number| number.modulo(p) != 0) {
        return Err(format!("{p} does not divide it"));
    }
    if !term.has_factor(p) {
        return Err(format!("{p} is no proper factor"));
    }
    if !is_prime(p) {
        return Err(format!("the factor {p} is not prime"));
    }
    Ok(())
}

/// What can be said of a tested term without repeating its test; where an outcome is so rare that
/// repeating it costs nothing, it is repeated.
fn check_tested(term: &Term, outcome: Outcome) -> Result<(), String> {
    for p in [2, 3] {
        if term.has_factor(p) {
            return Err(format!("it was tested, but the sieve removes it by {p}"));
        }
    }
    if let Some(right) = decide_words(term) {
        let fits = match (right, outcome) {
            (Verdict::Composite { res64: right }, Outcome::Composite { res64 }) => right == res64,
            (Verdict::Prime(_), Outcome::Prime) | (Verdict::BelowTwo, Outcome::BelowTwo) => true,
            _ => false,
        };
        return fits
            .then_some(())
            .ok_or_else(|| format!("{outcome:?} is not what it is"));
    }
    match outcome {
        Outcome::BelowTwo if !term.below_two() => Err("it is not less than 2".into()),
        // A pseudoprime, which hardly exist, or a prime that is hidden.
        Outcome::Composite { res64: 1 } => match decide(term, None, &mut Unwatched) {
            Ok(Verdict::Composite { res64: 1 }) => Ok(()),
            _ => Err("its residue is 1, but it is no pseudoprime".into()),
        },
        // The Fermat test alone does not do. What has a proof here is no lie.
        Outcome::ProbablePrime => match decide(term, None, &mut Unwatched) {
            Ok(Verdict::ProbablePrime | Verdict::Prime(_)) => Ok(()),
            _ => Err("it does not pass the probable prime tests".into()),
        },
        _ => Ok(()),
    }
}

/// Up to this many bits an audit pays for other arithmetic than the one it audits: at three times the
/// price of GMP's squaring a bit that is under a second.
const INDEPENDENT_BITS: u32 = 20_000;

/// RES64 from the start: by GMP's own powers where that is affordable, so that a fault of the ring
/// shows as a difference between hosts and server; above, by the ring again.
fn recompute(term: &Term) -> u64 {
    term::res64(term, &mut |number| {
        let (a, n) = (number.fermat_base(), number.value());
        if n.significant_bits() <= INDEPENDENT_BITS
            && let Some(power) = Integer::from(a).pow_mod_ref(&Integer::from(&n - 1u32), &n)
        {
            return Integer::from(power).to_u64_wrapping();
        }
        match term::number_res64(number, &mut Unwatched) {
            Ok(residue) => residue,
            // This computer failed its own check again and again: other arithmetic, if slow.
            Err(_) => Integer::from(a)
                .pow_mod(&Integer::from(&n - 1u32), &n)
                .expect("the exponent is not negative")
                .to_u64_wrapping(),
        }
    })
}

/// The rows of a ledger that stand for indices `from..`, at most `limit` of them.
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
    for (at, term) in spec.terms() {
        if rows.len() == limit {
            break;
        }
        let outcome = reader.outcome()?;
        if at >= from {
            rows.push(Row {
                at,
                expression: term.to_string(),
                outcome,
            });
        }
    }
    Ok(rows)
}
