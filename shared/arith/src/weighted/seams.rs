//! Where segments meet: the carries that leave one at its end go to the first digits of the next, and the
//! digits of the tail, whose top one counts to k*b^m unlike all others, are cut anew.
//!
//! One residue, a batch and a padded row differ only in what is handed on to whom; the trait [`Seam`]
//! says that, and the rest is the same.

use std::cell::Cell;

use super::{
    pass::Carry,
    words::{Long, TAIL, Words},
};
use crate::{
    simd::{C, Plain, Simd, parts},
    transform::{edge::Column, plan::VECTORS},
};

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
    let segment = long.len() / VECTORS;
    // At the end of a segment: of short ones more than once.
    let mut i = segment;
    for _ in 1..head {
        if i == segment {
            seam.hand_on(s, waiting, carry);
            i = 0;
        }
        let long = &long[i * VECTORS..][..VECTORS];
        for v in 0..VECTORS {
            let [long_re, long_im] = long[v];
            let sum = waiting[i][v].add(s, carry[v]);
            (waiting[i][v].re, carry[v].re) = carrying.digit(s, sum.re, long_re);
            (waiting[i][v].im, carry[v].im) = carrying.digit(s, sum.im, long_im);
        }
        i += 1;
    }
    if i == segment {
        seam.hand_on(s, waiting, carry);
        i = 0;
    }
    let mut left = Left {
        excess: s.splat(0.0),
        sum: s.splat(0.0),
    };
    for v in 0..VECTORS {
        waiting[i][v] = waiting[i][v].add(s, carry[v]);
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
        // The last lane of each of the last columns. Vectors are read and written as wholes: a load of what was
        // stored in parts waits until all of it has reached the cache.
        let tail_from = waiting.len() - self.words.tail.len();
        let columns = &mut waiting[tail_from..];
        let mut digits = [0.0; TAIL];
        for (digit, column) in digits.iter_mut().zip(columns.iter()) {
            *digit = last_lane(column[VECTORS - 1].im);
        }
        let digits = &mut digits[..columns.len()];
        let top = &mut carry[VECTORS - 1].im;
        let over = tail(self.words, self.top.take(), digits, last_lane(*top));
        *top = with_last_lane(s, *top, over);
        for (&mut digit, column) in digits.iter_mut().zip(columns) {
            let im = &mut column[VECTORS - 1].im;
            *im = with_last_lane(s, *im, digit);
        }
        hand_on::<S, CYCLIC>(s, self.words, carry);
    }
}

/// The last lane.
#[inline(always)]
fn last_lane<V: Plain>(v: V) -> f64 {
    let lanes = &mut [v];
    let lanes: &[f64] = parts(lanes);
    lanes[lanes.len() - 1]
}

/// The same with another last lane.
#[inline(always)]
fn with_last_lane<S: Simd>(s: S, v: S::V, last: f64) -> S::V {
    s.select(1 << (S::LANES - 1), v, s.splat(last))
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
    // (The difference of a number and itself is 0, that of anything else is not a number.)
    let zero = s.sub(left.sum, left.sum);
    s.at_most(left.excess, words.radix[0].max(4.0)) & s.at_most(zero, 0.0)
}

/// Cuts the digits of a tail, lowest first, anew, at what they really count to together and with `added` units of
/// the lowest one more. `carry` is what the top one carried on; what they carry on together is returned.
pub(crate) fn tail(words: &Words, added: i128, digits: &mut [f64], carry: f64) -> f64 {
    let (lower, top) = (&words.tail[..digits.len() - 1], digits.len() - 1);
    // The top digit was cut at the shorter radix.
    let mut value = added + words.tail[top].unit * whole(carry * words.radix[0] + digits[top]);
    for (place, &digit) in lower.iter().zip(digits.iter()) {
        value += place.unit * whole(digit);
    }
    let over = nearest(value, words.tail_radix);
    value -= over * words.tail_radix;
    for (place, digit) in lower.iter().zip(digits.iter_mut()) {
        let carry = nearest(value, place.radix);
        *digit = double(value - carry * place.radix);
        value = carry;
    }
    digits[top] = double(value);
    double(over)
}

/// An integer, or nearly, as one that leaves room for the units and the sums of a tail. Products of more
/// than 2^50, and what is not a number, are refused whatever becomes of them here.
pub(super) fn whole(x: f64) -> i128 {
    const MOST: f64 = (1u64 << 62) as f64;
    // (By way of 64 bits, because a conversion to 128 is a function that takes as long as a column.)
    i128::from(x.clamp(-MOST, MOST) as i64)
}

/// The nearest double, by way of 64 bits as well: what does not fit them is refused, too.
fn double(x: i128) -> f64 {
    x.clamp(i64::MIN.into(), i64::MAX.into()) as i64 as f64
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
