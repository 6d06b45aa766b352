//! The verifier. It trusts nothing of a proof and shares no code with what makes proofs but the big
//! numbers and the arithmetic modulo N (and the storage of `journal`): each theorem's conditions are checked one by one.
//!
//! A certificate is a list of steps. Every prime that a step takes for granted is below 2^64, where it
//! is decided here, or is the number of a later step; every step but the first is asked for by an
//! earlier one. So the steps form no circle, and nothing stands in the file that was not checked.

mod arithmetic;
mod candidate;
mod combined;
mod curve;
mod minus;
mod plus;
mod residue_class;
mod witnesses;
mod word;

use std::collections::{HashMap, HashSet};

pub use candidate::{ProofError, verify};
use darkreach_arith::Modulus;
use rug::Integer;

use super::{Certificate, Step};
use crate::{
    expression::Expression,
    forms::Structure,
    journal::{self, Forgetful, Journal},
};
use arithmetic::Residues;
use word::is_prime_word;

/// The largest witness that is accepted: provers use small ones, and a verifier's time is not to be
/// wasted.
const LARGEST: u64 = 1 << 32;

/// Why a certificate proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The expression cannot be read or has no value.
    #[error("{0}")]
    Expression(#[from] crate::expression::ExpressionError),
    /// The certificate is of another number than its expression.
    #[error("the value of {expression} is not the n of the certificate")]
    OtherNumber {
        /// The expression.
        expression: String,
    },
    /// The steps do not fit together.
    #[error("step {step}: {reason}")]
    Chain {
        /// The step, counted from 1.
        step: usize,
        /// What is wrong.
        reason: String,
    },
    /// A condition of a theorem does not hold.
    #[error("step {step}, theorem {theorem}: {reason}")]
    Step {
        /// The step, counted from 1.
        step: usize,
        /// Its theorem.
        theorem: &'static str,
        /// The condition that fails.
        reason: String,
    },
}

/// Verifies that a certificate proves the value of its expression prime.
///
/// # Errors
/// [`VerifyError`] with the first condition that fails.
pub fn check(certificate: &Certificate) -> Result<(), VerifyError> {
    check_with(certificate, &Forgetful)
}

/// The same for certificates that take long: steps and powers that the journal has are not computed
/// again, so it must be one that nobody else can write.
///
/// # Errors
/// [`VerifyError`] with the first condition that fails.
pub fn check_with(certificate: &Certificate, journal: &dyn Journal) -> Result<(), VerifyError> {
    let expression: Expression = certificate.expression.parse()?;
    if expression.value()? != certificate.n {
        return Err(VerifyError::OtherNumber {
            expression: expression.to_string(),
        });
    }
    let shape = expression
        .as_kbn()
        .and_then(|candidate| candidate.modulus().ok());
    check_all(&certificate.n, &certificate.steps, shape.as_ref(), journal)
}

/// Verifies that steps prove n prime.
///
/// # Errors
/// [`VerifyError`] with the first condition that fails.
pub fn check_steps(n: &Integer, steps: &[Step]) -> Result<(), VerifyError> {
    check_all(n, steps, None, &Forgetful)
}

/// The same, with the shape of N where that is known.
fn check_all(
    n: &Integer,
    steps: &[Step],
    shape: Option<&Modulus>,
    journal: &dyn Journal,
) -> Result<(), VerifyError> {
    let fail = |index: usize, reason: String| VerifyError::Chain {
        step: index + 1,
        reason,
    };
    let first = steps.first().ok_or_else(|| fail(0, "is missing".into()))?;
    if first.n() != n {
        return Err(fail(0, "it does not speak of n".into()));
    }
    let mut places = HashMap::new();
    for (index, step) in steps.iter().enumerate() {
        if places.insert(step.n(), index).is_some() {
            return Err(fail(index, "its number has a step already".into()));
        }
    }
    // How they fit together, before anything that takes time.
    let mut wanted = HashSet::from([n]);
    for (index, step) in steps.iter().enumerate() {
        if !wanted.contains(step.n()) {
            return Err(fail(index, "no earlier step uses its number".into()));
        }
        for prime in step.rests_on() {
            if let Some(word) = prime.to_u64() {
                if !is_prime_word(word) {
                    return Err(fail(index, format!("{word} is not prime")));
                }
            } else if places.get(prime).is_none_or(|&place| place <= index) {
                return Err(fail(
                    index,
                    format!("no later step proves {} prime", short(prime)),
                ));
            } else {
                wanted.insert(prime);
            }
        }
    }
    let total = steps.len() as u64;
    for (done, step) in (0..).zip(steps) {
        // Of several steps each is kept as a whole, too.
        let name = (total > 1).then(|| step_name(step));
        if name.is_some_and(|name| journal.kept(&name).is_some()) {
            journal.resumed("verification of steps", done + 1, total);
            continue;
        }
        check_step(step, shape, journal).map_err(|reason| VerifyError::Step {
            step: done as usize + 1,
            theorem: step.theorem(),
            reason,
        })?;
        if let Some(name) = name {
            journal.keep(&name, Vec::new());
        }
    }
    Ok(())
}

/// The name under which a journal has that a step was checked.
fn step_name(step: &Step) -> journal::Name {
    let text = serde_json::to_string(step).expect("numbers and lists can always be written");
    journal::name(&format!("checked step {text}"), &[])
}

/// The conditions of one step's theorem, given that the numbers it rests on are prime.
pub(crate) fn check_step(
    step: &Step,
    shape: Option<&Modulus>,
    journal: &dyn Journal,
) -> Result<(), String> {
    let residues = || Residues::new(step.n(), shape, journal);
    match step {
        Step::Small { n } => {
            let word = n.to_u64().ok_or("N is not below 2^64")?;
            require(is_prime_word(word), || format!("{word} is composite"))
        }
        Step::Proth { n, k, e, a } => minus::proth(n, k, *e, *a, journal),
        Step::Pocklington { f, witnesses, .. } => minus::pocklington(&residues()?, f, witnesses),
        Step::Bls3 { q, a, .. } => minus::bls3(&residues()?, q, *a),
        Step::Bls5 {
            f, r, s, witnesses, ..
        } => minus::bls5(&residues()?, f, r, s, witnesses),
        Step::Llr { n, k, e, p1 } => plus::llr(n, k, *e, *p1, journal),
        Step::Morrison {
            f, d, witnesses, ..
        } => plus::morrison(&residues()?, f, *d, witnesses),
        Step::Bls15 { q, d, x, .. } => plus::bls15(&residues()?, q, *d, *x),
        Step::Bls17 {
            f,
            r,
            s,
            d,
            witnesses,
            ..
        } => plus::bls17(&residues()?, f, r, s, *d, witnesses),
        Step::Combined {
            f1,
            minus,
            f2,
            d,
            plus,
            ..
        } => combined::combined(&residues()?, f1, minus, f2, *d, plus),
        Step::Ecpp {
            n,
            m,
            q,
            a,
            b,
            x,
            y,
        } => curve::ecpp(n, m, q, [a, b], [x, y]),
    }
}

/// Fails with a reason unless a condition holds.
fn require(condition: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(reason()) }
}

/// What every theorem but the one for words asks of N.
fn require_odd(n: &Integer) -> Result<(), String> {
    require(*n > 3 && n.is_odd(), || "N is even or below 5".into())
}

/// A number as a message shows it.
fn short(n: &Integer) -> String {
    let digits = n.to_string();
    if digits.len() <= 40 {
        return digits;
    }
    let tail = &digits[digits.len() - 10..];
    format!("{}...{tail} ({} digits)", &digits[..10], digits.len())
}
