//! Why there is no such batch.

use super::{lanes::LANES, product::MAX_LIMBS};

/// What a batch cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// No modulus at all.
    #[error("a batch needs at least one modulus")]
    Empty,
    /// More moduli than lanes.
    #[error("a batch holds {LANES} moduli, not {given}; make several batches")]
    TooMany {
        /// How many were given.
        given: usize,
    },
    /// An even modulus.
    #[error(
        "modulus number {lane} of the batch is even; a batch reduces by Montgomery's method, which needs odd moduli"
    )]
    Even {
        /// Which one, from 0.
        lane: usize,
    },
    /// A modulus of more bits than columns have room for.
    #[error(
        "modulus number {lane} of the batch has {bits} bits; such a batch holds at most {limit}: use a ring"
    )]
    TooLarge {
        /// Which one, from 0.
        lane: usize,
        /// Its bits.
        bits: u32,
        /// The most bits that were possible.
        limit: u32,
    },
    /// Moduli of so different sizes that most of the work would be wasted.
    #[error(
        "moduli of {smallest} to {largest} bits in one batch: every lane costs as much as the largest; sort candidates by size"
    )]
    Mixed {
        /// Bits of the smallest.
        smallest: u32,
        /// Bits of the largest.
        largest: u32,
    },
    /// Another number of values than of moduli.
    #[error("{given} values for a batch of {expected} moduli; give one for each")]
    Values {
        /// How many were given.
        given: usize,
        /// How many are needed.
        expected: usize,
    },
    /// A negative exponent.
    #[error("exponent number {lane} of the batch is negative")]
    NegativeExponent {
        /// Which one, from 0.
        lane: usize,
    },
    /// There is no ring for one of the moduli, where each has one of its own.
    #[error(transparent)]
    Ring(#[from] crate::RingError),
}

/// The largest modulus, in bits, that a batch of integers holds.
pub(super) const MAX_BITS: u32 = (MAX_LIMBS as u32 - 4) * super::lanes::LIMB_BITS;
