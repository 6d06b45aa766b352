//! What a ring is made for: N with whatever is known of its shape. The shape travels with the value
//! because it cannot be found again cheaply, and the fast reductions live on it.

use rug::{Integer, ops::Pow};

/// A modulus N >= 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modulus {
    value: Integer,
    shape: Shape,
    /// A multiple of N with a shape.
    multiple: Option<Box<Modulus>>,
}

/// What is known of N besides its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// k*b^n+c with k >= 1, n >= 1, and b = 2 where it could be a power of two.
    Power {
        /// k.
        k: u64,
        /// b.
        b: u32,
        /// n in places of base b.
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
    /// The number to divide by is no divisor, or not positive.
    #[error("{divisor} does not divide a modulus of {bits} bits")]
    NotDivisible {
        /// The supposed divisor.
        divisor: Integer,
        /// Bits of the number.
        bits: u32,
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
            (Integer::from(k) << bits, (2, bits))
        } else {
            (Integer::from(b).pow(n) * k, (b, n))
        };
        let shape = match shape {
            (_, 0) => Shape::Any,
            (b, n) => Shape::Power { k, b, n, c },
        };
        value += c;
        Self::checked(value, shape)
    }

    /// This number divided by a known divisor of it: (2^p+1)/3, (b^n-1)/(b-1), a number without its
    /// known small factors. A ring may compute modulo the whole number, for its shape, but all that
    /// leaves the ring is modulo the quotient.
    ///
    /// ```
    /// use darkreach_arith::{Modulus, Options, Ring};
    /// use rug::Integer;
    /// // The Wagstaff number (2^31+1)/3 = 715827883.
    /// let modulus = Modulus::kbnc(1, 2, 31, 1)?.divided_by(&Integer::from(3))?;
    /// let ring = Ring::new(&modulus, Options::default())?;
    /// let mut x = ring.residue(&Integer::from(1_000_000));
    /// ring.square(&mut x);
    /// assert_eq!(ring.to_integer(&x), 1_000_000_000_000u64 % 715_827_883);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ModulusError::NotDivisible`] if `divisor` is not positive or divides it not, and
    /// [`ModulusError::TooSmall`] if the quotient is below 2.
    pub fn divided_by(&self, divisor: &Integer) -> Result<Self, ModulusError> {
        if *divisor < 1 || !self.value.is_divisible(divisor) {
            return Err(ModulusError::NotDivisible {
                divisor: divisor.clone(),
                bits: self.value.significant_bits(),
            });
        }
        if *divisor == 1 {
            return Ok(self.clone());
        }
        let mut quotient = Self::integer(Integer::from(self.value.div_exact_ref(divisor)))?;
        quotient.multiple = Some(match &self.multiple {
            Some(multiple) => multiple.clone(),
            None => Box::new(self.clone()),
        });
        Ok(quotient)
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
        Ok(Self {
            value,
            shape,
            multiple: None,
        })
    }

    /// N.
    pub fn value(&self) -> &Integer {
        &self.value
    }

    /// A multiple of N that may have a better shape.
    pub(crate) fn multiple(&self) -> Option<&Modulus> {
        self.multiple.as_deref()
    }

    /// What is known of it.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }
}
