//! What searching costs: one model for sieve depth, block sizes, deadlines and progress.
//!
//! The unit is the reference core second: one second of one core of the machine on which the
//! constants were measured by `benches/search.rs` (x86-64, about 3 GHz). Hosts learn their own speed relative to it. The
//! model is deterministic: the depth it chooses becomes part of the search's description.

use crate::{
    forms::{
        Candidate,
        kbn::{Kbn, Over},
    },
    search::MAX_LENGTH,
    sieve::sieve,
    spec::{Form, MAX_SIEVE_LIMIT, SPEC_VERSION, SearchSpec, Span},
};

/// A block that a job is cut into costs about this much; no search is sieved deeper than pays for
/// such a block, since each block is sieved alone.
const BLOCK_SECONDS: f64 = 120.0;
/// The shallowest default depth.
const SHALLOWEST: f64 = 1000.0;
/// e^-gamma: by Mertens the share of numbers without a factor up to P is this over ln P.
const MERTENS: f64 = 0.561_459;
/// Samples of the running variable for the mean cost of a test.
const SAMPLES: u64 = 16;

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

/// Seconds of the test of one candidate.
pub(crate) fn test_seconds(candidate: &Candidate) -> f64 {
    let bits = candidate.bits().max(8.0);
    // Where the base is no power of two the reduction is a general remainder.
    let general = if candidate.b.is_power_of_two() {
        1.0
    } else {
        2.5
    };
    bits * squaring_seconds(bits) * general + 2e-6
}

/// Seconds of sieving with one prime, the search for the prime included.
fn prime_seconds(form: &Form, range: Span) -> f64 {
    let Form::Kbn(kbn) = form;
    match kbn.over {
        // One power; for b = 2 its first six steps are free.
        Over::K { n } if kbn.base == 2 => 20e-9 + 7e-9 * f64::from(n.ilog2().saturating_sub(5)),
        Over::K { n } => 100e-9 + 8e-9 * f64::from(n.ilog2()),
        // Baby steps and giant steps.
        Over::N { .. } => 120e-9 + 11e-9 * ((range.end - range.start) as f64).sqrt(),
    }
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
    primes * prime_seconds(&spec.form, spec.range) + hits.max(0.0)
}

/// Survivors of a sieve to depth P are `weight / ln P` of the values of the running variable.
fn weight(form: &Form, range: Span) -> f64 {
    match form {
        Form::Kbn(
            kbn @ Kbn {
                over: Over::K { .. },
                ..
            },
        ) => {
            let shares = crate::word::prime_factors(u64::from(kbn.base));
            let product: f64 = shares
                .iter()
                .map(|&p| p as f64 / (p as f64 - 1.0))
                .product();
            // Multiples of b survive like the rest and are no candidates.
            MERTENS * product * (1.0 - 1.0 / f64::from(kbn.base))
        }
        // How many n survive depends on k in no simple way (the Nash weight): sieve a stretch.
        Form::Kbn(Kbn {
            over: Over::N { .. },
            ..
        }) => {
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
            let removed =
                sieve(&stretch, 2..depth + 1, &mut || false).map_or(0, |hits| hits.len() as u64);
            let survivors = (length - removed) as f64 / length as f64;
            survivors * (depth as f64).ln()
        }
    }
}

/// The mean cost of a test over the values of the running variable.
fn mean_test_seconds(form: &Form, range: Span) -> f64 {
    let Form::Kbn(kbn) = form;
    let length = range.end - range.start;
    let samples = SAMPLES.min(length);
    let total: f64 = (0..samples)
        .map(|i| {
            // The middle of the i-th part, without overflow for ranges up to 2^62.
            let at = range.start + length / samples * i + length / samples / 2;
            let (k, n) = match kbn.over {
                Over::K { n } => (at, n),
                Over::N { k } => (k, at as u32),
            };
            test_seconds(&Candidate {
                k,
                b: kbn.base,
                n,
                c: kbn.c,
            })
        })
        .sum();
    total / samples as f64
}

/// The depth at which removing one more candidate by a prime costs as much as testing it: with K
/// values, a share of weight/ln P surviving, test cost t and s seconds a prime, the next prime pays
/// while P ln P < K * weight * t / s. Rounded to two decimal digits.
pub(crate) fn default_sieve_limit(form: &Form, range: Span) -> u64 {
    let seconds = mean_test_seconds(form, range);
    let weight = weight(form, range);
    let length = (range.end - range.start) as f64;
    // The work that one block saves at most.
    let all_tests = length * weight / SHALLOWEST.ln() * seconds;
    let length = length * (BLOCK_SECONDS / all_tests.max(1e-9)).min(1.0);
    let end = range.start + (length as u64).max(1);
    let each = prime_seconds(form, Span { end, ..range });
    let target = length * weight * seconds / each;
    let mut limit = target.max(3.0);
    for _ in 0..30 {
        limit = (target / limit.max(3.0).ln()).max(3.0);
    }
    let limit = limit.clamp(SHALLOWEST, MAX_SIEVE_LIMIT as f64);
    let scale = 10f64.powf(limit.log10().floor() - 1.0);
    (((limit / scale).round() * scale) as u64).min(MAX_SIEVE_LIMIT)
}

/// Seconds of the tests that are left after a full sieve, per value of the running variable.
fn tests_per_value(spec: &SearchSpec) -> f64 {
    let share = weight(&spec.form, spec.range) / (spec.sieve_limit.max(3) as f64).ln();
    share.min(1.0) * mean_test_seconds(&spec.form, spec.range)
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
        let primes = primes_below(spec.sieve_limit as f64) * prime_seconds(&part.form, part.range);
        size = ((seconds - primes).max(seconds / 2.0) / per_value).clamp(1.0, length as f64);
    }
    if size.is_nan() {
        return 1;
    }
    (size as u64).clamp(1, length.min(MAX_LENGTH))
}
