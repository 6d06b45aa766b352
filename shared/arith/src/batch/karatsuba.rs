//! Squares of longer numbers by Karatsuba's identity: with x = a + b*B^h,
//! x^2 = a^2 + ((a+b)^2 - a^2 - b^2)*B^h + b^2*B^2h, three squares of half the length where
//! schoolbook takes four.
//!
//! The identity is applied to columns that are not yet carried, so a column of the middle part may be
//! negative; reductions carry with sign. Only a+b is carried, because limbs must stay below 2^52 to be
//! multiplied; the bit that comes out on top is put right afterwards.
//!
//! a^2 and b^2 are made first. The columns of (a+b)^2 are put together with them as they come, and go
//! straight on into the reduction, so that its additions and carries run beside multiplications.

use super::{
    lanes::{Kernel, Lanes, load},
    product::{self, BLOCK, Block, Extent, Sink},
};

/// From this many blocks on a square is split.
pub(super) const SPLIT: usize = 10;

/// Blocks of the space that a square of so many blocks needs.
pub(super) fn space(blocks: usize) -> usize {
    if blocks < SPLIT {
        0
    } else {
        let half = blocks.div_ceil(2);
        // The columns of a^2 and b^2, a+b and the columns of its square, and what these need.
        2 * blocks + 3 * half + space(half)
    }
}

/// The columns of x^2, into memory. Halves call it again, so it is compiled once.
struct SquareColumns<'a> {
    x: &'a [Block],
    extent: Extent,
    /// Twice as many blocks as x has.
    columns: &'a mut [Block],
    space: &'a mut [Block],
}

impl Kernel for SquareColumns<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) {
        if self.extent.blocks < SPLIT {
            product::square(s, self.x, self.extent, &mut Store(self.columns));
            return;
        }
        let mut sink = StoreCarried {
            columns: self.columns,
            upper: s.splat(0),
        };
        square(s, self.x, self.extent, self.space, &mut sink);
    }
}

/// x^2, by whatever is faster; `space` has [`space`] blocks.
#[inline(always)]
pub(super) fn square<S: Lanes>(
    s: S,
    x: &[Block],
    extent: Extent,
    space: &mut [Block],
    sink: &mut impl Sink<S>,
) {
    if extent.blocks < SPLIT {
        product::square(s, x, extent, sink);
        return;
    }
    let half = extent.blocks.div_ceil(2);
    let (a, b) = x[..extent.blocks].split_at(half);
    let lower = Extent::new(BLOCK * half);
    let upper = Extent::new(extent.limbs - lower.limbs);
    let (a_columns, space) = space.split_at_mut(2 * half);
    let (b_columns, space) = space.split_at_mut(2 * upper.blocks);
    let (sum, space) = space.split_at_mut(half);
    let (columns, space) = space.split_at_mut(2 * half);
    let carry = add(s, a, b, sum);
    for (x, extent, columns) in [(a, lower, &mut *a_columns), (b, upper, &mut *b_columns)] {
        s.run(SquareColumns {
            x,
            extent,
            columns,
            space,
        });
    }
    product::resend(s, 0, &a_columns[..half], sink);
    let mut middle = Middle {
        half,
        a: a_columns,
        b: b_columns,
        sum,
        mask: s.sub(s.splat(0), carry),
        sink,
    };
    if half < SPLIT {
        product::square(s, sum, lower, &mut middle);
    } else {
        s.run(SquareColumns {
            x: sum,
            extent: lower,
            columns,
            space,
        });
        product::resend(s, 0, columns, &mut middle);
    }
    let rest = &mut b_columns[half..];
    let first = &mut rest[0][0];
    let corrected = s.add(s.load(first), carry);
    s.store(first, corrected);
    product::resend(s, 3 * half, rest, sink);
}

/// Keeps columns in memory: those of a short square, which are sums of few terms.
struct Store<'a>(&'a mut [Block]);

impl<S: Lanes> Sink<S> for Store<'_> {
    #[inline(always)]
    fn block(&mut self, s: S, j: usize, columns: [S::V; BLOCK]) {
        for (row, column) in self.0[j].iter_mut().zip(columns) {
            s.store(row, column);
        }
    }
}

/// Keeps columns in memory: those of a square that was split. Each hands its upper bits to the next,
/// once and without waiting for what it gets itself, so what is kept is below 2^53 and splitting any
/// number of times does not make columns larger.
struct StoreCarried<'a, S: Lanes> {
    columns: &'a mut [Block],
    upper: S::V,
}

impl<S: Lanes> Sink<S> for StoreCarried<'_, S> {
    #[inline(always)]
    fn block(&mut self, s: S, j: usize, columns: [S::V; BLOCK]) {
        let last = j + 1 == self.columns.len();
        for (i, (row, column)) in self.columns[j].iter_mut().zip(columns).enumerate() {
            // There is none above the topmost, which keeps its own.
            let lower = if last && i + 1 == BLOCK {
                column
            } else {
                s.low(column)
            };
            s.store(row, s.add(lower, self.upper));
            self.upper = s.high_signed(column);
        }
    }
}

/// Takes the columns of the square of `sum`, where a+b is sum + carry*B^h, and hands on those of x^2
/// from h to 3h. (a+b)^2 has 2*carry*sum*B^h more than the square of sum, and carry*B^2h, which
/// belongs to the columns after these.
struct Middle<'a, S: Lanes, T> {
    /// h in blocks.
    half: usize,
    a: &'a [Block],
    b: &'a [Block],
    sum: &'a [Block],
    /// All bits in the lanes with a carry.
    mask: S::V,
    sink: &'a mut T,
}

impl<S: Lanes, T: Sink<S>> Sink<S> for Middle<'_, S, T> {
    #[inline(always)]
    fn block(&mut self, s: S, j: usize, mut columns: [S::V; BLOCK]) {
        // a^2 from h on, then b^2.
        let beside = match j.checked_sub(self.half) {
            None => &self.a[self.half + j],
            Some(j) => &self.b[j],
        };
        let (beside, a): ([S::V; BLOCK], [S::V; BLOCK]) = (load(s, beside), load(s, &self.a[j]));
        for (i, column) in columns.iter_mut().enumerate() {
            *column = s.add(*column, s.sub(beside[i], a[i]));
        }
        if let Some(b) = self.b.get(j) {
            for (column, b) in columns.iter_mut().zip(b) {
                *column = s.sub(*column, s.load(b));
            }
        }
        if j >= self.half {
            for (column, sum) in columns.iter_mut().zip(&self.sum[j - self.half]) {
                let sum = s.load(sum);
                *column = s.add(*column, s.and(s.add(sum, sum), self.mask));
            }
        }
        self.sink.block(s, self.half + j, columns);
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
