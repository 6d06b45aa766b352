//! One pass over all columns, from products to digits and to the first step of the next transform, as
//! in [`crate::weighted::pass`]; but here the carries stay in their lanes, and everything is watched
//! for each lane by itself.

use super::tables::Tables;
use crate::{
    batch::LANES,
    simd::{C, Simd, parts},
    transform::{
        edge::{Column, unroll},
        node,
        plan::VECTORS,
    },
    weighted::{
        pass::{Carry, WAIT, tail, widened},
        words::{Long, Weights},
    },
};

/// What a pass met in each lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    /// The largest distance of a product from an integer.
    pub(super) roundoff: [f64; LANES],
    /// The largest absolute value of a product; infinite if any was not a number, or if the carries did
    /// not come to rest.
    pub(super) largest: [f64; LANES],
}

/// Products to digits, a factor for each lane times them, and on to the first step of their transform.
#[inline(always)]
pub(super) fn run<S: Simd>(
    s: S,
    tables: &Tables,
    factors: &[f64; LANES],
    data: &mut [C<S::V>],
    digits: &mut [S::I],
) -> Watch {
    let segment = tables.shape().segment;
    let powers = first_powers(s, tables);
    let carrying = carrying(s, tables, factors);
    let mut carry = [C::zero(s); VECTORS];
    let mut waiting = [[C::zero(s); VECTORS]; WAIT];
    // The first columns wait for what the segments before them carry over, the last for the tail.
    let waits = segment.min(tables.head + tables.tail);
    let head = waits - tables.tail.min(waits);
    let mut roundoff = s.splat(0.0);
    let mut largest = s.splat(0.0);
    for i in 0..segment {
        let y = products(s, tables, &powers, data, i);
        let long: &[Long] = &tables.long[i * VECTORS..][..VECTORS];
        let mut d = [C::zero(s); VECTORS];
        unroll!(v => {
            let re = carrying.round(s, y[v].re);
            let im = carrying.round(s, y[v].im);
            roundoff = s.abs_max(roundoff, s.sub(re, y[v].re));
            roundoff = s.abs_max(roundoff, s.sub(im, y[v].im));
            largest = s.abs_max(largest, re);
            largest = s.abs_max(largest, im);
            let [long_re, long_im] = long[v];
            let re = s.fma(re, carrying.factor, carry[v].re);
            let im = s.fma(im, carrying.factor, carry[v].im);
            (d[v].re, carry[v].re) = carrying.digit(s, re, long_re);
            (d[v].im, carry[v].im) = carrying.digit(s, im, long_im);
        });
        if i < head {
            waiting[i] = d;
        } else if i + tables.tail >= segment {
            waiting[i + waits - segment] = d;
        } else {
            emit(s, tables, &powers, &d, i, data, digits);
        }
    }
    let largest = &mut [largest];
    let mut watch = Watch {
        roundoff: by_lane(&mut [roundoff]),
        largest: by_lane(largest),
    };
    settle(
        s,
        tables,
        &carrying,
        &mut waiting[..waits],
        &mut carry,
        &mut watch,
    );
    for (w, column) in waiting[..waits].iter().enumerate() {
        let i = if w < head { w } else { segment - waits + w };
        emit(s, tables, &powers, column, i, data, digits);
    }
    watch
}

/// Digits to the first step of their transform.
#[inline(always)]
pub(super) fn enter<S: Simd>(s: S, tables: &Tables, digits: &[S::I], data: &mut [C<S::V>]) {
    let powers = first_powers(s, tables);
    for i in 0..tables.shape().segment {
        let column = widened(s, digits, i);
        forward(s, tables, &powers, &column, i, data);
    }
}

/// The roots of the first split, the same in all lanes.
#[inline(always)]
fn first_powers<S: Simd>(s: S, tables: &Tables) -> [C<S::V>; VECTORS - 1] {
    let mut powers = [C::zero(s); VECTORS - 1];
    for (power, [re, im]) in powers.iter_mut().zip(tables.plan.first) {
        *power = C {
            re: s.splat(re),
            im: s.splat(im),
        };
    }
    powers
}

/// The constants of carrying.
#[inline(always)]
fn carrying<S: Simd>(s: S, tables: &Tables, factors: &[f64; LANES]) -> Carry<S> {
    let mut factor = [s.splat(1.0)];
    let lanes: &mut [f64] = parts(&mut factor);
    lanes.copy_from_slice(&factors[..S::LANES]);
    let radices: &[S::V] = tables.radices.view();
    Carry::with(
        s,
        factor[0],
        [radices[0], radices[1]],
        [radices[2], radices[3]],
    )
}

/// Column i of products, unweighted: integers, or nearly.
#[inline(always)]
fn products<S: Simd>(
    s: S,
    tables: &Tables,
    powers: &[C<S::V>; VECTORS - 1],
    data: &[C<S::V>],
    i: usize,
) -> Column<S::V> {
    let stride = tables.shape().stride();
    let mut z = [C::zero(s); VECTORS];
    unroll!(v => { z[v] = data[v * stride + i]; });
    let mut z = node::turn_back(s, node::fourier_8_back(s, z), powers);
    let weights: &[Weights<S::V>] = tables.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    unroll!(v => {
        let Weights { inverse, .. } = weights[v];
        z[v] = C { re: s.mul(z[v].re, inverse.re), im: s.mul(z[v].im, inverse.im) };
    });
    z
}

/// Column i of digits: kept, and taken through the first step of their transform.
#[inline(always)]
fn emit<S: Simd>(
    s: S,
    tables: &Tables,
    powers: &[C<S::V>; VECTORS - 1],
    column: &Column<S::V>,
    i: usize,
    data: &mut [C<S::V>],
    digits: &mut [S::I],
) {
    let kept = &mut digits[i * VECTORS..][..VECTORS];
    unroll!(v => { kept[v] = s.narrow(column[v]); });
    forward(s, tables, powers, column, i, data);
}

/// Column i of digits: weighted, and taken through the first step of their transform.
#[inline(always)]
fn forward<S: Simd>(
    s: S,
    tables: &Tables,
    powers: &[C<S::V>; VECTORS - 1],
    column: &Column<S::V>,
    i: usize,
    data: &mut [C<S::V>],
) {
    let weights: &[Weights<S::V>] = tables.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    let mut z = *column;
    unroll!(v => {
        let Weights { weight, .. } = weights[v];
        z[v] = C { re: s.mul(z[v].re, weight.re), im: s.mul(z[v].im, weight.im) };
    });
    let z = node::fourier_8(s, node::turn(s, z, powers));
    let stride = tables.shape().stride();
    unroll!(v => { data[v * stride + i] = z[v]; });
}

/// Takes the carries that left the segments to the first columns of the next ones. A lane whose carries
/// are not numbers, or do not come to rest there, has its largest value set to infinity. (A NaN anywhere
/// in a lane's products is in all of them, and so in its carries.)
#[inline(always)]
fn settle<S: Simd>(
    s: S,
    tables: &Tables,
    carrying: &Carry<S>,
    waiting: &mut [Column<S::V>],
    carry: &mut Column<S::V>,
    watch: &mut Watch,
) {
    hand_on(s, tables, waiting, carry);
    let segment = tables.shape().segment;
    // Short segments are gone through as a whole once more before the carries come to rest.
    let columns = if segment >= tables.head {
        tables.head - 1
    } else {
        segment + 1
    };
    for i in 0..columns {
        if i == segment {
            hand_on(s, tables, waiting, carry);
        }
        let i = i % segment;
        let long = &tables.long[i * VECTORS..][..VECTORS];
        for v in 0..VECTORS {
            let [long_re, long_im] = long[v];
            let sum = waiting[i][v].add(s, carry[v]);
            (waiting[i][v].re, carry[v].re) = carrying.digit(s, sum.re, long_re);
            (waiting[i][v].im, carry[v].im) = carrying.digit(s, sum.im, long_im);
        }
    }
    let rest = columns % segment;
    let mut excess = s.splat(0.0);
    let mut sum = s.splat(0.0);
    for v in 0..VECTORS {
        waiting[rest][v] = waiting[rest][v].add(s, carry[v]);
        excess = s.abs_max(s.abs_max(excess, carry[v].re), carry[v].im);
        sum = s.add(sum, s.add(carry[v].re, carry[v].im));
    }
    // A maximum may lose a NaN, a sum does not.
    let excess = by_lane(&mut [excess]);
    let sum = by_lane(&mut [sum]);
    for lane in 0..S::LANES {
        let most = tables.words_of(lane).radix[0].max(4.0);
        if !(excess[lane] <= most && sum[lane].is_finite()) {
            watch.largest[lane] = f64::INFINITY;
        }
    }
}

/// Cuts the tails anew and moves the carry of each segment to the next; that of the last comes back
/// negative, to the first. Segments 0 to 7 are the real parts of the vectors, 8 to 15 the imaginary.
#[inline(always)]
fn hand_on<S: Simd>(s: S, tables: &Tables, waiting: &mut [Column<S::V>], carry: &mut Column<S::V>) {
    let columns: &mut [f64] = parts(waiting);
    let carries: &mut [f64] = parts(carry);
    let per_column = carries.len();
    let first = per_column - S::LANES;
    for (lane, words) in tables.words.iter().enumerate() {
        let end = columns.len() - S::LANES + lane;
        tail(
            words,
            &mut columns[..=end],
            per_column,
            &mut carries[first + lane],
        );
    }
    let last = carry[VECTORS - 1];
    for v in (1..VECTORS).rev() {
        carry[v] = carry[v - 1];
    }
    carry[0] = C {
        re: s.sub(s.splat(0.0), last.im),
        im: last.re,
    };
}

/// The lanes of a vector; zeros above them.
#[inline(always)]
fn by_lane<V: crate::simd::Plain>(vector: &mut [V; 1]) -> [f64; LANES] {
    let lanes: &[f64] = parts(vector);
    let mut all = [0.0; LANES];
    all[..lanes.len()].copy_from_slice(lanes);
    all
}
