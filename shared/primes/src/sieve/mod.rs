//! Removing candidates with small factors, by the shape of the problem. A sieve answers for an
//! interval of primes and a range of a form's index; it keeps no state, so that intervals can be
//! sieved on several cores and in any order. Which sieve serves which form is said in the form's
//! own file; here is what they report to. The modules below are the sieves themselves, with plain
//! parameters: they tell a [`Listener`] which prime divides which candidate.

#[cfg(test)]
mod checks;
pub mod cullen_woodall;
pub mod gen_fermat;
mod lanes;
mod listener;
mod logarithm;
mod machine;
mod meet;
pub mod orders;
pub mod over_k;
pub mod over_n;
pub mod palindromes;
mod placed;
pub mod products;
pub mod quadratic;
mod roots;

pub use self::{
    lanes::Isa,
    listener::{Listener, Sieve, Stopped},
    machine::{Counts, Factor, MAX_LENGTH, SieveResult, SieveUnit, Sieving},
};

use std::ops::Range;

use crate::spec::SearchSpec;

/// A candidate with its smallest factor among the primes of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The index, counted from the start of the range.
    pub(crate) index: u32,
    /// The factor, below the candidate.
    pub(crate) factor: u64,
}

/// Late hits that are kept before they are settled.
const MOST_LATE: usize = 1 << 20;

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
    sink.settle();
    (!sink.stopped).then_some((sink.hits, sink.tested))
}

/// Collects first hits, and checks each by recomputation.
pub(crate) struct Sink<'a> {
    spec: &'a SearchSpec,
    /// One bit per index: hit already, so that nothing more is wanted of it.
    seen: Vec<u64>,
    hits: Vec<Hit>,
    should_stop: &'a mut dyn FnMut() -> bool,
    stopped: bool,
    /// Primes struck with.
    tested: u64,
    /// The largest factor so far.
    largest: u64,
    /// Hits by smaller primes than this on indices that were hit before.
    late: Vec<Hit>,
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
            stopped: false,
            tested: 0,
            largest: 0,
            late: Vec::new(),
        }
    }

    /// Notes that p divides the term at an index (counted from the start of the range), unless a
    /// smaller prime did, there is no term, or the number is p itself. A hit that the recomputation
    /// does not confirm is dropped (some sieves strike multiples of the number itself): the candidate
    /// is then tested, which is slower and right.
    #[inline]
    pub(crate) fn hit(&mut self, index: u64, p: u64) {
        if self.is_hit(index) {
            if p < self.largest {
                self.late.push(Hit {
                    index: index as u32,
                    factor: p,
                });
                if self.late.len() >= MOST_LATE.max(self.hits.len()) {
                    self.settle();
                }
            }
            return;
        }
        let Some(term) = self.spec.term(self.spec.range.start + index) else {
            return;
        };
        if term.has_factor(p) {
            self.seen[(index / 64) as usize] |= 1 << (index % 64);
            self.largest = self.largest.max(p);
            self.hits.push(Hit {
                index: index as u32,
                factor: p,
            });
        }
    }

    /// Gives each hit its smallest factor: sieves that put primes off for a while report some late.
    fn settle(&mut self) {
        if !self.late.is_empty() {
            self.hits.sort_unstable_by_key(|hit| hit.index);
        }
        for late in std::mem::take(&mut self.late) {
            let place = self.hits.binary_search_by_key(&late.index, |hit| hit.index);
            let term = self
                .spec
                .term(self.spec.range.start + u64::from(late.index));
            if let Ok(place) = place
                && late.factor < self.hits[place].factor
                && term.is_some_and(|term| term.has_factor(late.factor))
            {
                self.hits[place].factor = late.factor;
            }
        }
    }

    /// Whether an index was hit in this interval, so that nothing more is wanted of it.
    #[inline]
    pub(crate) fn is_hit(&self, index: u64) -> bool {
        self.seen[(index / 64) as usize] & 1 << (index % 64) != 0
    }
}

#[cfg(test)]
mod tests;
