//! What is precomputed of the moduli of a batch: how long the limbs are, and how products are reduced.

use rug::Integer;

use super::{
    convert,
    error::{BatchError, MAX_BITS},
    lanes::{LANES, LIMB_BITS, MASK, Row},
    montgomery::Any,
    product::{BLOCK, Block, Extent},
    special::{MAX_MULTIPLIER, Special},
};
use crate::{Modulus, modulus::Shape};

/// Bits that R has above N, at least: so that m*x^2/R stays below N for x < 2N and m up to 4.
const HEADROOM: u32 = 4;

/// Up to so many bits, moduli of any sizes may share a batch.
const MIXED: u32 = 16 * LIMB_BITS;

/// How products are reduced.
#[derive(Clone, Debug)]
pub(super) enum Reduction {
    /// Any odd moduli.
    Any(Any),
    /// k*2^n+1 and k*2^n-1.
    Special(Box<Special>),
}

/// The moduli of a batch. Lanes without a candidate repeat the first modulus.
#[derive(Debug)]
pub(super) struct Moduli {
    pub(super) values: Vec<Integer>,
    pub(super) extent: Extent,
    pub(super) reduction: Reduction,
    /// N and 2N.
    pub(super) once: Vec<Block>,
    pub(super) twice: Vec<Block>,
    /// m*x^2 is reduced in one go for m up to this.
    pub(super) max_factor: u32,
}

impl Moduli {
    /// Prepares for the moduli; `special` allows the use of their shape.
    pub(super) fn new(moduli: &[Modulus], special: bool) -> Result<Self, BatchError> {
        let largest = check(moduli, MAX_BITS)?;
        let limbs = (largest + HEADROOM).div_ceil(LIMB_BITS) as usize;
        let lanes = || (0..LANES).map(|lane| moduli.get(lane).unwrap_or(&moduli[0]));
        let (extent, reduction) = match special.then(|| common_shape(lanes())).flatten() {
            Some(shape) => (
                Extent::new(shape.low + shape.limbs),
                Reduction::Special(Box::new(shape)),
            ),
            None => (
                Extent::new(limbs),
                Reduction::Any(Any {
                    inverse: inverses(lanes()),
                }),
            ),
        };
        let mut once = vec![Block::default(); extent.blocks];
        let mut twice = once.clone();
        for (lane, modulus) in lanes().enumerate() {
            convert::put(modulus.value(), lane, &mut once);
            convert::put(&Integer::from(modulus.value() << 1u32), lane, &mut twice);
        }
        let spare = extent.limbs as u32 * LIMB_BITS - largest - 2;
        Ok(Self {
            values: moduli.iter().map(|m| m.value().clone()).collect(),
            extent,
            reduction,
            once,
            twice,
            max_factor: 1 << spare.min(16),
        })
    }

    /// The bits that residues are shifted by: R is two to this power.
    pub(super) fn shift(&self) -> u32 {
        self.extent.limbs as u32 * LIMB_BITS
    }
}

/// Whether the moduli, none of them of more than `limit` bits, can be a batch; the bits of the largest.
pub(super) fn check(moduli: &[Modulus], limit: u32) -> Result<u32, BatchError> {
    if moduli.len() > LANES {
        let given = moduli.len();
        return Err(BatchError::TooMany { given });
    }
    let (mut smallest, mut largest) = (u32::MAX, 0);
    for (lane, modulus) in moduli.iter().enumerate() {
        let bits = modulus.value().significant_bits();
        if modulus.value().is_even() {
            return Err(BatchError::Even { lane });
        }
        if bits > limit {
            return Err(BatchError::TooLarge { lane, bits, limit });
        }
        smallest = smallest.min(bits);
        largest = largest.max(bits);
    }
    match largest {
        0 => Err(BatchError::Empty),
        _ if largest > MIXED && smallest < largest / 2 => {
            Err(BatchError::Mixed { smallest, largest })
        }
        _ => Ok(largest),
    }
}

/// K*B^w+c for all lanes with one w, if they have such a form.
fn common_shape<'a>(lanes: impl Iterator<Item = &'a Modulus> + Clone) -> Option<Special> {
    let form = |modulus: &Modulus| match modulus.shape() {
        Shape::Power { k, b: 2, n, c } if c == 1 || c == -1 => Some((k, n, c)),
        _ => None,
    };
    let mut lowest = u32::MAX;
    for modulus in lanes.clone() {
        lowest = lowest.min(form(modulus)?.1);
    }
    let low = lowest / LIMB_BITS;
    let mut bits = 0;
    let mut multiplier = [Block::default(); MAX_MULTIPLIER / BLOCK];
    let mut flip = Row::default();
    let mut carry = Row::default();
    for (lane, modulus) in lanes.enumerate() {
        let (k, n, c) = form(modulus)?;
        let value = Integer::from(k) << (n - low * LIMB_BITS);
        bits = bits.max(value.significant_bits() + HEADROOM);
        convert::put(&value, lane, &mut multiplier);
        if c == 1 {
            flip.0[lane] = MASK;
            carry.0[lane] = 1;
        }
    }
    let limbs = bits.div_ceil(LIMB_BITS) as usize;
    if (low as usize) < BLOCK || limbs > MAX_MULTIPLIER {
        return None;
    }
    let multiplier = multiplier[0];
    let mut constants = [Row::default(); MAX_MULTIPLIER + 1];
    for (constant, k) in constants.iter_mut().zip(&multiplier) {
        *constant = Row(std::array::from_fn(|l| k.0[l] & flip.0[l]));
    }
    constants[limbs] = carry;
    Some(Special {
        low: low as usize,
        limbs,
        multiplier,
        flip,
        constants,
    })
}

/// -1/N mod 2^52 of every lane, by Newton's iteration: each step doubles the bits that are right.
fn inverses<'a>(lanes: impl Iterator<Item = &'a Modulus>) -> Row {
    let mut inverse = Row::default();
    for (lane, modulus) in lanes.enumerate() {
        let n = modulus.value().to_u64_wrapping();
        // Right to three bits, as n^2 = 1 mod 8.
        let mut x = n;
        for _ in 0..5 {
            x = x.wrapping_mul(2u64.wrapping_sub(n.wrapping_mul(x)));
        }
        inverse.0[lane] = x.wrapping_neg() & MASK;
    }
    inverse
}
