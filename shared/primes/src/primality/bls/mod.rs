//! Proofs from prime factors of N-1 and N+1, for any N: Pocklington, Morrison, and the theorems of
//! Brillhart, Lehmer, Selfridge 1975 where the factored part is smaller than the square root.
//!
//! The plan comes first: which theorem the known factors allow, the cheapest one, and which of the
//! primes it needs. Primes below 2^64 are preferred, because others need proofs of their own. Then
//! witnesses are looked for; each power is computed once for all primes (`witness`). What comes out is
//! a step of a certificate; whoever uses it has it verified.

mod plan;
mod power;
#[cfg(test)]
mod tests;
mod witness;

pub(crate) use plan::Factors;
pub(crate) use power::Stopped;

use rug::Integer;

use super::Watch;
use crate::{
    certificate::{Step, check_step},
    journal::{Forgetful, Journal},
};
use plan::{Plan, plans};
use power::Powers;
use witness::{Search, bases, discriminant, elements};

/// What an attempt at a proof ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A step that proves N prime if the primes that it rests on are.
    Step(Step),
    /// N is composite.
    Composite,
    /// The factors do not suffice, or no witness was found.
    Open,
}

/// Tries the theorems that the factors allow. N is odd, above 2^64, and has passed a probable prime
/// test; the factors are primes, as far as is known. What takes long goes on from what the journal has.
pub(crate) fn prove(
    modulus: &darkreach_arith::Modulus,
    factors: &Factors,
    watch: &dyn Watch,
    journal: &dyn Journal,
) -> Result<Outcome, Stopped> {
    let n = modulus.value();
    let powers = Powers::new(modulus, watch, journal);
    for plan in plans(n, factors) {
        match attempt(n, &powers, &plan)? {
            Outcome::Open => {}
            // That no divisor is left in the residue class is seen by the verifier alone.
            Outcome::Step(step @ Step::Combined { .. }) => {
                if check_step(&step, None, &Forgetful).is_ok() {
                    return Ok(Outcome::Step(step));
                }
            }
            outcome => return Ok(outcome),
        }
    }
    Ok(Outcome::Open)
}

/// One plan.
fn attempt(n: &Integer, powers: &Powers<'_>, plan: &Plan) -> Result<Outcome, Stopped> {
    let minus = match bases(n, powers, &plan.minus, &|part| plan.minus_suffices(n, part))? {
        Search::Found(witnesses) => witnesses,
        Search::Composite => return Ok(Outcome::Composite),
        Search::Failed => return Ok(Outcome::Open),
    };
    if plan.plus.is_empty() {
        return Ok(plan::minus_step(n, minus));
    }
    let Some(d) = discriminant(n) else {
        return Ok(Outcome::Open);
    };
    let plus = match elements(n, powers, d, &plan.plus, &|part| {
        plan.plus_suffices(n, part)
    })? {
        Search::Found(witnesses) => witnesses,
        Search::Composite => return Ok(Outcome::Composite),
        Search::Failed => return Ok(Outcome::Open),
    };
    Ok(if minus.is_empty() {
        plan::plus_step(n, d, plus)
    } else {
        plan::combined_step(n, minus, d, plus)
    })
}
