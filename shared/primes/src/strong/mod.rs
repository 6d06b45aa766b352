//! The strong check: long powers that notice while they run that the hardware erred.
//!
//! A power is computed as a chain x -> x^b * a^e, e the next digit of the exponent. R. Gerbicz (2017)
//! found that such a chain checks itself: cut a block of it into m segments of L steps, from R to X,
//! and let D be the product of the values at the beginnings of the segments. Then
//!
//! ```text
//! R * D^(b^L) * a^S = D * X   (mod N),
//! ```
//!
//! because D^(b^L) a^S, S the sum of the segments' digits read as integers, is the product of the
//! values at their ends: D without its first factor R and with X. For equal powers all digits are
//! zero and S = 0; with digits it is the form of D. Li and Y. Gallot (arXiv 2209.15623). It holds in
//! every commutative ring, so also for the pairs of a Lucas sequence.
//!
//! The file [`chain`] says what can be checked, [`plan`] where blocks and segments end, [`state`] what
//! is saved, [`check`] runs it. Beside the identity, [`check`] looks after what the identity does not
//! see: the start value, the modulus, the values that are kept, zeros, and the last steps.

pub mod chain;
pub mod check;
#[cfg(test)]
pub(crate) mod faulty;
pub mod lucas;
mod plan;
pub mod rehearsal;
pub mod state;
#[cfg(test)]
mod tests;

pub use chain::{Chain, Digits, EqualPowers, Start};
pub use check::{Done, Run, Stop};
pub use lucas::LucasPowers;
pub use plan::Block;
pub use state::{Checkpoint, Errors, Miscalculation, StateError, Unverified, Verified};

/// From so many bits on a test is checked as it runs. Shorter ones take less than a second, where the
/// check would cost more than a hundredth, and are audited by repetition.
pub const WORTHWHILE_BITS: u32 = 50_000;
