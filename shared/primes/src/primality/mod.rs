//! Deciding single numbers: exact decisions for the small and trivial, the Fermat test, and the
//! proofs that fit a number's shape.

use crate::{certificate::Proof, expression::Expression};

/// What a test says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Proved.
    Prime,
    /// Passed a probable prime test, neither proved nor refuted.
    ProbablePrime,
    /// Composite (or below 2: then the method is `exact`).
    Composite,
}

/// Which test to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// The cheapest that decides: a proof where the shape admits one.
    #[default]
    Auto,
    /// The Fermat test to base 3, whatever the shape.
    Prp,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// The verdict.
    pub verdict: Verdict,
    /// The test that decided, for example `proth`, `fermat`, `exact`.
    pub method: &'static str,
    /// RES64 of 3^(N-1) mod N, where that test ran.
    pub res64: Option<u64>,
    /// The proof of a prime.
    pub proof: Option<Proof>,
    /// Decimal digits of N.
    pub digits: u64,
}

/// What a long test asks of its surroundings.
pub trait Watch: Sync {
    /// True when it should give up.
    fn should_stop(&self) -> bool;
    /// Told now and then: squarings done and in all.
    fn progress(&self, done: u64, total: u64);
}

/// Why there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// It was asked to stop.
    #[error("stopped before the test was finished")]
    Stopped,
    /// The expression has no value that can be tested.
    #[error("{0}")]
    Expression(#[from] crate::expression::ExpressionError),
}

/// Tests one number.
///
/// # Errors
/// [`TestError`].
pub fn test(
    expression: &Expression,
    method: Method,
    watch: &dyn Watch,
) -> Result<Tested, TestError> {
    let _ = (expression, method, watch);
    todo!()
}
