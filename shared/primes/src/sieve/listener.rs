//! What a sieve tells the one who runs it.

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
