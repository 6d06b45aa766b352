//! What a form has to say so that it can be searched.

use std::ops::Range;

use super::Term;
use crate::{
    sieve::Sink,
    spec::{Span, SpecError},
};

/// A family of numbers with an index, as a search runs over it.
///
/// Implemented by the parameters of a form, which are plain data: the methods derive everything
/// from them, so that any two hosts mean the same by the same description.
pub(crate) trait Family {
    /// Checks the parameters together with a range of the index.
    fn validate(&self, range: Span) -> Result<(), SpecError>;

    /// What stands at an index of a validated range; `None` where the form has no candidate.
    fn term(&self, at: u64) -> Option<Term>;

    /// The number of terms in a range.
    fn count(&self, range: Span) -> u64 {
        (range.start..range.end)
            .filter(|&at| self.term(at).is_some())
            .count() as u64
    }

    /// A line for people: `k*2^1000+1, k in 1..300`.
    fn describe(&self, range: Span) -> String;

    /// Tells the sink which index has which prime as a factor: every prime of the interval that
    /// divides a term of the range, possibly with others that the sink refuses (a term that equals
    /// the prime, an index without a term). For each index the smallest prime comes first.
    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>);

    /// Seconds of sieving the range with one prime, the search for the prime included.
    fn prime_seconds(&self, range: Span) -> f64;

    /// How many values of the range survive a sieve.
    fn survivors(&self, range: Span) -> Survivors;

    /// Something that a user should know before the search starts: a covering set, for example.
    fn notice(&self) -> Option<String> {
        None
    }
}

/// Of the values of the index, `weight / (ln P)^members` survive a sieve to depth P.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Survivors {
    /// The weight.
    pub(crate) weight: f64,
    /// Members that a factor can remove: 2 for pairs.
    pub(crate) members: i32,
}

impl Survivors {
    /// Of single numbers.
    pub(crate) fn single(weight: f64) -> Self {
        Self { weight, members: 1 }
    }

    /// The share of the values of the index that survives a sieve to depth P.
    pub(crate) fn share(&self, depth: f64) -> f64 {
        (self.weight / depth.max(3.0).ln().powi(self.members)).min(1.0)
    }
}

/// e^-gamma: by Mertens the share of numbers without a factor up to P is this over ln P.
pub(crate) const MERTENS: f64 = 0.561_459;

/// The weight of random numbers that none of some primes divides.
pub(crate) fn weight_without(primes: &[u64]) -> f64 {
    MERTENS
        * primes
            .iter()
            .map(|&p| p as f64 / (p as f64 - 1.0))
            .product::<f64>()
}

/// Of pairs of odd numbers, the share that survives beyond the square of that of single numbers
/// (C2 of Hardy and Littlewood).
pub(crate) const TWIN_CONSTANT: f64 = 0.660_162;
