//! Carol numbers (b^n-1)^2-2 and Kynea numbers (b^n+1)^2-2, b even, over a range of n.
//!
//! With x = b^n they are x^2-2x-1 and x^2+2x-1, so N+1 = b^n*(b^n-+2), which has enough known
//! factors for a proof.

use std::ops::Range;

use rug::{Integer, ops::Pow};
use serde::{Deserialize, Serialize};

use super::{
    Arguments, Family, Form, FormInfo, Number, Parameter, Signs, Structure, Survivors, Term,
    arguments::{SIGNS, check_bits, check_number, check_range},
    family::MERTENS,
};
use crate::{
    sieve::{
        Sink,
        quadratic::{Equation, Quadratic},
    },
    spec::{Span, SpecError},
    word::{pow_mod, prime_factors},
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "carol_kynea",
    formula: "(b^n-1)^2-2, (b^n+1)^2-2",
    summary: "Carol (-1) and Kynea (+1) numbers, over n",
    parameters: &[
        Parameter::required("n", "RANGE", "a range of n"),
        Parameter::optional("base", "B", "b, even", "2"),
        SIGNS,
    ],
    example: &[("n", "1..=500")],
    read,
};

/// A search over (b^n+-1)^2-2; the index is n, or 2n and 2n+1 with both signs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarolKynea {
    /// b, even.
    pub base: u32,
    /// +1 for Kynea, -1 for Carol, or both.
    pub signs: Signs,
}

/// (b^n+c)^2-2.
#[derive(Clone, Copy, Debug)]
struct Square {
    b: u32,
    n: u32,
    c: i32,
}

impl Structure for Square {
    fn value(&self) -> Integer {
        (Integer::from(self.b).pow(self.n) + self.c).square() - 2u32
    }

    fn bits(&self) -> f64 {
        2.0 * f64::from(self.n) * f64::from(self.b).log2()
    }

    fn modulo(&self, m: u64) -> u64 {
        let wide = i128::from(m);
        let power = i128::from(pow_mod(u64::from(self.b), u64::from(self.n), m));
        let root = (power + i128::from(self.c)).rem_euclid(wide) as u128;
        ((root * root % wide as u128) as i128 - 2).rem_euclid(wide) as u64
    }

    fn expression(&self) -> String {
        format!("({}^{}{:+})^2-2", self.b, self.n, self.c)
    }

    fn factors_above(&self) -> Vec<u64> {
        // b is even, so 2 divides b^n-+2 besides.
        prime_factors(u64::from(self.b))
    }
}

impl Family for CarolKynea {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_number("base", u64::from(self.base), 2, u64::from(u32::MAX))?;
        if self.base % 2 == 1 {
            return Err(SpecError {
                field: "base",
                reason: format!("{} is odd; all its candidates are even", self.base),
            });
        }
        if range.start >= range.end {
            check_range("n", range, 0, u64::MAX)?;
        }
        let values = self.signs.values(range);
        check_range("n", values, 1, 1 << 29)?;
        check_bits("n", 2.0 * values.end as f64 * f64::from(self.base).log2())
    }

    fn term(&self, at: u64) -> Option<Term> {
        let (n, c) = self.signs.split(at);
        let n = u32::try_from(n).ok().filter(|&n| n > 0)?;
        let b = self.base;
        Some(Term::single(Number::other(Square { b, n, c })))
    }

    fn count(&self, range: Span) -> u64 {
        range.end - range.start
    }

    fn describe(&self, range: Span) -> String {
        let (b, signs) = (self.base, self.signs);
        format!("({b}^n{signs})^2-2, {}", signs.describe("n", range))
    }

    /// p divides (x+c)^2-2 exactly if x^2-1 = -2cx, and then 2 is a square: p = +-1 (mod 8).
    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let values = self.signs.values(range);
        let place = |n: u64, c: i32| self.signs.place(range, n, c);
        let kinds: Vec<(i32, Equation)> = [(-1, Equation::carol()), (1, Equation::kynea())]
            .into_iter()
            .filter(|(c, _)| self.signs.index(values.start, *c).is_some())
            .collect();
        let equations: Vec<Equation> = kinds.iter().map(|(_, kind)| kind.clone()).collect();
        let length = values.end - values.start;
        let sieve = Quadratic::new(u64::from(self.base), &equations, values.start, length);
        sink.run(sieve, primes, |target, n| {
            place(values.start + n, kinds[target].0)
        });
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        let values = self.signs.values(range);
        // Half of the primes have no root of 2, and only its powers are computed.
        500e-9 + 0.55e-9 * (2.0 * (values.end - values.start) as f64).sqrt()
    }

    fn survivors(&self, _: Span) -> Survivors {
        // No prime that is 3 or 5 (mod 8) divides, each of the others on average twice as often.
        Survivors::single(4.0 * MERTENS)
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let form = CarolKynea {
        base: arguments.small("base")?,
        signs: arguments.signs("c")?,
    };
    let range = form.signs.indices("n", arguments.span("n")?)?;
    Ok((Form::CarolKynea(form), range))
}
