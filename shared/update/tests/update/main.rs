//! The attacks on an updater that The Update Framework names, against the code that the worker, the
//! server and the maintainers' program share; and the fairness of the rollout.

// Helpers of tests are tests: what is not as expected must stop them.
#![allow(clippy::unwrap_used)]

mod attacks;
mod clock;
mod content;
mod decisions;
mod envelopes;
mod rollout;
mod rotation;
mod support;
