//! Expressions as polynomials in a power of one base, and what that shows of their factors: powers of the
//! base, the content, and the values of cyclotomic polynomials.

use std::collections::BTreeMap;

use rug::{Complete, Integer, ops::Pow};

use super::{Node, factors::split_word};
use crate::word::prime_factors;

/// Polynomials with more terms are left alone.
const MAX_TERMS: usize = 64;
/// Cyclotomic factors of longer exponents' divisors are many; more than this are not listed.
const MAX_DIVISORS: usize = 4096;

/// The sum of c*b^e over its terms, divided by a number.
#[derive(Clone, Debug)]
pub(super) struct Polynomial {
    /// b; 0 while no power was seen.
    base: u32,
    /// Coefficients that are not 0, by exponent.
    terms: BTreeMap<u32, Integer>,
    divisor: Integer,
}

impl Polynomial {
    /// The expression as one, if it is.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let polynomial = match node {
            Node::Number(number) => Self::constant(number.clone()),
            Node::Negative(inner) => Self::of(inner)?.scaled(-1),
            Node::Sum(terms) => {
                let mut sum = Self::constant(Integer::new());
                for (minus, term) in terms {
                    let term = Self::of(term)?;
                    sum = sum.sum(&if *minus { term.scaled(-1) } else { term })?;
                }
                sum
            }
            Node::Product(factors) => {
                let mut product = Self::constant(Integer::from(1));
                for (divide, factor) in factors {
                    let factor = Self::of(factor)?;
                    product = if *divide {
                        let divisor = factor.small_value()?;
                        product.divisor *= divisor;
                        product
                    } else {
                        product.product(&factor)?
                    };
                }
                product
            }
            Node::Power(base, exponent) => {
                let exponent = exponent.value().ok()?.to_u32()?;
                match &**base {
                    Node::Number(number) => Self::power(number.to_u32()?, exponent)?,
                    other => {
                        if exponent > 16 {
                            return None;
                        }
                        let base = Self::of(other)?;
                        let mut power = Self::constant(Integer::from(1));
                        for _ in 0..exponent {
                            power = power.product(&base)?;
                        }
                        power
                    }
                }
            }
            Node::Factorial(_) | Node::Multifactorial(..) | Node::Primorial(_) => return None,
        };
        (polynomial.terms.len() <= MAX_TERMS).then_some(polynomial)
    }

    fn constant(number: Integer) -> Self {
        let mut terms = BTreeMap::new();
        if number != 0 {
            terms.insert(0, number);
        }
        Self {
            base: 0,
            terms,
            divisor: Integer::from(1),
        }
    }

    /// b^e, with b reduced to the number of which it is a power.
    fn power(b: u32, e: u32) -> Option<Self> {
        if b < 2 {
            return Some(Self::constant(Integer::from(if e == 0 { 1 } else { b })));
        }
        let (root, times) = (1..=b.ilog2())
            .rev()
            .find_map(|k| {
                let root = Integer::from(b).root(k).to_u32()?;
                (root.checked_pow(k) == Some(b)).then_some((root, k))
            })
            .unwrap_or((b, 1));
        Some(Self {
            base: root,
            terms: BTreeMap::from([(e.checked_mul(times)?, Integer::from(1))]),
            divisor: Integer::from(1),
        })
    }

    fn common_base(&self, other: &Self) -> Option<u32> {
        match (self.base, other.base) {
            (0, base) | (base, 0) => Some(base),
            (one, two) => (one == two).then_some(one),
        }
    }

    fn scaled(mut self, factor: i32) -> Self {
        for coefficient in self.terms.values_mut() {
            *coefficient *= factor;
        }
        self
    }

    fn sum(&self, other: &Self) -> Option<Self> {
        let base = self.common_base(other)?;
        let mut terms = BTreeMap::new();
        for (from, factor) in [(self, &other.divisor), (other, &self.divisor)] {
            for (e, coefficient) in &from.terms {
                *terms.entry(*e).or_insert_with(Integer::new) += (coefficient * factor).complete();
            }
        }
        terms.retain(|_, coefficient| *coefficient != 0);
        Some(Self {
            base,
            terms,
            divisor: Integer::from(&self.divisor * &other.divisor),
        })
    }

    fn product(&self, other: &Self) -> Option<Self> {
        let base = self.common_base(other)?;
        if self.terms.len() * other.terms.len() > MAX_TERMS {
            return None;
        }
        let mut terms = BTreeMap::new();
        for (e, coefficient) in &self.terms {
            for (f, factor) in &other.terms {
                *terms.entry(e.checked_add(*f)?).or_insert_with(Integer::new) +=
                    (coefficient * factor).complete();
            }
        }
        terms.retain(|_, coefficient| *coefficient != 0);
        Some(Self {
            base,
            terms,
            divisor: Integer::from(&self.divisor * &other.divisor),
        })
    }

    /// The same plus a number.
    pub(super) fn plus(&self, c: i32) -> Self {
        self.sum(&Self::constant(Integer::from(c)))
            .expect("a constant has any base")
    }

    /// The value of the numerator, if it is short.
    fn small_value(&self) -> Option<Integer> {
        let last = *self.terms.keys().last()?;
        let short = u64::from(last) * u64::from(self.base.max(2).ilog2() + 1) < 1 << 12;
        (short && self.divisor == 1).then(|| self.value())
    }

    fn value(&self) -> Integer {
        let terms = self.terms.iter();
        terms
            .map(|(e, coefficient)| Integer::from(self.base).pow(*e) * coefficient)
            .sum()
    }

    /// The same without powers of the base in the coefficients: 2^13-2 is 2^13-1*2^1.
    fn normal(&self) -> Self {
        let mut terms = BTreeMap::new();
        for (e, coefficient) in &self.terms {
            let (mut e, mut coefficient) = (*e, coefficient.clone());
            while self.base > 1 && coefficient != 0 && coefficient.is_divisible_u(self.base) {
                coefficient.div_exact_u_mut(self.base);
                e += 1;
            }
            *terms.entry(e).or_insert_with(Integer::new) += coefficient;
        }
        terms.retain(|_, coefficient| *coefficient != 0);
        Self {
            base: self.base,
            terms,
            divisor: self.divisor.clone(),
        }
    }

    /// Divisors of the numerator.
    pub(super) fn factors(&self, pieces: &mut Vec<Integer>) {
        let normal = self.normal();
        let Some((&low, _)) = normal.terms.iter().next() else {
            return;
        };
        if low > 0 {
            pieces.extend(
                prime_factors(self.base.into())
                    .into_iter()
                    .map(Integer::from),
            );
        }
        let mut content = Integer::new();
        for coefficient in normal.terms.values() {
            content.gcd_mut(coefficient);
        }
        pieces.extend(split_word(&content));
        let rest = Self {
            base: self.base,
            terms: (normal.terms.iter())
                .map(|(e, coefficient)| (e - low, Integer::from(coefficient / &content)))
                .collect(),
            divisor: Integer::from(1),
        };
        let terms: Vec<_> = rest.terms.iter().collect();
        match terms.as_slice() {
            [_] => {}
            [(_, constant), (m, leading)]
                if Integer::from(leading.abs_ref()) == 1
                    && Integer::from(constant.abs_ref()) == 1 =>
            {
                cyclotomic(rest.base, **m, *constant != *leading, pieces);
            }
            _ => pieces.push(rest.value().abs()),
        }
    }
}

/// The values at b of the cyclotomic polynomials whose product is b^m-1 (`minus`) or b^m+1.
fn cyclotomic(b: u32, m: u32, minus: bool, pieces: &mut Vec<Integer>) {
    let indices: Vec<u32> = if minus {
        divisors(m)
    } else {
        let Some(twice) = m.checked_mul(2) else {
            return;
        };
        divisors(twice)
            .into_iter()
            .filter(|d| !m.is_multiple_of(*d))
            .collect()
    };
    if indices.len() > MAX_DIVISORS {
        return;
    }
    pieces.extend(indices.into_iter().map(|d| cyclotomic_value(b, d)));
}

/// The d-th cyclotomic polynomial at b: the product of (b^(d/k)-1)^mu(k) over the divisors k of d.
fn cyclotomic_value(b: u32, d: u32) -> Integer {
    let primes = prime_factors(d.into());
    let (mut above, mut below) = (Integer::from(1), Integer::from(1));
    for subset in 0u32..1 << primes.len() {
        let chosen = primes
            .iter()
            .enumerate()
            .filter(|(i, _)| subset >> i & 1 == 1);
        let k: u64 = chosen.map(|(_, p)| p).product();
        let factor = Integer::from(b).pow(d / k as u32) - 1u32;
        if subset.count_ones() % 2 == 0 {
            above *= factor;
        } else {
            below *= factor;
        }
    }
    above.div_exact(&below)
}

fn divisors(m: u32) -> Vec<u32> {
    let mut list: Vec<u32> = (1..=m.isqrt()).filter(|d| m.is_multiple_of(*d)).collect();
    let large: Vec<u32> = list
        .iter()
        .map(|d| m / d)
        .filter(|d| d * d != m || *d > m.isqrt())
        .collect();
    list.extend(large);
    list.sort_unstable();
    list.dedup();
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cyclotomic_values_multiply_to_the_power() {
        for (b, m) in [(2u32, 36u32), (10, 30), (3, 64), (12, 35)] {
            for minus in [true, false] {
                let mut pieces = Vec::new();
                cyclotomic(b, m, minus, &mut pieces);
                let product: Integer = pieces.iter().product();
                let power = Integer::from(b).pow(m);
                assert_eq!(product, if minus { power - 1u32 } else { power + 1u32 });
            }
        }
    }
}
