//! Repunits (b^n-1)/(b-1) to base b, over a range of prime exponents n; composite exponents give
//! composite numbers. Base 2 is the Mersenne numbers.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    Arguments, Candidate, Family, Form, FormInfo, Number, Parameter, Survivors, Term,
    arguments::{check_bits, check_number, check_range},
    geometric::{Geometric, order_seconds},
};
use crate::{
    sieve::{Sink, orders::Orders},
    spec::{Span, SpecError},
    word::{for_primes, is_prime},
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "repunit",
    formula: "(b^n-1)/(b-1)",
    summary: "Repunits to a base, over primes n",
    parameters: &[
        Parameter::required(
            "n",
            "N|RANGE",
            "a prime, or a range whose primes are the exponents",
        ),
        Parameter::optional("base", "B", "b", "10"),
    ],
    example: &[("n", "2..=400")],
    read,
};

/// A search over (b^n-1)/(b-1); the index is n.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repunit {
    /// b, at least 2.
    pub base: u32,
}

impl Family for Repunit {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_number("base", u64::from(self.base), 2, u64::from(u32::MAX))?;
        check_range("n", range, 2, 1 << 30)?;
        check_bits("n", range.end as f64 * f64::from(self.base).log2())
    }

    fn term(&self, at: u64) -> Option<Term> {
        if !is_prime(at) {
            return None;
        }
        let n = u32::try_from(at).ok()?;
        Some(Term::single(if self.base == 2 {
            Number::Kbnc(Candidate {
                k: 1,
                b: 2,
                n,
                c: -1,
            })
        } else {
            Number::other(Geometric {
                ratio: i64::from(self.base),
                n,
            })
        }))
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
        let (b, Span { start, end }) = (self.base, range);
        format!("({b}^n-1)/{}, n in {start}..{end}", b - 1)
    }

    /// A prime q that divides is 1 (mod n), with q-1 a multiple of n; or n itself, if b is 1 (mod n).
    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let sieve = Orders::new(u64::from(self.base), false, range.start..range.end);
        sink.run(sieve, primes, |_, index| Some(index));
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        order_seconds(range)
    }

    fn survivors(&self, range: Span) -> Survivors {
        let n = range.start.max(3) as f64;
        Survivors::single((2.0 * n).ln() / n.ln())
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let range = arguments.span("n")?;
    let form = Repunit {
        base: arguments.small("base")?,
    };
    if range.end - range.start == 1 && !is_prime(range.start) {
        return Err(SpecError {
            field: "n",
            reason: format!(
                "{} is not a prime; repunits of composite length are composite",
                range.start
            ),
        });
    }
    Ok((Form::Repunit(form), range))
}
