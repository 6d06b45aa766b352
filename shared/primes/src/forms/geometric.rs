//! (r^n-1)/(r-1) = 1+r+...+r^(n-1): repunits for r > 1, and (b^n+1)/(b+1) for r = -b and odd n.

use darkreach_arith::{Modulus, ModulusError};
use rug::{Integer, ops::Pow};

use super::{Structure, algebraic::root_and_exponent};
use crate::word::prime_factors;

/// The sum of n powers of a ratio.
#[derive(Clone, Copy, Debug)]
pub(super) struct Geometric {
    /// The ratio, not 0 or +-1.
    pub(super) ratio: i64,
    /// The number of powers; odd for negative ratios.
    pub(super) n: u32,
}

impl Geometric {
    fn base(&self) -> u32 {
        self.ratio.unsigned_abs() as u32
    }

    /// |r|^n-1 or |r|^n+1, and what it is divided by.
    fn sign_and_divisor(&self) -> (i64, u64) {
        if self.ratio > 0 {
            (-1, self.ratio as u64 - 1)
        } else {
            (1, self.ratio.unsigned_abs() + 1)
        }
    }
}

/// 1+r+...+r^(n-1) modulo m, by doubling: no division, so that m may be anything.
pub(super) fn sum_modulo(ratio: i64, n: u64, m: u64) -> u64 {
    let wide = i128::from(m);
    let times = |x: i128, y: i128| ((x as u128 * y as u128) % m as u128) as i128;
    let ratio = i128::from(ratio).rem_euclid(wide);
    // The sum of the first `done` powers, and r^done.
    let (mut sum, mut power) = (0, 1 % wide);
    for bit in (0..u64::BITS - n.leading_zeros()).rev() {
        sum = times(sum, (1 + power) % wide);
        power = times(power, power);
        if n >> bit & 1 == 1 {
            sum = (sum + power) % wide;
            power = times(power, ratio);
        }
    }
    sum as u64
}

impl Structure for Geometric {
    fn value(&self) -> Integer {
        let (sign, divisor) = self.sign_and_divisor();
        (Integer::from(self.base()).pow(self.n) + sign) / divisor
    }

    fn bits(&self) -> f64 {
        f64::from(self.n - 1) * f64::from(self.base()).log2()
    }

    fn modulo(&self, m: u64) -> u64 {
        sum_modulo(self.ratio, u64::from(self.n), m)
    }

    fn expression(&self) -> String {
        let (sign, divisor) = self.sign_and_divisor();
        format!("({}^{}{sign:+})/{divisor}", self.base(), self.n)
    }

    fn modulus(&self) -> Result<Modulus, ModulusError> {
        let (sign, divisor) = self.sign_and_divisor();
        Modulus::kbnc(1, self.base(), self.n, sign)?.divided_by(&Integer::from(divisor))
    }

    fn factors_below(&self) -> Vec<u64> {
        // N-1 = r*(1+r+...+r^(n-2)).
        prime_factors(u64::from(self.base()))
    }

    /// 3^n = 1 modulo N = (3^n-1)/2, and n, a prime, divides N-1 = 3*(3^(n-1)-1)/2: all pass to base 3. 5 divides
    /// none, as its order to base 3 is 4.
    fn fermat_base(&self) -> u16 {
        if self.ratio == 3 { 5 } else { 3 }
    }

    fn algebraic(&self) -> bool {
        u64::try_from(self.ratio).is_ok_and(|ratio| algebraic(ratio, u64::from(self.n)))
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

/// Seconds of sieving (r^n-1)/(r-1) for one prime: of the numbers 2jn+1 up to P there are P/(2n) for each prime n of the range,
/// and P/ln P primes to share their cost.
pub(super) fn order_seconds(range: crate::spec::Span) -> f64 {
    let (start, end) = (range.start.max(3) as f64, range.end.max(4) as f64);
    let exponents = (end - start) / end.ln();
    let power = 10e-9 * end.log2() + 20e-9;
    // ln P is some twenty.
    5e-9 + 20.0 * power * exponents / (2.0 * (start + end) / 2.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_quotients() {
        for ratio in [-10i64, -3, -2, 2, 3, 10, 4_294_967_295] {
            for n in [1u32, 3, 5, 7, 19, 31] {
                let sum = Geometric { ratio, n };
                let value = sum.value();
                assert_eq!(
                    value,
                    (Integer::from(ratio).pow(n) - 1u32) / (ratio - 1),
                    "{ratio} {n}"
                );
                for m in [1u64, 2, 9, 10, 97, (1 << 61) - 1, u64::MAX] {
                    assert_eq!(sum.modulo(m), Integer::from(&value % m).to_u64().unwrap());
                }
                let text = sum.expression();
                let read: crate::expression::Expression = text.parse().unwrap();
                assert_eq!(read.value().unwrap(), value, "{text}");
            }
        }
    }

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
