//! Chains that the strong check can follow: equal powers x -> x^b, and the digits of any exponent.

use darkreach_arith::{Factor, Residue, Ring};
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

/// The residue of a value, without the care for values with a pattern where there is none: nearly as
/// long as N, and about half of its bits set. The check sees it if that was wrong.
pub(crate) fn residue(ring: &Ring, value: &Integer) -> Residue {
    let mut x = ring.residue(value);
    let bits = value.significant_bits();
    let ones = value.count_ones().unwrap_or(0);
    if bits + 64 > ring.modulus().significant_bits()
        && (f64::from(ones) / f64::from(bits.max(1)) - 0.5).abs() < 0.05
    {
        x.assume_random();
    }
    x
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
            Start::Value(value) => residue(self.ring, value),
        }
    }

    fn start_again(&self) -> Vec<Integer> {
        vec![self.start.value(self.modulus())]
    }

    fn element(&self, value: &[Integer]) -> Residue {
        residue(self.ring, &value[0])
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

/// x -> x^w * a^e with w = 2 or 16 and e the next digit to that base: a to any power, or
/// start^(w^steps) * a^digits.
#[derive(Clone, Debug)]
pub struct Digits<'a> {
    ring: &'a Ring,
    start: Integer,
    base: Base,
    /// Below 2^(steps * width).
    digits: Integer,
    steps: u64,
}

/// What is multiplied by.
#[derive(Clone, Debug)]
enum Base {
    /// A small a, which costs nothing: a bit at a time.
    Small(u16),
    /// Any a, with a, a^2 .. a^15: four bits at a time.
    Large { value: Integer, powers: Vec<Factor> },
}

/// Bits that a step with a large base takes.
pub(crate) const LARGE_WIDTH: u32 = 4;

impl<'a> Digits<'a> {
    /// a^exponent for an exponent >= 1.
    pub fn new(ring: &'a Ring, a: u16, exponent: &Integer) -> Self {
        let steps = exponent.significant_bits() - 1;
        let digits = Integer::from(exponent.keep_bits_ref(steps));
        Self::from_start(ring, a.into(), a, digits, steps.into())
    }

    /// start^(2^steps) * a^digits for digits < 2^steps.
    pub(crate) fn from_start(
        ring: &'a Ring,
        start: Integer,
        a: u16,
        digits: Integer,
        steps: u64,
    ) -> Self {
        Self {
            ring,
            start: start % ring.modulus(),
            base: Base::Small(a),
            digits,
            steps,
        }
    }

    /// start^(16^steps) * a^digits for digits < 16^steps and any a.
    pub(crate) fn with_large_base(
        ring: &'a Ring,
        start: Integer,
        a: &Integer,
        digits: Integer,
        steps: u64,
    ) -> Self {
        let base = residue(ring, a);
        let mut power = base.clone();
        let mut powers = vec![ring.factor(&base)];
        for _ in 2..1 << LARGE_WIDTH {
            ring.mul(&mut power, &base);
            powers.push(ring.factor(&power));
        }
        Self {
            ring,
            start: start % ring.modulus(),
            base: Base::Large {
                value: a.clone(),
                powers,
            },
            digits,
            steps,
        }
    }

    fn width(&self) -> u32 {
        match self.base {
            Base::Small(_) => 1,
            Base::Large { .. } => LARGE_WIDTH,
        }
    }

    /// x = x^w * a^digit.
    fn turn(&self, x: &mut Residue, digit: u32) {
        match &self.base {
            Base::Small(a) => self.ring.square_mul(x, if digit == 1 { *a } else { 1 }),
            Base::Large { powers, .. } => {
                for _ in 0..LARGE_WIDTH {
                    self.ring.square(x);
                }
                if let Some(factor) = (digit as usize).checked_sub(1).and_then(|i| powers.get(i)) {
                    self.ring.mul_factor(x, factor);
                }
            }
        }
    }
}

/// The digit of `width` bits at a place, counted from the lowest.
fn digit(digits: &Integer, place: u64, width: u32) -> u32 {
    let low = place as u32 * width;
    (0..width).fold(0, |sum, bit| {
        sum | u32::from(digits.get_bit(low + bit)) << bit
    })
}

/// The sum of a block's segments, each read as an integer, for digits of `width` bits of which the first
/// of `steps` is the highest.
pub(crate) fn digit_sum(digits: &Integer, steps: u64, width: u32, block: &Block) -> Integer {
    let bits = |steps: u64| steps as u32 * width;
    let whole = Integer::from(digits >> bits(steps - block.end()));
    let segment = bits(block.segment);
    (0..block.segments)
        .map(|j| Integer::from(&whole >> (j as u32 * segment)).keep_bits(segment))
        .sum()
}

impl Chain for Digits<'_> {
    type Element = Residue;

    fn modulus(&self) -> &Integer {
        self.ring.modulus()
    }

    fn total(&self) -> u64 {
        self.steps
    }

    fn weight(&self) -> f64 {
        match self.base {
            Base::Small(_) => 1.0,
            Base::Large { .. } => f64::from(LARGE_WIDTH) + 1.0,
        }
    }

    fn width(&self) -> usize {
        1
    }

    fn name(&self) -> Vec<u8> {
        let base = match &self.base {
            Base::Small(a) => a.to_string(),
            Base::Large { value, .. } => format!("={value:x}"),
        };
        let (start, digits) = (&self.start, &self.digits);
        format!("digits {} {start:x} {base} {digits:x}", self.steps).into_bytes()
    }

    fn start(&self) -> Residue {
        residue(self.ring, &self.start)
    }

    fn start_again(&self) -> Vec<Integer> {
        vec![self.start.clone()]
    }

    fn element(&self, value: &[Integer]) -> Residue {
        residue(self.ring, &value[0])
    }

    fn value(&self, x: &Residue) -> Vec<Integer> {
        vec![self.ring.to_integer(x)]
    }

    fn step(&self, x: &mut Residue, position: u64) {
        let place = self.steps - 1 - position;
        self.turn(x, digit(&self.digits, place, Digits::width(self)));
    }

    fn mul(&self, x: &mut Residue, y: &Residue) {
        self.ring.mul(x, y);
    }

    fn raise(&self, d: &Residue, block: &Block) -> Residue {
        let width = Digits::width(self);
        let sum = digit_sum(&self.digits, self.steps, width, block);
        let high = Integer::from(&sum >> (block.segment as u32 * width))
            .to_u64()
            .expect("the sum of m numbers below w^L is below m*w^L");
        let mut power = match &self.base {
            Base::Small(a) => self.ring.residue(&Integer::from(*a)),
            Base::Large { value, .. } => residue(self.ring, value),
        };
        self.ring.pow_small(&mut power, high);
        let mut y = d.clone();
        self.ring.mul(&mut y, &power);
        if block.segments > 1 {
            // A product of values from the middle of the chain.
            y.assume_random();
        }
        for place in (0..block.segment).rev() {
            self.turn(&mut y, digit(&sum, place, width));
        }
        y
    }

    fn product(&self, x: &[Integer], y: &[Integer]) -> Vec<Integer> {
        vec![Integer::from(&x[0] * &y[0]) % self.modulus()]
    }
}
