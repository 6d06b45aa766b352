//! NEON, on 64-bit Arm: residues are whole numbers in doubles, two in a register and four registers side by
//! side. The arithmetic is that of `avx2.rs`, with the same bounds: a product is exact as the sum of its
//! rounded value and the rounding error, and so is the rest that a rounded quotient leaves of it. Loose
//! residues lie between -p and p.

use std::arch::aarch64::*;

use super::{Kernel, LANES, Lanes, Row};

/// Every 64-bit Arm processor has the instructions.
#[derive(Clone, Copy)]
pub(in super::super) struct Neon;

type Quad = [float64x2_t; 4];
type Masks = [uint64x2_t; 4];

/// Eight primes with their inverses.
#[derive(Clone, Copy)]
pub(in super::super) struct Modulus {
    p: Quad,
    inverse: Quad,
}

/// An intrinsic on values; the instructions are a part of every processor that this file is compiled for.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: NEON belongs to the baseline of this architecture.
        unsafe { $call }
    };
}

/// A function of every register. A macro, because closures that handle vectors need not be inlined.
macro_rules! each {
    (@ $i:ident $n:literal $value:expr) => {{
        let $i = $n;
        op!($value)
    }};
    (|$i:ident| $value:expr) => {
        [
            each!(@ $i 0 $value),
            each!(@ $i 1 $value),
            each!(@ $i 2 $value),
            each!(@ $i 3 $value),
        ]
    };
}

#[inline(always)]
fn load(row: &Row) -> Quad {
    let at = row.0.as_ptr();
    // SAFETY: NEON is there, and the two numbers from 2i on lie in the row.
    each!(|i| vcvtq_f64_u64(vld1q_u64(at.add(2 * i))))
}

/// Tight residues as numbers.
#[inline(always)]
fn store(v: Quad) -> Row {
    let mut row = Row::default();
    let numbers = each!(|i| vcvtq_u64_f64(v[i]));
    let at = row.0.as_mut_ptr();
    for (i, numbers) in numbers.into_iter().enumerate() {
        // SAFETY: NEON is there, and the two numbers from 2i on lie in the row, which is ours.
        unsafe { vst1q_u64(at.add(2 * i), numbers) };
    }
    row
}

/// The bits of the lanes in a register.
#[inline(always)]
fn bits() -> Masks {
    each!(|i| vcombine_u64(vcreate_u64(1 << (2 * i)), vcreate_u64(2 << (2 * i))))
}

#[inline(always)]
fn lanes(masks: Masks) -> u8 {
    let bits = bits();
    let set = each!(|i| vandq_u64(masks[i], bits[i]));
    op!({
        let all = vorrq_u64(vorrq_u64(set[0], set[1]), vorrq_u64(set[2], set[3]));
        vaddvq_u64(all) as u8
    })
}

impl Lanes for Neon {
    type V = Quad;
    type M = Modulus;
    const LIMIT: u64 = 1 << 50;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.call(self)
    }

    #[inline(always)]
    fn modulus(self, primes: &Row) -> Modulus {
        let p = load(primes);
        Modulus {
            p,
            inverse: each!(|i| vdivq_f64(vdupq_n_f64(1.0), p[i])),
        }
    }

    #[inline(always)]
    fn one(self, _: Modulus) -> Quad {
        each!(|_i| vdupq_n_f64(1.0))
    }

    #[inline(always)]
    fn entrance(self, m: Modulus) -> Quad {
        self.one(m)
    }

    #[inline(always)]
    fn enter(self, m: Modulus, v: Quad, numbers: &Row) -> Quad {
        // |v| < p and numbers below 2^50: the quotient is below 2^50, as in a product.
        self.mul(m, v, load(numbers))
    }

    #[inline(always)]
    fn leave(self, m: Modulus, v: Quad) -> Row {
        store(self.tight(m, v))
    }

    #[inline(always)]
    fn mul(self, m: Modulus, a: Quad, b: Quad) -> Quad {
        let high = each!(|i| vmulq_f64(a[i], b[i]));
        let low = each!(|i| vfmaq_f64(vnegq_f64(high[i]), a[i], b[i]));
        let quotient = each!(|i| vrndnq_f64(vmulq_f64(high[i], m.inverse[i])));
        each!(|i| vaddq_f64(vfmsq_f64(high[i], quotient[i], m.p[i]), low[i]))
    }

    #[inline(always)]
    fn tight(self, m: Modulus, v: Quad) -> Quad {
        each!(|i| {
            let negative = vcltzq_f64(v[i]);
            let p = vandq_u64(negative, vreinterpretq_u64_f64(m.p[i]));
            vaddq_f64(v[i], vreinterpretq_f64_u64(p))
        })
    }

    #[inline(always)]
    fn add(self, m: Modulus, a: Quad, b: Quad) -> Quad {
        self.tight(m, each!(|i| vsubq_f64(vaddq_f64(a[i], b[i]), m.p[i])))
    }

    #[inline(always)]
    fn sub(self, m: Modulus, a: Quad, b: Quad) -> Quad {
        self.tight(m, each!(|i| vsubq_f64(a[i], b[i])))
    }

    #[inline(always)]
    fn halve(self, m: Modulus, a: Quad) -> Quad {
        // Half an odd number is not whole: half of p makes it so.
        each!(|i| {
            let half = vdupq_n_f64(0.5);
            let halved = vmulq_f64(a[i], half);
            let whole = vceqq_f64(halved, vrndmq_f64(halved));
            vbslq_f64(whole, halved, vfmaq_f64(halved, half, m.p[i]))
        })
    }

    #[inline(always)]
    fn fold(self, m: Modulus, v: Quad) -> Quad {
        each!(|i| vminq_f64(v[i], vsubq_f64(m.p[i], v[i])))
    }

    #[inline(always)]
    fn closest(self, gathered: Quad, a: Quad, b: Quad) -> Quad {
        each!(|i| {
            let gathered = vreinterpretq_u64_f64(gathered[i]);
            vreinterpretq_f64_u64(vorrq_u64(gathered, vceqq_f64(a[i], b[i])))
        })
    }

    #[inline(always)]
    fn far(self) -> Quad {
        each!(|_i| vdupq_n_f64(0.0))
    }

    #[inline(always)]
    fn met(self, gathered: Quad) -> u8 {
        lanes(each!(|i| vreinterpretq_u64_f64(gathered[i])))
    }

    #[inline(always)]
    fn equal(self, a: Quad, b: Quad) -> u8 {
        lanes(each!(|i| vceqq_f64(a[i], b[i])))
    }

    #[inline(always)]
    fn select(self, lanes: u8, a: Quad, b: Quad) -> Quad {
        let bits = bits();
        each!(|i| {
            let chosen = vtstq_u64(vdupq_n_u64(lanes.into()), bits[i]);
            vbslq_f64(chosen, a[i], b[i])
        })
    }

    #[inline(always)]
    fn keys(self, v: Quad) -> Row {
        store(v)
    }

    #[inline(always)]
    fn of_keys(self, keys: &Row) -> Quad {
        load(keys)
    }
}

const _: () = assert!(LANES == 8, "four registers of two doubles");
