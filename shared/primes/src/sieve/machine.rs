//! A sieve on its own, without tests: a state machine that hands out intervals of primes, takes what
//! they found in any order, and can be saved between any two steps and go on deeper later.
//!
//! What is found is recorded in the order of the intervals, so that the factors kept do not depend on
//! threads or interruptions: of each candidate the smallest one.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Hit, sieve_survivors};
use crate::{
    cost,
    forms::Term,
    search::{Control, ResumeError, seal},
    spec::{MAX_SIEVE_LIMIT, SearchSpec, SpecError},
};

/// The longest range: two bits and a word of memory for each index.
pub const MAX_LENGTH: u64 = 1 << 30;
/// Seconds of sieving in a unit, by the cost model.
const UNIT_SECONDS: f64 = 0.1;
/// The narrowest unit.
const NARROWEST: u64 = 1 << 14;
const MAGIC: [u8; 8] = *b"DRKSIEV\n";
const FORMAT: u32 = 1;

/// A sieve over the range of a search, to any depth; the spec's own depth plays no part.
#[derive(Debug)]
pub struct Sieving {
    spec: Arc<SearchSpec>,
    /// One bit per index: no candidate any more, or never one.
    removed: Arc<Vec<u64>>,
    /// Every prime below this one is done.
    depth: u64,
    /// The start of the next unit to hand out.
    next: u64,
    /// What came back before its predecessors.
    waiting: BTreeMap<u64, SieveResult>,
    /// Intervals that came back undone.
    returned: Vec<Range<u64>>,
    counts: Counts,
}

/// What a sieve has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Primes whose strikes were computed, without those that the form's theory passes over; for
    /// Wagstaff numbers and repunits the divisors 2jn+1 tried, which depend on what was removed before.
    pub primes_tested: u64,
    /// Terms of the range.
    pub candidates: u64,
    /// Of these, removed by a factor.
    pub factors: u64,
    /// Of what is left, composite by its shape: searches and tests know that at once.
    pub algebraic: u64,
}

impl Counts {
    /// What is left.
    pub fn survivors(&self) -> u64 {
        self.candidates - self.factors
    }
}

/// An interval of primes to be sieved with.
#[derive(Debug)]
pub struct SieveUnit {
    spec: Arc<SearchSpec>,
    removed: Arc<Vec<u64>>,
    primes: Range<u64>,
}

/// What an interval gave.
#[derive(Debug)]
pub struct SieveResult {
    primes: Range<u64>,
    /// None if it was stopped.
    found: Option<(Vec<Hit>, u64)>,
}

/// A factor of a candidate.
#[derive(Clone, Debug)]
pub struct Factor {
    /// The index.
    pub at: u64,
    /// The candidate.
    pub term: Term,
    /// The prime; it was verified by recomputation.
    pub p: u64,
}

impl SieveUnit {
    /// Computes. Pure: no files, no clock, no threads of its own.
    pub fn run(self, control: &dyn Control) -> SieveResult {
        let Self {
            spec,
            removed,
            primes,
        } = self;
        let found = sieve_survivors(&spec, primes.clone(), &removed, &mut || {
            control.should_stop()
        });
        SieveResult { primes, found }
    }

    /// The interval.
    pub fn primes(&self) -> Range<u64> {
        self.primes.clone()
    }
}

#[derive(Serialize, Deserialize)]
struct Body {
    spec: SearchSpec,
    removed: Vec<u64>,
    depth: u64,
    counts: Counts,
}

impl Sieving {
    /// A new sieve.
    ///
    /// # Errors
    /// The spec's own error, or that the range is longer than [`MAX_LENGTH`].
    pub fn new(spec: &SearchSpec) -> Result<Self, SpecError> {
        spec.validate()?;
        let Some(length) = Some(spec.range.end - spec.range.start).filter(|&l| l <= MAX_LENGTH)
        else {
            return Err(SpecError {
                field: "range",
                reason: format!(
                    "{} holds more than {MAX_LENGTH} indices; sieve it in parts",
                    spec.describe()
                ),
            });
        };
        let mut removed = vec![u64::MAX; length.div_ceil(64) as usize];
        let mut counts = Counts::default();
        for (at, term) in spec.terms() {
            counts.candidates += 1;
            if term.algebraic() {
                counts.algebraic += 1;
            }
            let index = at - spec.range.start;
            removed[(index / 64) as usize] &= !(1 << (index % 64));
        }
        Ok(Self {
            spec: Arc::new(spec.clone()),
            removed: Arc::new(removed),
            depth: 2,
            next: 2,
            waiting: BTreeMap::new(),
            returned: Vec::new(),
            counts,
        })
    }

    /// Goes on from bytes of [`Self::save`].
    ///
    /// # Errors
    /// [`ResumeError`]; nothing is resumed then.
    pub fn resume(spec: &SearchSpec, bytes: &[u8]) -> Result<Self, ResumeError> {
        let mut sieving = Self::new(spec)
            .map_err(|error| ResumeError::Impossible(format!("the sieve itself: {error}")))?;
        let plain = plain(spec);
        let body = seal::open(MAGIC, FORMAT, &plain, bytes)?;
        let (body, rest) = postcard::take_from_bytes::<Body>(body)
            .map_err(|error| ResumeError::Unreadable(error.to_string()))?;
        if !rest.is_empty() {
            return Err(ResumeError::Unreadable("bytes are left over".into()));
        }
        if body.spec != plain {
            return Err(ResumeError::OtherSearch("the descriptions differ".into()));
        }
        let fits = body.removed.len() == sieving.removed.len()
            && body.counts.candidates == sieving.counts.candidates
            && (2..=MAX_SIEVE_LIMIT + 1).contains(&body.depth)
            && body
                .counts
                .factors
                .checked_add(body.counts.algebraic)
                .is_some_and(|sum| sum <= body.counts.candidates);
        if !fits {
            return Err(ResumeError::Impossible(
                "the counts do not fit the range".into(),
            ));
        }
        sieving.removed = Arc::new(body.removed);
        sieving.depth = body.depth;
        sieving.next = body.depth;
        sieving.counts = body.counts;
        Ok(sieving)
    }

    /// The whole state; intervals that are out count as not done.
    pub fn save(&self) -> Vec<u8> {
        let spec = plain(&self.spec);
        let body = Body {
            spec: spec.clone(),
            removed: self.removed.to_vec(),
            depth: self.depth,
            counts: self.counts,
        };
        let body =
            postcard::to_stdvec(&body).expect("the body has nothing that postcard cannot write");
        seal::seal(MAGIC, FORMAT, &spec, &body)
    }

    /// The next interval of primes up to and including `limit`; none if there is none left to hand out.
    pub fn next_unit(&mut self, limit: u64) -> Option<SieveUnit> {
        let end = limit.min(MAX_SIEVE_LIMIT) + 1;
        let primes = match self.returned.pop() {
            Some(primes) => primes,
            None if self.next >= end => return None,
            None => {
                let start = self.next;
                let probe = (start + NARROWEST).min(end);
                let seconds = cost::sieve_seconds(&self.spec, start, probe).max(1e-9);
                let stretch = (UNIT_SECONDS / seconds).max(1.0) * (probe - start) as f64;
                let width = (stretch as u64).clamp(NARROWEST, 1 << 40);
                self.next = start.saturating_add(width).min(end);
                start..self.next
            }
        };
        Some(SieveUnit {
            spec: self.spec.clone(),
            removed: self.removed.clone(),
            primes,
        })
    }

    /// Takes back an interval, finished or stopped, and gives the factors that are now recorded: those
    /// of this interval and of others that waited for it.
    pub fn complete(&mut self, result: SieveResult) -> Vec<Factor> {
        if result.found.is_none() {
            self.returned.push(result.primes);
            return Vec::new();
        }
        self.waiting.insert(result.primes.start, result);
        let mut factors = Vec::new();
        while let Some(result) = self.waiting.remove(&self.depth) {
            let Some((hits, tested)) = result.found else {
                break;
            };
            let removed = Arc::make_mut(&mut self.removed);
            for hit in hits {
                let (word, bit) = ((hit.index / 64) as usize, 1 << (hit.index % 64));
                let at = self.spec.range.start + u64::from(hit.index);
                if removed[word] & bit != 0 {
                    continue;
                }
                let Some(term) = self.spec.term(at) else {
                    continue;
                };
                removed[word] |= bit;
                self.counts.factors += 1;
                self.counts.algebraic -= u64::from(term.algebraic());
                factors.push(Factor {
                    at,
                    term,
                    p: hit.factor,
                });
            }
            self.counts.primes_tested += tested;
            self.depth = result.primes.end;
        }
        factors
    }

    /// Every prime below this one is done.
    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// What was done.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The spec.
    pub fn spec(&self) -> &SearchSpec {
        &self.spec
    }

    /// The candidates that are left, ascending.
    pub fn survivors(&self) -> impl Iterator<Item = (u64, Term)> + '_ {
        let start = self.spec.range.start;
        self.spec.terms().filter(move |(at, _)| {
            let index = at - start;
            self.removed[(index / 64) as usize] & 1 << (index % 64) == 0
        })
    }

    /// Estimated seconds of testing one candidate, from the model.
    pub fn test_seconds(&self) -> f64 {
        let middle = self.spec.range.start + (self.spec.range.end - self.spec.range.start) / 2;
        let mut places = (middle..self.spec.range.end).chain(self.spec.range.start..middle);
        places
            .find_map(|at| self.spec.term(at))
            .map_or(0.0, |term| cost::test_seconds(&term))
    }
}

/// The spec without its depth, which a sieve on its own does not have.
fn plain(spec: &SearchSpec) -> SearchSpec {
    SearchSpec {
        sieve_limit: crate::spec::MIN_SIEVE_LIMIT,
        ..spec.clone()
    }
}
