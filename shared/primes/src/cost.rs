//! What searching costs: one model for sieve depth, block sizes, deadlines and progress.
//!
//! The unit is the reference core second: one second of one core of the machine on which the
//! constants were measured by `benches/search.rs` (x86-64, about 3 GHz). Hosts learn their own speed relative to it. The
//! model is deterministic: the depth it chooses becomes part of the search's description.

use crate::{
    forms::{Form, Number, Term},
    search::MAX_LENGTH,
    sieve::sieve,
    spec::{MAX_SIEVE_LIMIT, SPEC_VERSION, SearchSpec, Span},
};

/// A block that a job is cut into costs about this much; no search is sieved deeper than pays for
/// such a block, since each block is sieved alone.
const BLOCK_SECONDS: f64 = 120.0;
/// The shallowest default depth.
const SHALLOWEST: f64 = 1000.0;
/// Samples of the index for the mean cost of a test.
const SAMPLES: u64 = 16;
/// How far a sample may be from a term.
const LOOK: u64 = 1000;

/// Seconds of one squaring modulo a number of so many bits, with its reduction.
pub(crate) fn squaring_seconds(bits: f64) -> f64 {
    // (words, nanoseconds), measured; between them a power law.
    const TABLE: [(f64, f64); 10] = [
        (1.0, 60.0),
        (8.0, 95.0),
        (16.0, 170.0),
        (31.0, 430.0),
        (78.0, 1780.0),
        (156.0, 4900.0),
        (313.0, 14_200.0),
        (1563.0, 115_000.0),
        (15_625.0, 1_700_000.0),
        (156_250.0, 25_000_000.0),
    ];
    let words = (bits / 64.0).max(1.0);
    let upper = TABLE
        .iter()
        .position(|&(limit, _)| words <= limit)
        .unwrap_or(TABLE.len() - 1)
        .max(1);
    let ((x0, y0), (x1, y1)) = (TABLE[upper - 1], TABLE[upper]);
    let slope = (y1 / y0).ln() / (x1 / x0).ln();
    y0 * (words / x0).powf(slope) * 1e-9
}

/// Seconds of the test of one term: of its first number, since the second is rarely reached.
pub(crate) fn test_seconds(term: &Term) -> f64 {
    let bits = term.first().bits().max(8.0);
    // Where the base is no power of two the reduction is a general remainder.
    let general = match term.first() {
        Number::Kbnc(candidate) if candidate.b.is_power_of_two() => 1.0,
        _ => 2.5,
    };
    bits * squaring_seconds(bits) * general + 2e-6
}

/// Seconds of striking one candidate, with the recomputation that confirms the factor.
const HIT_SECONDS: f64 = 150e-9;

/// The estimated number of primes up to x.
fn primes_below(x: f64) -> f64 {
    let log = x.max(3.0).ln();
    x / log * (1.0 + 1.0 / log)
}

/// Seconds of sieving with the primes of `start..end`.
pub(crate) fn sieve_seconds(spec: &SearchSpec, start: u64, end: u64) -> f64 {
    let primes = (primes_below(end as f64) - primes_below(start as f64)).max(0.0);
    let length = (spec.range.end - spec.range.start) as f64;
    // Striking: every candidate is hit by the small primes, and checked once.
    let hits = length * HIT_SECONDS * ((end as f64).ln() / (start.max(2) as f64).ln()).ln();
    primes * spec.form.family().prime_seconds(spec.range) + hits.max(0.0)
}

/// The weight of a form whose survivors cannot be foreseen, from the sieve of a short stretch.
pub(crate) fn measured_weight(form: &Form, range: Span) -> f64 {
    let depth = 511;
    let length = (range.end - range.start).min(2000);
    let stretch = SearchSpec {
        version: SPEC_VERSION,
        form: form.clone(),
        range: Span {
            start: range.start,
            end: range.start + length,
        },
        sieve_limit: depth,
    };
    let removed = sieve(&stretch, 2..depth + 1, &mut || false).map_or(0, |hits| hits.len() as u64);
    let survivors = (length - removed) as f64 / length as f64;
    survivors * (depth as f64).ln()
}

/// The mean cost of a test over the range.
fn mean_test_seconds(form: &Form, range: Span) -> f64 {
    let length = range.end - range.start;
    let samples = SAMPLES.min(length);
    let mut total = 0.0;
    let mut found = 0u64;
    for i in 0..samples {
        // The middle of the i-th part, without overflow for ranges up to 2^62; the next term after it
        // where the form has none there.
        let at = range.start + length / samples * i + length / samples / 2;
        let term = (at..range.end.min(at + LOOK)).find_map(|at| form.family().term(at));
        if let Some(term) = term {
            total += test_seconds(&term);
            found += 1;
        }
    }
    total / found.max(1) as f64
}

/// The depth at which removing one more candidate by a prime costs as much as testing it: with K
/// values of which a share survives to P, test cost t and s seconds a prime, the next prime removes
/// K * share / P of them (twice that for pairs) and pays while this is above s / t. Rounded to two
/// decimal digits.
pub(crate) fn default_sieve_limit(form: &Form, range: Span) -> u64 {
    let seconds = mean_test_seconds(form, range);
    let whole = form.family().survivors(range);
    let length = (range.end - range.start) as f64;
    // The work that one block saves at most.
    let all_tests = length * whole.share(SHALLOWEST) * seconds;
    let length = length * (BLOCK_SECONDS / all_tests.max(1e-9)).min(1.0);
    let end = range.start + (length as u64).max(1);
    let each = form.family().prime_seconds(Span { end, ..range });
    let target = length * f64::from(whole.members) * seconds / each;
    let mut limit = (target * whole.weight).max(3.0);
    for _ in 0..30 {
        limit = (target * whole.share(limit)).max(3.0);
    }
    let limit = limit.clamp(SHALLOWEST, MAX_SIEVE_LIMIT as f64);
    let scale = 10f64.powf(limit.log10().floor() - 1.0);
    (((limit / scale).round() * scale) as u64).min(MAX_SIEVE_LIMIT)
}

/// Seconds of the tests that are left after a full sieve, per value of the index.
fn tests_per_value(spec: &SearchSpec) -> f64 {
    spec.form
        .family()
        .survivors(spec.range)
        .share(spec.sieve_limit as f64)
        * mean_test_seconds(&spec.form, spec.range)
}

/// The cost of a search in reference core seconds.
pub(crate) fn of(spec: &SearchSpec) -> f64 {
    let length = (spec.range.end - spec.range.start) as f64;
    // A range longer than one search is sieved in pieces.
    let pieces = (length / MAX_LENGTH as f64).ceil().max(1.0);
    sieve_seconds(spec, 2, spec.sieve_limit + 1) * pieces + length * tests_per_value(spec)
}

/// Values per block so that a block costs about `seconds`, sieve and tests; at least 1.
pub(crate) fn block_size(spec: &SearchSpec, seconds: f64) -> u64 {
    let length = spec.range.end - spec.range.start;
    let per_value = tests_per_value(spec) + HIT_SECONDS;
    let mut size = (seconds / per_value).clamp(1.0, length as f64);
    // The sieve's cost depends on the size; where it alone is dearer than the block should be, at
    // least as much again goes into tests.
    for _ in 0..4 {
        let end = spec.range.start + (size as u64).clamp(1, length);
        let part = SearchSpec {
            range: Span { end, ..spec.range },
            ..spec.clone()
        };
        let primes =
            primes_below(spec.sieve_limit as f64) * part.form.family().prime_seconds(part.range);
        size = ((seconds - primes).max(seconds / 2.0) / per_value).clamp(1.0, length as f64);
    }
    if size.is_nan() {
        return 1;
    }
    (size as u64).clamp(1, length.min(MAX_LENGTH))
}
