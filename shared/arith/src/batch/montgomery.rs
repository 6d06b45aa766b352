//! Reduction modulo any odd N, as the columns of a product come in (Montgomery 1985).
//!
//! With B = 2^52 and R = B^limbs, T/R mod N is (T + Q*N)/R, where each limb of Q is chosen, lowest
//! first, to make one more limb of the sum vanish: q_j = -t_j/N mod B. Columns come and go in blocks;
//! products of earlier limbs of Q with N are summed as in a product, and only the four limbs of one
//! block wait for each other. While they do, the processor is already busy with products of the next
//! block, most of which need only what is long known.

use super::{
    lanes::{Lanes, Row, load},
    product::{BLOCK, Block, Extent, Partial, Reduce, Sink, add_products},
    shape::Moduli,
};

/// Reduces what comes in.
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

/// What is known of the moduli.
#[derive(Clone, Debug)]
pub(super) struct Any {
    /// -1/N mod B.
    pub(super) inverse: Row,
}

impl Reduce for Any {
    type Reducer<'a, S: Lanes> = Reducer<'a, S>;

    #[inline(always)]
    fn start<'a, S: Lanes>(
        &'a self,
        s: S,
        moduli: &'a Moduli,
        quotient: &'a mut [Block],
        out: &'a mut [Row],
    ) -> Reducer<'a, S> {
        let extent = moduli.extent;
        Reducer {
            extent,
            modulus: &moduli.once[..extent.blocks],
            inverse: s.load(&self.inverse),
            carry: s.splat(0),
            over: [s.splat(0); BLOCK],
            q: &mut quotient[..extent.blocks],
            out,
        }
    }
}

impl<S: Lanes> Reducer<'_, S> {
    /// Chooses the limb of Q for column i of a block, the lowest that is left. Low and high halves of
    /// products are summed apart, because the next limb waits for them.
    #[inline(always)]
    fn eliminate(
        &mut self,
        s: S,
        j: usize,
        i: usize,
        low: &mut [S::V; 2 * BLOCK],
        high: &mut [S::V; 2 * BLOCK],
        n: &[S::V; BLOCK],
    ) {
        let t = s.add(s.add(low[i], high[i]), self.carry);
        let q = s.madd_low(s.splat(0), t, self.inverse);
        s.store(&mut self.q[j][i], q);
        self.carry = s.high_signed(s.madd_low(t, q, n[0]));
        for e in 1..BLOCK {
            low[i + e] = s.madd_low(low[i + e], q, n[e]);
        }
        for e in 0..BLOCK {
            high[i + e + 1] = s.madd_high(high[i + e + 1], q, n[e]);
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
    fn block(&mut self, s: S, j: usize, columns: [S::V; BLOCK]) {
        let Extent { limbs, blocks, top } = self.extent;
        let mut sums = Partial::from(s, columns);
        let first = (j + 1).saturating_sub(blocks);
        let range = first..j.min(blocks);
        add_products(s, &mut sums, self.q, self.modulus, self.extent, j, range);
        let columns = sums.columns(s, &mut self.over);
        if j >= blocks {
            let at = BLOCK * j - limbs;
            for (i, column) in columns.into_iter().enumerate() {
                self.emit(s, at + i, column);
            }
            return;
        }
        let n: [S::V; BLOCK] = load(s, &self.modulus[0]);
        let mut high = [s.splat(0); 2 * BLOCK];
        let mut low = high;
        low[..BLOCK].copy_from_slice(&columns);
        low[BLOCK..].copy_from_slice(&self.over);
        if j + 1 < blocks {
            for i in 0..BLOCK {
                self.eliminate(s, j, i, &mut low, &mut high, &n);
            }
        } else {
            for i in 0..BLOCK {
                if i < top {
                    self.eliminate(s, j, i, &mut low, &mut high, &n);
                } else {
                    self.emit(s, i - top, s.add(low[i], high[i]));
                }
            }
        }
        for i in 0..BLOCK {
            self.over[i] = s.add(low[BLOCK + i], high[BLOCK + i]);
        }
    }
}
