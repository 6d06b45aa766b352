//! One split of radix 8, 4 or 2: from modulo x^(8m)-r^8 to modulo x^m-r*w for the eight w with w^8 = 1,
//! and back.
//!
//! The coefficients are multiplied by powers of r, and what is left is the plain Fourier transform of
//! eight points; forward, the last multiplication of a pair is one with its sum and difference. A split
//! by levels of radix 2 with tangents (Linzer and Feig) has a few operations less, but all of them
//! multiply-adds; here half are additions, which many processors do beside the multiplications, and the
//! transform is the same for all places.

use super::{
    angle::Angle,
    thirds::{CHILDREN_OF_SIX, CHILDREN_OF_THREE, CHILDREN_OF_TWELVE, HEIGHT},
};
use crate::simd::{C, Simd};

/// Which root of unity each of the eight results belongs to, in eighths of a turn.
pub(crate) const CHILDREN: [u64; 8] = [0, 4, 2, 6, 1, 5, 3, 7];

/// The same for four results, in quarters.
pub(crate) const CHILDREN_OF_FOUR: [u64; 4] = [0, 2, 1, 3];

/// The same for any radix, in that part of a turn.
pub(crate) fn children(radix: usize) -> &'static [u64] {
    match radix {
        12 => &CHILDREN_OF_TWELVE,
        8 => &CHILDREN,
        6 => &CHILDREN_OF_SIX,
        4 => &CHILDREN_OF_FOUR,
        3 => &CHILDREN_OF_THREE,
        2 => &[0, 1],
        _ => &[0],
    }
}

/// Appends the powers r to r^(radix-1) for r^radix of these angles, one a lane.
pub(crate) fn powers(radix: usize, angles: &[Angle], out: &mut Vec<f64>) {
    for j in 1..radix as u64 {
        let roots = || {
            angles
                .iter()
                .map(|a| a.root(0, radix as u64).times(j).cos_sin())
        };
        out.extend(roots().map(|r| r.0));
        out.extend(roots().map(|r| r.1));
    }
}

/// The square root of 1/2.
const HALF_ROOT: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// a*(1+i).
#[inline(always)]
fn eighth<S: Simd>(s: S, a: C<S::V>) -> C<S::V> {
    C {
        re: s.sub(a.re, a.im),
        im: s.add(a.re, a.im),
    }
}

/// a*(1-i).
#[inline(always)]
fn eighth_back<S: Simd>(s: S, a: C<S::V>) -> C<S::V> {
    C {
        re: s.add(a.re, a.im),
        im: s.sub(a.im, a.re),
    }
}

/// The roots that a radix leads to, by r; where the radix is even, one of each two that differ in sign: the negative
/// follows it.
#[inline(always)]
pub(crate) fn steps(radix: usize) -> &'static [[f64; 2]] {
    match radix {
        12 => &[
            [1.0, 0.0],
            [0.0, 1.0],
            [-0.5, HEIGHT],
            [-HEIGHT, -0.5],
            [-0.5, -HEIGHT],
            [HEIGHT, -0.5],
        ],
        8 => &[
            [1.0, 0.0],
            [0.0, 1.0],
            [HALF_ROOT, HALF_ROOT],
            [-HALF_ROOT, HALF_ROOT],
        ],
        6 | 3 => &[[1.0, 0.0], [-0.5, HEIGHT], [-0.5, -HEIGHT]],
        4 => &[[1.0, 0.0], [0.0, 1.0]],
        _ => &[[1.0, 0.0]],
    }
}

/// One of these.
#[inline(always)]
pub(crate) fn root_at<S: Simd>(s: S, r: &C<S::V>, [re, im]: [f64; 2]) -> C<S::V> {
    r.scale(s, s.splat(re)).fma_i(s, s.splat(im), *r)
}

/// a+r*b and a-r*b; the second is twice a less the first, so that it takes two multiply-adds in the place of four
/// additions.
#[inline(always)]
fn butterfly<S: Simd>(s: S, a: C<S::V>, b: C<S::V>, r: C<S::V>) -> (C<S::V>, C<S::V>) {
    let two = s.splat(2.0);
    let sum = a.mul_add(s, b, r);
    let difference = C {
        re: s.fms(two, a.re, sum.re),
        im: s.fms(two, a.im, sum.im),
    };
    (sum, difference)
}

/// The forward split: the coefficients times the powers of r, and their Fourier transform; the results in the order
/// of [`CHILDREN`].
#[inline(always)]
pub(crate) fn split_8<S: Simd>(s: S, a: [C<S::V>; 8], powers: &[C<S::V>]) -> [C<S::V>; 8] {
    if !S::FUSED {
        return fourier_8(s, turn(s, a, powers));
    }
    let r = &powers[..7];
    let (s0, d0) = butterfly(s, a[0], a[4], r[3]);
    let (s2, d2) = butterfly(s, a[2].mul(s, r[1]), a[6], r[5]);
    let (s1, d1) = butterfly(s, a[1].mul(s, r[0]), a[5], r[4]);
    let (s3, d3) = butterfly(s, a[3].mul(s, r[2]), a[7], r[6]);
    quarters(s, [s0, s1, s2, s3], [d0, d1, d2, d3])
}

/// The same of four, in the order of [`CHILDREN_OF_FOUR`].
#[inline(always)]
pub(crate) fn split_4<S: Simd>(s: S, a: [C<S::V>; 4], powers: &[C<S::V>]) -> [C<S::V>; 4] {
    if !S::FUSED {
        return fourier_4(s, turn(s, a, powers));
    }
    let r = &powers[..3];
    let (t0, u0) = butterfly(s, a[0], a[2], r[1]);
    let (t1, u1) = butterfly(s, a[1].mul(s, r[0]), a[3], r[2]);
    halves(s, [t0, t1], [u0, u1])
}

/// The forward split of two.
#[inline(always)]
pub(crate) fn split_2<S: Simd>(s: S, [a, b]: [C<S::V>; 2], powers: &[C<S::V>]) -> [C<S::V>; 2] {
    let r = powers[0];
    if S::FUSED {
        let (sum, difference) = butterfly(s, a, b, r);
        return [sum, difference];
    }
    fourier_2(s, [a, b.mul(s, r)])
}

/// The Fourier transform of eight points; the results in the order of [`CHILDREN`].
#[inline(always)]
pub(crate) fn fourier_8<S: Simd>(s: S, a: [C<S::V>; 8]) -> [C<S::V>; 8] {
    let sums = [
        a[0].add(s, a[4]),
        a[1].add(s, a[5]),
        a[2].add(s, a[6]),
        a[3].add(s, a[7]),
    ];
    let differences = [
        a[0].sub(s, a[4]),
        a[1].sub(s, a[5]),
        a[2].sub(s, a[6]),
        a[3].sub(s, a[7]),
    ];
    quarters(s, sums, differences)
}

/// The Fourier transform of the eight points x_v*(1 + i*t_v), given the real x_0 to x_7 and the t_1 to t_7.
/// (t_0 is zero.)
#[inline(always)]
pub(crate) fn fourier_8_of_real<S: Simd>(s: S, x: [S::V; 8], tangents: &[f64; 7]) -> [C<S::V>; 8] {
    let pair = |v: usize| {
        let (a, b, tangent) = (x[v], x[v + 4], s.splat(tangents[v + 3]));
        let im = match v {
            0 => s.splat(0.0),
            _ => s.mul(a, s.splat(tangents[v - 1])),
        };
        let (sum, difference) = (s.fma(b, tangent, im), s.fnma(b, tangent, im));
        [(s.add(a, b), sum), (s.sub(a, b), difference)].map(|(re, im)| C { re, im })
    };
    let [[s0, d0], [s1, d1], [s2, d2], [s3, d3]] = [pair(0), pair(1), pair(2), pair(3)];
    quarters(s, [s0, s1, s2, s3], [d0, d1, d2, d3])
}

/// The rest of it, from the sums and differences of points that are four apart.
#[inline(always)]
fn quarters<S: Simd>(s: S, sums: [C<S::V>; 4], [d0, d1, d2, d3]: [C<S::V>; 4]) -> [C<S::V>; 8] {
    let root = s.splat(HALF_ROOT);
    let [x0, x4, x2, x6] = fourier_4(s, sums);
    // d2 stands at i, and d1 and d3 at w8 and i*w8.
    let (p, q) = (d0.add_i(s, d2), d0.sub_i(s, d2));
    let g = eighth(s, d1.add_i(s, d3));
    let h = eighth(s, d1.sub_i(s, d3));
    [
        x0,
        x4,
        x2,
        x6,
        p.fma(s, root, g),
        p.fnma(s, root, g),
        q.fma_i(s, root, h),
        q.fnma_i(s, root, h),
    ]
}

/// Its inverse, times eight.
#[inline(always)]
pub(crate) fn fourier_8_back<S: Simd>(s: S, x: [C<S::V>; 8]) -> [C<S::V>; 8] {
    let root = s.splat(HALF_ROOT);
    let [s0, s1, s2, s3] = fourier_4_back(s, [x[0], x[1], x[2], x[3]]);
    let (p0, p1) = (x[4].add(s, x[5]), x[4].sub(s, x[5]));
    let (q0, q1) = (x[6].add(s, x[7]), x[6].sub(s, x[7]));
    let d0 = p0.add(s, q0);
    let d2 = p0.sub(s, q0);
    let g = eighth_back(s, p1);
    let h = eighth_back(s, q1);
    // d1 = g-ih, and d3 = -i(g+ih); d2 lacks a factor -i too.
    let d1 = g.sub_i(s, h);
    let d3 = g.add_i(s, h);
    [
        s0.add(s, d0),
        s1.fma(s, root, d1),
        s2.sub_i(s, d2),
        s3.fnma_i(s, root, d3),
        s0.sub(s, d0),
        s1.fnma(s, root, d1),
        s2.add_i(s, d2),
        s3.fma_i(s, root, d3),
    ]
}

/// The Fourier transform of four points; the results in the order of [`CHILDREN_OF_FOUR`].
#[inline(always)]
pub(crate) fn fourier_4<S: Simd>(s: S, a: [C<S::V>; 4]) -> [C<S::V>; 4] {
    let (t0, u0) = (a[0].add(s, a[2]), a[0].sub(s, a[2]));
    let (t1, u1) = (a[1].add(s, a[3]), a[1].sub(s, a[3]));
    halves(s, [t0, t1], [u0, u1])
}

/// The rest of it, from the sums and differences of points that are two apart.
#[inline(always)]
fn halves<S: Simd>(s: S, [t0, t1]: [C<S::V>; 2], [u0, u1]: [C<S::V>; 2]) -> [C<S::V>; 4] {
    [
        t0.add(s, t1),
        t0.sub(s, t1),
        u0.add_i(s, u1),
        u0.sub_i(s, u1),
    ]
}

/// Its inverse, times four.
#[inline(always)]
pub(crate) fn fourier_4_back<S: Simd>(s: S, x: [C<S::V>; 4]) -> [C<S::V>; 4] {
    let (t0, t1) = (x[0].add(s, x[1]), x[0].sub(s, x[1]));
    let (u0, u1) = (x[2].add(s, x[3]), x[2].sub(s, x[3]));
    [
        t0.add(s, u0),
        t1.sub_i(s, u1),
        t0.sub(s, u0),
        t1.add_i(s, u1),
    ]
}

/// The Fourier transform of two points; its inverse, times two, is the same.
#[inline(always)]
pub(crate) fn fourier_2<S: Simd>(s: S, [a, b]: [C<S::V>; 2]) -> [C<S::V>; 2] {
    [a.add(s, b), a.sub(s, b)]
}

/// Multiplies all but the first by the powers of r.
#[inline(always)]
pub(super) fn turn<S: Simd, const N: usize>(
    s: S,
    a: [C<S::V>; N],
    powers: &[C<S::V>],
) -> [C<S::V>; N] {
    let mut b = a;
    for (b, &r) in b[1..].iter_mut().zip(&powers[..N - 1]) {
        *b = b.mul(s, r);
    }
    b
}

/// Multiplies all but the first by the conjugates of the powers of r.
#[inline(always)]
pub(crate) fn turn_back<S: Simd, const N: usize>(
    s: S,
    a: [C<S::V>; N],
    powers: &[C<S::V>],
) -> [C<S::V>; N] {
    let mut b = a;
    for (b, &r) in b[1..].iter_mut().zip(&powers[..N - 1]) {
        *b = b.mul_conj(s, r);
    }
    b
}
