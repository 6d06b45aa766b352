//! p#+1 and p#-1, one more and one less than the product of the primes up to p, over a range of p.
//!
//! N-1 or N+1 is completely factored: each has a proof.

use std::ops::Range;

use rug::Integer;
use serde::{Deserialize, Serialize};

use super::{
    Arguments, Family, Form, FormInfo, Number, Parameter, Signs, Structure, Survivors, Term,
    arguments::{SIGNS, check_bits, check_range, sign_text},
};
use crate::{
    sieve::{
        Sink,
        products::{PLUS, Products},
    },
    spec::{Span, SpecError},
    word::{for_primes, is_prime, primes_up_to},
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "primorial",
    formula: "p#+1, p#-1",
    summary: "Primorials plus and minus one, over primes p",
    parameters: &[
        Parameter::required("p", "RANGE", "a range; its primes are the p"),
        SIGNS,
    ],
    example: &[("p", "2..=2000")],
    read,
};

/// A search over p#+-1; the index is p, or 2p and 2p+1 with both signs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Primorial {
    /// +1, -1 or both.
    pub signs: Signs,
}

/// p#+c.
#[derive(Clone, Copy, Debug)]
struct Product {
    p: u32,
    c: i32,
}

impl Structure for Product {
    fn value(&self) -> Integer {
        Integer::from(Integer::primorial(self.p)) + self.c
    }

    fn bits(&self) -> f64 {
        log2_primorial(f64::from(self.p))
    }

    fn modulo(&self, m: u64) -> u64 {
        let wide = u128::from(m);
        let mut product = 1 % wide;
        let mut group = 1u64;
        for_primes(2, u64::from(self.p) + 1, &mut |q| {
            match group.checked_mul(q) {
                Some(larger) => group = larger,
                None => {
                    product = product * u128::from(group) % wide;
                    group = q;
                }
            }
            true
        });
        product = product * u128::from(group) % wide;
        (product as i128 + i128::from(self.c)).rem_euclid(wide as i128) as u64
    }

    fn expression(&self) -> String {
        format!("{}#{}", self.p, sign_text(self.c))
    }

    fn factors_below(&self) -> Vec<u64> {
        if self.c == 1 {
            primes_up_to(u64::from(self.p))
        } else {
            Vec::new()
        }
    }

    fn factors_above(&self) -> Vec<u64> {
        if self.c == -1 {
            primes_up_to(u64::from(self.p))
        } else {
            Vec::new()
        }
    }
}

/// Binary length of p#: its logarithm is near p (the prime number theorem).
fn log2_primorial(p: f64) -> f64 {
    (p / std::f64::consts::LN_2).max(1.0)
}

impl Family for Primorial {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        if range.start >= range.end {
            check_range("p", range, 0, u64::MAX)?;
        }
        let values = self.signs.values(range);
        check_range("p", values, 2, 1 << 30)?;
        check_bits("p", log2_primorial(values.end as f64))
    }

    fn term(&self, at: u64) -> Option<Term> {
        let (p, c) = self.signs.split(at);
        if !is_prime(p) {
            return None;
        }
        let p = u32::try_from(p).ok()?;
        Some(Term::single(Number::other(Product { p, c })))
    }

    fn count(&self, range: Span) -> u64 {
        let mut count = 0;
        let values = self.signs.values(range);
        for_primes(values.start, values.end, &mut |p| {
            count += [-1, 1]
                .into_iter()
                .filter_map(|c| self.signs.index(p, c))
                .filter(|at| (range.start..range.end).contains(at))
                .count() as u64;
            true
        });
        count
    }

    fn describe(&self, range: Span) -> String {
        let signs = self.signs;
        format!("p#{signs}, {}", signs.describe("p", range))
    }

    /// A running product over the primes.
    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let values = self.signs.values(range);
        let place = |n: u64, c: i32| self.signs.place(range, n, c);
        let start = values.start;
        let sieve = Products::primorials(start..values.end);
        sink.run(sieve, primes, |target, n| {
            place(start + n, if target == PLUS { 1 } else { -1 })
        });
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        let p = self.signs.values(range).end as f64;
        100e-9 + 0.3e-9 * p / p.max(3.0).ln()
    }

    fn survivors(&self, _: Span) -> Survivors {
        // No prime up to p divides p#+-1, and one value in ln p is a prime.
        Survivors::single(1.0)
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let form = Primorial {
        signs: arguments.signs("c")?,
    };
    let range = form.signs.indices("p", arguments.span("p")?)?;
    Ok((Form::Primorial(form), range))
}
