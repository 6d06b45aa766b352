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
    pub(crate) fn one(&self) -> u64 {
        self.one
    }

    /// The form of x, for any x.
    pub(crate) fn form(&self, x: u64) -> u64 {
        ((u128::from(x % self.p) << 64) % u128::from(self.p)) as u64
    }

    /// The form of x, for any x.
    pub(crate) fn form_signed(&self, x: i64) -> u64 {
        let form = self.form(x.unsigned_abs());
        if x < 0 { self.neg(form) } else { form }
    }

    /// The number whose form is x.
    pub(crate) fn number(&self, x: u64) -> u64 {
        self.reduce(u128::from(x))
    }

    /// x*y.
    #[inline]
    pub(crate) fn mul(&self, x: u64, y: u64) -> u64 {
        self.reduce(u128::from(x) * u128::from(y))
    }

    /// x+y.
    #[inline]
    pub(crate) fn add(&self, x: u64, y: u64) -> u64 {
        let sum = x + y;
        if sum >= self.p { sum - self.p } else { sum }
    }

    /// x-y.
    #[inline]
    pub(crate) fn sub(&self, x: u64, y: u64) -> u64 {
        if x >= y { x - y } else { x + self.p - y }
    }

    /// -x.
    pub(crate) fn neg(&self, x: u64) -> u64 {
        if x == 0 { 0 } else { self.p - x }
    }

    /// 2*x.
    #[inline]
    pub(crate) fn double(&self, x: u64) -> u64 {
        let twice = 2 * x;
        if twice >= self.p {
            twice - self.p
        } else {
            twice
        }
    }

    /// x/2.
    #[inline]
    pub(crate) fn halve(&self, x: u64) -> u64 {
        (if x.is_multiple_of(2) { x } else { x + self.p }) / 2
    }

    /// 2^e.
    pub(crate) fn power_of_two(&self, e: u64) -> u64 {
        let mut power = self.one;
        for bit in (0..u64::BITS - e.leading_zeros()).rev() {
            power = self.mul(power, power);
            if e >> bit & 1 == 1 {
                power = self.double(power);
            }
        }
        power
    }

    /// 2^(-e). The form of 2^(-t) is 2^(64-t), so the first six bits of e cost one remainder.
    #[inline]
    pub(crate) fn inverse_power_of_two(&self, e: u64) -> u64 {
        if e == 0 {
            return self.one;
        }
        let rest = (e.ilog2() + 1).saturating_sub(6);
        let mut power = (1 << (64 - (e >> rest))) % self.p;
        for bit in (0..rest).rev() {
            power = self.mul(power, power);
            if e >> bit & 1 == 1 {
                power = self.halve(power);
            }
        }
        power
    }

    /// x^e; 0^0 is 1.
    pub(crate) fn pow(&self, x: u64, e: u64) -> u64 {
        if e == 0 {
            return self.one;
        }
        let mut power = x;
        for bit in (0..e.ilog2()).rev() {
            power = self.mul(power, power);
            if e >> bit & 1 == 1 {
                power = self.mul(power, x);
            }
        }
        power
    }

    /// 1/x for p prime and x not 0 modulo p.
    pub(crate) fn invert(&self, x: u64) -> u64 {
        // Euclid on the number itself is several times faster than the power p-2.
        let (mut a, mut b) = (self.p, self.number(x));
        // The cofactors stay below p < 2^63 in size.
        let (mut s, mut t) = (0i64, 1i64);
        while b != 0 {
            let quotient = a / b;
            (a, b) = (b, a - quotient * b);
            (s, t) = (t, s.wrapping_sub((quotient as i64).wrapping_mul(t)));
        }
        debug_assert_eq!(a, 1);
        let inverse = if s < 0 {
            s.wrapping_add(self.p as i64)
        } else {
            s
        };
        self.form(inverse as u64)
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
        fn agrees_with_wide_arithmetic(p in prop_oneof![3u64..1000, any::<u64>()], x: u64, y: u64, e in 0u64..500) {
            let p = (p >> 1 | 1).max(3);
            let m = Montgomery::new(p);
            let wide = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(p)) as u64;
            prop_assert_eq!(m.number(m.form(x)), x % p);
            prop_assert_eq!(m.number(m.one()), 1);
            prop_assert_eq!(m.number(m.mul(m.form(x), m.form(y))), wide(x % p, y % p));
            prop_assert_eq!(m.number(m.double(m.form(x))), wide(x % p, 2));
            prop_assert_eq!(m.number(m.double(m.halve(m.form(x)))), x % p);
            let power = m.power_of_two(e);
            prop_assert_eq!(power, m.pow(m.form(2), e));
            prop_assert_eq!(m.mul(power, m.inverse_power_of_two(e)), m.one());
            prop_assert_eq!((m.number(m.neg(m.form(x))) + x % p) % p, 0);
            let mut power = 1;
            for _ in 0..e {
                power = wide(power, x % p);
            }
            prop_assert_eq!(m.number(m.pow(m.form(x), e)), power);
        }

        #[test]
        fn inverts(index in 0usize..1000, x: u64) {
            let primes = super::super::primes_up_to(10_000);
            for p in [primes[index + 1], (1 << 61) - 1, 9_223_372_036_854_775_783] {
                let m = Montgomery::new(p);
                if x % p != 0 {
                    prop_assert_eq!(m.mul(m.form(x), m.invert(m.form(x))), m.one());
                }
            }
        }
    }
}
