//! Where segments meet: the carries that leave one at its end go to the first digits of the next, and the
//! digits of the tail, whose top one counts to k*b^m unlike all others, are cut anew.
//!
//! One residue, a batch and a padded row differ only in what is handed on to whom; the trait [`Seam`]
//! says that, and the rest is the same.

use std::cell::Cell;

use super::{
    pass::Carry,
    words::{Long, Words},
};
use crate::{
    simd::{C, Simd, parts},
    transform::{edge::Column, plan::VECTORS},
};

/// The largest lane.
#[inline(always)]
pub(super) fn peak<S: Simd>(_: S, v: S::V) -> f64 {
    let lanes = &mut [v];
    let lanes: &[f64] = parts(lanes);
    lanes.iter().copied().fold(0.0, f64::max)
}

/// Where segments meet: what leaves one at its end goes to the start of another.
pub(crate) trait Seam<S: Simd> {
    /// Cuts the tail among the waiting columns anew, and moves each segment's carry to the next one.
    fn hand_on(&self, s: S, waiting: &mut [Column<S::V>], carry: &mut Column<S::V>);
}

/// What is left of the carries, in each lane.
pub(crate) struct Left<S: Simd> {
    /// The largest that was added to a digit as it is.
    pub(crate) excess: S::V,
    /// Their sum, which is not a number where any of them is not. (A NaN anywhere in the products is in all of them,
    /// and so in the carries; but a maximum may lose it.)
    pub(crate) sum: S::V,
}

/// Takes the carries that left the segments to the first `head` columns of the next ones. `waiting` holds the
/// columns that wait, `long` the masks of all.
#[inline(always)]
pub(crate) fn settle<S: Simd>(
    s: S,
    seam: &impl Seam<S>,
    carrying: &Carry<S>,
    long: &[Long],
    head: usize,
    waiting: &mut [Column<S::V>],
    carry: &mut Column<S::V>,
) -> Left<S> {
    seam.hand_on(s, waiting, carry);
    let segment = long.len() / VECTORS;
    // Short segments are gone through as a whole once more before the carries come to rest.
    let columns = if segment >= head {
        head - 1
    } else {
        segment + 1
    };
    for i in 0..columns {
        if i == segment {
            seam.hand_on(s, waiting, carry);
        }
        let i = i % segment;
        let long = &long[i * VECTORS..][..VECTORS];
        for v in 0..VECTORS {
            let [long_re, long_im] = long[v];
            let sum = waiting[i][v].add(s, carry[v]);
            (waiting[i][v].re, carry[v].re) = carrying.digit(s, sum.re, long_re);
            (waiting[i][v].im, carry[v].im) = carrying.digit(s, sum.im, long_im);
        }
    }
    let rest = columns % segment;
    let mut left = Left {
        excess: s.splat(0.0),
        sum: s.splat(0.0),
    };
    for v in 0..VECTORS {
        waiting[rest][v] = waiting[rest][v].add(s, carry[v]);
        left.excess = s.abs_max(s.abs_max(left.excess, carry[v].re), carry[v].im);
        left.sum = s.add(left.sum, s.add(carry[v].re, carry[v].im));
    }
    left
}

/// The segments of one residue: each hands on to the next, the last back to the first, times -c.
pub(super) struct Ring<'a, const CYCLIC: bool> {
    pub(super) words: &'a Words,
    /// Added to what the tail stands for, in units of its lowest digit, the first time that it is cut: in short
    /// segments that happens twice.
    pub(super) top: Cell<i128>,
}

impl<S: Simd, const CYCLIC: bool> Seam<S> for Ring<'_, CYCLIC> {
    #[inline(always)]
    fn hand_on(&self, s: S, waiting: &mut [Column<S::V>], carry: &mut Column<S::V>) {
        let carries: &mut [f64] = parts(carry);
        let (per_column, top) = (carries.len(), carries.len() - 1);
        tail(
            self.words,
            self.top.take(),
            parts(waiting),
            per_column,
            &mut carries[top],
        );
        hand_on::<S, CYCLIC>(s, self.words, carry);
    }
}

/// The carry is where it belongs.
pub(super) struct Within;

impl<S: Simd> Seam<S> for Within {
    #[inline(always)]
    fn hand_on(&self, _: S, _: &mut [Column<S::V>], _: &mut Column<S::V>) {}
}

/// Whether the carries were numbers and came to rest.
#[inline(always)]
pub(super) fn rests<S: Simd>(s: S, words: &Words, left: &Left<S>) -> bool {
    let most = words.radix[0].max(4.0);
    let sum = &mut [left.sum];
    let sum: &[f64] = parts(sum);
    peak(s, left.excess) <= most && sum.iter().all(|x| x.is_finite())
}

/// Cuts the digits of the tail anew, at what they really count to together and with `added` units of the lowest
/// one more. `columns` are the waiting
/// ones, of `per_column` digits each, up to the top digit; `carry` is what that carries on.
pub(crate) fn tail(
    words: &Words,
    added: i128,
    columns: &mut [f64],
    per_column: usize,
    carry: &mut f64,
) {
    let count = words.tail.len();
    let end = columns.len() - 1;
    let at = |j: usize| end - (count - 1 - j) * per_column;
    // The top digit was cut at the shorter radix.
    let top = *carry * words.radix[0] + columns[end];
    let mut value = added + words.tail[count - 1].unit * whole(top);
    for (j, digit) in words.tail[..count - 1].iter().enumerate() {
        value += digit.unit * whole(columns[at(j)]);
    }
    let over = nearest(value, words.tail_radix);
    value -= over * words.tail_radix;
    *carry = over as f64;
    for (j, digit) in words.tail[..count - 1].iter().enumerate() {
        let carry = nearest(value, digit.radix);
        columns[at(j)] = (value - carry * digit.radix) as f64;
        value = carry;
    }
    columns[end] = value as f64;
}

/// An integer, or nearly, as one that leaves room for the units and the sums of a tail. Products of more
/// than 2^50, and what is not a number, are refused whatever becomes of them here.
fn whole(x: f64) -> i128 {
    const MOST: f64 = (1u64 << 62) as f64;
    x.clamp(-MOST, MOST) as i128
}

/// value/radix to the nearest integer.
pub(super) fn nearest(value: i128, radix: i128) -> i128 {
    let (twice, radix) = (2 * value + radix, 2 * radix);
    // A division of 128 bits takes as long as many columns.
    match (i64::try_from(twice), i64::try_from(radix)) {
        (Ok(twice), Ok(radix)) => twice.div_euclid(radix).into(),
        _ => twice.div_euclid(radix),
    }
}

/// Moves the carry of each segment to the next; that of the last comes back times -c.
#[inline(always)]
pub(super) fn hand_on<S: Simd, const CYCLIC: bool>(s: S, words: &Words, carry: &mut Column<S::V>) {
    let sign = s.splat(-(words.form.c as f64));
    let old = *carry;
    let last = old[VECTORS - 1];
    let mut before = C {
        re: s.mul(last.im, sign),
        im: last.re,
    };
    for (new, old) in carry.iter_mut().zip(old) {
        if CYCLIC {
            // Segments alternate between real and imaginary parts.
            *new = C {
                re: s.shift(before.re, old.im),
                im: old.re,
            };
            before.re = old.im;
        } else {
            *new = C {
                re: s.shift(before.re, old.re),
                im: s.shift(before.im, old.im),
            };
            before = old;
        }
    }
}
