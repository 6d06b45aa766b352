//! AVX2 with fused multiply-add: residues are whole numbers in doubles, four in a register and two
//! registers side by side. A product is exact as the sum of its rounded value and the rounding error,
//! and so is the rest that a rounded quotient leaves of it. Loose residues lie between -p and p.
//!
//! With |a|, |b| < p < 2^50 the quotient a*b/p is below 2^50, and its three roundings make it wrong by
//! less than 3/8; rounded to a whole number it is wrong by less than 7/8, so the rest is loose again.

use std::arch::x86_64::*;

use super::{Kernel, LANES, Lanes, Row};

/// Proof that this processor has the instructions.
#[derive(Clone, Copy)]
pub(in super::super) struct Avx2(());

impl Avx2 {
    /// The token, if the processor has the instructions.
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        has.then_some(Self(()))
    }
}

type Pair = [__m256d; 2];

/// Eight primes with their inverses.
#[derive(Clone, Copy)]
pub(in super::super) struct Modulus {
    p: Pair,
    inverse: Pair,
}

/// An intrinsic on values; the token says that the processor has it.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: a value of this type exists only where `detect` found the instructions.
        unsafe { $call }
    };
}

/// A function of both halves. A macro, because closures that handle vectors need not be inlined.
macro_rules! both {
    (|$i:ident| $value:expr) => {{
        let first = {
            let $i = 0;
            op!($value)
        };
        let second = {
            let $i = 1;
            op!($value)
        };
        [first, second]
    }};
}

/// 2^52: added to a whole number below it, it leaves the number's bits.
const SHIFT: f64 = (1u64 << 52) as f64;

#[inline(always)]
fn load(row: &Row) -> Pair {
    let shift = op!(_mm256_set1_pd(SHIFT));
    // SAFETY: only methods of the token call this; a row is 64 bytes, initialised, aligned to 64.
    let halves: [__m256i; 2] = unsafe {
        let at: *const __m256i = (&raw const *row).cast();
        [_mm256_load_si256(at), _mm256_load_si256(at.add(1))]
    };
    both!(|i| _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(halves[i]), shift), shift))
}

#[inline(always)]
fn store(v: Pair) -> Row {
    let shift = op!(_mm256_set1_pd(SHIFT));
    let mut row = Row::default();
    let bits = both!(|i| _mm256_castpd_si256(_mm256_xor_pd(_mm256_add_pd(v[i], shift), shift)));
    // SAFETY: as in `load`; the row is ours, and any bits are eight numbers.
    unsafe {
        let at: *mut __m256i = (&raw mut row).cast();
        _mm256_store_si256(at, bits[0]);
        _mm256_store_si256(at.add(1), bits[1]);
    }
    row
}

#[inline(always)]
fn lanes(masks: Pair) -> u8 {
    let halves = both!(|i| _mm256_movemask_pd(masks[i]));
    (halves[0] | halves[1] << 4) as u8
}

impl Lanes for Avx2 {
    type V = Pair;
    type M = Modulus;
    const LIMIT: u64 = 1 << 50;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
        fn with<K: Kernel>(s: Avx2, kernel: K) -> K::Output {
            kernel.call(s)
        }
        op!(with(self, kernel))
    }

    #[inline(always)]
    fn modulus(self, primes: &Row) -> Modulus {
        let p = load(primes);
        Modulus {
            p,
            inverse: both!(|i| _mm256_div_pd(_mm256_set1_pd(1.0), p[i])),
        }
    }

    #[inline(always)]
    fn one(self, _: Modulus) -> Pair {
        both!(|_i| _mm256_set1_pd(1.0))
    }

    #[inline(always)]
    fn entrance(self, m: Modulus) -> Pair {
        self.one(m)
    }

    #[inline(always)]
    fn enter(self, m: Modulus, v: Pair, numbers: &Row) -> Pair {
        // |v| < p and numbers below 2^50: the quotient is below 2^50, as in a product.
        self.mul(m, v, load(numbers))
    }

    #[inline(always)]
    fn leave(self, m: Modulus, v: Pair) -> Row {
        store(self.tight(m, v))
    }

    #[inline(always)]
    fn mul(self, m: Modulus, a: Pair, b: Pair) -> Pair {
        const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
        let high = both!(|i| _mm256_mul_pd(a[i], b[i]));
        let low = both!(|i| _mm256_fmsub_pd(a[i], b[i], high[i]));
        let quotient = both!(|i| _mm256_round_pd::<NEAREST>(_mm256_mul_pd(high[i], m.inverse[i])));
        both!(|i| _mm256_add_pd(_mm256_fnmadd_pd(quotient[i], m.p[i], high[i]), low[i]))
    }

    #[inline(always)]
    fn tight(self, m: Modulus, v: Pair) -> Pair {
        let zero = op!(_mm256_setzero_pd());
        both!(|i| _mm256_add_pd(
            v[i],
            _mm256_and_pd(_mm256_cmp_pd::<_CMP_LT_OQ>(v[i], zero), m.p[i])
        ))
    }

    #[inline(always)]
    fn add(self, m: Modulus, a: Pair, b: Pair) -> Pair {
        self.tight(
            m,
            both!(|i| _mm256_sub_pd(_mm256_add_pd(a[i], b[i]), m.p[i])),
        )
    }

    #[inline(always)]
    fn sub(self, m: Modulus, a: Pair, b: Pair) -> Pair {
        self.tight(m, both!(|i| _mm256_sub_pd(a[i], b[i])))
    }

    #[inline(always)]
    fn halve(self, m: Modulus, a: Pair) -> Pair {
        let half = op!(_mm256_set1_pd(0.5));
        let halved = both!(|i| _mm256_mul_pd(a[i], half));
        // Half an odd number is not whole: half of p makes it so.
        let odd = both!(|i| _mm256_cmp_pd::<_CMP_NEQ_OQ>(halved[i], _mm256_floor_pd(halved[i])));
        both!(|i| _mm256_fmadd_pd(_mm256_and_pd(odd[i], half), m.p[i], halved[i]))
    }

    #[inline(always)]
    fn fold(self, m: Modulus, v: Pair) -> Pair {
        both!(|i| _mm256_min_pd(v[i], _mm256_sub_pd(m.p[i], v[i])))
    }

    #[inline(always)]
    fn closest(self, gathered: Pair, a: Pair, b: Pair) -> Pair {
        both!(|i| _mm256_or_pd(gathered[i], _mm256_cmp_pd::<_CMP_EQ_OQ>(a[i], b[i])))
    }

    #[inline(always)]
    fn far(self) -> Pair {
        both!(|_i| _mm256_setzero_pd())
    }

    #[inline(always)]
    fn met(self, gathered: Pair) -> u8 {
        lanes(gathered)
    }

    #[inline(always)]
    fn equal(self, a: Pair, b: Pair) -> u8 {
        lanes(both!(|i| _mm256_cmp_pd::<_CMP_EQ_OQ>(a[i], b[i])))
    }

    #[inline(always)]
    fn select(self, lanes: u8, a: Pair, b: Pair) -> Pair {
        let bits = both!(|i| _mm256_set1_epi64x(i64::from(lanes >> (4 * i))));
        let each = op!(_mm256_set_epi64x(8, 4, 2, 1));
        both!(|i| {
            let mask = _mm256_cmpeq_epi64(_mm256_and_si256(bits[i], each), each);
            _mm256_blendv_pd(b[i], a[i], _mm256_castsi256_pd(mask))
        })
    }

    #[inline(always)]
    fn keys(self, v: Pair) -> Row {
        store(v)
    }

    #[inline(always)]
    fn of_keys(self, keys: &Row) -> Pair {
        load(keys)
    }
}

const _: () = assert!(LANES == 8, "two registers of four doubles");
