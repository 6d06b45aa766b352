//! Primality of 64-bit numbers, exactly.

/// x^e mod m for any m >= 1.
pub(crate) fn pow_mod(x: u64, mut e: u64, m: u64) -> u64 {
    let wide = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(m)) as u64;
    let mut square = x % m;
    let mut power = 1 % m;
    while e > 0 {
        if e & 1 == 1 {
            power = wide(power, square);
        }
        square = wide(square, square);
        e >>= 1;
    }
    power
}

/// Whether n is prime: strong probable prime tests to the seven bases of J. Sinclair (2011), which
/// no composite below 2^64 passes.
pub(crate) fn is_prime(n: u64) -> bool {
    if n < 2 {
        return false;
    }
    for p in [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37] {
        if n.is_multiple_of(p) {
            return n == p;
        }
    }
    [2, 325, 9375, 28_178, 450_775, 9_780_504, 1_795_265_022]
        .into_iter()
        .all(|base| is_strong_probable_prime(n, base))
}

/// Strong probable prime test of an odd n > 2; a base divisible by n says nothing and passes.
fn is_strong_probable_prime(n: u64, base: u64) -> bool {
    if base.is_multiple_of(n) {
        return true;
    }
    let twos = (n - 1).trailing_zeros();
    let mut power = pow_mod(base, (n - 1) >> twos, n);
    if power == 1 || power == n - 1 {
        return true;
    }
    for _ in 1..twos {
        power = (u128::from(power) * u128::from(power) % u128::from(n)) as u64;
        if power == n - 1 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_agree_with_trial_division() {
        for n in 0..20_000u64 {
            let trial = n >= 2 && (2..).take_while(|d| d * d <= n).all(|d| n % d != 0);
            assert_eq!(is_prime(n), trial, "{n}");
        }
    }

    #[test]
    fn the_edge_of_the_range_and_strong_pseudoprimes() {
        assert!(is_prime(18_446_744_073_709_551_557));
        assert!(is_prime((1 << 61) - 1));
        // Strong pseudoprimes to the first bases of other sets, and squares of primes.
        for n in [
            2047,
            3_215_031_751,
            3_825_123_056_546_413_051,
            4_294_967_291 * 4_294_967_291,
            u64::MAX,
        ] {
            assert!(!is_prime(n), "{n}");
        }
    }
}
