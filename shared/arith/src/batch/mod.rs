//! Batches: up to eight numbers of some thousand bits at once, each with its own modulus.
//!
//! A vector holds limb i of all eight residues, 52 bits each, so every instruction works for eight
//! candidates and nothing ever crosses lanes. [`product`] makes the columns of squares and products,
//! and hands them on to a reduction: [`special`] for k*2^n+1 and k*2^n-1, [`montgomery`] for any odd
//! modulus. Residues are kept times R = 2^(52*limbs), below 2N; R is at least 16N, so
//! m*x^2/R + N < 2N for m up to 4, and nothing has to be compared or subtracted between operations.
//!
//! From some 5,000 bits on k*b^n+1 is computed by [`transform`], one in each lane.
//!
//! [`lanes`] has one kernel for processors with 52-bit multiply-add instructions and one in plain Rust;
//! both leave the same limbs, bit for bit. Where the instructions are missing, nothing is gained by
//! lanes, and a batch is a [`crate::Ring`] for each number.

mod chain;
mod convert;
mod engine;
mod error;
mod karatsuba;
mod lanes;
mod linear;
mod montgomery;
mod portable;
mod product;
mod ring;
mod scale;
mod shape;
mod special;
#[cfg(test)]
mod tests;
mod transform;

#[cfg(target_arch = "x86_64")]
mod ifma;

pub use error::BatchError;
pub use lanes::{BatchIsa, LANES};
pub use ring::{BatchOptions, BatchResidue, BatchRing};
