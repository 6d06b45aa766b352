//! (r^n-1)/(r-1) at a prime n: a prime q that divides has r of order n, so q = 1 (mod n), and with q
//! odd q = 2jn+1 (n > 2). For each n these q are tried in turn; whether q is prime is asked last.

use std::ops::Range;

use super::Sink;
use crate::{
    spec::Span,
    word::{Montgomery, is_prime},
};

/// Strikes one exponent with the primes of an interval that `admits` lets pass; false if stopped.
pub(crate) fn strike(
    ratio: i64,
    n: u64,
    primes: Range<u64>,
    sink: &mut Sink<'_>,
    index: u64,
    admits: impl Fn(u64) -> bool,
) -> bool {
    if sink.is_hit(index) {
        return sink.go_on(1);
    }
    let step = if n == 2 { 2 } else { 2 * n };
    let mut q = primes.start.saturating_sub(1).div_ceil(step).max(1) * step + 1;
    let mut steps = 1;
    while q < primes.end {
        if admits(q) && [3, 5, 7, 11].iter().all(|&p| q % p != 0 || q == p) {
            steps += 8;
            sink.count(1);
            let m = Montgomery::new(q);
            let ratio = m.form_signed(ratio);
            if ratio != m.one() && m.pow(ratio, n) == m.one() && is_prime(q) {
                sink.hit(index, q);
                if sink.is_hit(index) {
                    break;
                }
            }
        }
        if steps >= 4096 {
            if !sink.go_on(steps) {
                return false;
            }
            steps = 0;
        }
        q += step;
    }
    sink.go_on(steps)
}

/// Seconds for one prime: of the numbers 2jn+1 up to P there are P/(2n) for each prime n of the range,
/// and P/ln P primes to share their cost.
pub(crate) fn prime_seconds(range: Span) -> f64 {
    let (start, end) = (range.start.max(3) as f64, range.end.max(4) as f64);
    let exponents = (end - start) / end.ln();
    let power = 10e-9 * end.log2() + 20e-9;
    // ln P is some twenty.
    5e-9 + 20.0 * power * exponents / (2.0 * (start + end) / 2.0) / 2.0
}
