//! AVX-512 with IFMA: eight 52-bit products, low or high half, in one instruction. Residues are
//! Montgomery forms with radix 2^52, loose below 2p. Intel processors since 2019 and AMD processors
//! since 2022 have it.

use std::arch::x86_64::*;

use super::{Kernel, LANES, Lanes, Row};

/// Proof that this processor has the instructions.
#[derive(Clone, Copy)]
pub(in super::super) struct Ifma(());

impl Ifma {
    /// The token, if the processor has the instructions.
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("bmi2");
        has.then_some(Self(()))
    }
}

/// Eight primes with their inverses modulo 2^52.
#[derive(Clone, Copy)]
pub(in super::super) struct Modulus {
    p: __m512i,
    inverse: __m512i,
}

/// An intrinsic on values; the token says that the processor has it.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: a value of this type exists only where `detect` found the instructions.
        unsafe { $call }
    };
}

#[inline(always)]
fn load(row: &Row) -> __m512i {
    // SAFETY: only methods of the token call this; a row is 64 bytes, initialised, aligned to 64.
    unsafe { _mm512_load_si512((&raw const *row).cast()) }
}

#[inline(always)]
fn store(v: __m512i) -> Row {
    let mut row = Row::default();
    // SAFETY: as in `load`; the row is ours, and any bits are eight numbers.
    unsafe { _mm512_store_si512((&raw mut row).cast(), v) };
    row
}

#[inline(always)]
fn splat(x: u64) -> __m512i {
    // SAFETY: only methods of the token call this.
    unsafe { _mm512_set1_epi64(x as i64) }
}

impl Lanes for Ifma {
    type V = __m512i;
    type M = Modulus;
    /// (2p)^2 < 2^52*p: a product of loose residues, reduced, is loose again.
    const LIMIT: u64 = 1 << 50;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512ifma,bmi1,bmi2,lzcnt,popcnt")]
        fn with<K: Kernel>(s: Ifma, kernel: K) -> K::Output {
            kernel.call(s)
        }
        op!(with(self, kernel))
    }

    #[inline(always)]
    fn modulus(self, primes: &Row) -> Modulus {
        let p = load(primes);
        let zero = splat(0);
        // Newton's iteration doubles the right bits: 5, 10, 20, 40, 80.
        let mut inverse = op!(_mm512_xor_si512(
            _mm512_add_epi64(p, _mm512_add_epi64(p, p)),
            splat(2)
        ));
        for _ in 0..4 {
            let error = op!(_mm512_sub_epi64(
                splat(2),
                _mm512_madd52lo_epu64(zero, p, inverse)
            ));
            inverse = op!(_mm512_madd52lo_epu64(zero, inverse, error));
        }
        Modulus { p, inverse }
    }

    #[inline(always)]
    fn one(self, m: Modulus) -> __m512i {
        // 2^52/p is at least 1/p from the next integer, more than half a unit in its last place, so
        // that rounding never reaches it, and the quotient rounded down is exact.
        let quotient = op!(_mm512_cvttpd_epu64(_mm512_div_pd(
            _mm512_set1_pd((1u64 << 52) as f64),
            _mm512_cvtepu64_pd(m.p)
        )));
        let product = op!(_mm512_madd52lo_epu64(splat(0), quotient, m.p));
        op!(_mm512_sub_epi64(splat(1 << 52), product))
    }

    #[inline(always)]
    fn entrance(self, m: Modulus) -> __m512i {
        // 2^52 by its bits 110100.
        let mut v = self.one(m);
        v = self.add(m, v, v);
        for double in [true, false, true, false, false] {
            v = self.tight(m, self.mul(m, v, v));
            if double {
                v = self.add(m, v, v);
            }
        }
        v
    }

    #[inline(always)]
    fn enter(self, m: Modulus, v: __m512i, numbers: &Row) -> __m512i {
        // The product is below 2^50*2p.
        self.mul(m, load(numbers), v)
    }

    #[inline(always)]
    fn leave(self, m: Modulus, v: __m512i) -> Row {
        store(self.tight(m, self.mul(m, v, splat(1))))
    }

    #[inline(always)]
    fn mul(self, m: Modulus, a: __m512i, b: __m512i) -> __m512i {
        let zero = splat(0);
        // The low half of a*b is that of q*p, so the difference of the high halves is exact.
        let low = op!(_mm512_madd52lo_epu64(zero, a, b));
        let high = op!(_mm512_madd52hi_epu64(m.p, a, b));
        let q = op!(_mm512_madd52lo_epu64(zero, low, m.inverse));
        op!(_mm512_sub_epi64(high, _mm512_madd52hi_epu64(zero, q, m.p)))
    }

    #[inline(always)]
    fn tight(self, m: Modulus, v: __m512i) -> __m512i {
        op!(_mm512_min_epu64(v, _mm512_sub_epi64(v, m.p)))
    }

    #[inline(always)]
    fn add(self, m: Modulus, a: __m512i, b: __m512i) -> __m512i {
        self.tight(m, op!(_mm512_add_epi64(a, b)))
    }

    #[inline(always)]
    fn sub(self, m: Modulus, a: __m512i, b: __m512i) -> __m512i {
        let difference = op!(_mm512_sub_epi64(a, b));
        op!(_mm512_min_epu64(
            difference,
            _mm512_add_epi64(difference, m.p)
        ))
    }

    #[inline(always)]
    fn halve(self, m: Modulus, a: __m512i) -> __m512i {
        let odd = op!(_mm512_test_epi64_mask(a, splat(1)));
        op!(_mm512_srli_epi64::<1>(_mm512_mask_add_epi64(
            a, odd, a, m.p
        )))
    }

    #[inline(always)]
    fn fold(self, m: Modulus, v: __m512i) -> __m512i {
        op!(_mm512_min_epu64(v, _mm512_sub_epi64(m.p, v)))
    }

    #[inline(always)]
    fn closest(self, gathered: __m512i, a: __m512i, b: __m512i) -> __m512i {
        op!(_mm512_min_epu64(gathered, _mm512_xor_si512(a, b)))
    }

    #[inline(always)]
    fn far(self) -> __m512i {
        splat(1)
    }

    #[inline(always)]
    fn met(self, gathered: __m512i) -> u8 {
        op!(_mm512_testn_epi64_mask(gathered, gathered))
    }

    #[inline(always)]
    fn equal(self, a: __m512i, b: __m512i) -> u8 {
        op!(_mm512_cmpeq_epu64_mask(a, b))
    }

    #[inline(always)]
    fn select(self, lanes: u8, a: __m512i, b: __m512i) -> __m512i {
        op!(_mm512_mask_blend_epi64(lanes, b, a))
    }

    #[inline(always)]
    fn keys(self, v: __m512i) -> Row {
        store(v)
    }

    #[inline(always)]
    fn columns(self, v: [__m512i; LANES]) -> [Row; LANES] {
        let mut columns = [Row::default(); LANES];
        // Columns of equal parity: pairs of neighbours, then a transposition of pairs.
        for parity in 0..2 {
            let mut pairs = [v[0]; LANES / 2];
            for (i, pair) in pairs.iter_mut().enumerate() {
                let (a, b) = (v[2 * i], v[2 * i + 1]);
                *pair = if parity == 0 {
                    op!(_mm512_unpacklo_epi64(a, b))
                } else {
                    op!(_mm512_unpackhi_epi64(a, b))
                };
            }
            let [p, q, r, s] = pairs;
            let low = op!(_mm512_shuffle_i64x2::<0x88>(p, q));
            let high = op!(_mm512_shuffle_i64x2::<0xdd>(p, q));
            let low2 = op!(_mm512_shuffle_i64x2::<0x88>(r, s));
            let high2 = op!(_mm512_shuffle_i64x2::<0xdd>(r, s));
            columns[parity] = store(op!(_mm512_shuffle_i64x2::<0x88>(low, low2)));
            columns[parity + 2] = store(op!(_mm512_shuffle_i64x2::<0x88>(high, high2)));
            columns[parity + 4] = store(op!(_mm512_shuffle_i64x2::<0xdd>(low, low2)));
            columns[parity + 6] = store(op!(_mm512_shuffle_i64x2::<0xdd>(high, high2)));
        }
        columns
    }

    #[inline(always)]
    fn of_keys(self, keys: &Row) -> __m512i {
        load(keys)
    }
}
