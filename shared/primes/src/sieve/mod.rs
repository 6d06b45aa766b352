//! Removing candidates with small factors, by the shape of the problem. A sieve answers for an
//! interval of primes and a range of a form's index; it keeps no state, so that intervals can be
//! sieved on several cores and in any order. Which sieve serves which form is said in the form's
//! own file; here is what they report to.

mod machine;
pub(crate) mod orders;
pub(crate) mod over_k;
pub(crate) mod over_n;

pub use machine::{Counts, Factor, MAX_LENGTH, SieveResult, SieveUnit, Sieving};

use std::ops::Range;

use crate::{spec::SearchSpec, word::for_primes};

/// A candidate with its smallest factor among the primes of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The index, counted from the start of the range.
    pub(crate) index: u32,
    /// The factor, below the candidate.
    pub(crate) factor: u64,
}

/// Steps of a prime or so between two looks at the stop sign.
const POLL: u32 = 256;

/// Sieves the whole range of a validated spec with the primes of an interval. Each candidate is
/// reported at most once, with the smallest of its factors. `None` if stopped.
pub(crate) fn sieve(
    spec: &SearchSpec,
    primes: Range<u64>,
    should_stop: &mut dyn FnMut() -> bool,
) -> Option<Vec<Hit>> {
    let length = spec.range.end - spec.range.start;
    let none = vec![0; length.div_ceil(64) as usize];
    sieve_survivors(spec, primes, &none, should_stop).map(|(hits, _)| hits)
}

/// The same without what was removed before, one bit per index; and how many primes were struck with.
fn sieve_survivors(
    spec: &SearchSpec,
    primes: Range<u64>,
    removed: &[u64],
    should_stop: &mut dyn FnMut() -> bool,
) -> Option<(Vec<Hit>, u64)> {
    let mut sink = Sink::new(spec, removed, should_stop);
    spec.form.family().sieve(spec.range, primes, &mut sink);
    (!sink.stopped).then_some((sink.hits, sink.tested))
}

/// Collects first hits, and checks each by recomputation.
pub(crate) struct Sink<'a> {
    spec: &'a SearchSpec,
    /// One bit per index: hit already, so that nothing more is wanted of it.
    seen: Vec<u64>,
    hits: Vec<Hit>,
    should_stop: &'a mut dyn FnMut() -> bool,
    until_look: u32,
    stopped: bool,
    /// Primes struck with.
    tested: u64,
}

impl<'a> Sink<'a> {
    fn new(
        spec: &'a SearchSpec,
        removed: &[u64],
        should_stop: &'a mut dyn FnMut() -> bool,
    ) -> Self {
        Self {
            spec,
            seen: removed.to_vec(),
            hits: Vec::new(),
            should_stop,
            until_look: POLL,
            stopped: false,
            tested: 0,
        }
    }

    /// Notes that p divides the term at an index (counted from the start of the range), unless a
    /// smaller prime did, there is no term, or the number is p itself. A hit that the recomputation
    /// does not confirm is dropped: the candidate is then tested, which is slower and right.
    #[inline]
    pub(crate) fn hit(&mut self, index: u64, p: u64) {
        if self.is_hit(index) {
            return;
        }
        let Some(term) = self.spec.term(self.spec.range.start + index) else {
            return;
        };
        debug_assert!(
            term.members().any(|number| number.modulo(p) == 0),
            "{p} does not divide {term}"
        );
        if term.has_factor(p) {
            self.seen[(index / 64) as usize] |= 1 << (index % 64);
            self.hits.push(Hit {
                index: index as u32,
                factor: p,
            });
        }
    }

    /// Whether an index was hit, so that nothing more is wanted of it.
    #[inline]
    pub(crate) fn is_hit(&self, index: u64) -> bool {
        self.seen[(index / 64) as usize] & 1 << (index % 64) != 0
    }

    /// False when the sieve should end. `steps` is what was done since the last question, in units of
    /// the strike of one prime at one place, some tens of nanoseconds.
    #[inline]
    pub(crate) fn go_on(&mut self, steps: u32) -> bool {
        if let Some(left) = self.until_look.checked_sub(steps) {
            self.until_look = left;
        } else {
            self.until_look = POLL;
            self.stopped = self.stopped || (self.should_stop)();
        }
        !self.stopped
    }

    /// Counts primes that were struck with outside [`Self::each_prime`].
    pub(crate) fn count(&mut self, primes: u64) {
        self.tested += primes;
    }

    /// Tries every index with one prime: for the few that a sieve's arithmetic cannot take.
    pub(crate) fn try_all(&mut self, p: u64) {
        for index in 0..self.spec.range.end - self.spec.range.start {
            let term = self.spec.term(self.spec.range.start + index);
            if term.is_some_and(|term| term.has_factor(p)) {
                self.hit(index, p);
            }
        }
    }

    /// Calls `strike` with every prime of an interval, ascending, until stopped; `steps` says what a
    /// prime costs, see [`Self::go_on`].
    pub(crate) fn each_prime(
        &mut self,
        primes: Range<u64>,
        steps: u32,
        mut strike: impl FnMut(u64, &mut Self),
    ) {
        if self.stopped {
            return;
        }
        for_primes(primes.start, primes.end, &mut |p| {
            self.tested += 1;
            strike(p, self);
            self.go_on(steps)
        });
    }
}

#[cfg(test)]
mod tests;
