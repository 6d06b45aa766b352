//! Products that are right for any digits, by transforms: one operand's digits are split into pieces,
//!
//! ```text
//! y = y_0 + y_1*s + y_2*s^2 + ...    |y_i| <= s/2 in every digit, a power of s just above the radix,
//! ```
//!
//! so many that the bound for any digits ([`Limits::admits`](crate::weighted::limits::Limits::admits)) holds for x
//! with each of them. The products are put together again by Horner's rule, each step a pass over digits.
//!
//! With p pieces that is one transform forward, p there and back, and 3p-1 passes: about five squarings for p = 2,
//! and three for each piece more.
//! Where GMP takes less, for short numbers, it does the work.

use super::{
    norms::{PIECES, Split},
    *,
};

/// Below this many bits a product by GMP, with its conversions, takes less time (`docs/arithmetic.md`).
const SHORTEST: u32 = 20_000;

/// What the products of the pieces need besides the operands.
#[derive(Clone, Debug)]
pub(super) struct Scratch {
    piece: Digits,
    sum: Digits,
}

impl Engine {
    /// x = x*y, or x^2, whatever the digits; unless GMP should do it, which leaves x as it is.
    pub(super) fn in_pieces(&self, x: &mut Digits, y: Option<&Buffer>) -> bool {
        if self.modulus.significant_bits() < SHORTEST {
            return false;
        }
        self.in_pieces_at_any_length(x, y)
    }

    /// The same however short N is.
    pub(super) fn in_pieces_at_any_length(&self, x: &mut Digits, y: Option<&Buffer>) -> bool {
        let Some(split) = self.split(&x.digits, y.unwrap_or(&x.digits)) else {
            return false;
        };
        let mut scratch = x.scratch.take().unwrap_or_else(|| {
            Box::new(Scratch {
                piece: self.empty(),
                sum: self.empty(),
            })
        });
        let (mut data, mut real) = x
            .other
            .take()
            .unwrap_or_else(|| (x.data.clone(), x.real.clone()));
        data.view_mut::<f64>().copy_from_slice(x.data.view());
        self.turn(&mut data, Way::Forward, None);
        let Scratch { piece, sum } = &mut *scratch;
        let mut right = true;
        for i in (0..split.pieces).rev() {
            self.take_piece(y.unwrap_or(&x.digits), split, i, &mut piece.kept);
            self.combine(piece, 1.0, None);
            real.view_mut::<f64>().copy_from_slice(x.real.view());
            let rest = Some((&mut piece.real, Some(&mut real)));
            self.turn(&mut piece.data, Way::Product(&data), rest);
            let ends = self.ends(&x.digits, &piece.digits, 1, 0);
            let watch = self.carry(piece, 1, ends);
            x.roundoff = x.roundoff.max(watch.roundoff);
            // The bound says so already; written so that a NaN is refused.
            right &= watch.roundoff < ROUNDOFF && watch.largest.is_finite();
            if i + 1 == split.pieces {
                std::mem::swap(&mut sum.digits, &mut piece.digits);
            } else {
                std::mem::swap(&mut sum.digits, &mut sum.kept);
                let watch = self.combine(sum, split.step(), Some((&piece.digits, 1.0)));
                right &= watch.largest.is_finite();
            }
        }
        if right {
            std::mem::swap(&mut x.digits, &mut sum.digits);
            std::mem::swap(&mut x.data, &mut sum.data);
            std::mem::swap(&mut x.real, &mut sum.real);
        }
        x.other = Some((data, real));
        // The last careful product is no reason to keep the space.
        if x.age + 1 < CAREFUL {
            x.scratch = Some(scratch);
        }
        right
    }

    /// The fewest pieces of the digits y whose products with the digits x the bound admits.
    fn split(&self, x: &Buffer, y: &Buffer) -> Option<Split> {
        let norm = self.norm(x);
        let admitted = |split: &Split| {
            let pieces = self.norms(y, *split);
            pieces.iter().all(|&piece| self.limits.admits(norm, piece))
        };
        (2..=PIECES)
            .map(|pieces| Split::new(self.words.radix[1], pieces))
            .find(admitted)
    }
}

#[cfg(test)]
mod tests;
