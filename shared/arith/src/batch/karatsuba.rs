//! Squares of longer numbers by Karatsuba's identity: with x = a + b*B^h,
//! x^2 = a^2 + ((a+b)^2 - a^2 - b^2)*B^h + b^2*B^2h, three squares of half the length where
//! schoolbook takes four.
//!
//! The identity is applied to columns that are not yet carried, so a column of the middle part may be
//! negative; reductions carry with sign. Only a+b is carried, because limbs must stay below 2^52 to be
//! multiplied; the bit that comes out on top is put right afterwards.

use super::{
    lanes::{Kernel, Lanes},
    product::{self, BLOCK, Block, Extent, Sink},
};

/// From this many blocks on a square is split.
pub(super) const THRESHOLD: usize = 100;

/// Blocks of the space that [`SquareColumns`] needs.
pub(super) fn scratch(blocks: usize) -> usize {
    if blocks < THRESHOLD {
        0
    } else {
        let half = blocks.div_ceil(2);
        3 * half + scratch(half)
    }
}

/// The columns of x^2, all at once.
pub(super) struct SquareColumns<'a> {
    pub(super) x: &'a [Block],
    pub(super) extent: Extent,
    /// Twice as many blocks as x has.
    pub(super) columns: &'a mut [Block],
    /// Space.
    pub(super) scratch: &'a mut [Block],
}

impl Kernel for SquareColumns<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) {
        let Self {
            x,
            extent,
            columns,
            scratch,
        } = self;
        if extent.blocks < THRESHOLD {
            product::square(s, x, extent, &mut Store(columns));
            return;
        }
        let half = extent.blocks.div_ceil(2);
        let (a, b) = x[..extent.blocks].split_at(half);
        let lower = Extent::new(BLOCK * half);
        let upper = Extent::new(extent.limbs - lower.limbs);
        let (sum, scratch) = scratch.split_at_mut(half);
        let (middle, scratch) = scratch.split_at_mut(2 * half);
        s.run(SquareColumns {
            x: a,
            extent: lower,
            columns: &mut columns[..2 * half],
            scratch,
        });
        s.run(SquareColumns {
            x: b,
            extent: upper,
            columns: &mut columns[2 * half..],
            scratch,
        });
        let carry = add(s, a, b, sum);
        s.run(SquareColumns {
            x: sum,
            extent: lower,
            columns: middle,
            scratch,
        });
        combine(s, columns, middle, sum, carry);
    }
}

/// Keeps columns in memory.
struct Store<'a>(&'a mut [Block]);

impl<S: Lanes> Sink<S> for Store<'_> {
    #[inline(always)]
    fn block(&mut self, s: S, j: usize, columns: [S::V; BLOCK]) {
        let block = &mut self.0[j];
        for (row, column) in block.iter_mut().zip(columns) {
            s.store(row, column);
        }
    }
}

/// sum = a+b, where b may be shorter; returns the carry.
#[inline(always)]
fn add<S: Lanes>(s: S, a: &[Block], b: &[Block], sum: &mut [Block]) -> S::V {
    let mut carry = s.splat(0);
    let shorter = b.len() * BLOCK;
    let (sum, a, b) = (sum.as_flattened_mut(), a.as_flattened(), b.as_flattened());
    let (low, high) = sum.split_at_mut(shorter);
    for ((sum, a), b) in low.iter_mut().zip(a).zip(b) {
        let t = s.add(s.add(s.load(a), s.load(b)), carry);
        s.store(sum, s.low(t));
        carry = s.high(t);
    }
    for (sum, a) in high.iter_mut().zip(&a[shorter..]) {
        let t = s.add(s.load(a), carry);
        s.store(sum, s.low(t));
        carry = s.high(t);
    }
    carry
}

/// Adds the middle part. `columns` holds a^2 and b^2, `middle` (sum)^2, where a+b is
/// sum + carry*B^h.
#[inline(always)]
fn combine<S: Lanes>(s: S, columns: &mut [Block], middle: &[Block], sum: &[Block], carry: S::V) {
    let h = sum.len() * BLOCK;
    let columns = columns.as_flattened_mut();
    let (middle, sum) = (middle.as_flattened(), sum.as_flattened());
    let (a, b) = columns.split_at_mut(2 * h);
    let (a_low, a_high) = a.split_at_mut(h);
    let (b_low, b_high) = b.split_at_mut(h);
    // (sum + carry*B^h)^2 has 2*carry*sum*B^h and carry*B^2h more than sum^2.
    let mask = s.sub(s.splat(0), carry);
    for i in 0..h {
        let (a, sum) = (s.load(&a_low[i]), s.load(&sum[i]));
        let shared = s.sub(s.load(&a_high[i]), s.load(&b_low[i]));
        let lower = s.add(s.sub(s.load(&middle[i]), a), shared);
        let mut upper = s.sub(s.load(&middle[h + i]), shared);
        if let Some(b) = b_high.get(i) {
            upper = s.sub(upper, s.load(b));
        }
        let upper = s.add(upper, s.and(s.add(sum, sum), mask));
        s.store(&mut a_high[i], lower);
        s.store(&mut b_low[i], upper);
    }
    let top = s.add(s.load(&b_high[0]), carry);
    s.store(&mut b_high[0], top);
}
