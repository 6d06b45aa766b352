//! Words of 64 bits, one lane after another: on any processor, for primes that the vectors do not
//! reach, and to compare with.

use super::{Kernel, LANES, Lanes, Row};
use crate::word::Montgomery;

/// Plain Rust; always there.
#[derive(Clone, Copy)]
pub(in super::super) struct Portable;

type Values = [u64; LANES];

/// A function of every lane. A macro, because closures that handle vectors need not be inlined.
macro_rules! each {
    (|$i:ident| $value:expr) => {{
        let mut values = [0; LANES];
        for ($i, value) in values.iter_mut().enumerate() {
            *value = $value;
        }
        values
    }};
}

/// The lanes for which something holds.
macro_rules! lanes {
    (|$i:ident| $holds:expr) => {{
        let mut lanes = 0;
        for $i in 0..LANES {
            lanes |= u8::from($holds) << $i;
        }
        lanes
    }};
}

impl Lanes for Portable {
    type V = Values;
    type M = [Montgomery; LANES];
    const LIMIT: u64 = 1 << 62;

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.call(self)
    }

    #[inline(always)]
    fn modulus(self, primes: &Row) -> Self::M {
        primes.0.map(Montgomery::new)
    }

    #[inline(always)]
    fn one(self, m: Self::M) -> Values {
        each!(|i| m[i].one())
    }

    #[inline(always)]
    fn entrance(self, m: Self::M) -> Values {
        each!(|i| m[i].form(m[i].one()))
    }

    #[inline(always)]
    fn enter(self, m: Self::M, v: Values, numbers: &Row) -> Values {
        each!(|i| m[i].mul(numbers.0[i], v[i]))
    }

    #[inline(always)]
    fn leave(self, m: Self::M, v: Values) -> Row {
        Row(each!(|i| m[i].number(v[i])))
    }

    #[inline(always)]
    fn mul(self, m: Self::M, a: Values, b: Values) -> Values {
        each!(|i| m[i].mul(a[i], b[i]))
    }

    #[inline(always)]
    fn tight(self, _: Self::M, v: Values) -> Values {
        v
    }

    #[inline(always)]
    fn add(self, m: Self::M, a: Values, b: Values) -> Values {
        each!(|i| m[i].add(a[i], b[i]))
    }

    #[inline(always)]
    fn sub(self, m: Self::M, a: Values, b: Values) -> Values {
        each!(|i| m[i].add(a[i], m[i].neg(b[i])))
    }

    #[inline(always)]
    fn halve(self, m: Self::M, a: Values) -> Values {
        each!(|i| m[i].halve(a[i]))
    }

    #[inline(always)]
    fn fold(self, m: Self::M, v: Values) -> Values {
        each!(|i| v[i].min(m[i].neg(v[i])))
    }

    #[inline(always)]
    fn closest(self, gathered: Values, a: Values, b: Values) -> Values {
        each!(|i| gathered[i].min(a[i] ^ b[i]))
    }

    #[inline(always)]
    fn far(self) -> Values {
        [1; LANES]
    }

    #[inline(always)]
    fn met(self, gathered: Values) -> u8 {
        lanes!(|i| gathered[i] == 0)
    }

    #[inline(always)]
    fn equal(self, a: Values, b: Values) -> u8 {
        lanes!(|i| a[i] == b[i])
    }

    #[inline(always)]
    fn select(self, lanes: u8, a: Values, b: Values) -> Values {
        each!(|i| if lanes >> i & 1 == 1 { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn keys(self, v: Values) -> Row {
        Row(v)
    }

    #[inline(always)]
    fn of_keys(self, keys: &Row) -> Values {
        keys.0
    }
}
