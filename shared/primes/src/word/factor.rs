//! Complete factorisation of 64-bit numbers: trial division, then Pollard's rho with Brent's cycle
//! search on what is left.

use super::{is_prime, primes_up_to};

/// The prime factors of n >= 1, ascending, each once.
pub(crate) fn prime_factors(mut n: u64) -> Vec<u64> {
    let mut factors = Vec::new();
    for p in primes_up_to(1000) {
        if n.is_multiple_of(p) {
            factors.push(p);
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
    }
    let mut open = vec![n];
    while let Some(m) = open.pop() {
        if m == 1 {
            continue;
        }
        if is_prime(m) {
            factors.push(m);
        } else {
            let divisor = split(m);
            open.push(divisor);
            open.push(m / divisor);
        }
    }
    factors.sort_unstable();
    factors.dedup();
    factors
}

/// A proper divisor of an odd composite.
fn split(n: u64) -> u64 {
    let root = n.isqrt();
    if root * root == n {
        return root;
    }
    // Every start that cycles without a proper divisor is followed by another polynomial.
    (1..)
        .find_map(|c| rho(n, c))
        .expect("a composite has a divisor, and some polynomial finds it")
}

/// One run of Pollard's rho with x^2+c.
fn rho(n: u64, c: u64) -> Option<u64> {
    let step = |x: u64| ((u128::from(x) * u128::from(x) + u128::from(c)) % u128::from(n)) as u64;
    let (mut tortoise, mut hare, mut length) = (2u64, 2u64, 1u64);
    loop {
        for _ in 0..length {
            hare = step(hare);
            let divisor = gcd(tortoise.abs_diff(hare), n);
            if divisor == n {
                return None;
            }
            if divisor > 1 {
                return Some(divisor);
            }
        }
        tortoise = hare;
        length *= 2;
    }
}

/// The greatest common divisor; gcd(0, n) = n.
pub(crate) fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_factorisations() {
        assert!(prime_factors(1).is_empty());
        assert_eq!(prime_factors(360), [2, 3, 5]);
        assert_eq!(prime_factors(1009 * 1009), [1009]);
        assert_eq!(
            prime_factors(u64::MAX),
            [3, 5, 17, 257, 641, 65_537, 6_700_417]
        );
        assert_eq!(
            prime_factors(4_294_967_291 * 4_294_967_279),
            [4_294_967_279, 4_294_967_291]
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_factors_are_prime_and_complete(n in 1u64..1 << 50) {
            let mut rest = n;
            for p in prime_factors(n) {
                prop_assert!(is_prime(p) && rest % p == 0);
                while rest % p == 0 {
                    rest /= p;
                }
            }
            prop_assert_eq!(rest, 1);
        }
    }
}
