//! Removing candidates with small factors, by the shape of the problem: fixed exponent over k, and
//! fixed multiplier over n. A sieve answers for an interval of primes and a range of the running
//! variable; it keeps no state, so that intervals can be sieved on several cores and in any order.

mod over_k;
mod over_n;

use std::ops::Range;

use crate::{
    forms::kbn::Over,
    spec::{Form, SearchSpec},
    word::for_primes,
};

/// A candidate with its smallest factor among the primes of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The running variable, counted from the start of the range.
    pub(crate) index: u32,
    /// The factor, below the candidate.
    pub(crate) factor: u64,
}

/// Primes between two looks at the stop sign.
const POLL: u32 = 256;

/// Sieves the whole range of a validated spec with the primes of an interval. Each candidate is
/// reported at most once, with the smallest of its factors. `None` if stopped.
pub(crate) fn sieve(
    spec: &SearchSpec,
    primes: Range<u64>,
    should_stop: &mut dyn FnMut() -> bool,
) -> Option<Vec<Hit>> {
    let mut found = Found::new(spec);
    let mut until_poll = POLL;
    let mut stopped = false;
    let mut poll = || {
        until_poll -= 1;
        if until_poll == 0 {
            until_poll = POLL;
            stopped = should_stop();
        }
        !stopped
    };
    let Form::Kbn(kbn) = &spec.form;
    match kbn.over {
        Over::K { n } => {
            let sieve = over_k::OverK::new(kbn, n, spec.range);
            for_primes(primes.start, primes.end, &mut |p| {
                sieve.strike(p, &mut found);
                poll()
            });
        }
        Over::N { k } => {
            let mut sieve = over_n::OverN::new(kbn, k, spec.range);
            for_primes(primes.start, primes.end, &mut |p| {
                sieve.strike(p, &mut found);
                poll()
            });
        }
    }
    (!stopped).then_some(found.hits)
}

/// Collects first hits and checks each by recomputation.
struct Found<'a> {
    spec: &'a SearchSpec,
    /// One bit per value of the running variable: already hit in this interval.
    seen: Vec<u64>,
    hits: Vec<Hit>,
}

impl<'a> Found<'a> {
    fn new(spec: &'a SearchSpec) -> Self {
        let length = spec.range.end - spec.range.start;
        Self {
            spec,
            seen: vec![0; length.div_ceil(64) as usize],
            hits: Vec::new(),
        }
    }

    /// Notes that p divides the candidate at an index, unless a smaller prime did, there is no
    /// candidate, or the candidate is p itself. A hit that the recomputation does not confirm is
    /// dropped: the candidate is then tested, which is slower and right.
    #[inline]
    fn hit(&mut self, index: u64, p: u64) {
        let (word, bit) = ((index / 64) as usize, 1 << (index % 64));
        if self.seen[word] & bit != 0 {
            return;
        }
        let Some(candidate) = self.spec.candidate(self.spec.range.start + index) else {
            return;
        };
        let confirmed = candidate.modulo(p) == 0;
        debug_assert!(confirmed, "{p} does not divide {candidate}");
        if confirmed && candidate.small().is_none_or(|value| value > p) {
            self.seen[word] |= bit;
            self.hits.push(Hit {
                index: index as u32,
                factor: p,
            });
        }
    }
}

#[cfg(test)]
mod tests;
