//! Test proofs: that a long power was really computed, checked for a hundredth of the work and less.
//!
//! K. Pietrzak, *Simple verifiable delay functions* (ITCS 2019). The claim Y = X^(b^M) is halved: the
//! prover gives the value D half way, a challenge h depends on it, and X' = X^h * D, Y' = D^h * Y is a
//! claim half as long, true if the first was and, but for a chance of about 2^-128, only then, if no
//! element of small order is known. After t halvings b^(M/2^t) is computed to see. For an exponent
//! without such a form the claims are Y = X^(2^M) * a^A, and A is folded like the rest (D. Li and
//! Y. Gallot, arXiv 2209.15623).
//!
//! Who does what:
//! 1. The host keeps values at the places of a [`Plan`] while it tests ([`Recorder`]), and tells the
//!    result. It then gets a nonce, and [`prove()`]s: the challenges depend on the nonce and on all that
//!    was sent before, so neither can be chosen to fit.
//! 2. The server [`build()`]s a [`Task`] from the proof: it computes the start value itself, goes through
//!    the halvings, refuses what elements of small order could have forged ([`roots`]), and raises the
//!    last claim to a secret power, without which the host could tell anybody the answer.
//! 3. Anybody [`certify`]s: computes the task's short power under the strong check. If the whole value is
//!    the one that the server [`Expected`], the result stands.

mod advance;
mod build;
mod data;
mod fold;
mod plan;
mod prove;
pub mod roots;
mod statement;
#[cfg(test)]
mod tests;
mod transcript;

pub use advance::certify;
pub use build::{Built, Expected, Refused, build};
pub use data::{DataError, Proof, Task};
pub use plan::{Plan, PlanError};
pub use prove::{MemoryPoints, MissingPoint, Points, ProveError, Recorder, prove};
pub use roots::{NoGuard, RootGuard};
pub use statement::Statement;
