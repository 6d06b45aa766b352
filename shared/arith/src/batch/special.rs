//! Reduction modulo N = k*2^n+1 or k*2^n-1, as the columns of a product come in.
//!
//! N is written as K*B^w + c with B = 2^52, so that n need not be a multiple of 52, and each lane may
//! have another n: K is k times a power of two, of D limbs, and only w is common to the lanes. With
//! R = B^(w+D), T/R mod N is had without an inverse, because N is c modulo B^w (Montgomery 1985, with
//! a modulus that is its own inverse): a multiple Q*N is added that makes the lower w+D limbs vanish,
//! and Q is read off these limbs themselves.
//! - c = -1: q_i = t_i takes t_i away and leaves t_i*K for column i+w.
//! - c = +1: Q = R - T mod R. With q_i = B-1-t_i (all bits flipped) and one more added to Q, what
//!   remains is again q_i*K for column i+w, K for column w, and a carry of 1 into column w+D.
//!
//! So the two signs differ by an exclusive or, nothing is ever negative, and the cost is 2*D
//! multiply-adds a limb. The result is at most T/R + N.

use super::{
    lanes::{Lanes, Row, load},
    product::{BLOCK, Block, Reduce, Sink},
    shape::Moduli,
};

/// Limbs of K at most.
pub(super) const MAX_MULTIPLIER: usize = 4;

/// Rows before the space for Q; they stay zero.
const BEFORE: usize = MAX_MULTIPLIER + BLOCK;

/// What is known of the moduli.
#[derive(Clone, Debug)]
pub(super) struct Special {
    /// w, at least a block.
    pub(super) low: usize,
    /// D, at most [`MAX_MULTIPLIER`].
    pub(super) limbs: usize,
    /// K, with zeros above.
    pub(super) multiplier: [Row; MAX_MULTIPLIER],
    /// B-1 in the lanes with c = 1, zero in those with c = -1.
    pub(super) flip: Row,
    /// What is added to the columns from w on: in lanes with c = 1 K, then 1 in column w+D.
    pub(super) constants: [Row; MAX_MULTIPLIER + 1],
}

impl Special {
    /// Blocks of the space for Q, for numbers of so many blocks.
    pub(super) fn scratch(blocks: usize) -> usize {
        BEFORE / BLOCK + 2 * blocks
    }
}

/// Reduces what comes in.
pub(super) struct Reducer<'a, S: Lanes, const D: usize> {
    special: &'a Special,
    multiplier: [S::V; D],
    flip: S::V,
    carry: S::V,
    /// Q, from row `BEFORE` on. What lies before and after is zero and is never written.
    q: &'a mut [Row],
    out: &'a mut [Row],
}

/// The reduction for K of at most D limbs.
pub(super) struct Multiplier<'m, const D: usize>(pub(super) &'m Special);

impl<const D: usize> Reduce for Multiplier<'_, D> {
    type Reducer<'a, S: Lanes>
        = Reducer<'a, S, D>
    where
        Self: 'a;

    #[inline(always)]
    fn start<'a, S: Lanes>(
        &'a self,
        s: S,
        _: &'a Moduli,
        quotient: &'a mut [Block],
        out: &'a mut [Row],
    ) -> Reducer<'a, S, D> {
        Reducer {
            special: self.0,
            multiplier: load(s, &self.0.multiplier),
            flip: s.load(&self.0.flip),
            carry: s.splat(0),
            q: quotient.as_flattened_mut(),
            out,
        }
    }
}

impl<S: Lanes, const D: usize> Sink<S> for Reducer<'_, S, D> {
    #[inline(always)]
    fn block(&mut self, s: S, j: usize, mut columns: [S::V; BLOCK]) {
        let Special { low, limbs, .. } = *self.special;
        let at = BLOCK * j;
        if at + BLOCK > low {
            // Row D-1 of these belongs to column `at`-w-1: all come from earlier blocks.
            let first = BEFORE + at - low - D;
            let known = &self.q[first..first + BLOCK + D];
            for (i, column) in columns.iter_mut().enumerate() {
                for (e, &k) in self.multiplier.iter().enumerate() {
                    *column = s.madd_low(*column, k, s.load(&known[i + D - e]));
                    *column = s.madd_high(*column, k, s.load(&known[i + D - e - 1]));
                }
            }
            if at <= low + limbs {
                for (i, column) in columns.iter_mut().enumerate() {
                    let constant = (at + i).checked_sub(low);
                    if let Some(constant) = constant.and_then(|e| self.special.constants.get(e)) {
                        *column = s.add(*column, s.load(constant));
                    }
                }
            }
        }
        let total = low + limbs;
        if at + BLOCK <= total {
            let q = &mut self.q[BEFORE + at..BEFORE + at + BLOCK];
            for (row, column) in q.iter_mut().zip(columns) {
                let t = s.add(column, self.carry);
                s.store(row, s.xor(s.low(t), self.flip));
                self.carry = s.high_signed(t);
            }
        } else if at >= total {
            let out = &mut self.out[at - total..at - total + BLOCK];
            for (row, column) in out.iter_mut().zip(columns) {
                let t = s.add(column, self.carry);
                s.store(row, s.low(t));
                self.carry = s.high_signed(t);
            }
        } else {
            for (i, column) in columns.into_iter().enumerate() {
                let t = s.add(column, self.carry);
                match (at + i).checked_sub(total) {
                    None => s.store(&mut self.q[BEFORE + at + i], s.xor(s.low(t), self.flip)),
                    Some(place) => s.store(&mut self.out[place], s.low(t)),
                }
                self.carry = s.high_signed(t);
            }
        }
    }
}
