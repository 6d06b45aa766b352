//! What a cyclic convolution in each lane leaves over: the block of 2S real coefficients modulo x^(2S)-1.
//!
//! They lie as S complex vectors, the lower half of the coefficients in the real parts and the upper half in the
//! imaginary ones. So a level of n of them is split in place into the n/2 that stand for the sum of the halves,
//! modulo x^n-1, and the n/2 that stand for their difference, modulo x^n+1: with the upper half as imaginary parts
//! that is a polynomial modulo x^(n/2)-i, a block as any other. The other half is split again, and
//! of a few coefficients the product is made directly. It is an eighth of the whole transform.
//!
//! Where S has a factor of 9, 15 or 21, a split of 3 comes first: into a third of the coefficients modulo x^m-1, and,
//! as complex ones, two thirds modulo x^m-w, w^3 = 1, a block as well. Modulo the conjugate it is the conjugate.
//!
//! [`crate::transform::real`] does the same in scalars for a single transform, where it is a part in 64.

use std::ops::Range;

use crate::{
    simd::{C, Simd},
    transform::{Plan, angle::Angle, thirds::HEIGHT},
};

/// The most complex vectors that are left at the end.
const FEW: usize = 7;

/// The blocks that all levels split off, from the largest down.
#[derive(Debug)]
pub(super) struct Levels {
    /// Modulo x^m-w.
    third: Option<Plan>,
    /// Modulo x^(n/2)-i.
    blocks: Vec<Plan>,
    /// What the product is multiplied by.
    gain: f64,
}

impl Levels {
    /// For a block of `segment` complex vectors, 2 to 7, 9, 15 or 21 times a power of two, in so many lanes.
    pub(super) fn new(segment: usize, lanes: usize, gain: f64) -> Self {
        let by_three = segment >> segment.trailing_zeros() > FEW;
        let left = if by_three { segment / 3 } else { segment };
        let sizes = std::iter::successors(Some(left), |n| Some(n / 2));
        Self {
            third: by_three.then(|| Plan::of_one_block(2 * left, Angle::new(1, 3), lanes)),
            blocks: sizes
                .take_while(|&n| n.is_multiple_of(2) && n > 2)
                .map(|n| Plan::of_one_block(n / 2, Angle::new(1, 4), lanes))
                .collect(),
            gain,
        }
    }

    /// The blocks that are to be squared between [`split`] and [`join`], and where they lie.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (&Plan, Range<usize>)> {
        let third = self.third.iter().map(|plan| {
            let count = plan.shape.segment;
            (plan, count / 2..count / 2 + count)
        });
        third.chain(self.halves())
    }

    /// Those modulo x^(n/2)-i.
    fn halves(&self) -> impl ExactSizeIterator<Item = (&Plan, Range<usize>)> {
        self.blocks.iter().map(|plan| {
            let half = plan.shape.segment;
            (plan, half..2 * half)
        })
    }

    /// What the product is to be multiplied by, for one that a block of its own has multiplied by something.
    fn scale(&self, plan: &Plan) -> f64 {
        self.gain / (plan.shape.segment / plan.shape.leaf()) as f64
    }
}

/// Splits the block, level after level.
#[inline(always)]
pub(super) fn split<S: Simd>(s: S, levels: &Levels, block: &mut [C<S::V>]) {
    if levels.third.is_some() {
        let m = block.len() / 3;
        let (low, rest) = block.split_at_mut(m);
        let (middle, high) = rest.split_at_mut(m);
        for (x, (y, z)) in low.iter_mut().zip(middle.iter_mut().zip(high)) {
            // Of 2m coefficients modulo x^2m-1: a, b and c at some place, and m places further.
            let (first, third) = three(s, x.re, z.re, y.im);
            let (first_further, third_further) = three(s, y.re, x.im, z.im);
            *x = C {
                re: first,
                im: first_further,
            };
            (*y, *z) = (third, third_further);
        }
    }
    for (_, range) in levels.halves() {
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
    let whole = block.len();
    let first = if levels.third.is_some() {
        whole / 3
    } else {
        whole
    };
    let left = levels
        .blocks
        .last()
        .map_or(first, |plan| plan.shape.segment);
    match left {
        2 => directly::<S, 2>(s, block, levels.gain),
        3 => directly::<S, 3>(s, block, levels.gain),
        5 => directly::<S, 5>(s, block, levels.gain),
        _ => directly::<S, FEW>(s, block, levels.gain),
    }
    let half = s.splat(0.5);
    for plan in levels.blocks.iter().rev() {
        let count = plan.shape.segment;
        let scale = s.splat(0.5 * levels.scale(plan));
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
    if let Some(plan) = &levels.third {
        let scale = levels.scale(plan);
        let m = whole / 3;
        let (low, rest) = block.split_at_mut(m);
        let (middle, high) = rest.split_at_mut(m);
        let scale = [1.0 / 3.0, scale / 3.0, scale * HEIGHT / 1.5].map(|x| s.splat(x));
        for (x, (y, z)) in low.iter_mut().zip(middle.iter_mut().zip(high)) {
            let [a, b, c] = three_back(s, x.re, *y, scale);
            let [a_further, b_further, c_further] = three_back(s, x.im, *z, scale);
            *x = C {
                re: a,
                im: b_further,
            };
            *y = C {
                re: a_further,
                im: c,
            };
            *z = C {
                re: b,
                im: c_further,
            };
        }
    }
}

/// a+b+c and a+bw+cw^2.
#[inline(always)]
fn three<S: Simd>(s: S, a: S::V, b: S::V, c: S::V) -> (S::V, C<S::V>) {
    let (sum, difference) = (s.add(b, c), s.sub(b, c));
    let third = C {
        re: s.fnma(s.splat(0.5), sum, a),
        im: s.mul(s.splat(HEIGHT), difference),
    };
    (s.add(a, sum), third)
}

/// a, b and c of those: the first times a third, and of the other the real part times a third and the imaginary part
/// by the square root of 3, or what else `scale` says.
#[inline(always)]
fn three_back<S: Simd>(s: S, first: S::V, third: C<S::V>, scale: [S::V; 3]) -> [S::V; 3] {
    let first = s.mul(scale[0], first);
    let real = s.mul(scale[1], third.re);
    let imaginary = s.mul(scale[2], third.im);
    let mean = s.sub(first, real);
    [
        s.add(first, s.add(real, real)),
        s.add(mean, imaginary),
        s.sub(mean, imaginary),
    ]
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
