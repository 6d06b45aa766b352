//! The first split of the transform and the last step back, a column at a time: the eight vectors at one
//! place i of all segments, wholly in registers. Across vectors, then, transposed, across what were
//! lanes, and, for a cyclic convolution, from the transform of real segments taken in pairs to that of
//! their whole.

use super::{
    Plan,
    node::{self, CHILDREN},
    plan::VECTORS,
};
use crate::simd::{C, Simd, parts};

/// Does `$body` for v = 0 .. 7 without a loop, so that columns stay in registers.
macro_rules! unroll {
    ($v:ident => $body:block) => {
        unroll!(@ $v, $body, 0, 1, 2, 3, 4, 5, 6, 7)
    };
    (@ $v:ident, $body:block, $($n:literal),*) => {
        $( { let $v: usize = $n; $body } )*
    };
}
pub(crate) use unroll;

/// A column: one complex vector per eighth of the points.
pub(crate) type Column<V> = [C<V>; VECTORS];

/// Coefficients of a column, times [`Shape::cosine`](super::Shape::cosine), to residues. Of the two halves of `real`, place `i` receives the part that is
/// left to [`super::real`]: segment 0 modulo x^(2S)-1, for a cyclic convolution.
#[inline(always)]
pub(crate) fn forward<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    column: Column<S::V>,
    i: usize,
    real: &mut [&mut [f64]; 2],
) -> Column<S::V> {
    // A cyclic convolution starts at 1, all of whose powers are 1.
    let z = if CYCLIC {
        column
    } else {
        turn(s, column, plan)
    };
    let z = across_lanes(s, plan, node::fourier_8(s, z));
    if !CYCLIC {
        return z;
    }
    let lane = &mut [z[0]];
    let lane: &mut [f64] = parts(lane);
    real[0][i] = lane[0];
    real[1][i] = lane[S::LANES];
    let halves: &[C<S::V>] = plan.halves.view();
    let mut whole = z;
    unroll!(v => {
        let (sum, difference) = halves_of(s, &z, v);
        whole[v] = sum.mul_add(s, halves[v], difference);
    });
    whole
}

/// The same of real coefficients, for a negacyclic convolution.
#[inline(always)]
pub(crate) fn forward_real<S: Simd>(s: S, plan: &Plan, column: [S::V; VECTORS]) -> Column<S::V> {
    across_lanes(s, plan, node::fourier_8_of_real(s, column, &plan.tangents))
}

/// The split across what are lanes before it.
#[inline(always)]
fn across_lanes<S: Simd>(s: S, plan: &Plan, column: Column<S::V>) -> Column<S::V> {
    let z = transpose(s, column);
    let across: &[C<S::V>] = plan.across.view();
    if S::LANES == 8 {
        node::split_8(s, z, across)
    } else {
        let [a, b, c, d, e, f, g, h] = z;
        let [a, b, c, d] = node::split_4(s, [a, b, c, d], across);
        let [e, f, g, h] = node::split_4(s, [e, f, g, h], &across[3..]);
        [a, b, c, d, e, f, g, h]
    }
}

/// Residues of a column to coefficients, times the gain of the edge and by [`Shape::cosine`](super::Shape::cosine).
#[inline(always)]
pub(crate) fn inverse<S: Simd, const CYCLIC: bool>(
    s: S,
    plan: &Plan,
    column: Column<S::V>,
    i: usize,
    real: &[&mut [f64]; 2],
) -> Column<S::V> {
    let mut z = column;
    if CYCLIC {
        let halves: &[C<S::V>] = plan.halves.view();
        unroll!(v => {
            let (sum, difference) = halves_of(s, &column, v);
            z[v] = sum.mul_conj_add(s, difference, halves[v]);
        });
        let mut lane = [z[0]];
        let lanes: &mut [f64] = parts(&mut lane);
        lanes[0] = real[0][i];
        lanes[S::LANES] = real[1][i];
        z[0] = lane[0];
    }
    let across: &[C<S::V>] = plan.across.view();
    let z = if S::LANES == 8 {
        node::turn_back(s, node::fourier_8_back(s, z), across)
    } else {
        let [a, b, c, d, e, f, g, h] = z;
        let [a, b, c, d] = node::turn_back(s, node::fourier_4_back(s, [a, b, c, d]), across);
        let [e, f, g, h] = node::turn_back(s, node::fourier_4_back(s, [e, f, g, h]), &across[3..]);
        [a, b, c, d, e, f, g, h]
    };
    let z = node::fourier_8_back(s, transpose(s, z));
    if CYCLIC { z } else { turn_back(s, z, plan) }
}

/// Multiplies by the powers of the first split, less the cosines that are in the weights.
#[inline(always)]
pub(crate) fn turn<S: Simd>(s: S, column: Column<S::V>, plan: &Plan) -> Column<S::V> {
    let mut z = column;
    for (z, &tangent) in z[1..].iter_mut().zip(&plan.tangents) {
        *z = z.fma_i(s, s.splat(tangent), *z);
    }
    z
}

/// Multiplies by their conjugates, less the cosines again.
#[inline(always)]
pub(crate) fn turn_back<S: Simd>(s: S, column: Column<S::V>, plan: &Plan) -> Column<S::V> {
    let mut z = column;
    for (z, &tangent) in z[1..].iter_mut().zip(&plan.tangents) {
        *z = z.fnma_i(s, s.splat(tangent), *z);
    }
    z
}

/// Rows to columns, real and imaginary parts.
#[inline(always)]
fn transpose<S: Simd>(s: S, z: Column<S::V>) -> Column<S::V> {
    let mut parts = [[s.splat(0.0); VECTORS]; 2];
    unroll!(v => { (parts[0][v], parts[1][v]) = (z[v].re, z[v].im); });
    let (re, im) = (s.transpose(parts[0]), s.transpose(parts[1]));
    let mut out = z;
    unroll!(v => { out[v] = C { re: re[v], im: im[v] }; });
    out
}

/// The residues of vector v plus and minus the conjugates of those at the negated angles. With e of the first and f of the
/// second split, the angle is (e/8+f)/W turns: its negative has -e and -f where e = 0, else 8-e and
/// -1-f. (In bit-reversed order, the vector of -1-f is the last less that of f.)
#[inline(always)]
fn halves_of<S: Simd>(s: S, z: &Column<S::V>, v: usize) -> (C<S::V>, C<S::V>) {
    let group = v & !(S::LANES - 1);
    let f = v - group;
    let rest = z[group + (S::LANES - 1 - f)];
    let negated = if group > 0 {
        C {
            re: s.reverse(rest.re),
            im: s.reverse(rest.im),
        }
    } else {
        let zero = z[NEGATIVE[f]];
        C {
            re: s.mirror(zero.re, rest.re),
            im: s.mirror(zero.im, rest.im),
        }
    };
    // Conjugation turns the signs of the imaginary parts.
    let z = z[v];
    let sum = C {
        re: s.add(z.re, negated.re),
        im: s.sub(z.im, negated.im),
    };
    let difference = C {
        re: s.sub(z.re, negated.re),
        im: s.add(z.im, negated.im),
    };
    (sum, difference)
}

/// The place of -f for the place of f, in bit-reversed order.
pub(crate) const NEGATIVE: [usize; VECTORS] = {
    let mut places = [0; VECTORS];
    let mut v = 0;
    while v < VECTORS {
        let mut u = 0;
        while u < VECTORS {
            if (CHILDREN[u] + CHILDREN[v]).is_multiple_of(8) {
                places[v] = u;
            }
            u += 1;
        }
        v += 1;
    }
    places
};
