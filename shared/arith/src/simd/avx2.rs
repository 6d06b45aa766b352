//! Four lanes: AVX2 and fused multiply-add, which processors since about 2013 have.

use std::arch::x86_64::*;

use super::{Kernel, Plain, Simd};

/// Proof that this processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

// SAFETY: vectors of numbers are plain, and aligned to their size.
unsafe impl Plain for __m256d {}
// SAFETY: as above.
unsafe impl Plain for __m128i {}

impl Avx2 {
    /// The token, if the processor has the instructions.
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
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

impl Simd for Avx2 {
    type V = __m256d;
    type I = __m128i;
    const LANES: usize = 4;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma")]
        fn with<K: Kernel>(s: Avx2, kernel: K) -> K::Output {
            kernel.call(s)
        }
        op!(with(self, kernel))
    }

    #[inline(always)]
    fn splat(self, x: f64) -> Self::V {
        op!(_mm256_set1_pd(x))
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm256_add_pd(a, b))
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm256_sub_pd(a, b))
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm256_mul_pd(a, b))
    }

    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm256_fmadd_pd(a, b, c))
    }

    #[inline(always)]
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm256_fnmadd_pd(a, b, c))
    }

    #[inline(always)]
    fn swap<const D: usize>(self, v: Self::V) -> Self::V {
        match D {
            2 => op!(_mm256_permute4x64_pd::<0b01_00_11_10>(v)),
            _ => op!(_mm256_permute_pd::<0b0101>(v)),
        }
    }

    #[inline(always)]
    fn reverse(self, v: Self::V) -> Self::V {
        op!(_mm256_permute4x64_pd::<0b00_01_10_11>(v))
    }

    #[inline(always)]
    fn mirror(self, v: Self::V) -> Self::V {
        // In bit-reversed order the lanes are 0, 2, 1, 3.
        op!(_mm256_permute4x64_pd::<0b10_11_01_00>(v))
    }

    #[inline(always)]
    fn select(self, mask: u8, clear: Self::V, set: Self::V) -> Self::V {
        // Each lane shifts its own bit of the mask to the sign, which is what the blend reads.
        op!(_mm256_blendv_pd(
            clear,
            set,
            _mm256_castsi256_pd(_mm256_sllv_epi64(
                _mm256_set1_epi64x(i64::from(mask)),
                _mm256_setr_epi64x(63, 62, 61, 60),
            )),
        ))
    }

    #[inline(always)]
    fn abs_max(self, acc: Self::V, v: Self::V) -> Self::V {
        op!(_mm256_max_pd(
            acc,
            _mm256_andnot_pd(_mm256_set1_pd(-0.0), v)
        ))
    }

    #[inline(always)]
    fn widen(self, i: Self::I) -> Self::V {
        op!(_mm256_cvtepi32_pd(i))
    }

    #[inline(always)]
    fn narrow(self, v: Self::V) -> Self::I {
        op!(_mm256_cvtpd_epi32(v))
    }
}
