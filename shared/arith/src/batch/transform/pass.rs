//! One pass over all columns, from products to digits and to the first step of the next transform, as
//! in [`crate::weighted::pass`]; but here the carries stay in their lanes, and everything is watched
//! for each lane by itself.

use super::tables::Tables;
use crate::{
    batch::LANES,
    simd::{C, Simd, parts},
    transform::{
        edge::{self, Column, NEGATIVE, unroll},
        node,
        plan::VECTORS,
    },
    weighted::{
        pass::{Carry, Met, WAIT, widened},
        seams::{Left, Seam, settle, tail},
        words::{Long, TAIL, Weights},
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
pub(super) fn run<S: Simd, const CYCLIC: bool>(
    s: S,
    tables: &Tables,
    factors: &[f64; LANES],
    data: &mut [C<S::V>],
    digits: &mut [S::I],
) -> Watch {
    let segment = tables.shape().segment;
    let carrying = carrying(s, tables, factors);
    let mut carry = [C::zero(s); VECTORS];
    let mut waiting = [[C::zero(s); VECTORS]; WAIT];
    // The first columns wait for what the segments before them carry over, the last for the tail.
    let waits = segment.min(tables.head + tables.tail);
    let head = waits - tables.tail.min(waits);
    let mut met = Met::<S>::new(s);
    let mut left = None;
    // One place that emits, for the columns of the pass and for those that waited: with two, compilers put off
    // what is met to the end of a column, and keep all products of it in memory until then.
    for step in 0..segment + waits {
        let (i, column) = if step < segment {
            let i = step;
            let y = products::<S, CYCLIC>(s, tables, data, i);
            let long: &[Long] = &tables.long[i * VECTORS..][..VECTORS];
            let mut d = [C::zero(s); VECTORS];
            unroll!(v => {
                d[v] = carrying.cut(s, y[v], &mut carry[v], long[v], &mut met);
            });
            if i < head {
                waiting[i] = d;
                continue;
            }
            if i + tables.tail >= segment {
                waiting[i + waits - segment] = d;
                continue;
            }
            (i, d)
        } else {
            let w = step - segment;
            if w == 0 {
                // A copy, so that the chains themselves are not in memory.
                let mut last = [C::zero(s); VECTORS];
                unroll!(v => { last[v] = carry[v]; });
                left = Some(settle(
                    s,
                    &Lanes::<CYCLIC>(tables),
                    &carrying,
                    &tables.long,
                    tables.head,
                    &mut waiting[..waits],
                    &mut last,
                ));
            }
            let i = if w < head { w } else { segment - waits + w };
            (i, waiting[w])
        };
        emit::<S, CYCLIC>(s, tables, &column, i, data, digits);
    }
    let mut watch = Watch {
        roundoff: by_lane(&mut [met.roundoff]),
        largest: by_lane(&mut [met.largest]),
    };
    match left {
        Some(left) => refuse(tables, &left, &mut watch),
        // No column waited, so no carry came to rest.
        None => watch.largest = [f64::INFINITY; LANES],
    }
    watch
}

/// Digits to the first step of their transform.
#[inline(always)]
pub(super) fn enter<S: Simd, const CYCLIC: bool>(
    s: S,
    tables: &Tables,
    digits: &[S::I],
    data: &mut [C<S::V>],
) {
    for i in 0..tables.shape().segment {
        let column = widened(s, digits, i);
        forward::<S, CYCLIC>(s, tables, &column, i, data);
    }
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
fn products<S: Simd, const CYCLIC: bool>(
    s: S,
    tables: &Tables,
    data: &[C<S::V>],
    i: usize,
) -> Column<S::V> {
    let stride = tables.shape().stride();
    let mut z = [C::zero(s); VECTORS];
    unroll!(v => { z[v] = data[v * stride + i]; });
    let mut z = if CYCLIC {
        node::fourier_8_back(s, halves::<S, true>(s, tables, &z))
    } else {
        edge::turn_back(s, node::fourier_8_back(s, z), &tables.plan)
    };
    let weights: &[Weights<S::V>] = tables.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    unroll!(v => {
        z[v] = weights[v].product(s, z[v]);
    });
    z
}

/// Column i of digits: kept, and taken through the first step of their transform.
#[inline(always)]
fn emit<S: Simd, const CYCLIC: bool>(
    s: S,
    tables: &Tables,
    column: &Column<S::V>,
    i: usize,
    data: &mut [C<S::V>],
    digits: &mut [S::I],
) {
    let kept = &mut digits[i * VECTORS..][..VECTORS];
    unroll!(v => { kept[v] = s.narrow(column[v]); });
    forward::<S, CYCLIC>(s, tables, column, i, data);
}

/// Column i of digits: weighted, and taken through the first step of their transform.
#[inline(always)]
fn forward<S: Simd, const CYCLIC: bool>(
    s: S,
    tables: &Tables,
    column: &Column<S::V>,
    i: usize,
    data: &mut [C<S::V>],
) {
    let weights: &[Weights<S::V>] = tables.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    let mut z = *column;
    unroll!(v => {
        z[v] = weights[v].digit(s, z[v]);
    });
    let z = if CYCLIC {
        halves::<S, false>(s, tables, &node::fourier_8(s, z))
    } else {
        node::fourier_8(s, edge::turn(s, z, &tables.plan))
    };
    let stride = tables.shape().stride();
    unroll!(v => { data[v * stride + i] = z[v]; });
}

/// From the residues of pairs of real segments, in real and imaginary parts, to those of their whole, as in
/// [`crate::transform::edge`], or `BACK`; times two. Here the conjugate of the negated angle is another vector of the
/// same column, and what is made of one serves both, because their factors are conjugates of each other. At half a
/// turn the factor is 1. The first vector is its own: it stays as it is, for [`super::real`].
#[inline(always)]
fn halves<S: Simd, const BACK: bool>(s: S, tables: &Tables, z: &Column<S::V>) -> Column<S::V> {
    let factors: &[C<S::V>] = tables.plan.halves.view();
    let factors = &factors[..VECTORS];
    let mut out = *z;
    out[HALF_TURN] = z[HALF_TURN].add(s, z[HALF_TURN]);
    for [v, u] in PAIRS {
        let sum = C {
            re: s.add(z[v].re, z[u].re),
            im: s.sub(z[v].im, z[u].im),
        };
        let difference = C {
            re: s.sub(z[v].re, z[u].re),
            im: s.add(z[v].im, z[u].im),
        };
        let turned = if BACK {
            difference.mul_conj(s, factors[v])
        } else {
            difference.mul(s, factors[v])
        };
        out[v] = sum.add(s, turned);
        out[u] = C {
            re: s.sub(sum.re, turned.re),
            im: s.sub(turned.im, sum.im),
        };
    }
    out
}

/// The vector at half a turn, which is its own negative.
const HALF_TURN: usize = 1;

/// The vectors at other angles and at their negatives.
const PAIRS: [[usize; 2]; 3] = [[2, NEGATIVE[2]], [4, NEGATIVE[4]], [5, NEGATIVE[5]]];

/// A lane whose carries are not numbers, or did not come to rest, has its largest value set to infinity.
#[inline(always)]
fn refuse<S: Simd>(tables: &Tables, left: &Left<S>, watch: &mut Watch) {
    let excess = by_lane(&mut [left.excess]);
    let sum = by_lane(&mut [left.sum]);
    for lane in 0..S::LANES {
        let most = tables.words_of(lane).radix[0].max(4.0);
        if !(excess[lane] <= most && sum[lane].is_finite()) {
            watch.largest[lane] = f64::INFINITY;
        }
    }
}

/// The segments of a residue in each lane.
struct Lanes<'a, const CYCLIC: bool>(&'a Tables);

impl<S: Simd, const CYCLIC: bool> Seam<S> for Lanes<'_, CYCLIC> {
    #[inline(always)]
    fn hand_on(&self, s: S, waiting: &mut [Column<S::V>], carry: &mut Column<S::V>) {
        hand_on::<S, CYCLIC>(s, self.0, waiting, carry);
    }
}

/// Cuts the tails of all lanes anew; what they carry on is that of the last segment.
#[inline(always)]
fn cut_tails<S: Simd>(
    s: S,
    tables: &Tables,
    waiting: &mut [Column<S::V>],
    carry: &mut Column<S::V>,
) {
    let end = waiting.len();
    if let Some(tails) = &tables.tails {
        let radices: &[S::V] = tables.radices.view();
        // The top digits were cut at the shorter radix.
        let top = waiting[end - 1][VECTORS - 1].im;
        let top = s.fma(carry[VECTORS - 1].im, radices[0], top);
        carry[VECTORS - 1].im = tails.cut(s, &mut waiting[end - tables.tail..], top);
        return;
    }
    let columns: &mut [f64] = parts(waiting);
    let carries: &mut [f64] = parts(carry);
    let per_column = carries.len();
    let first = per_column - S::LANES;
    let columns_end = columns.len() - S::LANES;
    for (lane, words) in tables.words.iter().enumerate() {
        let count = words.tail.len();
        let at = |j: usize| columns_end - (count - 1 - j) * per_column + lane;
        let mut digits = [0.0; TAIL];
        let digits = &mut digits[..count];
        for (j, digit) in digits.iter_mut().enumerate() {
            *digit = columns[at(j)];
        }
        carries[first + lane] = tail(words, 0, digits, carries[first + lane]);
        for (j, &mut digit) in digits.iter_mut().enumerate() {
            columns[at(j)] = digit;
        }
    }
}

/// Cuts the tails anew and moves the carry of each segment to the next; that of the last comes back to the
/// first, negative for +1. There segments 0 to 7 are the real parts of the vectors, 8 to 15 the imaginary; for -1
/// they are real and imaginary parts in turns.
#[inline(always)]
fn hand_on<S: Simd, const CYCLIC: bool>(
    s: S,
    tables: &Tables,
    waiting: &mut [Column<S::V>],
    carry: &mut Column<S::V>,
) {
    cut_tails(s, tables, waiting, carry);
    let last = carry[VECTORS - 1];
    if CYCLIC {
        for v in (0..VECTORS).rev() {
            let before = if v > 0 { carry[v - 1] } else { last };
            carry[v] = C {
                re: before.im,
                im: carry[v].re,
            };
        }
        return;
    }
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
