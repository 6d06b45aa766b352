//! Reduction modulo any odd N, as the columns of a product come in (Montgomery 1985).
//!
//! With B = 2^52 and R = B^limbs, T/R mod N is (T + Q*N)/R, where each limb of Q is chosen, lowest
//! first, to make one more limb of the sum vanish: q_j = -t_j/N mod B. Columns come and go in blocks;
//! products of earlier limbs of Q with N are summed as in a product, and only the four limbs of one
//! block wait for each other. While they do, the processor is already busy with products of the next
//! block, most of which need only what is long known.

use super::{
    lanes::{Lanes, Row, load},
    product::{BLOCK, Block, Extent, Partial, Sink, add_products},
};

/// Reduces what comes in. The result is at most T/R + N.
pub(super) struct Reducer<'a, S: Lanes> {
    extent: Extent,
    modulus: &'a [Block],
    /// -1/N mod B.
    inverse: S::V,
    carry: S::V,
    over: [S::V; BLOCK],
    q: &'a mut [Block],
    out: &'a mut [Row],
}

impl<'a, S: Lanes> Reducer<'a, S> {
    /// Leaves the result in `out`; `q` is space of as many blocks as N has, zero at first and only
    /// ever used for this.
    #[inline(always)]
    pub(super) fn new(
        s: S,
        extent: Extent,
        modulus: &'a [Block],
        inverse: &Row,
        q: &'a mut [Block],
        out: &'a mut [Row],
    ) -> Self {
        Self {
            extent,
            modulus: &modulus[..extent.blocks],
            inverse: s.load(inverse),
            carry: s.splat(0),
            over: [s.splat(0); BLOCK],
            q: &mut q[..extent.blocks],
            out,
        }
    }

    /// Chooses the limb of Q for column i of a block, the lowest that is left.
    #[inline(always)]
    fn eliminate(
        &mut self,
        s: S,
        j: usize,
        i: usize,
        columns: &mut [S::V; 2 * BLOCK],
        n: &[S::V; BLOCK],
    ) {
        let t = s.add(columns[i], self.carry);
        let q = s.madd_low(s.splat(0), t, self.inverse);
        s.store(&mut self.q[j][i], q);
        self.carry = s.high_signed(s.madd_low(t, q, n[0]));
        for e in 1..BLOCK {
            columns[i + e] = s.madd_low(columns[i + e], q, n[e]);
        }
        for e in 0..BLOCK {
            columns[i + e + 1] = s.madd_high(columns[i + e + 1], q, n[e]);
        }
    }

    /// Puts out a column.
    #[inline(always)]
    fn emit(&mut self, s: S, place: usize, column: S::V) {
        let t = s.add(column, self.carry);
        s.store(&mut self.out[place], s.low(t));
        self.carry = s.high_signed(t);
    }
}

impl<S: Lanes> Sink<S> for Reducer<'_, S> {
    #[inline(always)]
    fn block(&mut self, s: S, j: usize, mut columns: [S::V; BLOCK]) {
        let Extent { limbs, blocks, top } = self.extent;
        let mut sums = Partial::zero(s);
        let first = (j + 1).saturating_sub(blocks);
        let range = first..j.min(blocks);
        add_products(s, &mut sums, self.q, self.modulus, self.extent, j, range);
        let sums = sums.columns(s, &mut self.over);
        for (column, sum) in columns.iter_mut().zip(sums) {
            *column = s.add(*column, sum);
        }
        if j >= blocks {
            let at = BLOCK * j - limbs;
            for (i, column) in columns.into_iter().enumerate() {
                self.emit(s, at + i, column);
            }
            return;
        }
        let n: [S::V; BLOCK] = load(s, &self.modulus[0]);
        let mut wide = [s.splat(0); 2 * BLOCK];
        wide[..BLOCK].copy_from_slice(&columns);
        wide[BLOCK..].copy_from_slice(&self.over);
        if j + 1 < blocks {
            for i in 0..BLOCK {
                self.eliminate(s, j, i, &mut wide, &n);
            }
        } else {
            for i in 0..BLOCK {
                if i < top {
                    self.eliminate(s, j, i, &mut wide, &n);
                } else {
                    self.emit(s, i - top, wide[i]);
                }
            }
        }
        self.over.copy_from_slice(&wide[BLOCK..]);
    }
}
