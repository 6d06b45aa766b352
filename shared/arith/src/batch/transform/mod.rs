//! Batches of k*b^n+1, or of k*b^n-1, by the transform: in each lane another candidate.
//!
//! In a transform of one residue the lanes are segments of it, and much of a short one is spent where
//! they meet: two splits with a transposition between, carries from lane to lane. Here each lane has a
//! whole transform of its own ([`crate::transform`], laid out for one lane), so nothing crosses lanes:
//! the first split is of radix 8 across the vectors of a column and all else is as it was. The roots
//! are the same in all lanes; weights, radices, tails and factors are each lane's own ([`tables`]), so
//! k, b and n may differ as long as one length suits all, and the digits at the top of all lanes are cut at once ([`tails`]). The sign may not: for -1 the convolution is cyclic,
//! segments are taken in pairs as in [`crate::transform::edge`], and what is left over is done by [`real`].
//!
//! **Never wrong.** [`pass`] reports for every lane the largest round-off and the largest product. A
//! lane that does not pass the gate is made again by GMP from the digits that were kept; the others
//! stand. Values from outside, which need not look random, are squared by GMP until they have gone
//! through as many products as [`crate::weighted`] asks for ([`engine`]).

mod engine;
mod pass;
mod real;
mod square;
mod tables;
mod tails;
#[cfg(test)]
mod tests;

use super::lanes::LIMB_BITS;
use crate::{Isa, Modulus};

pub(super) use engine::{Engine, Residues};

/// The largest modulus, in bits, that is worth a batch: above, one residue fills the vectors of a
/// transform as well, and takes less memory.
pub(super) const MAX_BITS: u32 = 40_000;

/// The engine for these moduli, if one is the fastest way to compute with them (`docs/arithmetic.md`).
pub(super) fn if_it_pays(moduli: &[Modulus]) -> Option<Engine> {
    // A word of a transform takes as long as 33 to 41 products of limbs in a batch of integers; and a
    // transform of one residue takes less than a third more than its part of a full batch.
    const PRODUCTS: u64 = 36;
    let bits = moduli.iter().map(|m| m.value().significant_bits()).max()?;
    let limbs = u64::from(bits.div_ceil(LIMB_BITS));
    let isa = Isa::best();
    let lanes = moduli.len().div_ceil(isa.lanes()) * isa.lanes();
    // No length takes more than 22 bits a word.
    if isa != Isa::Avx512 || 4 * moduli.len() < 3 * lanes || limbs * 22 < PRODUCTS * 52 {
        return None;
    }
    Engine::new(moduli, isa).filter(|engine| PRODUCTS * (engine.length() as u64) < limbs * limbs)
}
