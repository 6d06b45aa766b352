//! Montgomery arithmetic modulo an odd number below 2^63: a product costs three multiplications and
//! no division, which is what a sieve spends its time on.

/// Arithmetic modulo an odd p, 3 <= p < 2^63. Values are in Montgomery form (x*2^64 mod p), always
/// canonical: 0 <= value < p.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Montgomery {
    p: u64,
    /// -1/p mod 2^64.
    negative_inverse: u64,
    /// 2^64 mod p: the form of 1.
    one: u64,
}

impl Montgomery {
    /// Prepares for p.
    #[inline]
    pub(crate) fn new(p: u64) -> Self {
        debug_assert!(p % 2 == 1 && (3..1 << 63).contains(&p));
        // Newton's iteration doubles the right bits: 5, 10, 20, 40, 80.
        let mut inverse = p.wrapping_mul(3) ^ 2;
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        }
        let one = u64::MAX % p + 1;
        Self {
            p,
            negative_inverse: inverse.wrapping_neg(),
            one: if one == p { 0 } else { one },
        }
    }

    /// The form of 1.
    #[inline]
    pub(crate) fn one(&self) -> u64 {
        self.one
    }

    /// The form of x, for any x.
    #[inline]
    pub(crate) fn form(&self, x: u64) -> u64 {
        ((u128::from(x % self.p) << 64) % u128::from(self.p)) as u64
    }

    /// The number whose form is x.
    #[inline]
    pub(crate) fn number(&self, x: u64) -> u64 {
        self.reduce(u128::from(x))
    }

    /// x*y.
    #[inline]
    pub(crate) fn mul(&self, x: u64, y: u64) -> u64 {
        self.reduce(u128::from(x) * u128::from(y))
    }

    /// -x.
    #[inline]
    pub(crate) fn neg(&self, x: u64) -> u64 {
        if x == 0 { 0 } else { self.p - x }
    }

    /// x+y.
    #[inline]
    pub(crate) fn add(&self, x: u64, y: u64) -> u64 {
        let sum = x + y;
        if sum >= self.p { sum - self.p } else { sum }
    }

    /// x/2.
    #[inline]
    pub(crate) fn halve(&self, x: u64) -> u64 {
        (if x.is_multiple_of(2) { x } else { x + self.p }) / 2
    }

    #[inline]
    fn reduce(&self, x: u128) -> u64 {
        let m = (x as u64).wrapping_mul(self.negative_inverse);
        // Below 2^64 * 2p, and p < 2^63: the sum does not overflow.
        let sum = (x + u128::from(m) * u128::from(self.p)) >> 64;
        let sum = sum as u64;
        if sum >= self.p { sum - self.p } else { sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_wide_arithmetic(p in prop_oneof![3u64..1000, any::<u64>()], x: u64, y: u64) {
            let p = (p >> 1 | 1).max(3);
            let m = Montgomery::new(p);
            let wide = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(p)) as u64;
            let (fx, fy) = (m.form(x), m.form(y));
            prop_assert_eq!(m.number(fx), x % p);
            prop_assert_eq!(m.number(m.one()), 1);
            prop_assert_eq!(m.number(m.mul(fx, fy)), wide(x % p, y % p));
            prop_assert_eq!(u128::from(m.number(m.add(fx, fy))), (u128::from(x) + u128::from(y)) % u128::from(p));
            let half = m.halve(fx);
            prop_assert_eq!(m.add(half, half), fx);
            prop_assert_eq!((m.number(m.neg(fx)) + x % p) % p, 0);
        }
    }
}
