//! Splits with a factor of 3: from modulo x^(3m)-r^3 to modulo x^m-r*w for the three w with w^3 = 1, alone
//! or in one step with a split of 2 or 4.
//!
//! 6 and 12 are products of coprime factors, so the Fourier transform of so many points is one of two
//! dimensions with nothing to be multiplied in between (Good 1958, Thomas 1963): coefficient j belongs to row j mod
//! 2 or 4 and to column j mod 3, if both are counted suitably, and so do the roots. Twelve points take 72
//! additions, 24 multiply-adds and 44 multiplications for the powers of r: additions and multiplications in
//! equal parts, as processors have units for them. They fill 24 of 32 registers.

use super::node::{fourier_2, fourier_4, fourier_4_back, turn};
use crate::simd::{C, Simd};

/// Which root of unity each of three results belongs to, in thirds of a turn.
pub(crate) const CHILDREN_OF_THREE: [u64; 3] = [0, 1, 2];

/// The same for six results, in sixths: third after third, in each a root and its negative.
pub(crate) const CHILDREN_OF_SIX: [u64; 6] = [0, 3, 2, 5, 4, 1];

/// The same for twelve results, in twelfths: third after third, in each a root's multiples by 1, -1, i and -i.
pub(crate) const CHILDREN_OF_TWELVE: [u64; 12] = [0, 6, 3, 9, 4, 10, 7, 1, 8, 2, 11, 5];

/// Half the square root of 3.
pub(crate) const HEIGHT: f64 = 0.866_025_403_784_438_6;

/// The forward split of three: the coefficients times the powers of r, and their Fourier transform.
#[inline(always)]
pub(crate) fn split_3<S: Simd>(s: S, a: [C<S::V>; 3], powers: &[C<S::V>]) -> [C<S::V>; 3] {
    fourier_3(s, turn(s, a, powers))
}

/// The Fourier transform of three points.
#[inline(always)]
fn fourier_3<S: Simd>(s: S, [a, b, c]: [C<S::V>; 3]) -> [C<S::V>; 3] {
    let (sum, difference) = (b.add(s, c), b.sub(s, c));
    let middle = a.fnma(s, s.splat(0.5), sum);
    let height = s.splat(HEIGHT);
    [
        a.add(s, sum),
        middle.fma_i(s, height, difference),
        middle.fnma_i(s, height, difference),
    ]
}

/// Its inverse, times three.
#[inline(always)]
pub(crate) fn fourier_3_back<S: Simd>(s: S, [x, y, z]: [C<S::V>; 3]) -> [C<S::V>; 3] {
    fourier_3(s, [x, z, y])
}

/// The forward split of six: the coefficients times the powers of r, and their Fourier transform.
#[inline(always)]
pub(crate) fn split_6<S: Simd>(s: S, a: [C<S::V>; 6], powers: &[C<S::V>]) -> [C<S::V>; 6] {
    fourier_6(s, turn(s, a, powers))
}

/// The Fourier transform of six points; the results in the order of [`CHILDREN_OF_SIX`].
#[inline(always)]
fn fourier_6<S: Simd>(s: S, x: [C<S::V>; 6]) -> [C<S::V>; 6] {
    // Coefficient 2a+3b at (a, b).
    let [e0, o0] = fourier_2(s, [x[0], x[3]]);
    let [e1, o1] = fourier_2(s, [x[2], x[5]]);
    let [e2, o2] = fourier_2(s, [x[4], x[1]]);
    let [y0, y1, y2] = fourier_3(s, [e0, e1, e2]);
    let [z0, z1, z2] = fourier_3(s, [o0, o1, o2]);
    [y0, z0, y2, z2, y1, z1]
}

/// Its inverse, times six.
#[inline(always)]
pub(crate) fn fourier_6_back<S: Simd>(s: S, x: [C<S::V>; 6]) -> [C<S::V>; 6] {
    let [y0, z0, y2, z2, y1, z1] = x;
    let [e0, e1, e2] = fourier_3_back(s, [y0, y1, y2]);
    let [o0, o1, o2] = fourier_3_back(s, [z0, z1, z2]);
    let [x0, x3] = fourier_2(s, [e0, o0]);
    let [x2, x5] = fourier_2(s, [e1, o1]);
    let [x4, x1] = fourier_2(s, [e2, o2]);
    [x0, x1, x2, x3, x4, x5]
}

/// The forward split of twelve: the coefficients times the powers of r, and their Fourier transform.
#[inline(always)]
pub(crate) fn split_12<S: Simd>(s: S, a: [C<S::V>; 12], powers: &[C<S::V>]) -> [C<S::V>; 12] {
    fourier_12(s, turn(s, a, powers))
}

/// The Fourier transform of twelve points; the results in the order of [`CHILDREN_OF_TWELVE`].
#[inline(always)]
fn fourier_12<S: Simd>(s: S, x: [C<S::V>; 12]) -> [C<S::V>; 12] {
    // Coefficient 4a+3b at (a, b).
    let a = fourier_4(s, [x[0], x[3], x[6], x[9]]);
    let b = fourier_4(s, [x[4], x[7], x[10], x[1]]);
    let c = fourier_4(s, [x[8], x[11], x[2], x[5]]);
    let [r0, s0, t0] = fourier_3(s, [a[0], b[0], c[0]]);
    let [r2, s2, t2] = fourier_3(s, [a[1], b[1], c[1]]);
    let [r1, s1, t1] = fourier_3(s, [a[2], b[2], c[2]]);
    let [r3, s3, t3] = fourier_3(s, [a[3], b[3], c[3]]);
    [r0, r2, r3, r1, s0, s2, s3, s1, t0, t2, t3, t1]
}

/// Its inverse, times twelve.
#[inline(always)]
pub(crate) fn fourier_12_back<S: Simd>(s: S, x: [C<S::V>; 12]) -> [C<S::V>; 12] {
    let [r0, r2, r3, r1, s0, s2, s3, s1, t0, t2, t3, t1] = x;
    let [a0, b0, c0] = fourier_3_back(s, [r0, s0, t0]);
    let [a2, b2, c2] = fourier_3_back(s, [r2, s2, t2]);
    let [a1, b1, c1] = fourier_3_back(s, [r1, s1, t1]);
    let [a3, b3, c3] = fourier_3_back(s, [r3, s3, t3]);
    let [x0, x3, x6, x9] = fourier_4_back(s, [a0, a2, a1, a3]);
    let [x4, x7, x10, x1] = fourier_4_back(s, [b0, b2, b1, b3]);
    let [x8, x11, x2, x5] = fourier_4_back(s, [c0, c2, c1, c3]);
    [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11]
}
