//! Plain Rust, for any processor: four lanes as arrays, which compilers turn into whatever vectors
//! the target has. Multiply-add is two roundings here: a software fused one would be a hundred times
//! slower, and the error bounds leave room for it.

use super::{C, Kernel, Simd};

/// Any processor will do.
#[derive(Clone, Copy)]
pub(super) struct Portable;

/// Lanes.
const W: usize = 4;

impl Portable {
    #[inline(always)]
    fn zip(a: [f64; W], b: [f64; W], f: impl Fn(f64, f64) -> f64) -> [f64; W] {
        [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
    }
}

impl Simd for Portable {
    type V = [f64; W];
    type I = [[i32; 2]; W];
    const LANES: usize = W;
    const FUSED: bool = false;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.call(self)
    }

    #[inline(always)]
    fn splat(self, x: f64) -> Self::V {
        [x; W]
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        Self::zip(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        Self::zip(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        Self::zip(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        self.add(self.mul(a, b), c)
    }

    #[inline(always)]
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        self.sub(c, self.mul(a, b))
    }

    #[inline(always)]
    fn transpose(self, rows: [Self::V; 8]) -> [Self::V; 8] {
        let [a, b, c, d, e, f, g, h] = rows;
        let low = |l: usize| [a[l], b[l], c[l], d[l]];
        let high = |l: usize| [e[l], f[l], g[l], h[l]];
        [
            low(0),
            low(1),
            low(2),
            low(3),
            high(0),
            high(1),
            high(2),
            high(3),
        ]
    }

    #[inline(always)]
    fn shift(self, before: Self::V, v: Self::V) -> Self::V {
        [before[3], v[0], v[1], v[2]]
    }

    #[inline(always)]
    fn mirror(self, zero: Self::V, rest: Self::V) -> Self::V {
        // The first four in bit-reversed order are 0, 4, 2, 6.
        [zero[0], rest[1], rest[3], rest[2]]
    }

    #[inline(always)]
    fn reverse(self, v: Self::V) -> Self::V {
        [v[3], v[2], v[1], v[0]]
    }

    #[inline(always)]
    fn select(self, mask: u8, clear: Self::V, set: Self::V) -> Self::V {
        let pick = |l: usize| if mask >> l & 1 == 1 { set[l] } else { clear[l] };
        [pick(0), pick(1), pick(2), pick(3)]
    }

    #[inline(always)]
    fn abs_max(self, acc: Self::V, v: Self::V) -> Self::V {
        Self::zip(acc, v, |acc, v| if acc > v.abs() { acc } else { v.abs() })
    }

    #[inline(always)]
    fn widen(self, i: Self::I) -> C<Self::V> {
        C {
            re: [
                i[0][0].into(),
                i[1][0].into(),
                i[2][0].into(),
                i[3][0].into(),
            ],
            im: [
                i[0][1].into(),
                i[1][1].into(),
                i[2][1].into(),
                i[3][1].into(),
            ],
        }
    }

    #[inline(always)]
    fn narrow(self, z: C<Self::V>) -> Self::I {
        let pair = |l: usize| [z.re[l] as i32, z.im[l] as i32];
        [pair(0), pair(1), pair(2), pair(3)]
    }
}
