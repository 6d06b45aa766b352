//! How a search is cut into units: the sieve into intervals of primes, the tests into groups, each
//! large enough that handing it out costs nothing and small enough that cores stay busy at the end.

use std::ops::Range;

use crate::{cost, spec::SearchSpec};

/// Seconds of computation in a unit, where candidates and primes allow it.
pub(super) const UNIT_SECONDS: f64 = 0.01;
/// Candidates in a unit at most.
pub(super) const UNIT_CANDIDATES: usize = 1024;
/// Candidates in a unit at least, where they can be tested at once.
pub(super) const UNIT_BATCH: usize = darkreach_arith::LANES;
/// Intervals of primes at most, so that a saved state stays small.
pub(super) const MAX_CHUNKS: u64 = 1 << 16;
/// The narrowest interval: a narrower one spends its time on preparations.
const NARROWEST: u64 = 1 << 14;

/// The intervals of primes, ascending, together 2..=limit. They depend on the spec alone.
pub(super) fn sieve_chunks(spec: &SearchSpec) -> Vec<Range<u64>> {
    let end = spec.sieve_limit + 1;
    let mut chunks = Vec::new();
    // A block can hold multiples of the base alone.
    let mut start = if spec.count() == 0 { end } else { 2 };
    while start < end {
        // Primes become rarer slowly: what the last part cost says how wide the next may be.
        let probe = (start + NARROWEST).min(end);
        let seconds = cost::sieve_seconds(spec, start, probe).max(1e-9);
        let stretch = (UNIT_SECONDS / seconds).max(1.0) * (probe - start) as f64;
        let width = (stretch as u64).max(NARROWEST).max(end / MAX_CHUNKS + 1);
        // A short rest is not worth a unit.
        let stop = if end - start < width + width / 2 {
            end
        } else {
            start + width
        };
        chunks.push(start..stop);
        start = stop;
    }
    chunks
}
