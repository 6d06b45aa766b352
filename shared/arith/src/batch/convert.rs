//! Integers to the limbs of a lane and back.

use rug::{Integer, integer::Order};

use super::{
    lanes::{LIMB_BITS, MASK, Row},
    product::Block,
};

/// Writes a number that is not negative into a lane; limbs above it become zero. Bits that there is
/// no room for are lost.
pub(super) fn put(value: &Integer, lane: usize, limbs: &mut [Block]) {
    let words = value.to_digits::<u64>(Order::Lsf);
    for (i, row) in limbs.as_flattened_mut().iter_mut().enumerate() {
        let bit = i * LIMB_BITS as usize;
        row.0[lane] = bits(&words, bit) & MASK;
    }
}

/// The 64 bits from a place on.
fn bits(words: &[u64], bit: usize) -> u64 {
    let word = |i: usize| words.get(i).copied().unwrap_or(0);
    let (at, shift) = (bit / 64, bit as u32 % 64);
    let pair = u128::from(word(at + 1)) << 64 | u128::from(word(at));
    (pair >> shift) as u64
}

/// The number in a lane.
pub(super) fn get(lane: usize, limbs: &[Row]) -> Integer {
    let mut words = vec![0u64; (limbs.len() * LIMB_BITS as usize).div_ceil(64) + 1];
    for (i, row) in limbs.iter().enumerate() {
        let bit = i * LIMB_BITS as usize;
        let limb = u128::from(row.0[lane]) << (bit % 64);
        words[bit / 64] |= limb as u64;
        words[bit / 64 + 1] |= (limb >> 64) as u64;
    }
    Integer::from_digits(&words, Order::Lsf)
}
