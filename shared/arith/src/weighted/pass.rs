//! One pass over all columns: from products, or from sums of digits, to digits and to the first step of
//! the next transform.
//!
//! Carries run down the columns, one chain a lane. What leaves a segment at its end belongs to the
//! first digits of the next: so the first columns wait until the end of the pass and take it up then.
//! The last column waits too, because the top digit of all counts to k*b^m, unlike all others.
//!
//! The columns may be gone through in several stretches at once. Then the first columns of each wait, for
//! what the stretch before carries on; and the seams are closed when all have come to their ends.

use std::{cell::Cell, ops::Range};

use super::{
    seams::{Ring, Seam, Within, rests, settle},
    words::{Long, TAIL, Weights, Words},
};
use crate::{
    simd::{C, MAGIC, Simd},
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

/// What a pass works on: a run of columns.
pub(crate) struct State<'a, S: Simd> {
    /// Which columns.
    pub(crate) range: Range<usize>,
    /// Products, then the columns of the next transform; of each of the eight blocks.
    pub(crate) data: [&'a mut [C<S::V>]; VECTORS],
    /// What of them is left to [`crate::transform::real`], in two halves.
    pub(crate) real: [&'a mut [f64]; 2],
    /// Receives the digits, or is empty.
    pub(crate) digits: &'a mut [S::I],
}

/// What is done of a pass.
pub(crate) enum Part<'a, S: Simd> {
    /// All of it.
    Whole {
        /// Room for [`waits`] columns.
        waiting: &'a mut [Column<S::V>],
    },
    /// A stretch of columns. The waiting ones are its first and, at the end of all, the tail.
    Stretch {
        /// Receives the columns that wait,
        waiting: &'a mut [Column<S::V>],
        /// and what the last column carries on.
        end: &'a mut End<S::V>,
    },
    /// The seams between stretches.
    Seams {
        /// The columns that wait in all stretches, one after the other.
        waiting: &'a mut [Column<S::V>],
        /// The ends of all stretches.
        ends: &'a mut [End<S::V>],
    },
}

/// How a stretch ends: what it carries on; as a vector, the largest round-off and product met; and what the fold of
/// a padded row carries on.
pub(crate) type End<V> = [C<V>; END];

/// Complex vectors of it.
pub(crate) const END: usize = VECTORS + 1 + VECTORS / 2;

/// Columns that wait at the starts of stretches, `head` for each, and for the tail; all of a segment that has
/// no more.
pub(crate) fn waits(words: &Words, stretches: usize) -> usize {
    stretches * words.head + words.tail.len()
}

/// The first column of each of several stretches of a segment.
pub(crate) fn start_of(stretch: usize, stretches: usize, segment: usize) -> usize {
    stretch * segment / stretches
}

/// Another negacyclic ring with the same places that takes over the digits.
pub(crate) struct Over<'a, S: Simd> {
    /// Its transform.
    pub(crate) plan: &'a Plan,
    /// Its weights.
    pub(crate) words: &'a Words,
    /// Receives the columns of its transform, and has no digits of its own; without it they take the place of those
    /// here, which are not made.
    pub(crate) state: Option<State<'a, S>>,
}

/// Column i of products, with weights.
#[inline(always)]
pub(super) fn weighted<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    state: &State<'_, S>,
    i: usize,
) -> Column<S::V> {
    let mut z = [C::zero(s); VECTORS];
    let at = i - state.range.start;
    unroll!(v => { z[v] = state.data[v][at]; });
    edge::inverse::<S, CYCLIC>(s, plan, z, at, &state.real)
}

/// Column i of products, unweighted: integers, or nearly.
#[inline(always)]
fn products<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    state: &State<'_, S>,
    i: usize,
) -> Column<S::V> {
    let mut z = weighted::<S, CYCLIC>(s, plan, state, i);
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

/// Column i of a*x + b*y.
#[inline(always)]
pub(super) fn combined<S: Simd>(
    s: S,
    x: &[S::I],
    a: f64,
    y: Option<(&[S::I], f64)>,
    i: usize,
) -> Column<S::V> {
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
        let (re, im) = (s.round(y.re), s.round(y.im));
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

/// A pass, or a part of one. With OVER the digits go over to another ring. `top` is added to what the tail
/// stands for, in units of its lowest digit. What a pass met is said by a part that closes seams.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub(crate) fn run<S: Simd, const CYCLIC: bool, const OVER: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    source: Source<'_, S::I>,
    top: i128,
    mut state: State<'_, S>,
    mut over: Option<Over<'_, S>>,
    part: Part<'_, S>,
) -> Watch {
    let segment = plan.shape.segment;
    let factor = match source {
        Source::Products(factor) => factor,
        _ => 1.0,
    };
    let carrying = Carry::new(s, words, factor);
    let tail = words.tail.len();
    // Which columns wait, in the order of `waiting`: the first ones of each stretch, and the last of all.
    let most = segment.min(waits(words, 1));
    let head = most - tail.min(most);
    let Range { start, end: after } = state.range;
    let none: &mut [End<S::V>] = &mut [];
    let (columns, waiting, ends, stretch) = match part {
        Part::Whole { waiting } => (start..after, &mut waiting[..most], none, None),
        Part::Stretch { waiting, end } => (start..after, waiting, none, Some(end)),
        Part::Seams { waiting, ends } => (after..after, waiting, ends, None),
    };
    let goes_on = stretch.is_some();
    let mut carry = [C::zero(s); VECTORS];
    let mut met = Met::<S>::new(s);
    let mut settled = true;
    // The next of the waiting columns at a start, and the stretch that it is in.
    let (mut place, mut seam) = (0, 0);
    let left = if goes_on { 0 } else { waiting.len() };
    let steps = match source {
        Source::Column(i) => {
            waiting[0] = widened(s, state.digits, i);
            after..after + 1
        }
        _ => columns.start..after + left,
    };
    for step in steps {
        let (i, column) = if step < after {
            let i = step;
            let y = match source {
                Source::Products(_) => products::<S, CYCLIC>(s, plan, words, &state, i),
                Source::Combination { x, a, y } => combined(s, x, a, y, i),
                Source::Column(_) => waiting[0],
            };
            let long: &[Long] = &words.long[i * VECTORS..][..VECTORS];
            let mut d = [C::zero(s); VECTORS];
            unroll!(v => {
                d[v] = carrying.cut(s, y[v], &mut carry[v], long[v], &mut met);
            });
            if i - start < head {
                waiting[i - start] = d;
                continue;
            }
            if i + tail >= segment {
                let w = waiting.len() + i - segment;
                waiting[w] = d;
                continue;
            }
            (i, d)
        } else {
            if step == after && !matches!(source, Source::Column(_)) {
                settled = if ends.is_empty() {
                    let seam = Ring::<CYCLIC> {
                        words,
                        top: Cell::new(top),
                    };
                    let (long, head) = (&words.long, words.head);
                    // A copy, so that the chains themselves are not in memory.
                    let mut last = [C::zero(s); VECTORS];
                    unroll!(v => { last[v] = carry[v]; });
                    let left = settle(s, &seam, &carrying, long, head, waiting, &mut last);
                    rests(s, words, &left)
                } else {
                    close::<S, CYCLIC>(s, words, top, &carrying, waiting, ends)
                };
            }
            let w = step - after;
            let i = match source {
                Source::Column(i) => i,
                _ if w + tail >= waiting.len() => segment + w - waiting.len(),
                _ => {
                    if w == (seam + 1) * head {
                        seam += 1;
                        place = start_of(seam, ends.len(), segment);
                    }
                    place += 1;
                    place - 1
                }
            };
            (i, waiting[w])
        };
        if OVER && let Some(over) = &mut over {
            let Over { plan, words, .. } = *over;
            match &mut over.state {
                Some(other) => enter::<S, CYCLIC>(s, plan, words, &column, i, other),
                None => {
                    enter::<S, CYCLIC>(s, plan, words, &column, i, &mut state);
                    continue;
                }
            }
        }
        emit::<S, CYCLIC>(s, plan, words, &column, i, &mut state);
    }
    if let Some(stretch) = stretch {
        unroll!(v => { stretch[v] = carry[v]; });
        stretch[VECTORS] = C {
            re: met.roundoff,
            im: met.largest,
        };
    }
    for end in ends.iter() {
        met.roundoff = s.abs_max(met.roundoff, end[VECTORS].re);
        met.largest = s.abs_max(met.largest, end[VECTORS].im);
    }
    Watch {
        roundoff: s.peak(met.roundoff),
        largest: if settled {
            s.peak(met.largest) * factor
        } else {
            f64::INFINITY
        },
    }
}

/// Takes what stretches carry on to the waiting columns of those that follow them, that of the last one
/// to the first one, a segment further. Returns whether all of it was numbers and came to rest.
#[inline(always)]
fn close<S: Simd, const CYCLIC: bool>(
    s: S,
    words: &Words,
    top: i128,
    carrying: &Carry<S>,
    waiting: &mut [Column<S::V>],
    ends: &mut [End<S::V>],
) -> bool {
    let (stretches, segment, head) = (ends.len(), words.shape.segment, words.head);
    let mut carry = [C::zero(s); VECTORS];
    // (Not copied as slices: that would be a call in the middle of vector code.)
    unroll!(v => { carry[v] = ends[stretches - 1][v]; });
    let seam = Ring::<CYCLIC> {
        words,
        top: Cell::new(top),
    };
    seam.hand_on(s, waiting, &mut carry);
    let mut settled = true;
    for (stretch, end) in ends.iter().enumerate() {
        let long = &words.long[start_of(stretch, stretches, segment) * VECTORS..];
        let columns = &mut waiting[stretch * head..];
        let left = settle(s, &Within, carrying, long, head, columns, &mut carry);
        settled &= rests(s, words, &left);
        unroll!(v => { carry[v] = end[v]; });
    }
    settled
}

/// Column i of digits: kept, weighted, and taken through the first step of the transform.
#[inline(always)]
fn emit<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    column: &Column<S::V>,
    i: usize,
    state: &mut State<'_, S>,
) {
    // Where digits are only wanted as the first step of a transform there is no room for them.
    let at = (i - state.range.start) * VECTORS;
    if let Some(kept) = state.digits.get_mut(at..)
        && let Some(kept) = kept.first_chunk_mut::<VECTORS>()
    {
        unroll!(v => { kept[v] = s.narrow(column[v]); });
    }
    enter::<S, CYCLIC>(s, plan, words, column, i, state);
}

/// Column i of digits: weighted, and taken through the first step of the transform.
#[inline(always)]
fn enter<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    column: &Column<S::V>,
    i: usize,
    state: &mut State<'_, S>,
) {
    let weights: &[Weights<S::V>] = words.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    let mut z = *column;
    unroll!(v => {
        z[v] = weights[v].digit(s, z[v]);
    });
    let at = i - state.range.start;
    let z = edge::forward::<S, CYCLIC>(s, plan, z, at, &mut state.real);
    unroll!(v => { state.data[v][at] = z[v]; });
}
