//! AVX-512 with IFMA: eight 52-bit products, low or high half, added to eight accumulators in one
//! instruction. Intel processors since 2019 and AMD processors since 2022 have it.

use std::arch::x86_64::*;

use super::lanes::{Kernel, Lanes, Row};

/// Proof that this processor has the instructions.
#[derive(Clone, Copy)]
pub(super) struct Ifma(());

impl Ifma {
    /// The token, if the processor has the instructions.
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma");
        has.then_some(Self(()))
    }
}

/// An intrinsic on values; the token says that the processor has it.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: a value of this type exists only where `detect` found the instructions.
        unsafe { $call }
    };
}

impl Lanes for Ifma {
    type V = __m512i;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma")]
        fn with<K: Kernel>(s: Ifma, kernel: K) -> K::Output {
            kernel.call(s)
        }
        op!(with(self, kernel))
    }

    #[inline(always)]
    fn load(self, row: &Row) -> Self::V {
        // SAFETY: the token says that the processor has the instruction; a row is 64 bytes,
        // initialised, and aligned to 64.
        unsafe { _mm512_load_si512((&raw const *row).cast()) }
    }

    #[inline(always)]
    fn store(self, row: &mut Row, v: Self::V) {
        // SAFETY: as in `load`; the borrow is exclusive, and any bits are eight numbers.
        unsafe { _mm512_store_si512((&raw mut *row).cast(), v) }
    }

    #[inline(always)]
    fn splat(self, x: u64) -> Self::V {
        op!(_mm512_set1_epi64(x as i64))
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_add_epi64(a, b))
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_sub_epi64(a, b))
    }

    #[inline(always)]
    fn and(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_and_si512(a, b))
    }

    #[inline(always)]
    fn xor(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_xor_si512(a, b))
    }

    #[inline(always)]
    fn high(self, v: Self::V) -> Self::V {
        op!(_mm512_srli_epi64::<52>(v))
    }

    #[inline(always)]
    fn high_signed(self, v: Self::V) -> Self::V {
        op!(_mm512_srai_epi64::<52>(v))
    }

    #[inline(always)]
    fn madd_low(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_madd52lo_epu64(acc, a, b))
    }

    #[inline(always)]
    fn madd_high(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_madd52hi_epu64(acc, a, b))
    }
}
