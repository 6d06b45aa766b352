//! What a ring is made for: N with whatever is known of its shape. The shape travels with the value
//! because it cannot be found again cheaply, and the fast reductions live on it.

use rug::{Integer, ops::Pow};

/// A modulus N >= 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modulus {
    value: Integer,
    shape: Shape,
}

/// What is known of N besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// k*2^n+c with k >= 1, n >= 1.
    Binary {
        /// k.
        k: u64,
        /// n in bits.
        n: u32,
        /// c.
        c: i64,
    },
    /// Nothing.
    Any,
}

/// Why there is no such modulus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModulusError {
    /// N is below 2.
    #[error("the modulus is {0}; it must be at least 2")]
    TooSmall(Integer),
    /// The base is below 2 or the multiplier is 0.
    #[error("k*b^n+c needs k >= 1 and b >= 2, not k={k}, b={b}")]
    Form {
        /// k as given.
        k: u64,
        /// b as given.
        b: u32,
    },
    /// N has more bits than the arithmetic below can address.
    #[error("k*b^n+c with b={b}, n={n} has more than 2^31 bits")]
    TooLarge {
        /// b as given.
        b: u32,
        /// n as given.
        n: u32,
    },
}

/// No modulus has more bits than this.
const MAX_BITS: u64 = 1 << 31;

impl Modulus {
    /// k*b^n+c. A base that is a power of two counts as the shape k*2^m+c.
    ///
    /// # Errors
    /// [`ModulusError`] if k is 0, b below 2, or the value below 2 or too large.
    pub fn kbnc(k: u64, b: u32, n: u32, c: i64) -> Result<Self, ModulusError> {
        if k == 0 || b < 2 {
            return Err(ModulusError::Form { k, b });
        }
        if u64::from(n) * u64::from(b.ilog2() + u32::from(!b.is_power_of_two())) + 64 > MAX_BITS {
            return Err(ModulusError::TooLarge { b, n });
        }
        let (mut value, shape) = if b.is_power_of_two() {
            let bits = n * b.ilog2();
            let shape = if bits > 0 {
                Shape::Binary { k, n: bits, c }
            } else {
                Shape::Any
            };
            (Integer::from(k) << bits, shape)
        } else {
            (Integer::from(b).pow(n) * k, Shape::Any)
        };
        value += c;
        Self::checked(value, shape)
    }

    /// Any N.
    ///
    /// # Errors
    /// [`ModulusError::TooSmall`] below 2.
    pub fn integer(value: Integer) -> Result<Self, ModulusError> {
        Self::checked(value, Shape::Any)
    }

    fn checked(value: Integer, shape: Shape) -> Result<Self, ModulusError> {
        if value < 2 {
            return Err(ModulusError::TooSmall(value));
        }
        Ok(Self { value, shape })
    }

    /// N.
    pub fn value(&self) -> &Integer {
        &self.value
    }

    /// What is known of it.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }
}
