//! n!+1 and n!-1, and the multifactorials n*(n-s)*(n-2s)*...+-1, over a range of n.
//!
//! N-1 or N+1 is completely factored: each has a proof.

use std::ops::Range;

use rug::Integer;
use serde::{Deserialize, Serialize};

use super::{
    Arguments, Family, Form, FormInfo, Number, Parameter, Signs, Structure, Survivors, Term,
    arguments::{SIGNS, check_bits, check_number, check_range, sign_text},
};
use crate::{
    sieve::{
        Sink,
        products::{PLUS, Products},
    },
    spec::{Span, SpecError},
    word::primes_up_to,
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "factorial",
    formula: "n!+1, n!-1",
    summary: "Factorials and multifactorials plus and minus one, over n",
    parameters: &[
        Parameter::required("n", "RANGE", "a range of n"),
        Parameter::optional(
            "step",
            "S",
            "1 for n!, 2 for n*(n-2)*(n-4)*..., written n!2, and so on",
            "1",
        ),
        SIGNS,
    ],
    example: &[("n", "1..=300")],
    read,
};

/// A search over n!+-1; the index is n, or 2n and 2n+1 with both signs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factorial {
    /// The step of a multifactorial; 1 for the factorial.
    pub step: u32,
    /// +1, -1 or both.
    pub signs: Signs,
}

/// n*(n-s)*(n-2s)*...+c, the factors above 0.
#[derive(Clone, Copy, Debug)]
struct Multifactorial {
    n: u32,
    step: u32,
    c: i32,
}

impl Multifactorial {
    /// The primes that divide the product, ascending.
    fn primes(&self) -> Vec<u64> {
        let (n, step) = (u64::from(self.n), u64::from(self.step));
        let divides = |p: &u64| (1..=n / p).any(|i| i * p % step == n % step);
        primes_up_to(n).into_iter().filter(divides).collect()
    }
}

impl Structure for Multifactorial {
    fn value(&self) -> Integer {
        Integer::from(Integer::factorial_m(self.n, self.step)) + self.c
    }

    fn bits(&self) -> f64 {
        log2_product(f64::from(self.n), f64::from(self.step))
    }

    fn modulo(&self, m: u64) -> u64 {
        let wide = u128::from(m);
        let mut product = 1 % wide;
        // Several factors at a time, while they fit a word.
        let mut group = 1u64;
        for factor in (1..=self.n).rev().step_by(self.step as usize) {
            match group.checked_mul(u64::from(factor)) {
                Some(larger) => group = larger,
                None => {
                    product = product * u128::from(group) % wide;
                    group = u64::from(factor);
                }
            }
        }
        product = product * u128::from(group) % wide;
        (product as i128 + i128::from(self.c)).rem_euclid(wide as i128) as u64
    }

    fn expression(&self) -> String {
        let c = sign_text(self.c);
        match self.step {
            1 => format!("{}!{c}", self.n),
            step => format!("{}!{step}{c}", self.n),
        }
    }

    fn factors_below(&self) -> Vec<u64> {
        if self.c == 1 {
            self.primes()
        } else {
            Vec::new()
        }
    }

    fn factors_above(&self) -> Vec<u64> {
        if self.c == -1 {
            self.primes()
        } else {
            Vec::new()
        }
    }
}

/// Binary length of the product by Stirling's formula.
fn log2_product(n: f64, step: f64) -> f64 {
    if n < 2.0 {
        return 1.0;
    }
    ((n * n.ln() - n) / step + n.ln()) / std::f64::consts::LN_2
}

impl Family for Factorial {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_number("step", u64::from(self.step), 1, 1 << 20)?;
        if range.start >= range.end {
            check_range("n", range, 0, u64::MAX)?;
        }
        let values = self.signs.values(range);
        check_range("n", values, 0, 1 << 30)?;
        check_bits("n", log2_product(values.end as f64, f64::from(self.step)))
    }

    fn term(&self, at: u64) -> Option<Term> {
        let (n, c) = self.signs.split(at);
        Some(Term::single(Number::other(Multifactorial {
            n: u32::try_from(n).ok()?,
            step: self.step,
            c,
        })))
    }

    fn count(&self, range: Span) -> u64 {
        range.end - range.start
    }

    fn describe(&self, range: Span) -> String {
        let signs = self.signs;
        let step = match self.step {
            1 => String::new(),
            step => step.to_string(),
        };
        format!("n!{step}{signs}, {}", signs.describe("n", range))
    }

    /// One running product for each residue class of the step.
    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let values = self.signs.values(range);
        let place = |n: u64, c: i32| self.signs.place(range, n, c);
        // 0!+1 = 2 and 0!-1 = 0 have no smaller factor.
        let start = values.start.max(1);
        let sieve = Products::factorials(u64::from(self.step), start..values.end.max(start));
        sink.run(sieve, primes, |target, n| {
            place(start + n, if target == PLUS { 1 } else { -1 })
        });
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        100e-9 + 0.18e-9 * self.signs.values(range).end as f64
    }

    fn survivors(&self, range: Span) -> Survivors {
        // No prime up to n divides n!+-1.
        let n = self.signs.values(range).end as f64 / f64::from(self.step);
        Survivors::single(n.max(3.0).ln())
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let form = Factorial {
        step: arguments.small("step")?,
        signs: arguments.signs("c")?,
    };
    let range = form.signs.indices("n", arguments.span("n")?)?;
    Ok((Form::Factorial(form), range))
}
