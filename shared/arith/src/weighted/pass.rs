//! One pass over all columns: from products, or from sums of digits, to digits and to the first step of
//! the next transform.
//!
//! Carries run down the columns, one chain a lane. What leaves a segment at its end belongs to the
//! first digits of the next: so the first columns wait until the end of the pass and take it up then.
//! The last column waits too, because the top digit of all counts to k*b^m, unlike all others.

use super::words::{Long, TAIL, Weights, Words};
use crate::{
    simd::{C, MAGIC, Simd, parts},
    transform::{
        Plan,
        edge::{self, Column, unroll},
        plan::VECTORS,
    },
};

/// What a pass met.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    /// The largest distance of a product from an integer.
    pub(crate) roundoff: f64,
    /// The largest absolute value before carrying; infinite if any was not a number.
    pub(crate) largest: f64,
}

/// Where the values of the columns come from. A choice at run time, so that the rest is compiled once.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a, I> {
    /// The products that the transform left in place; a small integer times them.
    Products(f64),
    /// a*x + b*y of digits.
    Combination {
        /// x.
        x: &'a [I],
        /// a.
        a: f64,
        /// y and b.
        y: Option<(&'a [I], f64)>,
    },
    /// Nothing but this one column of the digits as they are, which changed.
    Column(usize),
}

/// What a pass works on.
pub(crate) struct State<'a, S: Simd> {
    /// Products, then the columns of the next transform.
    pub(crate) data: &'a mut [C<S::V>],
    /// What of them is left to [`crate::transform::real`].
    pub(crate) real: &'a mut [f64],
    /// Receives the digits.
    pub(crate) digits: &'a mut [S::I],
}

/// Another ring with the same places and the other sign of c, that takes over the digits.
pub(crate) struct Over<'a, S: Simd> {
    /// Its transform.
    pub(crate) plan: &'a Plan,
    /// Its weights.
    pub(crate) words: &'a Words,
    /// Receives the columns of its transform,
    pub(crate) data: &'a mut [C<S::V>],
    /// and what of them is left to [`crate::transform::real`].
    pub(crate) real: &'a mut [f64],
    /// Whether the digits and their transform stay here as well.
    pub(crate) keep: bool,
}

/// Column i of products, unweighted: integers, or nearly.
#[inline(always)]
pub(super) fn products<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    state: &State<'_, S>,
    i: usize,
) -> Column<S::V> {
    let mut z = [C::zero(s); VECTORS];
    let stride = plan.shape.stride();
    unroll!(v => { z[v] = state.data[v * stride + i]; });
    let mut z = edge::inverse::<S, CYCLIC>(s, plan, z, i, state.real);
    let weights: &[Weights<S::V>] = words.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    unroll!(v => {
        z[v] = weights[v].product(s, z[v]);
    });
    z
}

/// Column i of digits as doubles.
#[inline(always)]
pub(crate) fn widened<S: Simd>(s: S, digits: &[S::I], i: usize) -> Column<S::V> {
    let digits = &digits[i * VECTORS..][..VECTORS];
    let mut z = [C::zero(s); VECTORS];
    unroll!(v => { z[v] = s.widen(digits[v]); });
    z
}

/// The constants of carrying.
#[derive(Clone, Copy)]
pub(crate) struct Carry<S: Simd> {
    magic: S::V,
    factor: S::V,
    radix: [S::V; 2],
    inverse: [S::V; 2],
}

impl<S: Simd> Carry<S> {
    #[inline(always)]
    pub(super) fn new(s: S, words: &Words, factor: f64) -> Self {
        let [short, long] = words.radix;
        Self::with(
            s,
            s.splat(factor),
            [s.splat(short), s.splat(long)],
            [s.splat(1.0 / short), s.splat(1.0 / long)],
        )
    }

    /// Of the factor, the radices and one by them, which may differ from lane to lane.
    #[inline(always)]
    pub(crate) fn with(s: S, factor: S::V, radix: [S::V; 2], inverse: [S::V; 2]) -> Self {
        Self {
            magic: s.splat(MAGIC),
            factor,
            radix,
            inverse,
        }
    }

    /// The nearest integer.
    #[inline(always)]
    fn round(&self, s: S, x: S::V) -> S::V {
        s.sub(s.add(x, self.magic), self.magic)
    }

    /// Products, times the factor, and what was carried to them: the digits, and in `carry` what they
    /// carry on.
    #[inline(always)]
    pub(crate) fn cut(
        &self,
        s: S,
        y: C<S::V>,
        carry: &mut C<S::V>,
        [long_re, long_im]: Long,
        met: &mut Met<S>,
    ) -> C<S::V> {
        let (re, im) = (self.round(s, y.re), self.round(s, y.im));
        met.roundoff = s.abs_max(met.roundoff, s.sub(re, y.re));
        met.roundoff = s.abs_max(met.roundoff, s.sub(im, y.im));
        met.largest = s.abs_max(met.largest, re);
        met.largest = s.abs_max(met.largest, im);
        let mut digits = y;
        (digits.re, carry.re) = self.digit(s, s.fma(re, self.factor, carry.re), long_re);
        (digits.im, carry.im) = self.digit(s, s.fma(im, self.factor, carry.im), long_im);
        digits
    }

    /// A value and what was carried to it: the digit and what it carries on.
    #[inline(always)]
    pub(super) fn digit(&self, s: S, value: S::V, long: u8) -> (S::V, S::V) {
        let radix = s.select(long, self.radix[0], self.radix[1]);
        let inverse = s.select(long, self.inverse[0], self.inverse[1]);
        let carry = s.sub(s.fma(value, inverse, self.magic), self.magic);
        (s.fnma(carry, radix, value), carry)
    }
}

/// What a pass has met so far, in each lane.
#[derive(Clone, Copy)]
pub(crate) struct Met<S: Simd> {
    /// The largest distance of a product from an integer.
    pub(crate) roundoff: S::V,
    /// The largest absolute value of a product.
    pub(crate) largest: S::V,
}

impl<S: Simd> Met<S> {
    #[inline(always)]
    pub(crate) fn new(s: S) -> Self {
        Self {
            roundoff: s.splat(0.0),
            largest: s.splat(0.0),
        }
    }
}

/// The most columns at the start of the segments that wait for the carries of the pass.
pub(crate) const HEAD: usize = 4;

/// The most columns that wait: those, and the tail; all columns of segments no longer than both.
pub(crate) const WAIT: usize = HEAD + TAIL;

/// The whole pass. With OVER the digits go over to another ring.
#[inline(always)]
pub(crate) fn run<S: Simd, const CYCLIC: bool, const OVER: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    source: Source<'_, S::I>,
    mut state: State<'_, S>,
    mut over: Option<Over<'_, S>>,
) -> Watch {
    let segment = plan.shape.segment;
    let factor = match source {
        Source::Products(factor) => factor,
        _ => 1.0,
    };
    let carrying = Carry::new(s, words, factor);
    let mut carry = [C::zero(s); VECTORS];
    let mut waiting = [[C::zero(s); VECTORS]; WAIT];
    let tail = words.tail.len();
    let waits = segment.min(words.head + tail);
    // Which columns wait, in the order of `waiting`: the first and the last ones.
    let head = waits - tail.min(waits);
    let waiting_column = |w: usize| if w < head { w } else { segment - waits + w };
    let mut met = Met::<S>::new(s);
    let mut settled = true;
    let steps = match source {
        Source::Column(i) => {
            waiting[0] = widened(s, state.digits, i);
            segment..segment + 1
        }
        _ => 0..segment + waits,
    };
    for step in steps {
        let (i, column) = if step < segment {
            let i = step;
            let y = match source {
                Source::Products(_) => products::<S, CYCLIC>(s, plan, words, &state, i),
                Source::Combination { x, a, y } => {
                    let a = s.splat(a);
                    let mut z = widened(s, x, i);
                    unroll!(v => { z[v] = z[v].scale(s, a); });
                    if let Some((y, b)) = y {
                        let b = s.splat(b);
                        let y = widened(s, y, i);
                        unroll!(v => { z[v] = z[v].fma(s, b, y[v]); });
                    }
                    z
                }
                Source::Column(_) => waiting[0],
            };
            let long: &[Long] = &words.long[i * VECTORS..][..VECTORS];
            let mut d = [C::zero(s); VECTORS];
            unroll!(v => {
                d[v] = carrying.cut(s, y[v], &mut carry[v], long[v], &mut met);
            });
            if i < head {
                waiting[i] = d;
                continue;
            }
            if i + tail >= segment {
                waiting[i + waits - segment] = d;
                continue;
            }
            (i, d)
        } else {
            if step == segment && !matches!(source, Source::Column(_)) {
                let seam = Ring::<CYCLIC>(words);
                let columns = &mut waiting[..waits];
                let left = settle(
                    s,
                    &seam,
                    &carrying,
                    &words.long,
                    words.head,
                    columns,
                    &mut carry,
                );
                settled = rests(s, words, &left);
            }
            let w = step - segment;
            let i = match source {
                Source::Column(i) => i,
                _ => waiting_column(w),
            };
            (i, waiting[w])
        };
        if OVER && let Some(over) = &mut over {
            hand_over::<S, CYCLIC>(s, over, &column, i);
            if !over.keep {
                continue;
            }
        }
        emit::<S, CYCLIC>(s, plan, words, &column, i, &mut state);
    }
    Watch {
        roundoff: peak(s, met.roundoff),
        largest: if settled {
            peak(s, met.largest) * factor
        } else {
            f64::INFINITY
        },
    }
}

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
struct Ring<'a, const CYCLIC: bool>(&'a Words);

impl<S: Simd, const CYCLIC: bool> Seam<S> for Ring<'_, CYCLIC> {
    #[inline(always)]
    fn hand_on(&self, s: S, waiting: &mut [Column<S::V>], carry: &mut Column<S::V>) {
        let carries: &mut [f64] = parts(carry);
        let (per_column, top) = (carries.len(), carries.len() - 1);
        tail(self.0, parts(waiting), per_column, &mut carries[top]);
        hand_on::<S, CYCLIC>(s, self.0, carry);
    }
}

/// Whether the carries were numbers and came to rest.
#[inline(always)]
pub(super) fn rests<S: Simd>(s: S, words: &Words, left: &Left<S>) -> bool {
    let most = words.radix[0].max(4.0);
    let sum = &mut [left.sum];
    let sum: &[f64] = parts(sum);
    peak(s, left.excess) <= most && sum.iter().all(|x| x.is_finite())
}

/// Column i of digits: kept, weighted, and taken through the first step of the transform.
#[inline(always)]
pub(super) fn emit<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    column: &Column<S::V>,
    i: usize,
    state: &mut State<'_, S>,
) {
    let kept = &mut state.digits[i * VECTORS..][..VECTORS];
    unroll!(v => { kept[v] = s.narrow(column[v]); });
    enter::<S, CYCLIC>(s, plan, words, column, i, state.data, state.real);
}

/// Column i of digits: weighted, and taken through the first step of the transform.
#[inline(always)]
fn enter<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    column: &Column<S::V>,
    i: usize,
    data: &mut [C<S::V>],
    real: &mut [f64],
) {
    let weights: &[Weights<S::V>] = words.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    let mut z = *column;
    unroll!(v => {
        z[v] = weights[v].digit(s, z[v]);
    });
    let z = edge::forward::<S, CYCLIC>(s, plan, z, i, real);
    let stride = plan.shape.stride();
    unroll!(v => { data[v * stride + i] = z[v]; });
}

/// Column i of digits into the transform of a ring of the other sign. A cyclic column has its segments
/// in order, real and imaginary parts in turns; a negacyclic one the lower half of them in the real
/// parts, the upper half in the imaginary parts.
#[inline(always)]
fn hand_over<S: Simd, const CYCLIC: bool>(
    s: S,
    over: &mut Over<'_, S>,
    column: &Column<S::V>,
    i: usize,
) {
    let mut z = *column;
    const HALF: usize = VECTORS / 2;
    if CYCLIC {
        for v in 0..HALF {
            let (low, high) = (column[v], column[v + HALF]);
            (z[2 * v].re, z[2 * v + 1].re) = s.zip(low.re, low.im);
            (z[2 * v].im, z[2 * v + 1].im) = s.zip(high.re, high.im);
        }
    } else {
        for v in 0..HALF {
            let (even, odd) = (column[2 * v], column[2 * v + 1]);
            (z[v].re, z[v].im) = s.unzip(even.re, odd.re);
            (z[v + HALF].re, z[v + HALF].im) = s.unzip(even.im, odd.im);
        }
    }
    let Over { plan, words, .. } = *over;
    if CYCLIC {
        enter::<S, false>(s, plan, words, &z, i, over.data, over.real);
    } else {
        enter::<S, true>(s, plan, words, &z, i, over.data, over.real);
    }
}

/// Cuts the digits of the tail anew, at what they really count to together. `columns` are the waiting
/// ones, of `per_column` digits each, up to the top digit; `carry` is what that carries on.
pub(crate) fn tail(words: &Words, columns: &mut [f64], per_column: usize, carry: &mut f64) {
    let count = words.tail.len();
    let end = columns.len() - 1;
    let at = |j: usize| end - (count - 1 - j) * per_column;
    // The top digit was cut at the shorter radix.
    let top = *carry * words.radix[0] + columns[end];
    let mut value = words.tail[count - 1].unit * whole(top);
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
