//! Twin primes k*2^n-1 and k*2^n+1 (any base), over a range of k at fixed n. Both numbers are sieved
//! at once: a prime that divides either removes the pair.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    Arguments, Candidate, Family, Form, FormInfo, Number, Parameter, Structure, Survivors, Term,
    arguments::{check_bits, check_number, check_range},
    family::{TWIN_CONSTANT, weight_without},
    kbn::over_k_seconds,
};
use crate::{
    sieve::{
        Sink,
        over_k::{self, OverK},
    },
    spec::{Span, SpecError},
    word::prime_factors,
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "twin",
    formula: "k*b^n-1 and k*b^n+1",
    summary: "Twin primes, over k at fixed n",
    parameters: &[
        Parameter::required(
            "k",
            "RANGE",
            "a range of k; values divisible by b are left out",
        ),
        Parameter::required("n", "N", "n"),
        Parameter::optional("base", "B", "b", "2"),
    ],
    example: &[("k", "1..=5000"), ("n", "100")],
    read,
};

/// A search for twins k*b^n+-1; the index is k.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Twin {
    /// b, at least 2.
    pub base: u32,
    /// n, at least 1.
    pub n: u32,
}

impl Family for Twin {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_number("base", u64::from(self.base), 2, u64::from(u32::MAX))?;
        check_number("n", u64::from(self.n), 1, 1 << 31)?;
        check_range("k", range, 1, (1 << 62) - 1)?;
        let largest = Candidate {
            k: range.end,
            b: self.base,
            n: self.n,
            c: 1,
        };
        check_bits("n", largest.bits())
    }

    fn term(&self, at: u64) -> Option<Term> {
        if at == 0 || at.is_multiple_of(u64::from(self.base)) {
            return None;
        }
        let member = |c| {
            Number::Kbnc(Candidate {
                k: at,
                b: self.base,
                n: self.n,
                c,
            })
        };
        Some(Term::pair(member(-1), member(1)))
    }

    fn count(&self, range: Span) -> u64 {
        let base = u64::from(self.base);
        let multiples = (range.end - 1) / base - (range.start - 1) / base;
        range.end - range.start - multiples
    }

    fn describe(&self, range: Span) -> String {
        let Span { start, end } = range;
        format!("twins k*{}^{}+-1, k in {start}..{end}", self.base, self.n)
    }

    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let target = |addend| over_k::Target {
            exponent: u64::from(self.n),
            addend,
        };
        let sieve = OverK::new(
            u64::from(self.base),
            &[-1, 1].map(target),
            range.start,
            range.end - range.start,
        );
        sink.run(sieve, primes, |_, index| Some(index));
    }

    fn prime_seconds(&self, _: Span) -> f64 {
        1.1 * over_k_seconds(self.base, self.n)
    }

    fn survivors(&self, _: Span) -> Survivors {
        // Per value: 4*C2 of the odd ones for b = 2, by the numbers of removed classes.
        let base = u64::from(self.base);
        let without = weight_without(&prime_factors(base));
        Survivors {
            weight: TWIN_CONSTANT * without * without * (1.0 - 1.0 / base as f64),
            members: 2,
        }
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let form = Twin {
        base: arguments.small("base")?,
        n: arguments.small("n")?,
    };
    Ok((Form::Twin(form), arguments.span("k")?))
}
