//! The pass of padded rows: that of [`weighted::pass`](crate::weighted::pass) with the fold between the carries of products
//! and the digits.

use std::ops::Range;

use super::{Ends, Fold};
use crate::{
    simd::{C, Simd, parts},
    transform::{
        Plan,
        edge::{self, Column, unroll},
        plan::VECTORS,
    },
    weighted::{
        pass::{
            Carry, END, End, Met, Part, Source, State, Watch, combined, start_of, weighted, widened,
        },
        seams::{self, Left, Within, nearest, whole},
        words::{Long, Weights, Words},
    },
};

/// The bits of the low piece of k.
const PIECE: u32 = 22;

/// The pieces of k, and c, times a factor.
#[derive(Clone, Copy)]
struct Pieces<S: Simd> {
    low: S::V,
    high: S::V,
    step: S::V,
    c: S::V,
}

impl<S: Simd> Pieces<S> {
    #[inline(always)]
    fn new<const WIDE: bool>(s: S, k: u64, c: f64) -> Self {
        let (low, high) = if WIDE {
            (k & ((1 << PIECE) - 1), k >> PIECE)
        } else {
            (k, 0)
        };
        Self {
            low: s.splat(low as f64),
            high: s.splat(high as f64),
            step: s.splat(f64::from(1u32 << PIECE)),
            c: s.splat(c),
        }
    }

    /// The digit of k*re - c*im with what was carried to it, and what it carries on.
    #[inline(always)]
    fn fold<const WIDE: bool>(
        &self,
        s: S,
        carrying: &Carry<S>,
        z: C<S::V>,
        carry: S::V,
        long: u8,
    ) -> (S::V, S::V) {
        let sum = s.fnma(self.c, z.im, s.fma(self.low, z.re, carry));
        if WIDE {
            let (rest, high) = carrying.digit(s, s.mul(self.high, z.re), long);
            let (digit, low) = carrying.digit(s, s.fma(self.step, rest, sum), long);
            (digit, s.fma(self.step, high, low))
        } else {
            carrying.digit(s, sum, long)
        }
    }
}

/// The pass over a run of columns, or what is left to do at the seams between several, like that of the parent.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
pub(crate) fn run<S: Simd, const WIDE: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    fold: &Fold,
    source: Source<'_, S::I>,
    ends: Ends,
    mut state: State<'_, S>,
    part: Part<'_, S>,
) -> Watch {
    let segment = plan.shape.segment;
    // Nothing of a sum passes the top, and it is not multiplied by k.
    let (multiplier, c) = match source {
        Source::Products(factor) => (factor as u64 * fold.k, factor * fold.c as f64),
        _ => (1, 0.0),
    };
    let carrying = Carry::new(s, words, 1.0);
    let pieces = Pieces::new::<WIDE>(s, multiplier, c);
    let (head, waits) = (fold.head, fold.waits());
    let Range { start, end: after } = state.range;
    let none: &mut [End<S::V>] = &mut [];
    let (first, waiting, stretches, stretch) = match part {
        Part::Whole { waiting } => (start, &mut waiting[..waits], none, None),
        Part::Stretch { waiting, end } => (start, waiting, none, Some(end)),
        Part::Seams { waiting, ends } => (after, waiting, ends, None),
    };
    let alone = stretches.is_empty();
    let count = stretches.len().max(1);
    // Of the lower and the upper half of products, and of the fold.
    let mut carry = [C::zero(s); VECTORS];
    let mut folded = [s.splat(0.0); VECTORS];
    let mut met = Met::<S>::new(s);
    let mut come = Some(0);
    let left = if stretch.is_some() { 0 } else { waiting.len() };
    for step in first..after + left {
        let (i, column) = if step < after {
            let i = step;
            let long: &[Long] = &words.long[i * VECTORS..][..VECTORS];
            let mut d = match source {
                Source::Products(_) => {
                    let y = products(s, plan, words, &state, i);
                    let mut d = y;
                    unroll!(v => {
                        d[v] = carrying.cut(s, y[v], &mut carry[v], long[v], &mut met);
                    });
                    d
                }
                Source::Combination { x, a, y } => combined(s, x, a, y, i),
                Source::Column(_) => widened(s, state.digits, i),
            };
            let place = i - start;
            if place < head {
                waiting[place] = d;
                continue;
            }
            unroll!(v => {
                (d[v].re, folded[v]) =
                    pieces.fold::<WIDE>(s, &carrying, d[v], folded[v], long[v][0]);
            });
            if place < waits {
                waiting[place] = d;
                continue;
            }
            (i, d)
        } else {
            if step == after {
                // (Copied, so that the chains themselves are not in memory.)
                let only = [ending::<S>(&carry, &folded, &met)];
                let seams = Seams {
                    words,
                    fold,
                    carrying: &carrying,
                    pieces: &pieces,
                    ends,
                    c: matches!(source, Source::Products(_)).then_some(c),
                };
                let stretches: &[_] = if alone { &only } else { stretches };
                come = seams.close::<WIDE>(s, waiting, stretches);
            }
            let w = step - after;
            (start_of(w / waits, count, segment) + w % waits, waiting[w])
        };
        emit(s, plan, words, &column, i, &mut state);
    }
    match stretch {
        Some(stretch) => *stretch = ending::<S>(&carry, &folded, &met),
        None => put_above(s, words, fold, come.unwrap_or_default(), &mut state),
    }
    for end in stretches.iter() {
        met.roundoff = s.abs_max(met.roundoff, end[VECTORS].re);
        met.largest = s.abs_max(met.largest, end[VECTORS].im);
    }
    Watch {
        roundoff: s.peak(met.roundoff),
        largest: if come.is_some() {
            s.peak(met.largest)
        } else {
            f64::INFINITY
        },
    }
}

/// What a stretch carries on, in both ways, and what it met.
#[inline(always)]
fn ending<S: Simd>(carry: &Column<S::V>, folded: &[S::V; VECTORS], met: &Met<S>) -> End<S::V> {
    let met = C {
        re: met.roundoff,
        im: met.largest,
    };
    let mut end = [met; END];
    unroll!(v => { end[v] = carry[v]; });
    unroll!(v => {
        let pair = &mut end[VECTORS + 1 + v / 2];
        *(if v.is_multiple_of(2) { &mut pair.re } else { &mut pair.im }) = folded[v];
    });
    end
}

/// What a stretch carried on.
#[inline(always)]
fn carried<S: Simd>(end: &End<S::V>) -> (Column<S::V>, [S::V; VECTORS]) {
    let mut carry = [end[0]; VECTORS];
    unroll!(v => { carry[v] = end[v]; });
    let mut folded = [end[0].re; VECTORS];
    unroll!(v => {
        let pair = &end[VECTORS + 1 + v / 2];
        folded[v] = if v.is_multiple_of(2) { pair.re } else { pair.im };
    });
    (carry, folded)
}

/// Column i of products, unweighted. The weights of both halves of the row are the same, and memory is what limits long
/// rows.
#[inline(always)]
fn products<S: Simd>(
    s: S,
    plan: &Plan,
    words: &Words,
    state: &State<'_, S>,
    i: usize,
) -> Column<S::V> {
    let mut z = weighted::<S, false>(s, plan, state, i);
    let weights: &[Weights<S::V>] = words.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    unroll!(v => { z[v] = z[v].scale(s, weights[v].inverse.re); });
    z
}

/// Column i of digits, but for those of r: kept, weighted, and taken through the first step of the transform. All
/// imaginary parts are zero.
#[inline(always)]
fn emit<S: Simd>(
    s: S,
    plan: &Plan,
    words: &Words,
    column: &Column<S::V>,
    i: usize,
    state: &mut State<'_, S>,
) {
    let at = i - state.range.start;
    // Where digits are only wanted as the first step of a transform there is no room for them.
    if let Some(kept) = state.digits.get_mut(at * VECTORS..)
        && let Some(kept) = kept.first_chunk_mut::<VECTORS>()
    {
        let im = s.splat(0.0);
        unroll!(v => { kept[v] = s.narrow(C { re: column[v].re, im }); });
    }
    let weights: &[Weights<S::V>] = words.weights.view();
    let weights = &weights[i * VECTORS..][..VECTORS];
    let mut x = [s.splat(0.0); VECTORS];
    unroll!(v => { x[v] = s.mul(column[v].re, weights[v].weight.re); });
    let z = edge::forward_real(s, plan, x);
    unroll!(v => { state.data[v][at] = z[v]; });
}

/// Puts the digits of r where the row's upper half begins. They lie in a lane that no split multiplies, so each
/// comes to all residues of its column alike.
#[inline(always)]
fn put_above<S: Simd>(s: S, words: &Words, fold: &Fold, r: i128, state: &mut State<'_, S>) {
    let digits: &mut [i32] = parts(state.digits);
    let mut rest = r;
    for (i, above) in fold.above.iter().enumerate() {
        let carry = if i + 1 < fold.above.len() {
            nearest(rest, above.radix)
        } else {
            0
        };
        let digit = (rest - carry * above.radix) as i32;
        rest = carry;
        if let Some(kept) = digits.get_mut(above.at) {
            *kept = digit;
        }
        let weights: &[Weights<S::V>] = words.weights.view();
        let weighted = &mut [weights[i * VECTORS].weight.im];
        let weighted: &mut [f64] = parts(weighted);
        let change = s.splat(weighted[0] * f64::from(digit));
        for block in &mut state.data {
            block[i].im = s.add(block[i].im, change);
        }
    }
}

/// Adds an integer to the first segment's first digits, of which there are `per_column` from one to the next.
fn add_low(words: &Words, columns: &mut [f64], per_column: usize, low: i128) {
    let mut value = low;
    let last = columns.len() / per_column - 1;
    for (j, column) in columns.chunks_exact_mut(per_column).enumerate() {
        let radix = i128::from(words.radix_of(j));
        let carry = if j < last { nearest(value, radix) } else { 0 };
        column[0] += (value - carry * radix) as f64;
        value = carry;
    }
}

/// What is done where stretches meet.
struct Seams<'a, S: Simd> {
    words: &'a Words,
    fold: &'a Fold,
    carrying: &'a Carry<S>,
    pieces: &'a Pieces<S>,
    ends: Ends,
    /// c times the factor, for products.
    c: Option<f64>,
}

impl<S: Simd> Seams<'_, S> {
    /// Takes what stretches carry on to the waiting columns of those that follow them, that of the last one to the
    /// first one, a segment further. Returns r, if all of it was numbers and came to rest.
    #[inline(always)]
    fn close<const WIDE: bool>(
        &self,
        s: S,
        waiting: &mut [Column<S::V>],
        stretches: &[End<S::V>],
    ) -> Option<i128> {
        let Self { words, fold, .. } = *self;
        let (count, waits) = (stretches.len(), fold.waits());
        let (mut carry, mut folded) = carried::<S>(&stretches[count - 1]);
        let mut come = self.come_round(s, waiting, &mut carry, &mut folded);
        for (stretch, end) in stretches.iter().enumerate() {
            let long = &words.long[start_of(stretch, count, words.shape.segment) * VECTORS..];
            let waiting = &mut waiting[stretch * waits..][..waits];
            if !self.settle::<WIDE>(s, long, waiting, &mut carry, &mut folded) {
                come = None;
            }
            (carry, folded) = carried::<S>(end);
        }
        come
    }

    /// Moves what leaves the segments to the next ones, and adds what comes to the ends of the row. Returns r, if what
    /// leaves the row are numbers.
    #[inline(always)]
    fn come_round(
        &self,
        s: S,
        waiting: &mut [Column<S::V>],
        carry: &mut Column<S::V>,
        folded: &mut [S::V; VECTORS],
    ) -> Option<i128> {
        let Self {
            words, fold, ends, ..
        } = *self;
        let folds: &mut [f64] = parts(folded);
        let over = folds[folds.len() - 1];
        let mut finite = over.is_finite();
        let mut top = ends.top + whole(over);
        if let Some(c) = self.c {
            // t, which comes back in another way than round.
            let carries: &mut [f64] = parts(carry);
            let last = carries.len() - 1;
            let t = std::mem::take(&mut carries[last]);
            finite &= t.is_finite();
            top -= whole(c) * whole(t);
            seams::hand_on::<S, false>(s, words, carry);
            let columns: &mut [f64] = parts(&mut waiting[..fold.head]);
            add_low(words, columns, 2 * VECTORS * S::LANES, ends.low);
        }
        let quotient = nearest(top, fold.k.into());
        let mut before = s.splat((-i128::from(fold.c) * quotient) as f64);
        for folded in folded.iter_mut() {
            (*folded, before) = (s.shift(before, *folded), *folded);
        }
        finite.then_some(top - quotient * i128::from(fold.k))
    }

    /// Takes carries, those of products and those of the fold, to the columns that wait for them. Returns whether all
    /// came to rest.
    #[inline(always)]
    fn settle<const WIDE: bool>(
        &self,
        s: S,
        long: &[Long],
        waiting: &mut [Column<S::V>],
        carry: &mut Column<S::V>,
        folded: &mut [S::V; VECTORS],
    ) -> bool {
        let Self {
            words, carrying, ..
        } = *self;
        let (head, last) = (self.fold.head, waiting.len() - 1);
        let mut settled = true;
        if self.c.is_some() {
            let columns = &mut waiting[..head];
            let left = seams::settle(s, &Within, carrying, long, head, columns, carry);
            settled = seams::rests(s, words, &left);
        }
        for (i, column) in waiting.iter_mut().enumerate() {
            let long = &long[i * VECTORS..][..VECTORS];
            for v in 0..VECTORS {
                let long = long[v][0];
                let z = &mut column[v];
                if i < head {
                    (z.re, folded[v]) = self.pieces.fold::<WIDE>(s, carrying, *z, folded[v], long);
                } else if i < last {
                    (z.re, folded[v]) = carrying.digit(s, s.add(z.re, folded[v]), long);
                } else {
                    z.re = s.add(z.re, folded[v]);
                }
            }
        }
        let mut left = Left {
            excess: s.splat(0.0),
            sum: s.splat(0.0),
        };
        for &folded in folded.iter() {
            left.excess = s.abs_max(left.excess, folded);
            left.sum = s.add(left.sum, folded);
        }
        settled & seams::rests(s, words, &left)
    }
}
