//! Batches of k*b^n+1 by the transform: in each lane another candidate.
//!
//! In a transform of one residue the lanes are segments of it, and much of a short one is spent where
//! they meet: two splits with a transposition between, carries from lane to lane. Here each lane has a
//! whole transform of its own ([`crate::transform`], laid out for one lane), so nothing crosses lanes:
//! the first split is of radix 8 across the vectors of a column and all else is as it was. The roots
//! are the same in all lanes; weights, radices, tails and factors are each lane's own ([`tables`]), so
//! k, b and n may differ as long as one length suits all.
//!
//! **Never wrong.** [`pass`] reports for every lane the largest round-off and the largest product. A
//! lane that does not pass the gate is made again by GMP from the digits that were kept; the others
//! stand. Values from outside, which need not look random, are squared by GMP until they have gone
//! through as many products as [`crate::weighted`] asks for ([`engine`]).

mod engine;
mod pass;
mod tables;

pub(super) use engine::{Engine, Residues};

use crate::{Isa, Modulus};

/// The instruction set of a transform, if one is the fastest way to compute modulo these numbers
/// (`docs/arithmetic.md`).
pub(super) fn pays(moduli: &[Modulus]) -> Option<Isa> {
    let bits = moduli.iter().map(|m| m.value().significant_bits()).max()?;
    let isa = Isa::best();
    let lanes = isa.lanes();
    // Empty lanes cost as much as the others.
    let full = moduli.len() * 4 >= moduli.len().div_ceil(lanes) * lanes * 3;
    (bits >= FROM && full).then_some(isa)
}

/// From so many bits on.
const FROM: u32 = 5_000;
