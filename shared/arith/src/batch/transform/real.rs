//! What a cyclic convolution in each lane leaves over: the block of 2S real coefficients modulo x^(2S)-1.
//!
//! They lie as S complex vectors, the lower half of the coefficients in the real parts and the upper half in the
//! imaginary ones. So a level of n of them is split in place into the n/2 that stand for the sum of the halves,
//! modulo x^n-1, and the n/2 that stand for their difference, modulo x^n+1: with the upper half as imaginary parts
//! that is a polynomial modulo x^(n/2)-i, a block as any other. The other half is split again, and
//! of a few coefficients the product is made directly. It is an eighth of the whole transform.
//!
//! [`crate::transform::real`] does the same in scalars for a single transform, where it is a part in 64.

use std::ops::Range;

use crate::{
    simd::{C, Simd},
    transform::Plan,
};

/// The most complex vectors that are left at the end.
const FEW: usize = 7;

/// The blocks modulo x^(n/2)-i of all levels, from the largest down.
#[derive(Debug)]
pub(super) struct Levels {
    blocks: Vec<Plan>,
    /// What the product is multiplied by.
    gain: f64,
}

impl Levels {
    /// For a block of `segment` complex vectors, 4 to 7 times a power of two, in so many lanes.
    pub(super) fn new(segment: usize, lanes: usize, gain: f64) -> Self {
        let sizes = std::iter::successors(Some(segment), |n| Some(n / 2));
        Self {
            blocks: sizes
                .take_while(|&n| n.is_multiple_of(2) && n > 2)
                .map(|n| Plan::of_one_block(n / 2, lanes))
                .collect(),
            gain,
        }
    }

    /// The blocks that are to be squared between [`split`] and [`join`], and where they lie.
    pub(super) fn blocks(&self) -> impl ExactSizeIterator<Item = (&Plan, Range<usize>)> {
        self.blocks.iter().map(|plan| {
            let half = plan.shape.segment;
            (plan, half..2 * half)
        })
    }
}

/// Splits the block, level after level.
#[inline(always)]
pub(super) fn split<S: Simd>(s: S, levels: &Levels, block: &mut [C<S::V>]) {
    for (_, range) in levels.blocks() {
        let (low, high) = block[..range.end].split_at_mut(range.start);
        for (a, b) in low.iter_mut().zip(high) {
            let (x, y) = (*a, *b);
            *a = C {
                re: s.add(x.re, x.im),
                im: s.add(y.re, y.im),
            };
            *b = C {
                re: s.sub(x.re, x.im),
                im: s.sub(y.re, y.im),
            };
        }
    }
}

/// Squares what is left of a block that was split and puts together the squares of its parts.
#[inline(always)]
pub(super) fn join<S: Simd>(s: S, levels: &Levels, block: &mut [C<S::V>]) {
    let left = levels
        .blocks
        .last()
        .map_or(block.len(), |plan| plan.shape.segment);
    match left {
        2 => directly::<S, 2>(s, block, levels.gain),
        3 => directly::<S, 3>(s, block, levels.gain),
        5 => directly::<S, 5>(s, block, levels.gain),
        _ => directly::<S, FEW>(s, block, levels.gain),
    }
    let half = s.splat(0.5);
    for plan in levels.blocks.iter().rev() {
        let count = plan.shape.segment;
        let own = (count / plan.shape.leaf()) as f64;
        let scale = s.splat(0.5 * levels.gain / own);
        let (low, high) = block[..2 * count].split_at_mut(count);
        for (a, b) in low.iter_mut().zip(high) {
            let (sum, rest) = (a.scale(s, half), b.scale(s, scale));
            *a = C {
                re: s.add(sum.re, rest.re),
                im: s.sub(sum.re, rest.re),
            };
            *b = C {
                re: s.add(sum.im, rest.im),
                im: s.sub(sum.im, rest.im),
            };
        }
    }
}

/// The square of 2Q real coefficients modulo x^(2Q)-1, times the gain, by the definition.
#[inline(always)]
fn directly<S: Simd, const Q: usize>(s: S, block: &mut [C<S::V>], gain: f64) {
    let Some(block) = block.first_chunk_mut::<Q>() else {
        return;
    };
    let gain = s.splat(gain);
    let mut x = [s.splat(0.0); 2 * FEW];
    for k in 0..Q {
        (x[k], x[k + Q]) = (block[k].re, block[k].im);
    }
    let mut product = [s.splat(0.0); 2 * FEW];
    for k in 0..2 * Q {
        let mut sum = s.splat(0.0);
        for i in 0..2 * Q {
            sum = s.fma(x[i], x[(k + 2 * Q - i) % (2 * Q)], sum);
        }
        product[k] = s.mul(gain, sum);
    }
    for k in 0..Q {
        block[k] = C {
            re: product[k],
            im: product[k + Q],
        };
    }
}
