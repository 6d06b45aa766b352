//! What takes one pass over the limbs: sums, differences, small multiples, the canonical residue.
//!
//! Residues lie below 2N. A pass leaves a number that may be negative, in two's complement; the last
//! carry, -1 or 0, then says in which lanes a multiple of N is to be added back.

use super::lanes::{Kernel, Lanes, Row};

/// x = x+y, for x, y < n, which is 2N.
pub(super) struct Add<'a> {
    pub(super) x: &'a mut [Row],
    pub(super) y: &'a [Row],
    pub(super) n: &'a [Row],
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) {
        let mut carry = s.splat(0);
        for ((x, y), n) in self.x.iter_mut().zip(self.y).zip(self.n) {
            let sum = s.add(s.add(s.load(x), s.load(y)), carry);
            let t = s.sub(sum, s.load(n));
            s.store(x, s.low(t));
            carry = s.high_signed(t);
        }
        settle(s, self.x, self.n, carry);
    }
}

/// x = x-y, for x, y < n, which is 2N.
pub(super) struct Subtract<'a> {
    pub(super) x: &'a mut [Row],
    pub(super) y: &'a [Row],
    pub(super) n: &'a [Row],
}

impl Kernel for Subtract<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) {
        let mut carry = s.splat(0);
        for (x, y) in self.x.iter_mut().zip(self.y) {
            let t = s.add(s.sub(s.load(x), s.load(y)), carry);
            s.store(x, s.low(t));
            carry = s.high_signed(t);
        }
        settle(s, self.x, self.n, carry);
    }
}

/// x = m*x - q*n. The result must be at least 0 and fit; m and q are below 2^48, so that a column
/// stays far below 2^63.
pub(super) struct ScaleBy<'a> {
    pub(super) x: &'a mut [Row],
    pub(super) m: &'a Row,
    pub(super) q: &'a Row,
    pub(super) n: &'a [Row],
}

impl Kernel for ScaleBy<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) {
        let (m, q) = (s.load(self.m), s.load(self.q));
        let zero = s.splat(0);
        let (mut carry, mut last_x, mut last_n) = (zero, zero, zero);
        for (row, n) in self.x.iter_mut().zip(self.n) {
            let (x, n) = (s.load(row), s.load(n));
            let plus = s.madd_high(s.madd_low(carry, m, x), m, last_x);
            let minus = s.madd_high(s.madd_low(zero, q, n), q, last_n);
            let t = s.sub(plus, minus);
            s.store(row, s.low(t));
            carry = s.high_signed(t);
            (last_x, last_n) = (x, n);
        }
    }
}

/// Adds n in the lanes where `negative` has all bits set.
#[inline(always)]
fn settle<S: Lanes>(s: S, x: &mut [Row], n: &[Row], negative: S::V) {
    let mut carry = s.splat(0);
    for (x, n) in x.iter_mut().zip(n) {
        let t = s.add(s.add(s.load(x), s.and(s.load(n), negative)), carry);
        s.store(x, s.low(t));
        carry = s.high(t);
    }
}
