//! Arithmetic modulo the huge numbers of prime searching.
//!
//! One idea: a [`Ring`] of residues modulo N, made once for N, in which squaring is as fast as it
//! can be. The special form k*2^n+c is used where N has it. Residues carry their own scratch space,
//! so a ring is shared between threads freely and no operation allocates once it is warm.

mod any;
mod batch;
mod bytes;
mod error;
mod factor;
mod memory;
mod modulus;
mod options;
mod plain;
mod planner;
mod reduce;
mod residue;
mod ring;
mod shifted;
mod simd;
mod threads;
mod transform;
mod weighted;

pub use batch::{BatchError, BatchIsa, BatchOptions, BatchResidue, BatchRing, LANES};
pub use error::{ResidueError, RingError};
pub use factor::Factor;
pub use modulus::{Modulus, ModulusError};
pub use options::{Backend, Options};
pub use planner::{Planned, Tuning, TuningError, plan};
pub use residue::Residue;
pub use ring::Ring;
pub use simd::Isa;
