//! Eight lanes: AVX-512 with the F, DQ, BW and VL parts, which every such server and desktop
//! processor since 2017 has.

use std::arch::x86_64::*;

use super::{C, Kernel, MAGIC, Plain, Simd};

/// Proof that this processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

// SAFETY: vectors of numbers are plain, and aligned to their size.
unsafe impl Plain for __m512d {}
// SAFETY: as above.
unsafe impl Plain for __m512i {}

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
    type I = __m512i;
    const LANES: usize = 8;
    const FUSED: bool = true;

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
    fn fms(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm512_fmsub_pd(a, b, c))
    }

    #[inline(always)]
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm512_fnmadd_pd(a, b, c))
    }

    #[inline(always)]
    fn transpose(self, rows: [Self::V; 8]) -> [Self::V; 8] {
        // Pairs of rows first; then their pairs of lanes are moved as wholes.
        let low = |r: usize| op!(_mm512_unpacklo_pd(rows[r], rows[r + 1]));
        let high = |r: usize| op!(_mm512_unpackhi_pd(rows[r], rows[r + 1]));
        let [c0, c2, c4, c6] = pairs([low(0), low(2), low(4), low(6)]);
        let [c1, c3, c5, c7] = pairs([high(0), high(2), high(4), high(6)]);
        [c0, c1, c2, c3, c4, c5, c6, c7]
    }

    #[inline(always)]
    fn shift(self, before: Self::V, v: Self::V) -> Self::V {
        op!(_mm512_castsi512_pd(_mm512_alignr_epi64::<7>(
            _mm512_castpd_si512(v),
            _mm512_castpd_si512(before)
        )))
    }

    #[inline(always)]
    fn mirror(self, zero: Self::V, rest: Self::V) -> Self::V {
        // In bit-reversed order the lanes are 0, 4, 2, 6, 1, 5, 3, 7.
        op!(_mm512_permutex2var_pd(
            rest,
            _mm512_setr_epi64(8, 1, 3, 2, 7, 6, 5, 4),
            zero
        ))
    }

    #[inline(always)]
    fn reverse(self, v: Self::V) -> Self::V {
        op!(_mm512_permutexvar_pd(
            _mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0),
            v
        ))
    }

    #[inline(always)]
    fn select(self, mask: u8, clear: Self::V, set: Self::V) -> Self::V {
        op!(_mm512_mask_blend_pd(mask, clear, set))
    }

    #[inline(always)]
    fn round(self, v: Self::V) -> Self::V {
        op!(_mm512_roundscale_pd::<0>(v))
    }

    #[inline(always)]
    fn abs_max(self, acc: Self::V, v: Self::V) -> Self::V {
        // The larger of the two absolute values, in one instruction instead of two.
        op!(_mm512_range_pd::<0b1011>(acc, v))
    }

    #[inline(always)]
    fn peak(self, v: Self::V) -> f64 {
        op!(_mm512_reduce_max_pd(_mm512_max_pd(v, _mm512_setzero_pd())))
    }

    #[inline(always)]
    fn at_most(self, v: Self::V, most: f64) -> bool {
        op!(_mm512_cmp_pd_mask::<_CMP_LE_OQ>(v, _mm512_set1_pd(most)) == 0xFF)
    }

    #[inline(always)]
    fn widen(self, i: Self::I) -> C<Self::V> {
        op!(C {
            re: _mm512_cvtepi64_pd(_mm512_srai_epi64::<32>(_mm512_slli_epi64::<32>(i))),
            im: _mm512_cvtepi64_pd(_mm512_srai_epi64::<32>(i)),
        })
    }

    #[inline(always)]
    fn narrow(self, z: C<Self::V>) -> Self::I {
        // A conversion would take several times as long.
        let magic = self.splat(MAGIC);
        op!(_mm512_mask_blend_epi32(
            0xAAAA,
            _mm512_castpd_si512(self.add(z.re, magic)),
            _mm512_slli_epi64::<32>(_mm512_castpd_si512(self.add(z.im, magic)))
        ))
    }
}

/// Four vectors as rows of four pairs of lanes, transposed.
#[inline(always)]
fn pairs(rows: [__m512d; 4]) -> [__m512d; 4] {
    let [a, b, c, d] = rows;
    // SAFETY: only `Avx512::transpose` calls this, whose token says that the processor has these.
    unsafe {
        let ab_even = _mm512_shuffle_f64x2::<0b10_00_10_00>(a, b);
        let ab_odd = _mm512_shuffle_f64x2::<0b11_01_11_01>(a, b);
        let cd_even = _mm512_shuffle_f64x2::<0b10_00_10_00>(c, d);
        let cd_odd = _mm512_shuffle_f64x2::<0b11_01_11_01>(c, d);
        [
            _mm512_shuffle_f64x2::<0b10_00_10_00>(ab_even, cd_even),
            _mm512_shuffle_f64x2::<0b10_00_10_00>(ab_odd, cd_odd),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(ab_even, cd_even),
            _mm512_shuffle_f64x2::<0b11_01_11_01>(ab_odd, cd_odd),
        ]
    }
}
