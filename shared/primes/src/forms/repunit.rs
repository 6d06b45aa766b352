//! Repunits (b^n-1)/(b-1) to base b, over a range of prime exponents n; composite exponents give
//! composite numbers. Base 2 is the Mersenne numbers.

use std::ops::Range;

use darkreach_arith::{Modulus, ModulusError};
use rug::Integer;
use serde::{Deserialize, Serialize};

use super::{
    Arguments, Candidate, Family, Form, FormInfo, Number, Parameter, Structure, Survivors, Term,
    algebraic::root_and_exponent,
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
        Parameter {
            name: "n",
            value: "N|RANGE",
            help: "a prime, or a range whose primes are the exponents",
            default: None,
        },
        Parameter {
            name: "base",
            value: "B",
            help: "b",
            default: Some("10"),
        },
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

/// A repunit with what theory says of it.
#[derive(Clone, Copy, Debug)]
struct Ones(Geometric);

impl Structure for Ones {
    fn value(&self) -> Integer {
        self.0.value()
    }
    fn bits(&self) -> f64 {
        self.0.bits()
    }
    fn modulo(&self, m: u64) -> u64 {
        self.0.modulo(m)
    }
    fn expression(&self) -> String {
        self.0.expression()
    }
    fn modulus(&self) -> Result<Modulus, ModulusError> {
        self.0.modulus()
    }
    fn factors_below(&self) -> Vec<u64> {
        self.0.factors_below()
    }
    fn algebraic(&self) -> bool {
        algebraic(self.0.ratio as u64, u64::from(self.0.n))
    }
}

/// Whether (b^n-1)/(b-1), n prime, is composite by its shape.
///
/// With b = y^e it is the product of the cyclotomic values Phi_d(y) over d dividing e*n but not e:
/// several, unless e is a power of n. And for b = n*t^2, n = 1 (mod 4), Phi_n(b) has the factors of
/// Aurifeuille and Lucas; both are above 1, since Phi_n(b) is not a prime then.
fn algebraic(b: u64, n: u64) -> bool {
    let (_, mut e) = root_and_exponent(b);
    while e.is_multiple_of(n) {
        e /= n;
    }
    if e > 1 {
        return true;
    }
    let (t, odd) = (b / n, b.is_multiple_of(n));
    odd && n % 4 == 1 && t.isqrt().pow(2) == t
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
            Number::other(Ones(Geometric {
                ratio: i64::from(self.base),
                n,
            }))
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
        sink.run(
            |isa, listener| sieve.sieve(isa, primes, listener),
            |_, index| Some(index),
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_algebraic_is_composite() {
        let mut found = 0;
        for base in 2u32..400 {
            for n in [2u32, 3, 5, 7, 11, 13] {
                let number = Geometric {
                    ratio: i64::from(base),
                    n,
                };
                if algebraic(u64::from(base), u64::from(n)) {
                    found += 1;
                    let prime = number.value().is_probably_prime(25);
                    assert_eq!(prime, rug::integer::IsPrime::No, "{}", number.expression());
                }
            }
        }
        assert!(found > 100, "{found}");
        // 4^2+... = (4^2-1)/3 = 5 and (8^3-1)/7 = 73 are prime; (5^5-1)/4 = 11*71.
        assert!(!algebraic(4, 2) && !algebraic(8, 3) && algebraic(5, 5) && algebraic(20, 5));
    }
}
