//! A product times a small number of each lane, on its way into the reduction: so m*x^2 needs one
//! pass over columns more than x^2, not another reduction.

use super::{
    lanes::{Lanes, Row},
    product::{BLOCK, Sink},
};

/// Hands on m times what comes in. Columns must be sums below 2^63; those handed on are below 2^53.
pub(super) struct Scale<'a, S: Lanes, T> {
    factor: S::V,
    carry: S::V,
    /// The limb before.
    last: S::V,
    sink: &'a mut T,
}

impl<'a, S: Lanes, T> Scale<'a, S, T> {
    /// Multiplies by `factors`, each below 2^52.
    #[inline(always)]
    pub(super) fn new(s: S, factors: &Row, sink: &'a mut T) -> Self {
        Self {
            factor: s.load(factors),
            carry: s.splat(0),
            last: s.splat(0),
            sink,
        }
    }
}

impl<S: Lanes, T: Sink<S>> Sink<S> for Scale<'_, S, T> {
    #[inline(always)]
    fn block(&mut self, s: S, j: usize, mut columns: [S::V; BLOCK]) {
        for column in &mut columns {
            let t = s.add(*column, self.carry);
            self.carry = s.high_signed(t);
            let limb = s.low(t);
            let upper = s.madd_high(s.splat(0), self.last, self.factor);
            self.last = limb;
            *column = s.madd_low(upper, limb, self.factor);
        }
        self.sink.block(s, j, columns);
    }
}
