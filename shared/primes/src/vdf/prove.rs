//! The host's side: keeping values while the test runs, and making the proof of them.

use rug::Integer;

use super::{
    advance::advance,
    data::Proof,
    fold::{fold, fold_exponents, power},
    plan::Plan,
    statement::{Place, Statement},
    transcript::Transcript,
};
use crate::strong::{Miscalculation, chain::residue};

/// Where kept values go: files, memory. They are numbered from 1.
pub trait Points {
    /// What can go wrong.
    type Error;

    /// Keeps a value, in the place of any that has this number: after a mismatch values come again.
    ///
    /// # Errors
    /// Whatever the storage says; the test ends with it.
    fn put(&mut self, number: u32, value: &Integer) -> Result<(), Self::Error>;

    /// A kept value.
    ///
    /// # Errors
    /// Whatever the storage says, also that the value is missing.
    fn get(&mut self, number: u32) -> Result<Integer, Self::Error>;
}

/// Values kept in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryPoints(std::collections::BTreeMap<u32, Integer>);

/// A value is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("value {0} of the proof was not kept; the proof cannot be made")]
pub struct MissingPoint(pub u32);

impl Points for MemoryPoints {
    type Error = MissingPoint;

    fn put(&mut self, number: u32, value: &Integer) -> Result<(), MissingPoint> {
        self.0.insert(number, value.clone());
        Ok(())
    }

    fn get(&mut self, number: u32) -> Result<Integer, MissingPoint> {
        self.0.get(&number).cloned().ok_or(MissingPoint(number))
    }
}

/// Keeps the values of a plan as a test passes by.
#[derive(Debug)]
pub struct Recorder<'a, P> {
    places: Vec<u64>,
    points: &'a mut P,
}

impl<'a, P: Points> Recorder<'a, P> {
    /// For a test that begins, or goes on with the same storage.
    pub fn new(plan: &Plan, points: &'a mut P) -> Self {
        Self {
            places: plan.places(),
            points,
        }
    }

    /// To be called after every step.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn note(&mut self, place: &dyn Place) -> Result<(), P::Error> {
        match self.places.binary_search(&place.position()) {
            Ok(index) => self.points.put(index as u32 + 1, &place.residue()),
            Err(_) => Ok(()),
        }
    }
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError<E> {
    /// A value cannot be had.
    #[error("{0}")]
    Points(E),
    /// This computer cannot be trusted.
    #[error("{0}")]
    Miscalculates(Miscalculation),
}

/// The proof of a finished test: `result` is its verified end, `nonce` what the server answered when it
/// was told the result.
///
/// # Errors
/// [`ProveError`].
pub fn prove<P: Points>(
    statement: &Statement<'_>,
    plan: &Plan,
    nonce: &[u8; 32],
    result: &Integer,
    points: &mut P,
) -> Result<Proof, ProveError<P::Error>> {
    let mut transcript = Transcript::new(statement, plan, nonce, result);
    let products = products(statement, plan, points, |product| {
        let product = transcript.smaller(product);
        let h = transcript.challenge(&product);
        (product, h)
    })?;
    Ok(Proof {
        result: result.clone(),
        products,
    })
}

/// The values half way down each claim, each made with the challenges of those before; `challenge` gives
/// the sign that the product is to have, and the challenge.
pub(super) fn products<P: Points>(
    statement: &Statement<'_>,
    plan: &Plan,
    points: &mut P,
    mut challenge: impl FnMut(Integer) -> (Integer, Integer),
) -> Result<Vec<Integer>, ProveError<P::Error>> {
    let ring = statement.ring;
    let mut x = residue(ring, &statement.start());
    let mut challenges = Vec::new();
    let mut products = Vec::new();
    for level in 0..plan.power() {
        let product = if level < plan.stored() {
            // The middles of all claims of this level, in the numbering of the kept values.
            let stride = plan.points() as usize >> (level + 1);
            let mut leaf = |i: usize| {
                let number = ((2 * i + 1) * stride) as u32;
                points.get(number).map(|value| residue(ring, &value))
            };
            let folded = fold(ring, &mut leaf, 0, &challenges).map_err(ProveError::Points)?;
            ring.to_integer(&folded)
        } else {
            let steps = plan.claim(level);
            // The digits of the first halves.
            let exponent = statement.parts(level + 1).map(|parts| {
                let firsts: Vec<Integer> = parts.into_iter().step_by(2).collect();
                fold_exponents(&firsts, &challenges)
            });
            let x = ring.to_integer(&x);
            advance(statement, &x, steps.div_ceil(2), exponent.as_ref())
                .map_err(ProveError::Miscalculates)?
        };
        let (product, h) = challenge(product);
        // Where values are computed again, it is from the start of the claim.
        if plan.stored() < plan.power() && level + 1 < plan.power() {
            x = power(ring, &x, &plan.step_exponent(level, statement.base(), &h));
            ring.mul(&mut x, &residue(ring, &product));
        }
        challenges.push(h);
        products.push(product);
    }
    Ok(products)
}
