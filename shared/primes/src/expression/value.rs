//! The value of an expression, within a limit that is checked before each operation, so that a
//! short text cannot ask for more memory than there is.

use rug::{Integer, ops::Pow};

use super::Node;

/// The largest value, and the largest intermediate one, in bits (about 20 million decimal digits).
pub const MAX_BITS: u64 = 1 << 26;

impl Node {
    /// The value, or why there is none.
    pub(super) fn value(&self) -> Result<Integer, String> {
        let value = match self {
            Self::Number(number) => number.clone(),
            Self::Negative(inner) => -inner.value()?,
            Self::Sum(terms) => {
                let mut sum = Integer::new();
                for (minus, term) in terms {
                    let term = term.value()?;
                    if *minus {
                        sum -= term;
                    } else {
                        sum += term;
                    }
                }
                sum
            }
            Self::Product(factors) => {
                let mut product = Integer::from(1);
                for (divide, factor) in factors {
                    let value = factor.value()?;
                    if !*divide {
                        fits(bits(&product) + bits(&value))?;
                        product *= value;
                    } else if value == 0 {
                        return Err("it divides by zero".into());
                    } else if !product.is_divisible(&value) {
                        return Err("a division leaves a remainder".into());
                    } else {
                        product.div_exact_mut(&value);
                    }
                }
                product
            }
            Self::Power(base, exponent) => power(&base.value()?, &exponent.value()?)?,
            Self::Factorial(inner) => {
                let n = small(&inner.value()?, "the factorial")?;
                // n! < n^n.
                fits(u64::from(n) * u64::from(n.max(2).ilog2()))?;
                Integer::from(Integer::factorial(n))
            }
            Self::Multifactorial(inner, step) => {
                let n = small(&inner.value()?, "the multifactorial")?;
                fits(u64::from(n / step + 1) * u64::from(n.max(2).ilog2()))?;
                Integer::from(Integer::factorial_m(n, *step))
            }
            Self::Primorial(inner) => {
                let p = small(&inner.value()?, "the primorial")?;
                // p# < 4^p; its logarithm is about p.
                fits(u64::from(p) * 3 / 2)?;
                Integer::from(Integer::primorial(p))
            }
        };
        fits(bits(&value))?;
        Ok(value)
    }
}

fn bits(value: &Integer) -> u64 {
    u64::from(value.significant_bits())
}

fn fits(bits: u64) -> Result<(), String> {
    if bits > MAX_BITS {
        return Err(format!(
            "it is too large; values and intermediate values have at most {MAX_BITS} bits"
        ));
    }
    Ok(())
}

fn small(value: &Integer, what: &str) -> Result<u32, String> {
    if *value < 0 {
        return Err(format!("{what} of a negative number does not exist"));
    }
    value
        .to_u32()
        .ok_or_else(|| format!("{what} is too large; values have at most {MAX_BITS} bits"))
}

fn power(base: &Integer, exponent: &Integer) -> Result<Integer, String> {
    if *exponent < 0 {
        return Err("an exponent is negative".into());
    }
    if *exponent == 0 || *base == 1 {
        return Ok(Integer::from(1));
    }
    if *base == 0 {
        return Ok(Integer::new());
    }
    if *base == -1 {
        return Ok(Integer::from(if exponent.is_even() { 1 } else { -1 }));
    }
    let exponent = exponent
        .to_u32()
        .ok_or_else(|| format!("a power is too large; values have at most {MAX_BITS} bits"))?;
    // |base| >= 2^(bits-1).
    fits((bits(base) - 1).max(1) * u64::from(exponent))?;
    Ok(base.pow(exponent).into())
}
