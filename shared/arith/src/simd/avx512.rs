//! Eight lanes: AVX-512 with the F, DQ, BW and VL parts, which every such server and desktop
//! processor since 2017 has.

use std::arch::x86_64::*;

use super::{Kernel, Plain, Simd};

/// Proof that this processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

// SAFETY: vectors of numbers are plain, and aligned to their size.
unsafe impl Plain for __m512d {}
// SAFETY: as above.
unsafe impl Plain for __m256i {}

impl Avx512 {
    /// The token, if the processor has the instructions.
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma");
        has.then_some(Self(()))
    }
}

/// An intrinsic; the token says that the processor has it.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: a value of this type exists only where `detect` found the instructions.
        unsafe { $call }
    };
}

impl Simd for Avx512 {
    type V = __m512d;
    type I = __m256i;
    const LANES: usize = 8;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
        fn with<K: Kernel>(s: Avx512, kernel: K) -> K::Output {
            kernel.call(s)
        }
        op!(with(self, kernel))
    }

    #[inline(always)]
    fn splat(self, x: f64) -> Self::V {
        op!(_mm512_set1_pd(x))
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_add_pd(a, b))
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_sub_pd(a, b))
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_mul_pd(a, b))
    }

    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm512_fmadd_pd(a, b, c))
    }

    #[inline(always)]
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm512_fnmadd_pd(a, b, c))
    }

    #[inline(always)]
    fn swap<const D: usize>(self, v: Self::V) -> Self::V {
        match D {
            4 => op!(_mm512_shuffle_f64x2::<0b01_00_11_10>(v, v)),
            2 => op!(_mm512_permutex_pd::<0b01_00_11_10>(v)),
            _ => op!(_mm512_permute_pd::<0b0101_0101>(v)),
        }
    }

    #[inline(always)]
    fn reverse(self, v: Self::V) -> Self::V {
        op!(_mm512_permutexvar_pd(
            _mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0),
            v
        ))
    }

    #[inline(always)]
    fn mirror(self, v: Self::V) -> Self::V {
        // In bit-reversed order the lanes are 0, 4, 2, 6, 1, 5, 3, 7.
        op!(_mm512_permutexvar_pd(
            _mm512_setr_epi64(0, 1, 3, 2, 7, 6, 5, 4),
            v
        ))
    }

    #[inline(always)]
    fn select(self, mask: u8, clear: Self::V, set: Self::V) -> Self::V {
        op!(_mm512_mask_blend_pd(mask, clear, set))
    }

    #[inline(always)]
    fn abs_max(self, acc: Self::V, v: Self::V) -> Self::V {
        // Maximum of the absolute values, sign cleared.
        op!(_mm512_range_pd::<0b1011>(acc, v))
    }

    #[inline(always)]
    fn widen(self, i: Self::I) -> Self::V {
        op!(_mm512_cvtepi32_pd(i))
    }

    #[inline(always)]
    fn narrow(self, v: Self::V) -> Self::I {
        op!(_mm512_cvtpd_epi32(v))
    }
}
