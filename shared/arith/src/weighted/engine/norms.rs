//! Sums of the squares of weighted digits: they bound the round-off of a product whatever its digits are.
//!
//! Digits may be taken in pieces, as careful products do, and then there is a sum for each piece. Every digit counts with its
//! own weight; the largest weight for all would cost a bit of every product in base 2, and more in larger ones.

use std::ops::Range;

use super::{spread::MOST, *};
use crate::{
    simd::{C, Line, parts, seen, typed},
    transform::{edge::unroll, plan::VECTORS},
    weighted::{
        pass::{start_of, widened},
        words::Weights,
    },
};

/// The most pieces of a digit.
pub(super) const PIECES: u32 = 7;

/// A sum for each piece.
pub(super) type Norms = [f64; PIECES as usize];

/// Digits in pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    /// How many.
    pub(super) pieces: u32,
    /// log2 of s.
    bits: u32,
}

impl Split {
    /// Digits as they are.
    const WHOLE: Self = Self { pieces: 1, bits: 0 };

    /// That of digits of up to twice the radix.
    pub(super) fn new(radix: f64, pieces: u32) -> Self {
        let bits = (2.0 * radix).log2().ceil() as u32;
        Self {
            pieces,
            bits: bits.div_ceil(pieces),
        }
    }

    /// s.
    pub(super) fn step(&self) -> f64 {
        f64::from(1u32 << self.bits)
    }

    /// The lowest piece of digits, and what is left of them, by s.
    #[inline(always)]
    fn cut<S: Simd>(&self, s: S, digits: C<S::V>) -> (C<S::V>, C<S::V>) {
        let part = digits.scale(s, s.splat(1.0 / self.step()));
        let rest = C {
            re: s.round(part.re),
            im: s.round(part.im),
        };
        (digits.fnma(s, s.splat(self.step()), rest), rest)
    }
}

impl Engine {
    /// The sum of the squares of weighted digits.
    pub(super) fn norm(&self, digits: &Buffer) -> f64 {
        self.norms(digits, Split::WHOLE)[0]
    }

    /// The same of each piece of the digits, lowest first.
    pub(super) fn norms(&self, digits: &Buffer, split: Split) -> Norms {
        let words = &self.words;
        let segment = words.shape.segment;
        let stretches = self.stretches();
        let mut sums: [_; MOST] = std::array::from_fn(|stretch| Sum {
            words,
            digits,
            split,
            columns: start_of(stretch, stretches, segment)
                ..start_of(stretch + 1, stretches, segment),
            norms: Norms::default(),
        });
        let sums = &mut sums[..stretches];
        self.each(sums, |sum| self.isa.run(sum));
        let mut norms = Norms::default();
        for sum in sums {
            for (norm, sum) in norms.iter_mut().zip(sum.norms) {
                *norm += sum;
            }
        }
        norms
    }

    /// Piece i of all digits; the top one is what is left.
    pub(super) fn take_piece(&self, digits: &Buffer, split: Split, i: u32, piece: &mut Buffer) {
        self.on_parts(piece.lines_mut(), digits.lines(), |to, from| {
            self.isa.run(Take { split, i, from, to });
        });
    }
}

/// The sums over some columns.
struct Sum<'a> {
    words: &'a Words,
    digits: &'a Buffer,
    split: Split,
    columns: Range<usize>,
    norms: Norms,
}

impl Kernel for &mut Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let Sum { words, split, .. } = *self;
        let top = split.pieces as usize - 1;
        let weights: &[Weights<S::V>] = words.weights.view();
        let mut sums = [[s.splat(0.0); VECTORS]; PIECES as usize];
        for i in self.columns.clone() {
            let mut rest = widened(s, self.digits.view(), i);
            let weights = &weights[i * VECTORS..][..VECTORS];
            for sums in &mut sums[..top] {
                unroll!(v => {
                    let (piece, over) = split.cut(s, rest[v]);
                    sums[v] = with_squares(s, sums[v], weights[v].digit(s, piece));
                    rest[v] = over;
                });
            }
            unroll!(v => {
                sums[top][v] = with_squares(s, sums[top][v], weights[v].digit(s, rest[v]));
            });
        }
        for (norm, sums) in self.norms.iter_mut().zip(&mut sums) {
            let lanes: &mut [f64] = parts(sums);
            for (v, lanes) in lanes.chunks_exact(S::LANES).enumerate() {
                // Weights have a factor of the transform.
                *norm += lanes.iter().sum::<f64>() / words.shape.cosine(v).powi(2);
            }
        }
    }
}

/// A sum, and squares.
#[inline(always)]
fn with_squares<S: Simd>(s: S, sum: S::V, z: C<S::V>) -> S::V {
    s.fma(z.re, z.re, s.fma(z.im, z.im, sum))
}

/// A piece of some digits.
struct Take<'a> {
    split: Split,
    i: u32,
    from: &'a [Line],
    to: &'a mut [Line],
}

impl Kernel for Take<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let Take { split, i, .. } = self;
        let (to, from): (&mut [S::I], &[S::I]) = (typed(self.to), seen(self.from));
        for (to, &from) in to.iter_mut().zip(from) {
            let mut rest = s.widen(from);
            for _ in 0..i {
                rest = split.cut(s, rest).1;
            }
            let is_top = i + 1 == split.pieces;
            *to = s.narrow(if is_top { rest } else { split.cut(s, rest).0 });
        }
    }
}
