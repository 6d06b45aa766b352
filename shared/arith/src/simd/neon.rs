//! Four lanes on 64-bit Arm: two registers of two doubles side by side. (Eight lanes would need four times as many
//! registers as there are for the column that a pass works on; four need all of them.)

use std::arch::aarch64::*;

use super::{C, Kernel, MAGIC, Plain, Simd};

/// Every 64-bit Arm processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Neon;

// SAFETY: vectors of numbers are plain, and aligned to their size.
unsafe impl Plain for float64x2_t {}
// SAFETY: as above.
unsafe impl Plain for int32x4_t {}

/// An intrinsic; the instructions are a part of every processor that this file is compiled for.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: NEON belongs to the baseline of this architecture.
        unsafe { $call }
    };
}

impl Simd for Neon {
    /// The lower two lanes and the upper two.
    type V = [float64x2_t; 2];
    /// Likewise.
    type I = [int32x4_t; 2];
    const LANES: usize = 4;
    const FUSED: bool = false;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.call(self)
    }

    #[inline(always)]
    fn splat(self, x: f64) -> Self::V {
        op!([vdupq_n_f64(x); 2])
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        op!([vaddq_f64(a[0], b[0]), vaddq_f64(a[1], b[1])])
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        op!([vsubq_f64(a[0], b[0]), vsubq_f64(a[1], b[1])])
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        op!([vmulq_f64(a[0], b[0]), vmulq_f64(a[1], b[1])])
    }

    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!([vfmaq_f64(c[0], a[0], b[0]), vfmaq_f64(c[1], a[1], b[1])])
    }

    #[inline(always)]
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!([vfmsq_f64(c[0], a[0], b[0]), vfmsq_f64(c[1], a[1], b[1])])
    }

    #[inline(always)]
    fn transpose(self, rows: [Self::V; 8]) -> [Self::V; 8] {
        let [c0, c1, c2, c3] = square(rows[0], rows[1], rows[2], rows[3]);
        let [c4, c5, c6, c7] = square(rows[4], rows[5], rows[6], rows[7]);
        [c0, c1, c2, c3, c4, c5, c6, c7]
    }

    #[inline(always)]
    fn shift(self, before: Self::V, v: Self::V) -> Self::V {
        op!([vextq_f64::<1>(before[1], v[0]), vextq_f64::<1>(v[0], v[1])])
    }

    #[inline(always)]
    fn mirror(self, zero: Self::V, rest: Self::V) -> Self::V {
        // The first four in bit-reversed order are 0, 4, 2, 6.
        op!([
            vcopyq_laneq_f64::<0, 0>(rest[0], zero[0]),
            vextq_f64::<1>(rest[1], rest[1]),
        ])
    }

    #[inline(always)]
    fn reverse(self, v: Self::V) -> Self::V {
        op!([vextq_f64::<1>(v[1], v[1]), vextq_f64::<1>(v[0], v[0])])
    }

    #[inline(always)]
    fn select(self, mask: u8, clear: Self::V, set: Self::V) -> Self::V {
        // Each lane tests its own bit of the mask.
        op!({
            let mask = vdupq_n_u64(mask.into());
            let low = vtstq_u64(mask, vcombine_u64(vcreate_u64(1), vcreate_u64(2)));
            let high = vtstq_u64(mask, vcombine_u64(vcreate_u64(4), vcreate_u64(8)));
            [
                vbslq_f64(low, set[0], clear[0]),
                vbslq_f64(high, set[1], clear[1]),
            ]
        })
    }

    #[inline(always)]
    fn abs_max(self, acc: Self::V, v: Self::V) -> Self::V {
        op!([
            vmaxq_f64(acc[0], vabsq_f64(v[0])),
            vmaxq_f64(acc[1], vabsq_f64(v[1])),
        ])
    }

    #[inline(always)]
    fn widen(self, i: Self::I) -> C<Self::V> {
        op!({
            let (re, im) = (vuzp1q_s32(i[0], i[1]), vuzp2q_s32(i[0], i[1]));
            C {
                re: [
                    vcvtq_f64_s64(vmovl_s32(vget_low_s32(re))),
                    vcvtq_f64_s64(vmovl_high_s32(re)),
                ],
                im: [
                    vcvtq_f64_s64(vmovl_s32(vget_low_s32(im))),
                    vcvtq_f64_s64(vmovl_high_s32(im)),
                ],
            }
        })
    }

    #[inline(always)]
    fn narrow(self, z: C<Self::V>) -> Self::I {
        let magic = self.splat(MAGIC);
        let (re, im) = (self.add(z.re, magic), self.add(z.im, magic));
        // The low halves of the doubles.
        op!({
            let re = vuzp1q_s32(vreinterpretq_s32_f64(re[0]), vreinterpretq_s32_f64(re[1]));
            let im = vuzp1q_s32(vreinterpretq_s32_f64(im[0]), vreinterpretq_s32_f64(im[1]));
            [vzip1q_s32(re, im), vzip2q_s32(re, im)]
        })
    }
}

/// Four vectors as rows, transposed. (A closure would not be inlined.)
#[inline(always)]
fn square(
    a: [float64x2_t; 2],
    b: [float64x2_t; 2],
    c: [float64x2_t; 2],
    d: [float64x2_t; 2],
) -> [[float64x2_t; 2]; 4] {
    op!([
        [vtrn1q_f64(a[0], b[0]), vtrn1q_f64(c[0], d[0])],
        [vtrn2q_f64(a[0], b[0]), vtrn2q_f64(c[0], d[0])],
        [vtrn1q_f64(a[1], b[1]), vtrn1q_f64(c[1], d[1])],
        [vtrn2q_f64(a[1], b[1]), vtrn2q_f64(c[1], d[1])],
    ])
}
