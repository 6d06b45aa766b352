//! Plain Rust, for any processor: what the instructions do, a lane at a time in 64- and 128-bit
//! integers. It is here to be compared with, so products are calls: inlined hundreds of times they
//! would take most of the crate's compile time.

use super::lanes::{Kernel, LANES, LIMB_BITS, Lanes, MASK, Row};

/// Any processor will do.
#[derive(Clone, Copy)]
pub(super) struct Portable;

/// f of each lane of a and b.
#[inline(always)]
fn zip(a: Row, b: Row, f: impl Fn(u64, u64) -> u64) -> Row {
    Row(std::array::from_fn(|l: usize| f(a.0[l], b.0[l])))
}

/// The product of the low 52 bits of each.
#[inline(always)]
fn product(a: u64, b: u64) -> u128 {
    u128::from(a & MASK) * u128::from(b & MASK)
}

impl Lanes for Portable {
    type V = Row;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.call(self)
    }

    #[inline(always)]
    fn load(self, row: &Row) -> Self::V {
        *row
    }

    #[inline(always)]
    fn store(self, row: &mut Row, v: Self::V) {
        *row = v;
    }

    #[inline(always)]
    fn splat(self, x: u64) -> Self::V {
        Row([x; LANES])
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, u64::wrapping_add)
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, u64::wrapping_sub)
    }

    #[inline(always)]
    fn and(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a & b)
    }

    #[inline(always)]
    fn xor(self, a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a ^ b)
    }

    #[inline(always)]
    fn high(self, v: Self::V) -> Self::V {
        Row(v.0.map(|x| x >> LIMB_BITS))
    }

    #[inline(always)]
    fn high_signed(self, v: Self::V) -> Self::V {
        Row(v.0.map(|x| (x as i64 >> LIMB_BITS) as u64))
    }

    #[inline(never)]
    fn madd_low(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V {
        let term = zip(a, b, |a, b| product(a, b) as u64 & MASK);
        self.add(acc, term)
    }

    #[inline(never)]
    fn madd_high(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V {
        let term = zip(a, b, |a, b| (product(a, b) >> LIMB_BITS) as u64);
        self.add(acc, term)
    }
}
