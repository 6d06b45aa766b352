//! One number k*b^n+c of a search or of a question.

use darkreach_arith::{Modulus, ModulusError};
use rug::{Integer, ops::Pow};

use super::{Structure, algebraic};

/// k*b^n+c with k >= 1, b >= 2, n >= 1. With c = 1 or -1 it is kept by value ([`super::Number::Kbnc`]); for
/// other small c it is a structure of which only the shape is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The multiplier.
    pub k: u64,
    /// The base.
    pub b: u32,
    /// The exponent.
    pub n: u32,
    /// The addend.
    pub c: i32,
}

impl Candidate {
    /// The value if it is below 2^64.
    pub fn small(&self) -> Option<u64> {
        let power = u128::from(self.b).checked_pow(self.n)?;
        let value = power
            .checked_mul(u128::from(self.k))?
            .checked_add_signed(i128::from(self.c))?;
        u64::try_from(value).ok()
    }

    /// The primes of b and of k: what is known of the factors of N-c.
    pub(crate) fn known_factors(&self) -> Vec<u64> {
        let mut primes = crate::word::prime_factors(u64::from(self.b));
        primes.extend(crate::word::prime_factors(self.k));
        primes.sort_unstable();
        primes.dedup();
        primes
    }

    /// The same number with k not divisible by b, as tables write it; `None` if n leaves its range.
    pub(crate) fn normal(mut self) -> Option<Self> {
        if self.b.is_power_of_two() && self.b > 2 {
            self.n = self.n.checked_mul(self.b.ilog2())?;
            self.b = 2;
        }
        while self.k.is_multiple_of(u64::from(self.b)) {
            self.k /= u64::from(self.b);
            self.n = self.n.checked_add(1)?;
        }
        Some(self)
    }
}

impl Structure for Candidate {
    fn value(&self) -> Integer {
        if self.b.is_power_of_two() {
            (Integer::from(self.k) << (self.n * self.b.ilog2())) + self.c
        } else {
            Integer::from(self.b).pow(self.n) * self.k + self.c
        }
    }

    fn bits(&self) -> f64 {
        (self.k as f64).log2() + f64::from(self.n) * f64::from(self.b).log2()
    }

    fn modulo(&self, m: u64) -> u64 {
        let wide = u128::from(m);
        let power = crate::word::pow_mod(u64::from(self.b), u64::from(self.n), m);
        let product = u128::from(self.k % m) * u128::from(power) % wide;
        let addend = i128::from(self.c).rem_euclid(i128::from(m)) as u128;
        ((product + addend) % wide) as u64
    }

    fn expression(&self) -> String {
        self.to_string()
    }

    fn modulus(&self) -> Result<Modulus, ModulusError> {
        Modulus::kbnc(self.k, self.b, self.n, i64::from(self.c))
    }

    fn factors_below(&self) -> Vec<u64> {
        if self.c == 1 {
            self.known_factors()
        } else {
            Vec::new()
        }
    }

    fn factors_above(&self) -> Vec<u64> {
        if self.c == -1 {
            self.known_factors()
        } else {
            Vec::new()
        }
    }

    fn algebraic(&self) -> bool {
        self.c.abs() == 1 && algebraic::kbnc(self)
    }
}

/// `3*2^1000+1`: the multiplier is always written, so one number has one expression.
impl std::fmt::Display for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}*{}^{}{:+}", self.k, self.b, self.n, self.c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn expressions_and_edges() {
        let one = Candidate {
            k: 1,
            b: 2,
            n: 1,
            c: -1,
        };
        assert_eq!(one.to_string(), "1*2^1-1");
        assert_eq!(one.small(), Some(1));
        let edge = Candidate {
            k: 1,
            b: 2,
            n: 64,
            c: -1,
        };
        assert_eq!(edge.small(), Some(u64::MAX));
        assert_eq!(Candidate { c: 1, ..edge }.small(), None);
        let huge = Candidate {
            k: u64::MAX,
            b: u32::MAX,
            n: 1 << 20,
            c: 1,
        };
        assert_eq!(huge.small(), None);
    }

    proptest! {
        #[test]
        fn value_and_remainder_agree(k in 1u64.., b in 2u32.., n in 1u32..50, plus: bool, m in 2u64..) {
            let candidate = Candidate { k, b, n, c: if plus { 1 } else { -1 } };
            let value = candidate.value();
            prop_assert_eq!(candidate.small(), value.to_u64());
            prop_assert_eq!(candidate.modulo(m), Integer::from(&value % m).to_u64().unwrap());
            let bits = candidate.bits();
            prop_assert!((bits - f64::from(value.significant_bits())).abs() < 1.5);
        }
    }
}
