//! Decimal length without decimal conversion, which would cost more than the tests do.

use rug::{Integer, ops::Pow};

/// The number of decimal digits of n >= 1 (1 for 0).
pub(crate) fn decimal_digits(n: &Integer) -> u64 {
    if *n < 10 {
        return 1;
    }
    let (mantissa, exponent) = n.to_f64_exp();
    let log = mantissa.log10() + f64::from(exponent) * std::f64::consts::LOG10_2;
    let nearest = log.round();
    // The logarithm is good to about 1e-16 of itself, at most 1e-7 for the largest numbers here.
    if (log - nearest).abs() > 1e-5 {
        return log.floor() as u64 + 1;
    }
    let power = Integer::from(10).pow(nearest as u32);
    nearest as u64 + u64::from(*n >= power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_and_their_neighbours() {
        for exponent in [1u32, 2, 18, 19, 20, 99, 4096] {
            let power = Integer::from(10).pow(exponent);
            for n in [Integer::from(&power - 1), power.clone(), power + 1] {
                assert_eq!(decimal_digits(&n), n.to_string().len() as u64);
            }
        }
        assert_eq!(decimal_digits(&Integer::new()), 1);
        assert_eq!(
            decimal_digits(&((Integer::from(27) << 100_000) - 1)),
            30_105
        );
    }
}
