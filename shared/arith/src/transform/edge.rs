//! The first split of the transform and the last step back, a column at a time: the T vectors at one
//! place i of all segments, wholly in registers. Across vectors ([`super::first`]), across lanes, and,
//! for a cyclic convolution, from the transform of real segments taken in pairs to that of their whole.

use super::{Plan, first};
use crate::simd::{C, Simd, parts};

/// Does `$body` for v = 0 .. T-1 without a loop, so that columns stay in registers.
macro_rules! unroll {
    ($t:expr, $v:ident => $body:block) => {
        unroll!(@ $t, $v, $body, 0, 1, 2, 3, 4, 5, 6, 7)
    };
    (@ $t:expr, $v:ident, $body:block, $($n:literal),*) => {
        $( if $n < $t { const { assert!($n < 8) }; let $v: usize = $n; $body } )*
    };
}
pub(crate) use unroll;

/// Coefficients of column `i` to residues. `real` receives the part that is left to
/// [`super::real`]: segment 0 modulo x^(2S)-1, for a cyclic convolution.
#[inline(always)]
pub(crate) fn forward<S: Simd, const T: usize, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    column: [C<S::V>; T],
    i: usize,
    real: &mut [f64],
) -> [C<S::V>; T] {
    let levels = S::LANES.trailing_zeros() as usize;
    let across: &[C<S::V>] = plan.across.view();
    let across = &across[..T * levels];
    let signs: &[S::V] = plan.signs.view();
    let signs = &signs[..levels];
    let mut z = plan.first.forward(s, column);
    unroll!(T, v => {
        let mut x = z[v];
        let mut level = 0;
        if S::LANES >= 8 {
            x = spread::<S, 4>(s, x, across[v * levels], signs[0]);
            level = 1;
        }
        x = spread::<S, 2>(s, x, across[v * levels + level], signs[level]);
        x = spread::<S, 1>(s, x, across[v * levels + level + 1], signs[level + 1]);
        z[v] = x;
    });
    if CYCLIC {
        let mut lane = [z[0]];
        let lane: &mut [f64] = parts(&mut lane);
        real[i] = lane[0];
        real[plan.shape.segment + i] = lane[S::LANES];
        let halves: &[C<S::V>] = plan.halves.view();
        let halves = &halves[..T];
        let mut x = z;
        unroll!(T, v => {
            let c = conjugates::<S, T>(s, &z, v);
            x[v] = z[v].add(s, c).mul_add(s, halves[v], z[v].sub(s, c));
        });
        z = x;
    }
    z
}

/// Residues of column `i` to coefficients, times the gain of the edge.
#[inline(always)]
pub(crate) fn inverse<S: Simd, const T: usize, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    column: [C<S::V>; T],
    i: usize,
    real: &[f64],
) -> [C<S::V>; T] {
    let levels = S::LANES.trailing_zeros() as usize;
    let across: &[C<S::V>] = plan.across.view();
    let across = &across[..T * levels];
    let signs: &[S::V] = plan.signs.view();
    let signs = &signs[..levels];
    let mut z = column;
    if CYCLIC {
        let halves: &[C<S::V>] = plan.halves.view();
        let halves = &halves[..T];
        unroll!(T, v => {
            let c = conjugates::<S, T>(s, &column, v);
            let turned = column[v].sub(s, c).mul_conj(s, halves[v]);
            z[v] = column[v].add(s, c).add(s, turned);
        });
        let mut lane = [z[0]];
        let lanes: &mut [f64] = parts(&mut lane);
        lanes[0] = real[i];
        lanes[S::LANES] = real[plan.shape.segment + i];
        z[0] = lane[0];
    }
    unroll!(T, v => {
        let mut x = z[v];
        let last = levels - 1;
        x = gather::<S, 1>(s, x, across[v * levels + last], signs[last]);
        x = gather::<S, 2>(s, x, across[v * levels + last - 1], signs[last - 1]);
        if S::LANES >= 8 {
            x = gather::<S, 4>(s, x, across[v * levels], signs[0]);
        }
        z[v] = x;
    });
    plan.first.inverse(s, z)
}

/// One split of radix 2 between lanes D apart: a+wb where a stood, a-wb where b stood.
#[inline(always)]
fn spread<S: Simd, const D: usize>(s: S, x: C<S::V>, w: C<S::V>, sign: S::V) -> C<S::V> {
    let y = x.mul(s, w);
    C {
        re: s.fma(y.re, sign, s.swap::<D>(y.re)),
        im: s.fma(y.im, sign, s.swap::<D>(y.im)),
    }
}

/// Its inverse, twice the coefficients.
#[inline(always)]
fn gather<S: Simd, const D: usize>(s: S, x: C<S::V>, w: C<S::V>, sign: S::V) -> C<S::V> {
    let y = C {
        re: s.fma(x.re, sign, s.swap::<D>(x.re)),
        im: s.fma(x.im, sign, s.swap::<D>(x.im)),
    };
    y.mul_conj(s, w)
}

/// The conjugates of the residues at the negated angles of vector v's.
#[inline(always)]
fn conjugates<S: Simd, const T: usize>(s: S, z: &[C<S::V>; T], v: usize) -> C<S::V> {
    let p = z[first::partner(T, v)];
    let p = if v == 0 {
        C {
            re: s.mirror(p.re),
            im: s.mirror(p.im),
        }
    } else {
        C {
            re: s.reverse(p.re),
            im: s.reverse(p.im),
        }
    };
    C {
        re: p.re,
        im: s.sub(s.splat(0.0), p.im),
    }
}
