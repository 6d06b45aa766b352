//! What theory says of k*b^n+c before any sieve: algebraic factorisations, and covering sets.
//!
//! Candidates that factor algebraically have no small factors to be found by, so they would waste
//! the longest tests of a search.

use super::Candidate;
use crate::word::{gcd, is_prime, pow_mod, prime_factors};

/// Whether k*b^n+-1 is composite because of its shape:
/// - y^e-1 with e >= 2 is divisible by y-1, and 2^e-1 with composite e by 2^d-1 for d dividing e;
/// - y^e+1 with an odd divisor r >= 3 of e is divisible by y^(e/r)+1;
/// - 4x^4+1 = (2x^2+2x+1)(2x^2-2x+1) (Aurifeuille, Sophie Germain's identity), x > 1.
pub(crate) fn kbnc(candidate: &Candidate) -> bool {
    let Candidate { k, b, n, c } = *candidate;
    let power = Power::of(k, b, n);
    if c == -1 {
        let e = power.exponent();
        return e >= 2 && (!power.base_is_two() || !is_prime(e));
    }
    let e = power.exponent();
    // An odd divisor above 1.
    if e != 0 && !e.is_power_of_two() {
        return true;
    }
    power.is_four_fourth_powers()
}

/// k*b^n as the exponents of the primes of b, and the part of k that has none of these primes.
struct Power {
    /// (prime of b, exponent in k*b^n), exponents at least 1.
    parts: Vec<(u64, u64)>,
    rest: u64,
}

impl Power {
    fn of(mut k: u64, b: u32, n: u32) -> Self {
        let mut parts = Vec::new();
        for (p, exponent) in factored(b) {
            let mut exponent = u64::from(exponent) * u64::from(n);
            while k.is_multiple_of(p) {
                k /= p;
                exponent += 1;
            }
            parts.push((p, exponent));
        }
        Self { parts, rest: k }
    }

    /// The largest e with k*b^n = y^e.
    fn exponent(&self) -> u64 {
        let shared = self.parts.iter().fold(0, |g, &(_, e)| gcd(g, e));
        if shared == 1 || self.rest == 1 {
            return shared;
        }
        gcd(shared, power_of(self.rest))
    }

    /// Whether y is 2, so that y-1 is no factor.
    fn base_is_two(&self) -> bool {
        self.rest == 1 && matches!(self.parts.as_slice(), [(2, _)])
    }

    /// Whether it is 4x^4 with x > 1.
    fn is_four_fourth_powers(&self) -> bool {
        let mut halves = false;
        for &(p, exponent) in &self.parts {
            if p == 2 {
                halves = true;
                if exponent % 4 != 2 {
                    return false;
                }
            } else if exponent % 4 != 0 {
                return false;
            }
        }
        let mut rest = self.rest;
        if !halves {
            let twos = rest.trailing_zeros();
            if twos % 4 != 2 {
                return false;
            }
            rest >>= twos;
        }
        if !(rest == 1 || power_of(rest).is_multiple_of(4)) {
            return false;
        }
        // 4 itself: 4+1 = 5.
        !(rest == 1 && matches!(self.parts.as_slice(), [(2, 2)]))
    }
}

/// The prime factors of b with their exponents.
fn factored(b: u32) -> Vec<(u64, u32)> {
    if b.is_power_of_two() {
        return vec![(2, b.ilog2())];
    }
    let mut rest = u64::from(b);
    prime_factors(rest)
        .into_iter()
        .map(|p| {
            let mut exponent = 0;
            while rest.is_multiple_of(p) {
                rest /= p;
                exponent += 1;
            }
            (p, exponent)
        })
        .collect()
}

/// The largest e with x = y^e, for x >= 2; 0 for x = 1.
pub(crate) fn power_of(x: u64) -> u64 {
    if x == 1 { 0 } else { root_and_exponent(x).1 }
}

/// (y, e) with x = y^e and the largest e, for x >= 2.
pub(crate) fn root_and_exponent(mut x: u64) -> (u64, u64) {
    let mut exponent = 1;
    for r in [
        2u32, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61,
    ] {
        if x < 1 << r.min(63) {
            break;
        }
        while let Some(root) = exact_root(x, r) {
            x = root;
            exponent *= u64::from(r);
        }
    }
    (x, exponent)
}

/// y with y^r = x, if there is one, for x >= 2.
pub(crate) fn exact_root(x: u64, r: u32) -> Option<u64> {
    let near = (x as f64).powf(1.0 / f64::from(r)).round() as u64;
    (near.saturating_sub(1)..=near + 1).find(|y| y.checked_pow(r) == Some(x) && *y > 1)
}

/// The longest period of n that a covering set is looked for with.
const LONGEST_PERIOD: u64 = 5040;

/// Primes of which one divides k*b^n+c for every n, if such a set with a short period exists; then
/// the sequence has no primes beyond those of the set.
pub fn covering_set(k: u64, b: u32, c: i64) -> Option<Vec<u64>> {
    let base = u64::from(b);
    let mut primes = Vec::new();
    for p in crate::word::primes_up_to(10_000) {
        if base.is_multiple_of(p) || k.is_multiple_of(p) {
            // It divides every term or none.
            if (i128::from(k) * i128::from(base) + i128::from(c)).rem_euclid(i128::from(p)) == 0 {
                return Some(vec![p]);
            }
            continue;
        }
        let mut order = 1;
        let mut power = base % p;
        while power != 1 % p && order <= LONGEST_PERIOD {
            power = power * (base % p) % p;
            order += 1;
        }
        if LONGEST_PERIOD.is_multiple_of(order) {
            primes.push((p, order));
        }
    }
    // Those of short periods first: they cover more.
    primes.sort_by_key(|&(_, order)| order);
    let classes: Vec<(u64, u64, u64)> = primes
        .into_iter()
        .filter_map(|(p, order)| {
            let divides = |n: &u64| {
                let value = i128::from(k % p) * i128::from(pow_mod(base, *n, p)) + i128::from(c);
                value.rem_euclid(i128::from(p)) == 0
            };
            Some((p, (0..order).find(divides)?, order))
        })
        .collect();
    let mut open = vec![true; LONGEST_PERIOD as usize];
    let mut used = Vec::new();
    for class in classes {
        let (_, first, order) = class;
        let mut new = false;
        for n in (first..LONGEST_PERIOD).step_by(order as usize) {
            new |= std::mem::replace(&mut open[n as usize], false);
        }
        if new {
            used.push(class);
        }
    }
    if open.contains(&true) {
        return None;
    }
    // What the others cover as well is left out.
    for place in (0..used.len()).rev() {
        let without: Vec<_> = [&used[..place], &used[place + 1..]].concat();
        let covered = |n: u64| without.iter().any(|&(_, first, order)| n % order == first);
        if (0..LONGEST_PERIOD).all(covered) {
            used = without;
        }
    }
    let mut set: Vec<u64> = used.into_iter().map(|(p, ..)| p).collect();
    set.sort_unstable();
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forms::Structure;
    use rug::Integer;

    #[test]
    fn what_is_called_algebraic_is_composite_and_the_shapes_are_found() {
        let mut found = 0;
        for b in 2u32..40 {
            for k in 1u64..150 {
                for n in 1u32..7 {
                    for c in [1, -1] {
                        let candidate = Candidate { k, b, n, c };
                        if kbnc(&candidate) {
                            found += 1;
                            let prime = candidate.value().is_probably_prime(25);
                            assert_eq!(prime, rug::integer::IsPrime::No, "{candidate}");
                        }
                        // Independently: perfect powers and 4x^4 by GMP.
                        let body = candidate.value() - c;
                        let expected = if c == -1 {
                            body.is_perfect_power() && !is_power_of_two_to_a_prime(&body)
                        } else {
                            [3u32, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41]
                                .iter()
                                .any(|&r| body.clone().root(r).pow(r) == body && body > 1)
                                || (body > 4
                                    && body.is_divisible_u(4)
                                    && Integer::from(&body / 4u32).root(4).pow(4) * 4u32 == body)
                        };
                        assert_eq!(kbnc(&candidate), expected, "{candidate}");
                    }
                }
            }
        }
        assert!(found > 500, "{found}");
    }

    use rug::ops::Pow;

    fn is_power_of_two_to_a_prime(x: &Integer) -> bool {
        x.is_power_of_two() && is_prime(u64::from(x.significant_bits()) - 1)
    }

    #[test]
    fn roots_are_exact_at_the_edges() {
        assert_eq!(power_of(1), 0);
        assert_eq!(power_of(1 << 62), 62);
        assert_eq!(power_of((1 << 62) - 1), 1);
        assert_eq!(power_of(3u64.pow(39)), 39);
        assert_eq!(power_of(4_294_967_291u64.pow(2)), 2);
        assert_eq!(power_of(2_642_245u64.pow(3)), 3);
        assert_eq!(power_of(6u64.pow(12)), 12);
    }

    #[test]
    fn sierpinski_and_riesel_numbers_are_covered() {
        assert_eq!(
            covering_set(78_557, 2, 1),
            Some(vec![3, 5, 7, 13, 19, 37, 73])
        );
        assert!(covering_set(509_203, 2, -1).is_some());
        assert_eq!(covering_set(21_181, 2, 1), None);
        assert_eq!(covering_set(3, 2, 1), None);
        // 4*14^n+1 is always divisible by 3 or 5; 3*5^n+1 is even.
        assert_eq!(covering_set(4, 14, 1), Some(vec![3, 5]));
        assert_eq!(covering_set(3, 5, 1), Some(vec![2]));
    }
}
