//! Wagstaff numbers (2^p+1)/3, over a range of prime exponents p.
//!
//! Factors are q = 2jp+1 with q = 1 or 3 (mod 8). In general nothing is known of N-1 and N+1, so that
//! large ones stay probable primes.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    Arguments, Family, Form, FormInfo, Number, Parameter, Survivors, Term,
    arguments::check_range,
    geometric::{Geometric, order_seconds},
};
use crate::{
    sieve::{Sink, orders::Orders},
    spec::{Span, SpecError},
    word::{for_primes, is_prime},
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "wagstaff",
    formula: "(2^p+1)/3",
    summary: "Wagstaff numbers, over primes p",
    parameters: &[Parameter::required(
        "p",
        "P|RANGE",
        "a prime, or a range whose primes are the exponents",
    )],
    example: &[("p", "3..=1000")],
    read,
};

/// A search over (2^p+1)/3; the index is p.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wagstaff {}

impl Family for Wagstaff {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_range("p", range, 3, 1 << 30)
    }

    fn term(&self, at: u64) -> Option<Term> {
        if at < 3 || !is_prime(at) {
            return None;
        }
        let n = u32::try_from(at).ok()?;
        Some(Term::single(Number::other(Geometric { ratio: -2, n })))
    }

    fn count(&self, range: Span) -> u64 {
        let mut count = 0;
        for_primes(range.start, range.end, &mut |_| {
            count += 1;
            true
        });
        count
    }

    fn describe(&self, range: Span) -> String {
        format!("(2^p+1)/3, p in {}..{}", range.start, range.end)
    }

    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let sieve = Orders::new(2, true, range.start..range.end);
        sink.run(sieve, primes, |_, index| Some(index));
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        order_seconds(range)
    }

    fn survivors(&self, range: Span) -> Survivors {
        // One value in ln p is a prime, and no prime up to 2p divides.
        let p = range.start as f64;
        Survivors::single((2.0 * p).ln() / p.ln())
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let range = arguments.span("p")?;
    let form = Wagstaff {};
    if range.end - range.start == 1 && !is_prime(range.start) {
        return Err(SpecError {
            field: "p",
            reason: format!("{} is not a prime; the exponent must be one", range.start),
        });
    }
    Ok((Form::Wagstaff(form), range))
}
