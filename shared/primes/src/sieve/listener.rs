//! What a sieve is, and what it tells the one who runs it.

use std::ops::Range;

use super::lanes::{Isa, Slices, sieve_with};

/// A sieve with its parameters. What most have in common, taking primes a slice at a time, is provided.
pub trait Sieve {
    /// Reports everything that the primes of an interval divide.
    ///
    /// # Errors
    /// [`Stopped`] if the listener said so.
    fn sieve(
        self,
        isa: Isa,
        primes: Range<u64>,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped>;
}

impl<T: Slices> Sieve for T {
    fn sieve(
        mut self,
        isa: Isa,
        primes: Range<u64>,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        sieve_with(isa, primes, &mut self, listener)
    }
}

/// Takes what a sieve finds.
pub trait Listener {
    /// The prime divides the candidate of a target (a sign, a multiplier) at an index counted from
    /// the start of the range. The candidate may be the prime itself, and the same candidate may be
    /// reported again, with the same or another prime; for one candidate primes come in no
    /// particular order.
    fn hit(&mut self, target: usize, index: u64, prime: u64);

    /// Whether anything more is to be said of a candidate. Sieves that look at candidates one by one
    /// ask before they do.
    fn wants(&self, target: usize, index: u64) -> bool {
        let _ = (target, index);
        true
    }

    /// So many primes were struck with.
    fn count(&mut self, primes: u64) {
        let _ = primes;
    }

    /// Whether to give up. Asked every few milliseconds at least.
    fn should_stop(&mut self) -> bool;
}

/// The listener said stop before everything was reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sieve was stopped")]
pub struct Stopped;
