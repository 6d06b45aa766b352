//! Numbers as the field writes them: `3*2^2816+1`, `27*2^100000-1`, `100!+1`, `11#-1`,
//! `(2^97+1)/3`, `10^999+7`, plain decimals.

use rug::Integer;

/// A parsed expression; its value is computed only when asked for, within limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {}

/// Why a text is not an expression, or has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionError {
    /// It cannot be parsed.
    #[error("{text:?}, at character {at}: {reason}")]
    Syntax {
        /// The text.
        text: String,
        /// Character, counted from 1.
        at: usize,
        /// What was expected, and an example.
        reason: String,
    },
    /// It has no value: a division with remainder, a negative exponent, too large.
    #[error("{text:?} has no value: {reason}")]
    Value {
        /// The text.
        text: String,
        /// Why.
        reason: String,
    },
}

impl std::str::FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let _ = text;
        todo!()
    }
}

impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let _ = f;
        todo!()
    }
}

impl Expression {
    /// The value.
    ///
    /// # Errors
    /// [`ExpressionError::Value`].
    pub fn value(&self) -> Result<Integer, ExpressionError> {
        todo!()
    }
}
