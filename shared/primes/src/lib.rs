//! The number theory of prime searching: forms and their candidates, sieves, tests, proofs, and the
//! search over a block of work as a state machine that can be saved between any two steps.
//!
//! Nothing here knows files, the network, threads or the calendar: the caller supplies them, so the
//! same code serves the volunteer's worker, the server that checks it, and a researcher's script.

pub mod certificate;
mod cost;
mod digits;
pub mod expression;
pub mod formats;
pub mod forms;
pub mod journal;
pub mod primality;
pub mod search;
pub mod sieve;
pub mod spec;
pub mod strong;
pub mod vdf;
mod word;
