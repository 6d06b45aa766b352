//! Cullen numbers n*b^n+1 and Woodall numbers n*b^n-1, over a range of n.
//!
//! A candidate is kept as k*b^m+-1 with k not divisible by b, so that it has the same name here as in
//! a search over k*b^n+c, and the same proof.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    Arguments, Candidate, Family, Form, FormInfo, Number, Parameter, Signs, Survivors, Term,
    arguments::{SIGNS, check_bits, check_number, check_range},
    family::weight_without,
};
use crate::{
    sieve::{Sink, cullen_woodall::CullenWoodall as Sieve, products::PLUS},
    spec::{Span, SpecError},
    word::prime_factors,
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "cullen_woodall",
    formula: "n*b^n+1, n*b^n-1",
    summary: "Cullen and Woodall numbers, over n",
    parameters: &[
        Parameter::required("n", "RANGE", "a range of n"),
        Parameter::optional("base", "B", "b", "2"),
        SIGNS,
    ],
    example: &[("n", "1..=1000")],
    read,
};

/// A search over n*b^n+-1; the index is n, or 2n and 2n+1 with both signs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CullenWoodall {
    /// b, at least 2.
    pub base: u32,
    /// +1, -1 or both.
    pub signs: Signs,
}

impl Family for CullenWoodall {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_number("base", u64::from(self.base), 2, u64::from(u32::MAX))?;
        if range.start >= range.end {
            check_range("n", range, 0, u64::MAX)?;
        }
        let values = self.signs.values(range);
        // k and the exponent stay within their types with room to spare.
        check_range("n", values, 1, 1 << 30)?;
        let largest = values.end as f64;
        check_bits("n", largest * f64::from(self.base).log2() + largest.log2())
    }

    fn term(&self, at: u64) -> Option<Term> {
        let (n, c) = self.signs.split(at);
        let candidate = Candidate {
            k: n,
            b: self.base,
            n: u32::try_from(n).ok().filter(|&n| n > 0)?,
            c,
        };
        Some(Term::single(Number::Kbnc(candidate.normal()?)))
    }

    fn count(&self, range: Span) -> u64 {
        range.end - range.start
    }

    fn describe(&self, range: Span) -> String {
        let (b, signs) = (self.base, self.signs);
        format!("n*{b}^n{signs}, {}", signs.describe("n", range))
    }

    /// p divides n*b^n+c exactly for n = -c*b^(-n): one product for each n.
    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let values = self.signs.values(range);
        let place = |n: u64, c: i32| self.signs.place(range, n, c);
        let wanted = |n: &u64| {
            let places = [place(*n, -1), place(*n, 1)];
            places.into_iter().flatten().any(|at| !sink.is_hit(at))
        };
        let exponents = (values.start..values.end).filter(wanted).collect();
        let sieve = Sieve::new(u64::from(self.base), values.start, exponents);
        sink.run(sieve, primes, |target, n| {
            place(values.start + n, if target == PLUS { 1 } else { -1 })
        });
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        let values = self.signs.values(range);
        200e-9 + 0.4e-9 * (values.end - values.start) as f64
    }

    fn survivors(&self, _: Span) -> Survivors {
        Survivors::single(weight_without(&prime_factors(u64::from(self.base))))
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let form = CullenWoodall {
        base: arguments.small("base")?,
        signs: arguments.signs("c")?,
    };
    let range = form.signs.indices("n", arguments.span("n")?)?;
    Ok((Form::CullenWoodall(form), range))
}
