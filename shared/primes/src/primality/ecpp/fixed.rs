//! Complex numbers in fixed point, on big integers.

use rug::Integer;

/// A complex number times 2^bits, for the `bits` that its user keeps.
#[derive(Clone, Debug)]
pub(super) struct Complex {
    pub(super) re: Integer,
    pub(super) im: Integer,
}

/// Arithmetic with so many bits behind the point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed {
    pub(super) bits: u32,
}

impl Fixed {
    /// An integer.
    pub(super) fn integer(self, n: i32) -> Complex {
        Complex {
            re: Integer::from(n) << self.bits,
            im: Integer::new(),
        }
    }

    /// x*y.
    pub(super) fn mul(self, x: &Complex, y: &Complex) -> Complex {
        let re = Integer::from(&x.re * &y.re) - Integer::from(&x.im * &y.im);
        let im = Integer::from(&x.re * &y.im) + Integer::from(&x.im * &y.re);
        Complex {
            re: re >> self.bits,
            im: im >> self.bits,
        }
    }

    /// 1/x.
    pub(super) fn invert(self, x: &Complex) -> Complex {
        let norm = Integer::from(x.re.square_ref()) + Integer::from(x.im.square_ref());
        Complex {
            re: Integer::from(&x.re << (2 * self.bits)) / &norm,
            im: -(Integer::from(&x.im << (2 * self.bits)) / &norm),
        }
    }

    /// Pi, by the formula of Machin.
    pub(super) fn pi(self) -> Integer {
        let guard = Fixed {
            bits: self.bits + 32,
        };
        let value = guard.inverse_tangent(5) * 16u32 - guard.inverse_tangent(239) * 4u32;
        value >> 32u32
    }

    /// arctan(1/x).
    fn inverse_tangent(self, x: u32) -> Integer {
        let mut power = (Integer::from(1) << self.bits) / x;
        let mut sum = Integer::new();
        let mut k = 1u32;
        while power != 0 {
            let term = Integer::from(&power / k);
            if k % 4 == 1 {
                sum += term;
            } else {
                sum -= term;
            }
            power /= x * x;
            k += 2;
        }
        sum
    }

    /// exp(z), by the power series of z/2^s and s squarings.
    pub(super) fn exp(self, z: &Complex) -> Complex {
        let size = z.re.significant_bits().max(z.im.significant_bits());
        let halvings = size.saturating_sub(self.bits) + self.bits.isqrt() / 2 + 4;
        let guard = Fixed {
            bits: self.bits + 2 * halvings + 32,
        };
        let up = guard.bits - self.bits;
        // z/2^s in the finer scale; s never exceeds the added bits.
        let small = Complex {
            re: Integer::from(&z.re << (up - halvings)),
            im: Integer::from(&z.im << (up - halvings)),
        };
        let mut sum = guard.integer(1);
        let mut term = guard.integer(1);
        let mut k = 1u32;
        while term.re != 0 || term.im != 0 {
            term = guard.mul(&term, &small);
            term.re /= k;
            term.im /= k;
            sum.re += &term.re;
            sum.im += &term.im;
            k += 1;
        }
        for _ in 0..halvings {
            sum = guard.mul(&sum, &sum);
        }
        Complex {
            re: sum.re >> up,
            im: sum.im >> up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_and_euler() {
        let fixed = Fixed { bits: 200 };
        let pi = fixed.pi();
        let text = ((&pi * Integer::from(Integer::u_pow_u(10, 40))) >> 200u32).to_string();
        assert_eq!(text, "31415926535897932384626433832795028841971");
        // exp(i*pi) = -1, exp(1) = e.
        let minus_one = fixed.exp(&Complex {
            re: Integer::new(),
            im: pi,
        });
        let error = minus_one.re + (Integer::from(1) << 200u32);
        assert!(error.abs() < 1000 && minus_one.im.abs() < 1000);
        let e = fixed.exp(&fixed.integer(1)).re;
        let text = ((e * Integer::from(Integer::u_pow_u(10, 30))) >> 200u32).to_string();
        assert_eq!(text, "2718281828459045235360287471352");
        let x = Complex {
            re: Integer::from(3) << 199u32,
            im: Integer::from(-7) << 200u32,
        };
        let one = fixed.mul(&x, &fixed.invert(&x));
        assert!((one.re - (Integer::from(1) << 200u32)).abs() < 100 && one.im.abs() < 100);
    }
}
