//! Four lanes: AVX2 and fused multiply-add, which processors since about 2013 have.

use std::arch::x86_64::*;

use super::{C, Kernel, MAGIC, Plain, Simd};

/// Proof that this processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

// SAFETY: vectors of numbers are plain, and aligned to their size.
unsafe impl Plain for __m256d {}
// SAFETY: as above.
unsafe impl Plain for __m256i {}

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
    type I = __m256i;
    const LANES: usize = 4;
    const FUSED: bool = true;

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
    fn fms(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm256_fmsub_pd(a, b, c))
    }

    #[inline(always)]
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm256_fnmadd_pd(a, b, c))
    }

    #[inline(always)]
    fn transpose(self, rows: [Self::V; 8]) -> [Self::V; 8] {
        let [c0, c1, c2, c3] = square(rows[0], rows[1], rows[2], rows[3]);
        let [c4, c5, c6, c7] = square(rows[4], rows[5], rows[6], rows[7]);
        [c0, c1, c2, c3, c4, c5, c6, c7]
    }

    #[inline(always)]
    fn shift(self, before: Self::V, v: Self::V) -> Self::V {
        op!({
            let turned = _mm256_permute4x64_pd::<0b10_01_00_11>(v);
            let last = _mm256_permute4x64_pd::<0b11_11_11_11>(before);
            _mm256_blend_pd::<0b0001>(turned, last)
        })
    }

    #[inline(always)]
    fn mirror(self, zero: Self::V, rest: Self::V) -> Self::V {
        // The first four in bit-reversed order are 0, 4, 2, 6.
        op!(_mm256_blend_pd::<0b0001>(
            _mm256_permute4x64_pd::<0b10_11_01_00>(rest),
            zero
        ))
    }

    #[inline(always)]
    fn reverse(self, v: Self::V) -> Self::V {
        op!(_mm256_permute4x64_pd::<0b00_01_10_11>(v))
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
    fn round(self, v: Self::V) -> Self::V {
        op!(_mm256_round_pd::<0>(v))
    }

    #[inline(always)]
    fn abs_max(self, acc: Self::V, v: Self::V) -> Self::V {
        op!(_mm256_max_pd(
            acc,
            _mm256_andnot_pd(_mm256_set1_pd(-0.0), v)
        ))
    }

    #[inline(always)]
    fn widen(self, i: Self::I) -> C<Self::V> {
        op!({
            let parted = _mm256_permutevar8x32_epi32(i, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7));
            C {
                re: _mm256_cvtepi32_pd(_mm256_castsi256_si128(parted)),
                im: _mm256_cvtepi32_pd(_mm256_extracti128_si256::<1>(parted)),
            }
        })
    }

    #[inline(always)]
    fn narrow(self, z: C<Self::V>) -> Self::I {
        let magic = self.splat(MAGIC);
        op!(_mm256_blend_epi32::<0b1010_1010>(
            _mm256_castpd_si256(self.add(z.re, magic)),
            _mm256_slli_epi64::<32>(_mm256_castpd_si256(self.add(z.im, magic)))
        ))
    }
}

/// Four vectors as rows, transposed. (A closure would not be inlined.)
#[inline(always)]
fn square(a: __m256d, b: __m256d, c: __m256d, d: __m256d) -> [__m256d; 4] {
    // SAFETY: only `Avx2::transpose` calls this, whose token says that the processor has these.
    unsafe {
        let (ab_even, ab_odd) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
        let (cd_even, cd_odd) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
        [
            _mm256_permute2f128_pd::<0x20>(ab_even, cd_even),
            _mm256_permute2f128_pd::<0x20>(ab_odd, cd_odd),
            _mm256_permute2f128_pd::<0x31>(ab_even, cd_even),
            _mm256_permute2f128_pd::<0x31>(ab_odd, cd_odd),
        ]
    }
}
