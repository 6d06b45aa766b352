//! Reduction of a product modulo N.
//!
//! For N = k*2^n+c with one-word k and c the product is cut at bit n: with x = h*2^n + l and
//! h = q*k + r, x = l + r*2^n - c*q (mod N), because k*2^n = -c. That is one shift and one division
//! by a word, linear time, where a general remainder costs more than the product itself. Products of
//! two residues modulo k*2^n+-1 go through [`Shifted`] instead, which needs no division at all.

use rug::{
    Assign, Integer,
    ops::{NegAssign, SubFrom},
};

use crate::{
    modulus::{Modulus, Shape},
    shifted::Shifted,
};

/// How products are reduced.
#[derive(Debug)]
pub(crate) enum Reduction {
    /// k*2^n+c by shift and word division; for c = +-1 residues are kept shifted.
    Binary {
        k: u64,
        n: u32,
        c: i64,
        shifted: Option<Shifted>,
    },
    /// A general remainder.
    Plain,
}

impl Reduction {
    /// The reduction for a modulus; `special` allows the use of its shape.
    pub(crate) fn new(modulus: &Modulus, special: bool) -> Self {
        match modulus.shape() {
            // |c|*q must stay far below N, or one fold does not bring the value near the range.
            Shape::Binary { k, n, c } if special && n >= 128 && c != 0 => Self::Binary {
                k,
                n,
                c,
                // Without a multiplier there is nothing to divide by.
                shifted: (k > 1 && (c == 1 || c == -1))
                    .then(|| Shifted::new(k, n, c == 1, modulus.value())),
            },
            _ => Self::Plain,
        }
    }

    /// The shifted form of residues, if that is the one kept.
    pub(crate) fn shifted(&self) -> Option<&Shifted> {
        match self {
            Self::Binary { shifted, .. } => shifted.as_ref(),
            Self::Plain => None,
        }
    }

    /// Puts `wide` mod N, canonical, into `value`. `wide` may have either sign and any size;
    /// `wide` and `high` are destroyed.
    pub(crate) fn reduce(
        &self,
        modulus: &Integer,
        value: &mut Integer,
        wide: &mut Integer,
        high: &mut Integer,
    ) {
        match *self {
            Self::Binary { k, n, c, .. } => {
                let enough = modulus.significant_bits() + 1;
                let mut negated = false;
                loop {
                    if wide.is_negative() {
                        wide.neg_assign();
                        negated = !negated;
                    }
                    if wide.significant_bits() <= enough {
                        break;
                    }
                    fold(k, n, c, wide, high, value);
                }
                while *wide >= *modulus {
                    *wide -= modulus;
                }
                if negated && !wide.is_zero() {
                    wide.sub_from(modulus);
                }
            }
            Self::Plain => {
                if wide.is_negative() || *wide >= *modulus {
                    *wide %= modulus;
                    if wide.is_negative() {
                        *wide += modulus;
                    }
                }
            }
        }
        std::mem::swap(value, wide);
    }
}

/// Replaces `wide` >= 0 by a number congruent to it modulo k*2^n+c that is shorter by about the
/// length of N, until it is about as long as N. `high` and `scratch` are destroyed.
fn fold(k: u64, n: u32, c: i64, wide: &mut Integer, high: &mut Integer, scratch: &mut Integer) {
    high.assign(&*wide >> n);
    wide.keep_bits_mut(n);
    if k > 1 {
        let low = high.to_u64_wrapping();
        *high /= k;
        // The remainder is below k, one word, so the low words give it.
        let remainder = low.wrapping_sub(high.to_u64_wrapping().wrapping_mul(k));
        if remainder != 0 {
            scratch.assign(remainder);
            *scratch <<= n;
            *wide += &*scratch;
        }
    }
    match c {
        1 => *wide -= &*high,
        -1 => *wide += &*high,
        _ if c > 0 => *wide -= &*high * c.unsigned_abs(),
        _ => *wide += &*high * c.unsigned_abs(),
    }
}
