//! Arithmetic modulo the huge numbers of prime searching.
//!
//! One idea: a [`Ring`] of residues modulo N, made once for N, in which squaring is as fast as it
//! can be. The special form k*2^n+c is used where N has it. Residues carry their own scratch space,
//! so a ring is shared between threads freely and no operation allocates once it is warm.

mod modulus;
mod reduce;
mod residue;
mod ring;
mod shifted;

pub use modulus::{Modulus, ModulusError};
pub use residue::Residue;
pub use ring::{Options, Ring};
