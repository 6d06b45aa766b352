//! Numbers that are quadratic in a power: A*x^2+B*x+C with x = b^n over a range of n. Modulo a prime
//! such an equation has at most two solutions x, and where they are powers of b is found as a discrete
//! logarithm, for all equations of a prime at once. Carol and Kynea numbers are of this kind, and
//! palindromes that differ from a repdigit in two places or in the middle.

use std::ops::Range;

use super::{
    lanes::{Field, Isa, Lanes, Row, pow},
    listener::{Listener, Sieve, Stopped},
    logarithm::{Values, sieve_logarithms},
    roots::square_root,
};
use crate::word::pow_mod;

/// factor*b^exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The factor, its size below 2^62.
    pub factor: i64,
    /// The exponent.
    pub exponent: u64,
}

/// A*x^2+B*x+C = 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equation {
    /// A, the sum of these.
    pub square: Vec<Term>,
    /// B, the sum of these.
    pub linear: Vec<Term>,
    /// C, not 0.
    pub constant: Term,
}

impl Equation {
    /// (b^n-1)^2-2, x = b^n.
    pub fn carol() -> Self {
        Self::small(1, -2, -1)
    }

    /// (b^n+1)^2-2, x = b^n.
    pub fn kynea() -> Self {
        Self::small(1, 2, -1)
    }

    /// The palindrome of 2k+1 digits d in base b, but two digits e at a distance m >= 1 from the middle,
    /// times (b-1)*b^m: x = b^m. Divisors of b-1 divide the product also where they do not divide the
    /// number.
    pub fn two_changed(b: u32, k: u64, d: u32, e: u32) -> Self {
        let (b, d, e) = (i64::from(b), i64::from(d), i64::from(e));
        // d*(b^(2k+1)-1)/(b-1) + (e-d)*(b^(k+m)+b^(k-m)).
        let outer = Term {
            factor: (e - d) * (b - 1),
            exponent: k,
        };
        let inner = |factor, exponent| Term { factor, exponent };
        Self {
            square: vec![outer],
            linear: vec![inner(d, 2 * k + 1), inner(-d, 0)],
            constant: outer,
        }
    }

    /// The palindrome of n digits d, a digit e and n digits d in base b, times b-1: x = b^n. Divisors of
    /// b-1 divide the product also where they do not divide the number.
    pub fn middle_changed(b: u32, d: u32, e: u32) -> Self {
        let (b, d, e) = (i64::from(b), i64::from(d), i64::from(e));
        // d*(b^(2n+1)-1)/(b-1) + (e-d)*b^n.
        Self::small(d * b, (e - d) * (b - 1), -d)
    }

    fn small(a: i64, b: i64, c: i64) -> Self {
        let term = |factor| Term {
            factor,
            exponent: 0,
        };
        Self {
            square: vec![term(a)],
            linear: vec![term(b)],
            constant: term(c),
        }
    }
}

/// The sieve over n in `start..start+length` for one or more equations. Hits carry the equation's
/// number and n-start.
#[derive(Debug)]
pub struct Quadratic {
    base: u64,
    start: u64,
    length: u64,
    equations: Vec<Equation>,
}

/// Each equation has two values: its two roots.
struct Equations<'a>(&'a mut dyn Listener);

impl Listener for Equations<'_> {
    #[inline(always)]
    fn hit(&mut self, value: usize, index: u64, prime: u64) {
        self.0.hit(value / 2, index, prime);
    }

    fn should_stop(&mut self) -> bool {
        self.0.should_stop()
    }
}

impl Quadratic {
    /// A sieve for b >= 2 and up to 2^32 values of n.
    pub fn new(base: u64, equations: &[Equation], start: u64, length: u64) -> Self {
        Self {
            base,
            start,
            length,
            equations: equations.to_vec(),
        }
    }

    /// Tries every n for an equation, with small primes only.
    fn try_all(&self, number: usize, p: u64, listener: &mut dyn Listener) {
        let wide = |x: u64, y: u64| (u128::from(x) * u128::from(y) % u128::from(p)) as u64;
        let term = |term: &Term| {
            let factor = i128::from(term.factor).rem_euclid(i128::from(p)) as u64;
            wide(factor, pow_mod(self.base, term.exponent, p))
        };
        let sum = |terms: &[Term]| terms.iter().map(term).fold(0, |sum, t| (sum + t) % p);
        let equation = &self.equations[number];
        let (a, b) = (sum(&equation.square), sum(&equation.linear));
        let c = term(&equation.constant);
        let mut x = pow_mod(self.base, self.start, p);
        for index in 0..self.length {
            if (wide((wide(a, x) + b) % p, x) + c).is_multiple_of(p) {
                listener.hit(2 * number, index, p);
            }
            x = wide(x, self.base % p);
        }
    }
}

impl Sieve for Quadratic {
    fn sieve(
        self,
        isa: Isa,
        primes: Range<u64>,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let listener = &mut Equations(listener);
        sieve_logarithms(isa, self.base, self.length, &self, primes, listener)
    }
}

impl Values for Quadratic {
    fn count(&self) -> usize {
        2 * self.equations.len()
    }

    #[inline(always)]
    fn values<S: Lanes, const N: usize>(
        &self,
        field: &Field<S, N>,
        primes: &[Row; N],
        values: &mut Vec<[S::V; N]>,
    ) {
        let s = field.s;
        let entrance = field.entrance();
        let base = field.number_by(entrance, self.base);
        let one = field.one();
        let zero = field.sub(one, one);
        let start = pow(field, base, self.start);
        for equation in &self.equations {
            let a = sum(field, entrance, base, &equation.square);
            let b = sum(field, entrance, base, &equation.linear);
            let c = sum(
                field,
                entrance,
                base,
                std::slice::from_ref(&equation.constant),
            );
            let ac = field.tight(field.mul(a, c));
            let ac = field.add(ac, ac);
            let square = field.tight(field.mul(b, b));
            let (root, exists) = square_root(field, primes, field.sub(square, field.add(ac, ac)));
            // 1/x = (-B-+root)/(2C); a divisor of C is inverted to 0, which has no logarithm.
            let mut exponents = *primes;
            for p in exponents.iter_mut().flat_map(|row| &mut row.0) {
                *p -= 2;
            }
            let inverse = super::lanes::pow_each(field, field.add(c, c), &exponents);
            let factor = field.mul(inverse, start);
            let b = field.neg(b);
            for numerator in [field.add(b, root), field.sub(b, root)] {
                let mut value = field.tight(field.mul(numerator, factor));
                for u in 0..N {
                    value[u] = s.select(exists[u], value[u], zero[u]);
                }
                values.push(value);
            }
        }
    }

    fn special_limit(&self) -> u64 {
        let constants = self
            .equations
            .iter()
            .map(|e| e.constant.factor.unsigned_abs());
        constants.fold(self.base, u64::max)
    }

    fn special(&self, p: u64, listener: &mut dyn Listener) -> bool {
        let base = self.base.is_multiple_of(p);
        for (number, equation) in self.equations.iter().enumerate() {
            if base || equation.constant.factor.unsigned_abs().is_multiple_of(p) {
                self.try_all(number, p, listener);
            }
        }
        !base
    }

    fn two(&self, listener: &mut dyn Listener) {
        for number in 0..self.equations.len() {
            self.try_all(number, 2, listener);
        }
    }
}

/// The sum of some terms, tight.
#[inline(always)]
fn sum<S: Lanes, const N: usize>(
    field: &Field<S, N>,
    entrance: [S::V; N],
    base: [S::V; N],
    terms: &[Term],
) -> [S::V; N] {
    let one = field.one();
    let mut sum = field.sub(one, one);
    for term in terms {
        let factor = field.number_by(entrance, term.factor.unsigned_abs());
        let power = pow(field, base, term.exponent);
        let value = field.tight(field.mul(factor, power));
        sum = if term.factor < 0 {
            field.sub(sum, value)
        } else {
            field.add(sum, value)
        };
    }
    sum
}
