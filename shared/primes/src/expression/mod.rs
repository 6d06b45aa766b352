//! Numbers as the field writes them: `3*2^2816+1`, `27*2^100000-1`, `100!+1`, `11#-1`,
//! `(2^97+1)/3`, `10^999+7`, plain decimals.
//!
//! Powers bind tightest and to the right, then unary minus, then products and exact quotients, then
//! sums. `n!` is the factorial, `n!s` with a number right behind it the multifactorial
//! n*(n-s)*(n-2s)*...; `p#` is the primorial, the product of the primes up to p.

mod factors;
mod parse;
mod polynomial;
mod shape;
mod value;

use rug::Integer;

pub use factors::KnownFactors;
pub use value::MAX_BITS;

/// A parsed expression; its value is computed only when asked for, within limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    root: Node,
}

/// A node of the tree. Sums and products are lists, so that a long chain is no deep tree.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Number(Integer),
    Negative(Box<Node>),
    /// Terms, each added or (true) subtracted; the first is added.
    Sum(Vec<(bool, Node)>),
    /// Factors, each multiplied or (true) divided by; the first is a factor.
    Product(Vec<(bool, Node)>),
    Power(Box<Node>, Box<Node>),
    Factorial(Box<Node>),
    /// With the step, above 1.
    Multifactorial(Box<Node>, u32),
    Primorial(Box<Node>),
}

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
        parse::parse(text).map(|root| Self { root })
    }
}

/// The normal form: no spaces, only the parentheses that are needed.
impl std::fmt::Display for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.root.write(f, 0)
    }
}

impl Expression {
    /// The value.
    ///
    /// # Errors
    /// [`ExpressionError::Value`].
    pub fn value(&self) -> Result<Integer, ExpressionError> {
        self.root.value().map_err(|reason| ExpressionError::Value {
            text: self.to_string(),
            reason,
        })
    }

    /// The form k*b^n+-1 that stands in the expression, with the base of a power of two reduced to
    /// 2 and k not divisible by b.
    pub fn as_kbn(&self) -> Option<crate::forms::Candidate> {
        shape::recognise(&self.root)
    }
}

impl Node {
    /// How tightly it binds: sums 1, products 2, minus 3, powers 4, postfix 5, numbers 6.
    fn binding(&self) -> u8 {
        match self {
            Self::Sum(_) => 1,
            Self::Product(_) => 2,
            Self::Negative(_) => 3,
            Self::Power(..) => 4,
            Self::Factorial(_) | Self::Multifactorial(..) | Self::Primorial(_) => 5,
            Self::Number(_) => 6,
        }
    }

    /// Writes it where at least this binding is needed.
    fn write(&self, f: &mut std::fmt::Formatter<'_>, needed: u8) -> std::fmt::Result {
        if self.binding() < needed {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        let list = |f: &mut std::fmt::Formatter<'_>, items: &[(bool, Self)], signs: [&str; 2]| {
            for (position, (second, item)) in items.iter().enumerate() {
                if position > 0 {
                    f.write_str(signs[usize::from(*second)])?;
                }
                // Minus opens a sum or product without parentheses; elsewhere it is enclosed.
                let first = u8::from(position == 0);
                item.write(f, if signs[0] == "+" { 2 } else { 4 - first })?;
            }
            Ok(())
        };
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Negative(inner) => {
                f.write_str("-")?;
                inner.write(f, 3)
            }
            Self::Sum(terms) => list(f, terms, ["+", "-"]),
            Self::Product(factors) => list(f, factors, ["*", "/"]),
            Self::Power(base, exponent) => {
                base.write(f, 5)?;
                f.write_str("^")?;
                exponent.write(f, 3)
            }
            Self::Factorial(inner) => {
                inner.write(f, 6)?;
                f.write_str("!")
            }
            Self::Multifactorial(inner, step) => {
                inner.write(f, 6)?;
                write!(f, "!{step}")
            }
            Self::Primorial(inner) => {
                inner.write(f, 6)?;
                f.write_str("#")
            }
        }
    }
}

#[cfg(test)]
mod tests;
