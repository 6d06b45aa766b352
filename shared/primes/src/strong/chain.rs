//! Chains that the strong check can follow: equal powers x -> x^b, and the digits of any exponent.

use darkreach_arith::{Residue, Ring};
use rug::Integer;

use super::plan::Block;

/// A power computed step by step, x -> x^b * a^e with e the next digit, in a commutative ring.
///
/// Values are canonical: one integer of 0..N for a residue, two for a pair.
pub trait Chain {
    /// What the steps work on.
    type Element: Clone;

    /// N.
    fn modulus(&self) -> &Integer;

    /// How many steps there are.
    fn total(&self) -> u64;

    /// What a step costs, in squarings.
    fn weight(&self) -> f64;

    /// How many integers a value has.
    fn width(&self) -> usize;

    /// Bytes that name the chain: two chains with other steps or start values have other ones.
    fn name(&self) -> Vec<u8>;

    /// The value before the first step.
    fn start(&self) -> Self::Element;

    /// The same, computed by other code.
    fn start_again(&self) -> Vec<Integer>;

    /// The element of a value.
    fn element(&self, value: &[Integer]) -> Self::Element;

    /// The value of an element.
    fn value(&self, x: &Self::Element) -> Vec<Integer>;

    /// The step from `position` to `position + 1`.
    fn step(&self, x: &mut Self::Element, position: u64);

    /// x = x*y.
    fn mul(&self, x: &mut Self::Element, y: &Self::Element);

    /// d^(b^L) * a^S of a block.
    fn raise(&self, d: &Self::Element, block: &Block) -> Self::Element;

    /// x*y of values, by other code.
    fn product(&self, x: &[Integer], y: &[Integer]) -> Vec<Integer>;
}

/// Where a chain of equal powers begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// a^k.
    Power {
        /// a.
        a: u32,
        /// k.
        k: u64,
    },
    /// Any value, 0 < value < N.
    Value(Integer),
}

impl Start {
    /// The value modulo N, by GMP.
    pub(crate) fn value(&self, n: &Integer) -> Integer {
        match self {
            Self::Power { a, k } => Integer::from(*a)
                .pow_mod(&Integer::from(*k), n)
                .expect("the exponent is not negative"),
            Self::Value(value) => Integer::from(value % n),
        }
    }
}

/// x -> x^b: the test of k*b^n+c from a^k on.
#[derive(Clone, Debug)]
pub struct EqualPowers<'a> {
    ring: &'a Ring,
    start: Start,
    b: u32,
    steps: u64,
}

impl<'a> EqualPowers<'a> {
    /// `steps` times x -> x^b from `start`, b >= 2.
    pub fn new(ring: &'a Ring, start: Start, b: u32, steps: u64) -> Self {
        Self {
            ring,
            start,
            b: b.max(2),
            steps,
        }
    }
}

/// What x^e costs by squarings and products, in squarings.
fn power_weight(e: u32) -> f64 {
    f64::from(e.ilog2()) + 1.4 * f64::from(e.count_ones() - 1)
}

impl Chain for EqualPowers<'_> {
    type Element = Residue;

    fn modulus(&self) -> &Integer {
        self.ring.modulus()
    }

    fn total(&self) -> u64 {
        self.steps
    }

    fn weight(&self) -> f64 {
        power_weight(self.b)
    }

    fn width(&self) -> usize {
        1
    }

    fn name(&self) -> Vec<u8> {
        let start = match &self.start {
            Start::Power { a, k } => format!("{a}^{k}"),
            Start::Value(value) => format!("={value:x}"),
        };
        format!("equal powers {} {} {start}", self.b, self.steps).into_bytes()
    }

    fn start(&self) -> Residue {
        match &self.start {
            Start::Power { a, k } => {
                let mut x = self.ring.residue(&Integer::from(*a));
                self.ring.pow_small(&mut x, *k);
                x
            }
            Start::Value(value) => self.ring.residue(value),
        }
    }

    fn start_again(&self) -> Vec<Integer> {
        vec![self.start.value(self.modulus())]
    }

    fn element(&self, value: &[Integer]) -> Residue {
        self.ring.residue(&value[0])
    }

    fn value(&self, x: &Residue) -> Vec<Integer> {
        vec![self.ring.to_integer(x)]
    }

    fn step(&self, x: &mut Residue, _: u64) {
        if self.b == 2 {
            self.ring.square(x);
        } else {
            self.ring.pow_small(x, self.b.into());
        }
    }

    fn mul(&self, x: &mut Residue, y: &Residue) {
        self.ring.mul(x, y);
    }

    fn raise(&self, d: &Residue, block: &Block) -> Residue {
        let mut y = d.clone();
        for position in 0..block.segment {
            self.step(&mut y, position);
        }
        y
    }

    fn product(&self, x: &[Integer], y: &[Integer]) -> Vec<Integer> {
        vec![Integer::from(&x[0] * &y[0]) % self.modulus()]
    }
}

/// x -> x^2 * a^e, e the next binary digit of an exponent from the top: a to any power.
#[derive(Clone, Debug)]
pub struct Digits<'a> {
    ring: &'a Ring,
    a: u16,
    exponent: Integer,
}

impl<'a> Digits<'a> {
    /// a^exponent for an exponent >= 1.
    pub fn new(ring: &'a Ring, a: u16, exponent: Integer) -> Self {
        Self { ring, a, exponent }
    }
}

/// Digits `from..from + count` of an exponent whose first digit, from the top, is the one at 0, as an
/// integer. `len` is the exponent's binary length; the digit that the step at position p takes is the
/// one at p + 1.
pub(crate) fn digits(exponent: &Integer, len: u64, from: u64, count: u64) -> Integer {
    let low = (len - from - count) as u32;
    Integer::from(exponent >> low).keep_bits(count as u32)
}

/// The sum of a block's segments, each read as an integer.
pub(crate) fn digit_sum(exponent: &Integer, block: &Block) -> Integer {
    let len = u64::from(exponent.significant_bits());
    let whole = digits(exponent, len, block.start + 1, block.end() - block.start);
    (0..block.segments)
        .map(|j| {
            Integer::from(&whole >> (j * block.segment) as u32).keep_bits(block.segment as u32)
        })
        .sum()
}

impl Chain for Digits<'_> {
    type Element = Residue;

    fn modulus(&self) -> &Integer {
        self.ring.modulus()
    }

    fn total(&self) -> u64 {
        u64::from(self.exponent.significant_bits()) - 1
    }

    fn weight(&self) -> f64 {
        1.0
    }

    fn width(&self) -> usize {
        1
    }

    fn name(&self) -> Vec<u8> {
        format!("digits {}^{:x}", self.a, self.exponent).into_bytes()
    }

    fn start(&self) -> Residue {
        self.ring.residue(&Integer::from(self.a))
    }

    fn start_again(&self) -> Vec<Integer> {
        vec![Integer::from(self.a) % self.modulus()]
    }

    fn element(&self, value: &[Integer]) -> Residue {
        self.ring.residue(&value[0])
    }

    fn value(&self, x: &Residue) -> Vec<Integer> {
        vec![self.ring.to_integer(x)]
    }

    fn step(&self, x: &mut Residue, position: u64) {
        let bit = self.exponent.get_bit((self.total() - 1 - position) as u32);
        self.ring.square_mul(x, if bit { self.a } else { 1 });
    }

    fn mul(&self, x: &mut Residue, y: &Residue) {
        self.ring.mul(x, y);
    }

    fn raise(&self, d: &Residue, block: &Block) -> Residue {
        let sum = digit_sum(&self.exponent, block);
        let high = Integer::from(&sum >> block.segment as u32)
            .to_u64()
            .expect("the sum of m digits of L bits is below m*2^L");
        let mut y = self.ring.residue(&Integer::from(self.a));
        self.ring.pow_small(&mut y, high);
        // The product with the random-looking factor on the left keeps that one's history.
        let mut x = d.clone();
        self.ring.mul(&mut x, &y);
        let mut y = x;
        for place in (0..block.segment).rev() {
            let bit = sum.get_bit(place as u32);
            self.ring.square_mul(&mut y, if bit { self.a } else { 1 });
        }
        y
    }

    fn product(&self, x: &[Integer], y: &[Integer]) -> Vec<Integer> {
        vec![Integer::from(&x[0] * &y[0]) % self.modulus()]
    }
}
