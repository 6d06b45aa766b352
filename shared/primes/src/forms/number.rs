//! One number of any form, and the one or two numbers that stand at an index of a search.
//!
//! Most numbers are k*b^n+-1 and are kept as that, by value. The others say through one trait what
//! a search has to know of them, so that a new form brings its own kind of number in its own file.

use std::{fmt, sync::Arc};

use darkreach_arith::{Modulus, ModulusError};
use rug::Integer;

use super::Candidate;

/// What is known of a number besides its value.
pub trait Structure: fmt::Debug + Send + Sync {
    /// The value, exactly.
    fn value(&self) -> Integer;

    /// Binary length, as an estimate for cost models.
    fn bits(&self) -> f64;

    /// The value modulo m >= 1, by 128-bit arithmetic that shares nothing with the sieves.
    fn modulo(&self, m: u64) -> u64;

    /// The one way to write it, which the expression parser reads.
    fn expression(&self) -> String;

    /// The modulus to compute with, of the best shape.
    ///
    /// # Errors
    /// [`ModulusError`], which a validated form above 2^64 does not give.
    fn modulus(&self) -> Result<Modulus, ModulusError> {
        Modulus::integer(self.value())
    }

    /// Primes known to divide N-1, ascending, for proofs.
    fn factors_below(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Primes known to divide N+1, ascending, for proofs.
    fn factors_above(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Whether theory says that it is composite.
    fn algebraic(&self) -> bool {
        false
    }

    /// The prime base of the Fermat test: 3, unless theory says that these numbers pass it prime or not.
    fn fermat_base(&self) -> u16 {
        3
    }
}

/// One number.
#[derive(Clone, Debug)]
pub enum Number {
    /// k*b^n+1 or k*b^n-1.
    Kbnc(Candidate),
    /// Anything else.
    Other(Arc<dyn Structure>),
}

impl Number {
    /// A number with a structure of its own.
    pub fn other(structure: impl Structure + 'static) -> Self {
        Self::Other(Arc::new(structure))
    }

    /// What is known of it.
    fn structure(&self) -> &dyn Structure {
        match self {
            Self::Kbnc(kbnc) => kbnc,
            Self::Other(other) => &**other,
        }
    }

    /// The value.
    pub fn value(&self) -> Integer {
        self.structure().value()
    }

    /// The value if it is below 2^64; a value below 0 counts as 0.
    pub fn small(&self) -> Option<u64> {
        match self {
            Self::Kbnc(kbnc) => kbnc.small(),
            Self::Other(other) if other.bits() > 70.0 => None,
            Self::Other(other) => {
                let value = other.value();
                if value < 0 { Some(0) } else { value.to_u64() }
            }
        }
    }

    /// Binary length, as an estimate for cost models.
    pub fn bits(&self) -> f64 {
        self.structure().bits()
    }

    /// The value modulo m, by 128-bit arithmetic: shares nothing with the sieves.
    pub fn modulo(&self, m: u64) -> u64 {
        self.structure().modulo(m)
    }

    /// Whether the prime p is a proper factor: it divides, and is not the number itself.
    pub fn has_factor(&self, p: u64) -> bool {
        self.modulo(p) == 0 && self.small().is_none_or(|value| value > p)
    }

    /// k*b^n+-1, if it is kept as that.
    pub fn kbnc(&self) -> Option<Candidate> {
        match self {
            Self::Kbnc(kbnc) => Some(*kbnc),
            Self::Other(_) => None,
        }
    }

    /// The modulus for arithmetic, with its shape.
    pub(crate) fn modulus(&self) -> Result<Modulus, ModulusError> {
        self.structure().modulus()
    }

    /// Primes known to divide N-1, ascending.
    pub fn factors_below(&self) -> Vec<u64> {
        self.structure().factors_below()
    }

    /// Primes known to divide N+1, ascending.
    pub fn factors_above(&self) -> Vec<u64> {
        self.structure().factors_above()
    }

    /// Whether theory says that it is composite: a difference of squares, a sum of odd powers, an
    /// Aurifeuillian factorisation.
    pub fn algebraic(&self) -> bool {
        self.structure().algebraic()
    }

    /// The prime base of the Fermat test; it does not divide a number that a search tests.
    pub(crate) fn fermat_base(&self) -> u16 {
        self.structure().fermat_base()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kbnc(kbnc) => kbnc.fmt(f),
            Self::Other(other) => f.write_str(&other.expression()),
        }
    }
}

/// What stands at one index of a search: a number, or two that count only if both are prime.
#[derive(Clone, Debug)]
pub struct Term {
    first: Number,
    second: Option<Number>,
}

impl Term {
    /// One number.
    pub fn single(number: Number) -> Self {
        Self {
            first: number,
            second: None,
        }
    }

    /// Two numbers, in the order in which they are tested.
    pub fn pair(first: Number, second: Number) -> Self {
        Self {
            first,
            second: Some(second),
        }
    }

    /// The number, or the first one of the two.
    pub fn first(&self) -> &Number {
        &self.first
    }

    /// The number or the two.
    pub fn members(&self) -> impl Iterator<Item = &Number> {
        std::iter::once(&self.first).chain(self.second.as_ref())
    }

    /// How many numbers: 1 or 2.
    pub fn len(&self) -> usize {
        1 + usize::from(self.second.is_some())
    }

    /// Never: there is at least one number.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The largest binary length, as an estimate for cost models.
    pub fn bits(&self) -> f64 {
        self.members().map(Number::bits).fold(0.0, f64::max)
    }

    /// Whether the prime p is a proper factor of a member.
    pub fn has_factor(&self, p: u64) -> bool {
        self.members().any(|number| number.has_factor(p))
    }

    /// Whether theory says that a member is composite.
    pub fn algebraic(&self) -> bool {
        self.members().any(Number::algebraic)
    }

    /// Whether a member is less than 2, so that the term cannot count.
    pub fn below_two(&self) -> bool {
        self.members()
            .any(|number| number.small().is_some_and(|value| value < 2))
    }
}

/// A number as itself, a pair as `3*2^6-1 & 3*2^6+1`.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        match &self.second {
            Some(second) => write!(f, " & {second}"),
            None => Ok(()),
        }
    }
}

impl From<Candidate> for Term {
    fn from(candidate: Candidate) -> Self {
        Self::single(Number::Kbnc(candidate))
    }
}
