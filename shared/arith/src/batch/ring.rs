//! The rings of residues modulo the numbers of a batch.

use rug::{Integer, ops::RemRounding};

use super::{
    convert,
    error::BatchError,
    karatsuba,
    lanes::{BatchIsa, Kernel, LANES, Lanes, Row},
    linear,
    product::{self, Block, Extent, Reduce, Sink},
    scale::Scale,
    shape::{Moduli, Reduction},
    special::{Multiplier, Special},
};
use crate::Modulus;

/// How a batch may compute. The default is the fastest known; the results never differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchOptions {
    /// Whether the shape of the moduli may be used for reduction.
    pub special_form: bool,
    /// The instruction set; the best of this processor by default.
    pub isa: Option<BatchIsa>,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            special_form: true,
            isa: None,
        }
    }
}

impl BatchOptions {
    /// Reduction for any odd moduli, whatever their shape.
    #[must_use]
    pub fn without_special_form(self) -> Self {
        Self {
            special_form: false,
            ..self
        }
    }

    /// The same with a chosen instruction set.
    #[must_use]
    pub fn with_isa(self, isa: BatchIsa) -> Self {
        Self {
            isa: Some(isa),
            ..self
        }
    }
}

/// Residues modulo up to [`LANES`] odd numbers, one in each lane; every operation works on all lanes.
///
/// ```
/// use darkreach_arith::{BatchOptions, BatchRing, Modulus};
/// use rug::Integer;
///
/// // 3^(N-1) mod N for N = 3*2^n+1: 1 where N is prime.
/// let moduli = [276, 300, 353].map(|n| Modulus::kbnc(3, 2, n, 1));
/// let moduli: Vec<Modulus> = moduli.into_iter().collect::<Result<_, _>>()?;
/// let ring = BatchRing::new(&moduli, BatchOptions::default())?;
/// let exponents: Vec<Integer> = moduli.iter().map(|m| Integer::from(m.value() - 1)).collect();
/// let residues = ring.to_integers(&ring.pow(5, &exponents)?);
/// let ones: Vec<bool> = residues.iter().map(|r| *r == 1).collect();
/// assert_eq!(ones, [true, false, true]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BatchRing {
    moduli: Moduli,
    isa: BatchIsa,
    /// 1 in every lane.
    one: Vec<Block>,
    /// For each lane the limb that N ends with, and one by N, both from there.
    estimates: [(usize, f64); LANES],
}

/// A residue for each lane of one batch, with the scratch space that operations need. Using it with
/// another batch gives meaningless values or a panic (but never undefined behaviour).
#[derive(Clone, Debug)]
pub struct BatchResidue {
    /// x*R mod N, below 2N. One block more than the numbers have, because results are written a
    /// block at a time; limbs above those of the numbers are zero.
    limbs: Vec<Block>,
    /// Where the next result is made.
    result: Vec<Block>,
    /// Space for the quotient of the reduction.
    quotient: Vec<Block>,
    /// Space for the columns of parts of a square, if it is split.
    space: Vec<Block>,
}

#[cfg(test)]
impl BatchResidue {
    /// The limbs, with those above the numbers.
    pub(super) fn rows(&self) -> &[Row] {
        self.limbs.as_flattened()
    }
}

impl BatchRing {
    /// The rings for some moduli.
    ///
    /// # Errors
    /// [`BatchError`] if there is no modulus or more than [`LANES`], if one is even or too large, or if
    /// large ones differ in size by more than half.
    pub fn new(moduli: &[Modulus], options: BatchOptions) -> Result<Self, BatchError> {
        let moduli = Moduli::new(moduli, options.special_form)?;
        let best = BatchIsa::best();
        let mut ring = Self {
            one: Vec::new(),
            estimates: [(0, 0.0); LANES],
            isa: options.isa.filter(|isa| isa.is_available()).unwrap_or(best),
            moduli,
        };
        let shift = ring.moduli.shift();
        ring.one = ring.shifted(|n| (Integer::from(1) << shift) % n);
        ring.estimates = std::array::from_fn(|lane| {
            let rows = ring.moduli.once.as_flattened();
            let top = rows.iter().rposition(|row| row.0[lane] != 0).unwrap_or(0);
            (top, 1.0 / leading(rows, lane, top))
        });
        Ok(ring)
    }

    /// Candidates in the batch.
    pub fn lanes(&self) -> usize {
        self.moduli.values.len()
    }

    /// The moduli.
    pub fn moduli(&self) -> &[Integer] {
        &self.moduli.values
    }

    /// The instruction set that computes.
    pub fn isa(&self) -> BatchIsa {
        self.isa
    }

    /// 52-bit limbs of each residue.
    pub fn limbs(&self) -> usize {
        self.moduli.extent.limbs
    }

    /// Whether the reduction uses the shape of the moduli.
    pub fn is_special(&self) -> bool {
        matches!(self.moduli.reduction, Reduction::Special(_))
    }

    /// The largest m for which [`Self::square_mul`] takes one pass: at least 4.
    pub fn max_factor(&self) -> u32 {
        self.moduli.max_factor
    }

    /// The residues of one integer a lane, of either sign.
    ///
    /// # Errors
    /// [`BatchError::Values`] if there are more or fewer integers than moduli.
    pub fn residues(&self, values: &[Integer]) -> Result<BatchResidue, BatchError> {
        self.one_each(values.len())?;
        let shift = self.moduli.shift();
        let mut values = values.iter();
        Ok(self.wrap(self.shifted(|n| {
            let value = values.next().expect("as many as moduli");
            (Integer::from(value.rem_euc(n)) << shift) % n
        })))
    }

    /// 1 in every lane.
    pub fn one(&self) -> BatchResidue {
        self.wrap(self.one.clone())
    }

    /// x = x^2.
    pub fn square(&self, x: &mut BatchResidue) {
        self.square_times(x, 1);
    }

    /// Squares `times` times, a little faster than as many calls of [`Self::square`].
    pub fn square_times(&self, x: &mut BatchResidue, times: u64) {
        self.product(x, &Itself, times);
    }

    /// x = m*x^2, with an m for each lane; in little more than the time of a squaring if no m is
    /// above [`Self::max_factor`].
    pub fn square_mul(&self, x: &mut BatchResidue, m: &[u32; LANES]) {
        if m.iter().all(|&m| m == 1) {
            self.square(x);
        } else if m.iter().all(|&m| m <= self.moduli.max_factor) {
            self.product(x, &ItselfAnd(Row(m.map(u64::from))), 1);
        } else {
            self.square(x);
            self.mul_small(x, m);
        }
    }

    /// x = x*y.
    pub fn mul(&self, x: &mut BatchResidue, y: &BatchResidue) {
        self.product(x, &Other(self.limbs_of(y)), 1);
    }

    /// x = m*x, with an m for each lane.
    pub fn mul_small(&self, x: &mut BatchResidue, m: &[u32; LANES]) {
        self.check(x);
        let rows = x.limbs.as_flattened_mut();
        let q = std::array::from_fn(|lane| {
            // m*x/N, and never too large: both values are right to some units of 2^-51, and the
            // quotient is below 2^33.
            let (top, inverse) = self.estimates[lane];
            let quotient = f64::from(m[lane]) * leading(rows, lane, top) * inverse;
            (quotient - 1e-3).max(0.0) as u64
        });
        self.isa.run(linear::ScaleBy {
            x: &mut rows[..self.moduli.extent.limbs],
            m: &Row(m.map(u64::from)),
            q: &Row(q),
            n: self.moduli.once.as_flattened(),
        });
    }

    /// x = x+y.
    pub fn add(&self, x: &mut BatchResidue, y: &BatchResidue) {
        self.check(x);
        self.isa.run(linear::Add {
            x: &mut x.limbs.as_flattened_mut()[..self.moduli.extent.limbs],
            y: self.limbs_of(y).as_flattened(),
            n: self.moduli.twice.as_flattened(),
        });
    }

    /// x = x-y.
    pub fn sub(&self, x: &mut BatchResidue, y: &BatchResidue) {
        self.check(x);
        self.isa.run(linear::Subtract {
            x: &mut x.limbs.as_flattened_mut()[..self.moduli.extent.limbs],
            y: self.limbs_of(y).as_flattened(),
            n: self.moduli.twice.as_flattened(),
        });
    }

    /// x = x-m, with an m for each lane.
    pub fn sub_small(&self, x: &mut BatchResidue, m: &[u32; LANES]) {
        let mut term = self.one();
        self.mul_small(&mut term, m);
        self.sub(x, &term);
    }

    /// base^e with an exponent for each lane, from the top bit down, all lanes in step; 0^0 is 1.
    ///
    /// # Errors
    /// [`BatchError::Values`] if there are more or fewer exponents than moduli,
    /// [`BatchError::NegativeExponent`] if one is negative.
    pub fn pow(&self, base: u32, exponents: &[Integer]) -> Result<BatchResidue, BatchError> {
        self.one_each(exponents.len())?;
        if let Some(lane) = exponents.iter().position(|e| e.is_negative()) {
            return Err(BatchError::NegativeExponent { lane });
        }
        // A lane with a shorter exponent stays at 1 until its top bit comes.
        let mut x = self.one();
        let bits = exponents.iter().map(|e| e.significant_bits()).max();
        for bit in (0..bits.unwrap_or(0)).rev() {
            let factor = |lane: usize| match exponents.get(lane) {
                Some(e) if e.get_bit(bit) => base,
                _ => 1,
            };
            self.square_mul(&mut x, &std::array::from_fn(factor));
        }
        Ok(x)
    }

    /// The canonical values, 0 <= r < N, one for each modulus.
    pub fn to_integers(&self, x: &BatchResidue) -> Vec<Integer> {
        let mut x = x.clone();
        self.product(&mut x, &One, 1);
        let rows = &x.limbs.as_flattened()[..self.moduli.extent.limbs];
        let values = self.moduli.values.iter().enumerate();
        values
            .map(|(lane, n)| convert::get(lane, rows) % n)
            .collect()
    }

    /// Which lanes of two residues are equal modulo N.
    pub fn equal(&self, x: &BatchResidue, y: &BatchResidue) -> [bool; LANES] {
        let mut difference = x.clone();
        self.sub(&mut difference, y);
        // Below 2N, so a multiple of N is 0 or N.
        let limbs = self.moduli.extent.limbs;
        let is = |lane: usize, n: &[Row]| {
            let rows = difference.limbs.as_flattened().iter().zip(n).take(limbs);
            rows.fold(true, |same, (x, n)| same & (x.0[lane] == n.0[lane]))
        };
        let zero = vec![Row::default(); limbs];
        let once = self.moduli.once.as_flattened();
        std::array::from_fn(|lane| is(lane, &zero) || is(lane, once))
    }

    /// A line for logs: how the batch computes, and the size.
    pub fn describe(&self) -> String {
        let how = match &self.moduli.reduction {
            Reduction::Any(_) => "Montgomery reduction".to_owned(),
            Reduction::Special(special) => format!(
                "reduction for K*2^{}+-1 with K of {} limbs",
                special.low * 52,
                special.limbs
            ),
        };
        format!(
            "{:?} batch of {}, {} limbs of 52 bits, {how}",
            self.isa,
            self.lanes(),
            self.moduli.extent.limbs,
        )
    }

    /// A residue for the values of each modulus; empty lanes are zero.
    fn shifted(&self, mut value: impl FnMut(&Integer) -> Integer) -> Vec<Block> {
        let mut limbs = vec![Block::default(); self.moduli.extent.blocks + 1];
        for (lane, n) in self.moduli.values.iter().enumerate() {
            convert::put(&value(n), lane, &mut limbs);
        }
        limbs
    }

    /// Adds scratch space.
    fn wrap(&self, limbs: Vec<Block>) -> BatchResidue {
        let blocks = self.moduli.extent.blocks;
        let quotient = match self.moduli.reduction {
            Reduction::Any(_) => blocks,
            Reduction::Special(_) => Special::scratch(blocks),
        };
        BatchResidue {
            result: vec![Block::default(); limbs.len()],
            quotient: vec![Block::default(); quotient],
            space: vec![Block::default(); karatsuba::space(blocks)],
            limbs,
        }
    }

    fn one_each(&self, given: usize) -> Result<(), BatchError> {
        let expected = self.lanes();
        if given == expected {
            Ok(())
        } else {
            Err(BatchError::Values { given, expected })
        }
    }

    /// Refuses a residue of a batch of another size: a mistake in the calling program.
    fn check(&self, x: &BatchResidue) {
        assert_eq!(
            x.limbs.len(),
            self.moduli.extent.blocks + 1,
            "the residue belongs to another batch"
        );
    }

    fn limbs_of<'a>(&self, y: &'a BatchResidue) -> &'a [Block] {
        self.check(y);
        &y.limbs
    }

    fn product(&self, x: &mut BatchResidue, factor: &impl Factor, times: u64) {
        self.check(x);
        match &self.moduli.reduction {
            Reduction::Any(any) => self.chain(x, any, factor, times),
            Reduction::Special(special) => match special.limbs {
                1 => self.chain(x, &Multiplier::<1>(special), factor, times),
                2 => self.chain(x, &Multiplier::<2>(special), factor, times),
                _ => self.chain(x, &Multiplier::<4>(special), factor, times),
            },
        }
    }

    fn chain(
        &self,
        x: &mut BatchResidue,
        reduction: &impl Reduce,
        factor: &impl Factor,
        times: u64,
    ) {
        self.isa.run(Chain {
            moduli: &self.moduli,
            x,
            reduction,
            factor,
            times,
        });
    }
}

/// The limbs of a lane from one below `top` to one above it, as a number in units of limb `top`-1.
fn leading(rows: &[Row], lane: usize, top: usize) -> f64 {
    let limb = |i: usize| rows.get(i).map_or(0.0, |row| row.0[lane] as f64);
    const B: f64 = (1u64 << 52) as f64;
    let below = if top == 0 { 0.0 } else { limb(top - 1) };
    (limb(top + 1) * B + limb(top)) * B + below
}

/// Products, each with its reduction, one after the other. Every kind is a kernel of its own, which the
/// compiler handles better than one with all of them.
struct Chain<'a, R, F> {
    moduli: &'a Moduli,
    x: &'a mut BatchResidue,
    reduction: &'a R,
    factor: &'a F,
    times: u64,
}

impl<R: Reduce, F: Factor> Kernel for Chain<'_, R, F> {
    type Output = ();

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) {
        let extent = self.moduli.extent;
        for _ in 0..self.times {
            let x = &mut *self.x;
            {
                let out = x.result.as_flattened_mut();
                let mut sink = self.reduction.start(s, self.moduli, &mut x.quotient, out);
                let limbs = &x.limbs;
                self.factor.times(s, limbs, extent, &mut x.space, &mut sink);
            }
            std::mem::swap(&mut x.limbs, &mut x.result);
        }
    }
}

/// What a residue is multiplied with.
trait Factor {
    /// Sends the columns of the product into the reduction.
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        space: &mut [Block],
        sink: &mut impl Sink<S>,
    );
}

/// Itself.
struct Itself;

/// Itself, and a number for each lane.
struct ItselfAnd(Row);

/// Another residue.
struct Other<'a>(&'a [Block]);

/// The integer 1, which takes the residue out of its form.
struct One;

impl Factor for Itself {
    #[inline(always)]
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        space: &mut [Block],
        sink: &mut impl Sink<S>,
    ) {
        karatsuba::square(s, x, extent, space, sink);
    }
}

impl Factor for ItselfAnd {
    #[inline(always)]
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        space: &mut [Block],
        sink: &mut impl Sink<S>,
    ) {
        karatsuba::square(s, x, extent, space, &mut Scale::new(s, &self.0, sink));
    }
}

impl Factor for Other<'_> {
    #[inline(always)]
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        _: &mut [Block],
        sink: &mut impl Sink<S>,
    ) {
        product::multiply(s, x, self.0, extent, sink);
    }
}

impl Factor for One {
    #[inline(always)]
    fn times<S: Lanes>(
        &self,
        s: S,
        x: &[Block],
        extent: Extent,
        _: &mut [Block],
        sink: &mut impl Sink<S>,
    ) {
        product::widen(s, x, extent, sink);
    }
}
