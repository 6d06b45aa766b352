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

use super::*;

/// Below this many bits a product by GMP, with its conversions, takes less time (`docs/arithmetic.md`).
const SHORTEST: u32 = 20_000;

/// The most pieces.
const PIECES: u32 = 7;

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
        let norm = self.norm(&x.digits);
        let splits = (2..=PIECES).map(|pieces| Split::new(self.words.radix[1], pieces));
        let Some(split) = splits.into_iter().find(|split| {
            let norms = split.norms(y.unwrap_or(&x.digits));
            norms.iter().all(|&piece| self.limits.admits(norm, piece))
        }) else {
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
            split.take(y.unwrap_or(&x.digits), i, &mut piece.kept);
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
}

/// Digits in pieces.
struct Split {
    pieces: u32,
    /// log2 of s.
    bits: u32,
}

impl Split {
    /// That of digits of up to twice the radix.
    fn new(radix: f64, pieces: u32) -> Self {
        let bits = (2.0 * radix).log2().ceil() as u32;
        Self {
            pieces,
            bits: bits.div_ceil(pieces),
        }
    }

    /// s.
    fn step(&self) -> f64 {
        f64::from(1u32 << self.bits)
    }

    /// Piece i of a digit; the top one is what is left.
    fn piece(&self, digit: i32, i: u32) -> i32 {
        let half = 1i32 << (self.bits - 1);
        // Rounded to a multiple of s^i: the pieces below i are taken away, nearest to zero each.
        let mut rest = digit;
        for _ in 0..i {
            rest = (rest + half) >> self.bits;
        }
        if i + 1 == self.pieces {
            rest
        } else {
            rest - (((rest + half) >> self.bits) << self.bits)
        }
    }

    /// The sums of the squares of each piece's digits.
    fn norms(&self, digits: &Buffer) -> Vec<f64> {
        let norm = |i| {
            let squares = digits.view::<i32>().iter().map(|&d| {
                let piece = f64::from(self.piece(d, i));
                piece * piece
            });
            squares.sum()
        };
        (0..self.pieces).map(norm).collect()
    }

    /// Piece i of all digits.
    fn take(&self, digits: &Buffer, i: u32, piece: &mut Buffer) {
        let digits = digits.view::<i32>().iter();
        for (to, &digit) in piece.view_mut::<i32>().iter_mut().zip(digits) {
            *to = self.piece(digit, i);
        }
    }
}
