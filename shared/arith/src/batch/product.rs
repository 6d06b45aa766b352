//! Squares and products of eight pairs of numbers at once, by product scanning.
//!
//! Column c of a product collects the low halves of all a_i*b_j with i+j = c and the high halves of
//! those with i+j = c-1. Columns are made four at a time from blocks of four limbs: 32 multiply-adds
//! on 14 accumulators that stay in registers, for eight loads. Nothing is carried here: a column is
//! handed on as a 64-bit sum of terms below 2^52; [`MAX_LIMBS`] says how many there may be.
//!
//! The limbs of the topmost block need not be four: its missing limbs are zero in memory, and are not
//! multiplied.

use super::{
    lanes::{Lanes, Row, load},
    shape::Moduli,
};

/// Limbs in a block.
pub(super) const BLOCK: usize = 4;

/// Four limbs of every lane.
pub(super) type Block = [Row; BLOCK];

/// The largest number of limbs. A column has at most 2*MAX_LIMBS terms of a product, as many of a
/// reduction, and a carry, all below 2^52: less than 2^11 of them, so below 2^63 even with a sign.
pub(super) const MAX_LIMBS: usize = 500;

/// How many limbs the numbers have, in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Limbs.
    pub(super) limbs: usize,
    /// Blocks that hold them.
    pub(super) blocks: usize,
    /// Limbs in the topmost block, 1 to 4.
    pub(super) top: usize,
}

impl Extent {
    /// Of a positive number of limbs.
    pub(super) fn new(limbs: usize) -> Self {
        let blocks = limbs.div_ceil(BLOCK);
        Self {
            limbs,
            blocks,
            top: limbs - BLOCK * (blocks - 1),
        }
    }
}

/// Takes the columns of a product, a block at a time, the lowest first.
pub(super) trait Sink<S: Lanes> {
    /// Columns 4j to 4j+3.
    fn block(&mut self, s: S, j: usize, columns: [S::V; BLOCK]);
}

/// A way of reducing.
pub(super) trait Reduce {
    /// What reduces one product.
    type Reducer<'a, S: Lanes>: Sink<S>
    where
        Self: 'a;

    /// Begins with a product. The result, at most T/R + N for a product T, is left in `out`, which has
    /// a block more than N. `quotient` is space that was zero at first and is only used for this.
    fn start<'a, S: Lanes>(
        &'a self,
        s: S,
        moduli: &'a Moduli,
        quotient: &'a mut [Block],
        out: &'a mut [Row],
    ) -> Self::Reducer<'a, S>;
}

/// Sums of products of two blocks: seven columns of low halves, and seven of high halves, which
/// belong one column higher. Two sets of accumulators, because an addition to the same one has to
/// wait for the last.
pub(super) struct Partial<S: Lanes> {
    low: [S::V; 2 * BLOCK - 1],
    high: [S::V; 2 * BLOCK - 1],
}

impl<S: Lanes> Partial<S> {
    /// Zero.
    #[inline(always)]
    pub(super) fn zero(s: S) -> Self {
        let zero = s.splat(0);
        Self {
            low: [zero; 2 * BLOCK - 1],
            high: [zero; 2 * BLOCK - 1],
        }
    }

    /// Sums that begin with four columns.
    #[inline(always)]
    pub(super) fn from(s: S, columns: [S::V; BLOCK]) -> Self {
        let mut sums = Self::zero(s);
        sums.low[..BLOCK].copy_from_slice(&columns);
        sums
    }

    /// Adds the product of the lowest A limbs of a and the lowest B limbs of b.
    #[inline(always)]
    fn add_lowest<const A: usize, const B: usize>(&mut self, s: S, a: &Block, b: &Block) {
        let b: [S::V; B] = load(s, b);
        for i in 0..A {
            let a = s.load(&a[i]);
            for (j, &b) in b.iter().enumerate() {
                self.low[i + j] = s.madd_low(self.low[i + j], a, b);
                self.high[i + j] = s.madd_high(self.high[i + j], a, b);
            }
        }
    }

    /// Adds a*b.
    #[inline(always)]
    pub(super) fn add(&mut self, s: S, a: &Block, b: &Block) {
        self.add_lowest::<BLOCK, BLOCK>(s, a, b);
    }

    /// Adds a*b where b has `top` limbs.
    #[inline(always)]
    pub(super) fn add_top(&mut self, s: S, a: &Block, b: &Block, top: usize) {
        match top {
            1 => self.add_lowest::<BLOCK, 1>(s, a, b),
            2 => self.add_lowest::<BLOCK, 2>(s, a, b),
            3 => self.add_lowest::<BLOCK, 3>(s, a, b),
            _ => self.add_lowest::<BLOCK, 4>(s, a, b),
        }
    }

    /// Adds a*b where both have `top` limbs.
    #[inline(always)]
    pub(super) fn add_tops(&mut self, s: S, a: &Block, b: &Block, top: usize) {
        match top {
            1 => self.add_lowest::<1, 1>(s, a, b),
            2 => self.add_lowest::<2, 2>(s, a, b),
            3 => self.add_lowest::<3, 3>(s, a, b),
            _ => self.add_lowest::<4, 4>(s, a, b),
        }
    }

    /// Adds the products of different limbs of a, each pair once.
    #[inline(always)]
    fn add_pairs(&mut self, s: S, a: &Block) {
        let a: [S::V; BLOCK] = load(s, a);
        for i in 0..BLOCK {
            for j in i + 1..BLOCK {
                self.low[i + j] = s.madd_low(self.low[i + j], a[i], a[j]);
                self.high[i + j] = s.madd_high(self.high[i + j], a[i], a[j]);
            }
        }
    }

    /// The lower four columns, with what earlier blocks left for them in `over`, which becomes what
    /// these leave for the next four.
    #[inline(always)]
    pub(super) fn columns(self, s: S, over: &mut [S::V; BLOCK]) -> [S::V; BLOCK] {
        let Self { low, high } = self;
        let lower = [
            s.add(over[0], low[0]),
            s.add(over[1], s.add(low[1], high[0])),
            s.add(over[2], s.add(low[2], high[1])),
            s.add(over[3], s.add(low[3], high[2])),
        ];
        *over = [
            s.add(low[4], high[3]),
            s.add(low[5], high[4]),
            s.add(low[6], high[5]),
            high[6],
        ];
        lower
    }
}

/// x^2: products of different limbs once, doubled, and the squares of limbs, one column each half.
#[inline(always)]
pub(super) fn square<S: Lanes>(s: S, x: &[Block], extent: Extent, sink: &mut impl Sink<S>) {
    let blocks = extent.blocks;
    let x = &x[..blocks];
    let mut over = [s.splat(0); BLOCK];
    for j in 0..2 * blocks {
        let mut pairs = Partial::zero(s);
        let mut i = (j + 1).saturating_sub(blocks);
        let end = j.div_ceil(2);
        if j + 1 >= blocks && i < end {
            pairs.add_top(s, &x[i], &x[blocks - 1], extent.top);
            i += 1;
        }
        while i < end {
            pairs.add(s, &x[i], &x[j - i]);
            i += 1;
        }
        if j % 2 == 0 {
            pairs.add_pairs(s, &x[j / 2]);
        }
        let once = pairs.columns(s, &mut over);
        let halves = &x[j / 2];
        let (even, odd) = (s.load(&halves[j % 2 * 2]), s.load(&halves[j % 2 * 2 + 1]));
        let columns = [
            s.madd_low(s.add(once[0], once[0]), even, even),
            s.madd_high(s.add(once[1], once[1]), even, even),
            s.madd_low(s.add(once[2], once[2]), odd, odd),
            s.madd_high(s.add(once[3], once[3]), odd, odd),
        ];
        sink.block(s, j, columns);
    }
}

/// x*y.
#[inline(always)]
pub(super) fn multiply<S: Lanes>(
    s: S,
    x: &[Block],
    y: &[Block],
    extent: Extent,
    sink: &mut impl Sink<S>,
) {
    let blocks = extent.blocks;
    let (x, y) = (&x[..blocks], &y[..blocks]);
    let mut over = [s.splat(0); BLOCK];
    for j in 0..2 * blocks {
        let mut sums = Partial::zero(s);
        let first = (j + 1).saturating_sub(blocks);
        add_products(s, &mut sums, x, y, extent, j, first..(j + 1).min(blocks));
        let columns = sums.columns(s, &mut over);
        sink.block(s, j, columns);
    }
}

/// Adds x_i*y_(j-i) for a range of blocks i in which both exist.
#[inline(always)]
pub(super) fn add_products<S: Lanes>(
    s: S,
    sums: &mut Partial<S>,
    x: &[Block],
    y: &[Block],
    extent: Extent,
    j: usize,
    range: std::ops::Range<usize>,
) {
    let top = extent.blocks - 1;
    let (mut i, mut end) = (range.start, range.end);
    if i >= end {
        return;
    }
    if i == top && j - i == top {
        sums.add_tops(s, &x[top], &y[top], extent.top);
        return;
    }
    if j - i == top {
        sums.add_top(s, &x[i], &y[top], extent.top);
        i += 1;
    }
    let has_top = end == extent.blocks && i < end;
    if has_top {
        end -= 1;
    }
    while i < end {
        sums.add(s, &x[i], &y[j - i]);
        i += 1;
    }
    if has_top {
        sums.add_top(s, &y[j - top], &x[top], extent.top);
    }
}

/// Hands on columns that are known, from block `first` on.
#[inline(always)]
pub(super) fn resend<S: Lanes>(s: S, first: usize, columns: &[Block], sink: &mut impl Sink<S>) {
    for (j, block) in columns.iter().enumerate() {
        sink.block(s, first + j, load(s, block));
    }
}

/// The columns of a number itself.
#[inline(always)]
pub(super) fn widen<S: Lanes>(s: S, x: &[Block], extent: Extent, sink: &mut impl Sink<S>) {
    resend(s, 0, &x[..extent.blocks], sink);
    for j in extent.blocks..2 * extent.blocks {
        sink.block(s, j, [s.splat(0); BLOCK]);
    }
}
