//! Proofs of candidates k*b^n+-1, as searches report them: each is one step of a certificate.

use rug::{Integer, ops::Pow};

use super::{
    super::{Base, Element, Proof, Step},
    check_step, is_prime_word, require,
};
use crate::{
    forms::{Candidate, Structure},
    journal::Forgetful,
};

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {theorem} proof of {expression} is not valid: {reason}")]
pub struct ProofError {
    /// The candidate.
    pub expression: String,
    /// The theorem.
    pub theorem: &'static str,
    /// The condition that fails.
    pub reason: String,
}

/// Verifies that a proof proves the candidate prime.
///
/// # Errors
/// [`ProofError`] with the condition that fails.
pub fn verify(candidate: &Candidate, proof: &Proof) -> Result<(), ProofError> {
    check(candidate, proof).map_err(|reason| ProofError {
        expression: candidate.to_string(),
        theorem: proof.theorem(),
        reason,
    })
}

fn check(candidate: &Candidate, proof: &Proof) -> Result<(), String> {
    let Candidate { k, b, n, c } = *candidate;
    require(k > 0 && b >= 2 && n > 0 && c.abs() == 1, || {
        "it is not of the form k*b^n+-1".into()
    })?;
    match proof {
        Proof::Proth { .. } => {
            require(c == 1 && b == 2, || "N is not k*2^n+1".into())?;
        }
        Proof::Llr { .. } => require(c == -1 && b == 2, || "N is not k*2^n-1".into())?,
        Proof::Pocklington { witnesses } => {
            require(c == 1, || "N is not k*b^n+1".into())?;
            require_primes(witnesses.iter().map(|witness| witness.q))?;
        }
        Proof::Morrison { p, primes } => {
            require(c == -1, || "N is not k*b^n-1".into())?;
            require((3..1 << 31).contains(p), || {
                format!("P = {p} is out of range")
            })?;
            require_primes(primes.iter().copied())?;
        }
        Proof::Small => {}
        Proof::General { step } => {
            let n = candidate.value();
            return super::check_steps(&n, std::slice::from_ref(step.as_ref()))
                .map_err(|error| error.to_string());
        }
    }
    let shape = candidate.modulus().ok();
    check_step(&proof.step(candidate), shape.as_ref(), &Forgetful)
}

fn require_primes(mut primes: impl Iterator<Item = u64>) -> Result<(), String> {
    primes.try_for_each(|q| require(is_prime_word(q), || format!("{q} is not prime")))
}

impl Proof {
    /// The proof of a candidate as a step of a certificate.
    pub(in super::super) fn step(&self, candidate: &Candidate) -> Step {
        let n = candidate.value();
        let (k, e) = (Integer::from(candidate.k), candidate.n);
        match self {
            Self::General { step } => step.as_ref().clone(),
            Self::Small => Step::Small { n },
            Self::Proth { a } => Step::Proth { n, k, e, a: *a },
            Self::Llr { p1 } => Step::Llr { n, k, e, p1: *p1 },
            Self::Pocklington { witnesses } => Step::Pocklington {
                f: part(&Integer::from(&n - 1), witnesses.iter().map(|w| w.q)),
                witnesses: witnesses
                    .iter()
                    .map(|w| Base {
                        q: w.q.into(),
                        a: w.a,
                    })
                    .collect(),
                n,
            },
            // (P + sqrt(P^2-4))/2 is (x + sqrt d)/(x - sqrt d) for d = P^2-4 and x = P+2.
            Self::Morrison { p, primes } => Step::Morrison {
                f: part(&Integer::from(&n + 1), primes.iter().copied()),
                d: i64::try_from(u128::from(*p).pow(2))
                    .unwrap_or(i64::MAX)
                    .saturating_sub(4),
                witnesses: primes
                    .iter()
                    .map(|&q| Element {
                        q: q.into(),
                        x: p.saturating_add(2),
                    })
                    .collect(),
                n,
            },
        }
    }
}

/// The part of a number made of primes; what does not divide it counts as nothing.
fn part(whole: &Integer, primes: impl Iterator<Item = u64>) -> Integer {
    primes
        .filter(|&q| q > 1)
        .map(|q| {
            let q = Integer::from(q);
            let multiplicity = whole.clone().remove_factor(&q).1;
            q.pow(multiplicity)
        })
        .product()
}
