//! The same product by GMP: the formulas of [`super`] with exact integers, for operands that need not
//! look random and for products that the gate refused.

use rug::{Integer, ops::RemRounding};

use super::General;

impl General {
    /// The number kept for factor*v_x*v_y, 0 <= result < N, from the numbers kept for v_x and v_y (for
    /// a square, for v_x alone).
    pub(super) fn exact_product(&self, x: &Integer, y: Option<&Integer>, factor: u32) -> Integer {
        let product = match y {
            None => Integer::from(x.square_ref()),
            Some(y) => Integer::from(x * y),
        };
        let u = fold(&product, self.m, 2);
        let u = fold(&(u * &self.inverse), self.m, 2);
        let sum = product + u * &self.modulus;
        // w is small, so of the numbers congruent to it modulo Q it is the one next to zero.
        let q = (Integer::from(1) << self.m) + 1u32;
        let half = Integer::from(&q >> 1u32);
        let mut w = fold(&sum, self.m, 1).rem_euc(&q);
        if w > half {
            w -= q;
        }
        (w * factor).rem_euc(&self.modulus)
    }

    /// The number to keep for a value of either sign.
    pub(super) fn scaled(&self, value: &Integer) -> Integer {
        (Integer::from(value.rem_euc(&self.modulus)) * &self.scale) % &self.modulus
    }

    /// The canonical value that a number is kept for.
    pub(super) fn unscaled(&self, kept: Integer) -> Integer {
        (kept.rem_euc(&self.modulus) * &self.unscale) % &self.modulus
    }
}

/// A number that is congruent to x modulo 2^m+c (c = 1 or 2), of at most m+3 bits, for an x of at most
/// 2m+1 bits.
fn fold(x: &Integer, m: u32, c: i32) -> Integer {
    let mut size = x.clone().abs();
    for _ in 0..2 {
        if size.significant_bits() <= m {
            break;
        }
        let negative = size.is_negative();
        size = size.abs();
        let high = Integer::from(&size >> m);
        size.keep_bits_mut(m);
        // 2^m = -c.
        size -= high * c;
        if negative {
            size = -size;
        }
    }
    if x.is_negative() { -size } else { size }
}

/// x / 2^m as a double, rounded up a little.
pub(super) fn fraction(x: &Integer, m: u32) -> f64 {
    let bits = x.significant_bits();
    // x < 2^bits, and its first 53 bits say how much less.
    let (mantissa, _) = x.to_f64_exp();
    let power = f64::from(bits) - f64::from(m);
    mantissa.abs() * (1.0 + 4.0 * f64::EPSILON) * power.exp2()
}
