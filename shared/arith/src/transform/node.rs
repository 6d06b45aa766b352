//! One split of radix 8: from modulo x^(8m)-r^8 to modulo x^m-r*w for the eight w with w^8 = 1, and
//! back.
//!
//! Three levels of radix 2, each x^(2m)-s^2 to x^m-s and x^m+s. A product by a root c+is is taken as
//! c*(1+it) with the tangent t, and c is left to the multiply-add that follows (Linzer and Feig), so
//! that forward every operation is a multiply-add: 72 of them. Backward the factors c are collected
//! and multiplied in at the end. Only r^4, r^2, r and r*w8 are needed; their products with i are free.

use super::angle::Angle;
use crate::simd::{C, Plain, Simd};

/// Roots of one node: cosine and tangent of r^4, r^2, r and w8*r, and cosine of w8*r by that of r.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Node<V> {
    c4: V,
    t4: V,
    c2: V,
    t2: V,
    c1: V,
    t1: V,
    cw: V,
    tw: V,
    ratio: V,
}

// SAFETY: nine plain values of one type in C order leave no padding between them.
unsafe impl<V: Plain> Plain for Node<V> {}

/// The angles of the eight results above that of r, in eighths of a turn, in order.
pub(crate) const CHILDREN: [u64; 8] = [0, 4, 2, 6, 1, 5, 3, 7];

/// Values of a [`Node`].
pub(crate) const VALUES: usize = 9;

/// The values of a node whose r^8 has these angles, one a lane, in the order of [`Node`].
pub(crate) fn table(angles: &[Angle], out: &mut Vec<f64>) {
    let mut columns: [Vec<f64>; VALUES] = Default::default();
    for angle in angles {
        let r = angle.root(0, 8);
        let roots = [r.times(4), r.times(2), r, r.plus(1, 8)];
        let mut values: Vec<f64> = Vec::with_capacity(VALUES);
        for root in roots {
            let (c, s) = root.cos_sin();
            values.extend([c, s / c]);
        }
        values.push(values[6] / values[4]);
        // The one lane of a cyclic transform whose root is 1 meets roots i and has no tangent for
        // them. Its data are handled elsewhere; here they only must stay finite.
        if values.iter().any(|v| !v.is_finite()) {
            values = vec![1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        }
        for (column, value) in columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    for column in &columns {
        out.extend(column);
    }
}

impl<V: Plain> Node<V> {
    /// The same values in every lane.
    #[inline(always)]
    pub(crate) fn splat<S: Simd<V = V>>(s: S, values: &[f64; VALUES]) -> Self {
        Self {
            c4: s.splat(values[0]),
            t4: s.splat(values[1]),
            c2: s.splat(values[2]),
            t2: s.splat(values[3]),
            c1: s.splat(values[4]),
            t1: s.splat(values[5]),
            cw: s.splat(values[6]),
            tw: s.splat(values[7]),
            ratio: s.splat(values[8]),
        }
    }

    /// The roots of the results, two of the eight (the others are these times -1, i and -i).
    #[inline(always)]
    pub(crate) fn roots<S: Simd<V = V>>(&self, s: S) -> [C<V>; 2] {
        [
            C {
                re: self.c1,
                im: s.mul(self.c1, self.t1),
            },
            C {
                re: self.cw,
                im: s.mul(self.cw, self.tw),
            },
        ]
    }

    /// Eight coefficients to eight residues.
    #[inline(always)]
    pub(crate) fn forward<S: Simd<V = V>>(&self, s: S, a: [C<V>; 8]) -> [C<V>; 8] {
        let (a0, a4) = split(s, a[0], a[4], self.c4, self.t4);
        let (a1, a5) = split(s, a[1], a[5], self.c4, self.t4);
        let (a2, a6) = split(s, a[2], a[6], self.c4, self.t4);
        let (a3, a7) = split(s, a[3], a[7], self.c4, self.t4);
        let (b0, b2) = split(s, a0, a2, self.c2, self.t2);
        let (b1, b3) = split(s, a1, a3, self.c2, self.t2);
        let (b4, b6) = split_i(s, a4, a6, self.c2, self.t2);
        let (b5, b7) = split_i(s, a5, a7, self.c2, self.t2);
        let (d0, d1) = split(s, b0, b1, self.c1, self.t1);
        let (d2, d3) = split_i(s, b2, b3, self.c1, self.t1);
        let (d4, d5) = split(s, b4, b5, self.cw, self.tw);
        let (d6, d7) = split_i(s, b6, b7, self.cw, self.tw);
        [d0, d1, d2, d3, d4, d5, d6, d7]
    }

    /// Eight residues to eight times the coefficients.
    #[inline(always)]
    pub(crate) fn inverse<S: Simd<V = V>>(&self, s: S, d: [C<V>; 8]) -> [C<V>; 8] {
        // Each `join` leaves out a cosine from its second result.
        let (b0, b1) = join(s, d[0], d[1], self.t1);
        let (b2, b3) = join_i(s, d[2], d[3], self.t1);
        let (b4, b5) = join(s, d[4], d[5], self.tw);
        let (b6, b7) = join_i(s, d[6], d[7], self.tw);
        let (a0, a2) = join(s, b0, b2, self.t2);
        let (a1, a3) = join(s, b1, b3, self.t2);
        let (a4, a6) = join_i(s, b4, b6, self.t2);
        let (a5, a7) = join_i(s, b5, b7, self.t2);
        // Now 1 and 3 lack c1 while 5 and 7 lack cw.
        let (x0, x4) = join(s, a0, a4, self.t4);
        let (x2, x6) = join(s, a2, a6, self.t4);
        let (x1, x5) = (
            a1.fma(s, self.ratio, a5),
            a1.fnma(s, self.ratio, a5).turn_back(s, self.t4),
        );
        let (x3, x7) = (
            a3.fma(s, self.ratio, a7),
            a3.fnma(s, self.ratio, a7).turn_back(s, self.t4),
        );
        let c12 = s.mul(self.c1, self.c2);
        [
            x0,
            x1.scale(s, self.c1),
            x2.scale(s, self.c2),
            x3.scale(s, c12),
            x4.scale(s, self.c4),
            x5.scale(s, s.mul(self.c4, self.c1)),
            x6.scale(s, s.mul(self.c4, self.c2)),
            x7.scale(s, s.mul(self.c4, c12)),
        ]
    }
}

/// a+r*b and a-r*b with r = c*(1+it).
#[inline(always)]
fn split<S: Simd>(s: S, a: C<S::V>, b: C<S::V>, c: S::V, t: S::V) -> (C<S::V>, C<S::V>) {
    let u = b.turn(s, t);
    (a.fma(s, c, u), a.fnma(s, c, u))
}

/// a+i*r*b and a-i*r*b.
#[inline(always)]
fn split_i<S: Simd>(s: S, a: C<S::V>, b: C<S::V>, c: S::V, t: S::V) -> (C<S::V>, C<S::V>) {
    let u = b.turn(s, t);
    (
        C {
            re: s.fnma(c, u.im, a.re),
            im: s.fma(c, u.re, a.im),
        },
        C {
            re: s.fma(c, u.im, a.re),
            im: s.fnma(c, u.re, a.im),
        },
    )
}

/// a+b and (a-b)*(1-it).
#[inline(always)]
fn join<S: Simd>(s: S, a: C<S::V>, b: C<S::V>, t: S::V) -> (C<S::V>, C<S::V>) {
    (a.add(s, b), a.sub(s, b).turn_back(s, t))
}

/// a+b and -i*(a-b)*(1-it).
#[inline(always)]
fn join_i<S: Simd>(s: S, a: C<S::V>, b: C<S::V>, t: S::V) -> (C<S::V>, C<S::V>) {
    let d = a.sub(s, b);
    let minus = s.sub(b.re, a.re);
    (
        a.add(s, b),
        C {
            re: s.fnma(t, d.re, d.im),
            im: s.fnma(t, d.im, minus),
        },
    )
}
