//! k*b^n+1 and k*b^n-1, over a range of k at fixed n or over a range of n at fixed k.

use serde::{Deserialize, Serialize};

use crate::spec::{Form, Span, SpecError};

/// A search over k*b^n+c.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kbn {
    /// b, at least 2.
    pub base: u32,
    /// c: 1 or -1.
    pub c: i32,
    /// Which variable the range runs over, with the value of the other one.
    pub over: Over,
}

/// The variable that the range runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Over {
    /// The range is of k, n is fixed. Values of k divisible by b are not candidates, so that one
    /// number has one expression.
    K {
        /// The fixed exponent.
        n: u32,
    },
    /// The range is of n, k is fixed and not divisible by b.
    N {
        /// The fixed multiplier.
        k: u64,
    },
}

/// Reads a search as the command line writes it: one of `k` and `n` is a range (`1..300`,
/// `1..=299`), the other one a plain number. Both sides of the house use this, so `job create` and
/// `search` cannot differ.
///
/// # Errors
/// [`SpecError`] names the argument and says what would be right.
pub fn from_arguments(k: &str, n: &str, base: u32, c: i32) -> Result<(Form, Span), SpecError> {
    let _ = (k, n, base, c);
    todo!()
}
