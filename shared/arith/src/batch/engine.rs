//! Computing in vectors: the residues of all lanes side by side in 52-bit limbs.

use rug::{Integer, ops::RemRounding};

use super::{
    chain::{Chain, Factor, Itself, ItselfAnd, One, Other},
    convert,
    error::BatchError,
    karatsuba,
    lanes::{BatchIsa, LANES, Row},
    linear,
    product::{Block, Reduce},
    shape::{Moduli, Reduction},
    special::{Multiplier, Special},
};
use crate::Modulus;

/// What computes.
#[derive(Debug)]
pub(super) struct Engine {
    moduli: Moduli,
    isa: BatchIsa,
    /// 1 in every lane.
    one: Vec<Block>,
    /// For each lane the limb that N ends with, and one by N, both from there.
    estimates: [(usize, f64); LANES],
}

/// A residue for each lane, with the scratch space that operations need.
#[derive(Clone, Debug)]
pub(super) struct Limbs {
    /// x*R mod N, below 2N. One block more than the numbers have, because results are written a
    /// block at a time; limbs above those of the numbers are zero.
    pub(super) value: Vec<Block>,
    /// Where the next result is made.
    pub(super) result: Vec<Block>,
    /// Space for the quotient of the reduction.
    pub(super) quotient: Vec<Block>,
    /// Space for the columns of parts of a square, if it is split.
    pub(super) space: Vec<Block>,
}

impl Engine {
    /// Prepares for some moduli; `special` allows the use of their shape.
    pub(super) fn new(
        moduli: &[Modulus],
        special: bool,
        isa: BatchIsa,
    ) -> Result<Self, BatchError> {
        let mut engine = Self {
            moduli: Moduli::new(moduli, special)?,
            isa,
            one: Vec::new(),
            estimates: [(0, 0.0); LANES],
        };
        let shift = engine.moduli.shift();
        engine.one = engine.shifted(|n| (Integer::from(1) << shift) % n);
        engine.estimates = std::array::from_fn(|lane| {
            let rows = engine.moduli.once.as_flattened();
            let top = rows.iter().rposition(|row| row.0[lane] != 0).unwrap_or(0);
            (top, 1.0 / leading(rows, lane, top))
        });
        Ok(engine)
    }

    /// Limbs of each residue.
    pub(super) fn limbs(&self) -> usize {
        self.moduli.extent.limbs
    }

    /// How products are reduced.
    pub(super) fn reduction(&self) -> &Reduction {
        &self.moduli.reduction
    }

    /// The largest m for which [`Self::square_mul`] takes one pass: at least 4.
    pub(super) fn max_factor(&self) -> u32 {
        self.moduli.max_factor
    }

    /// The residues of one integer a lane, of either sign.
    pub(super) fn residues(&self, values: &[Integer]) -> Limbs {
        let shift = self.moduli.shift();
        let mut values = values.iter();
        self.wrap(self.shifted(|n| {
            let value = values.next().expect("as many as moduli");
            (Integer::from(value.rem_euc(n)) << shift) % n
        }))
    }

    /// 1 in every lane.
    pub(super) fn one(&self) -> Limbs {
        self.wrap(self.one.clone())
    }

    /// Squares `times` times.
    pub(super) fn square_times(&self, x: &mut Limbs, times: u64) {
        self.product(x, &Itself, times);
    }

    /// x = m*x^2.
    pub(super) fn square_mul(&self, x: &mut Limbs, m: &[u32; LANES]) {
        if m.iter().all(|&m| m == 1) {
            self.product(x, &Itself, 1);
        } else if m.iter().all(|&m| m <= self.moduli.max_factor) {
            self.product(x, &ItselfAnd(Row(m.map(u64::from))), 1);
        } else {
            self.product(x, &Itself, 1);
            self.mul_small(x, m);
        }
    }

    /// x = x*y.
    pub(super) fn mul(&self, x: &mut Limbs, y: &Limbs) {
        self.check(y);
        self.product(x, &Other(&y.value), 1);
    }

    /// x = m*x.
    pub(super) fn mul_small(&self, x: &mut Limbs, m: &[u32; LANES]) {
        self.check(x);
        let rows = x.value.as_flattened_mut();
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
    pub(super) fn add(&self, x: &mut Limbs, y: &Limbs) {
        self.check(x);
        self.check(y);
        self.isa.run(linear::Add {
            x: &mut x.value.as_flattened_mut()[..self.moduli.extent.limbs],
            y: y.value.as_flattened(),
            n: self.moduli.twice.as_flattened(),
        });
    }

    /// x = x-y.
    pub(super) fn sub(&self, x: &mut Limbs, y: &Limbs) {
        self.check(x);
        self.check(y);
        self.isa.run(linear::Subtract {
            x: &mut x.value.as_flattened_mut()[..self.moduli.extent.limbs],
            y: y.value.as_flattened(),
            n: self.moduli.twice.as_flattened(),
        });
    }

    /// x = x-m.
    pub(super) fn sub_small(&self, x: &mut Limbs, m: &[u32; LANES]) {
        let mut term = self.one();
        self.mul_small(&mut term, m);
        self.sub(x, &term);
    }

    /// The canonical values, one for each modulus.
    pub(super) fn to_integers(&self, x: &Limbs) -> Vec<Integer> {
        let mut x = x.clone();
        self.product(&mut x, &One, 1);
        let rows = &x.value.as_flattened()[..self.moduli.extent.limbs];
        let lanes = self.moduli.values.iter().enumerate();
        lanes
            .map(|(lane, n)| convert::get(lane, rows) % n)
            .collect()
    }

    /// Which lanes are equal modulo N.
    pub(super) fn equal(&self, x: &Limbs, y: &Limbs) -> [bool; LANES] {
        let mut difference = x.clone();
        self.sub(&mut difference, y);
        // Below 2N, so a multiple of N is 0 or N.
        let rows = difference.value.as_flattened();
        let once = self.moduli.once.as_flattened();
        std::array::from_fn(|lane| {
            let mut lanes = rows.iter().zip(once).map(|(x, n)| (x.0[lane], n.0[lane]));
            lanes.clone().all(|(x, _)| x == 0) || lanes.all(|(x, n)| x == n)
        })
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
    fn wrap(&self, value: Vec<Block>) -> Limbs {
        let blocks = self.moduli.extent.blocks;
        let quotient = match self.moduli.reduction {
            Reduction::Any(_) => blocks,
            Reduction::Special(_) => Special::scratch(blocks),
        };
        Limbs {
            result: vec![Block::default(); value.len()],
            quotient: vec![Block::default(); quotient],
            space: vec![Block::default(); karatsuba::space(blocks)],
            value,
        }
    }

    /// Refuses a residue of a batch of another size: a mistake in the calling program.
    fn check(&self, x: &Limbs) {
        assert_eq!(
            x.value.len(),
            self.moduli.extent.blocks + 1,
            "the residue belongs to another batch"
        );
    }

    fn product(&self, x: &mut Limbs, factor: &impl Factor, times: u64) {
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

    fn chain(&self, x: &mut Limbs, reduction: &impl Reduce, factor: &impl Factor, times: u64) {
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
