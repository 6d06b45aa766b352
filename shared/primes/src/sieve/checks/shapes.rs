//! The sieves of the special shapes against division.

use proptest::prelude::*;

use super::{divided, reported};
use crate::{
    sieve::{
        Sieve,
        cullen_woodall::CullenWoodall,
        gen_fermat::GenFermat,
        orders::Orders,
        palindromes::Palindromes,
        products::PLUS,
        quadratic::{Equation, Quadratic},
    },
    word::{is_prime, pow_mod},
};

/// Whether a target is the one with plus: 1, else -1, modulo p.
fn sign(plus: bool, p: u64) -> u64 {
    if plus { 1 } else { p - 1 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn carol_and_kynea(
        base in 2u64..40, start in prop_oneof![1u64..4, 1u64..1 << 30], length in 0u64..300,
        first in 2u64..30, limit in 3u64..900, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 1000), |isa, part, listener| {
            Quadratic::new(base, &[Equation::carol(), Equation::kynea()], start, length).sieve(isa, part, listener)
        });
        let term = |t: usize, i: u64, p: u64| {
            let x = (pow_mod(base, start + i, p) + sign(t == 1, p)) % p;
            (x * x + 2 * p - 2) % p
        };
        prop_assert_eq!(found, divided(primes, 2, length, term));
    }

    #[test]
    fn palindromes_with_two_changed_digits(
        k in 1u64..150, base in prop_oneof![Just(10u32), 10u32..40], cut in 0u64..100,
        d in 1u32..10, digits in proptest::collection::vec(0u32..9, 1..4),
        first in 2u64..30, limit in 3u64..900, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let start = cut.clamp(1, k);
        let length = k + 1 - start;
        // Any digit but d.
        let digits: Vec<u32> = digits.iter().map(|e| if *e < d { *e } else { e + 1 }).collect();
        let equations: Vec<_> = digits.iter().map(|e| Equation::two_changed(base, k, d, *e)).collect();
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 1000), |isa, part, listener| {
            Quadratic::new(u64::from(base), &equations, start, length).sieve(isa, part, listener)
        });
        // The digits one after another, times (b-1)*b^m.
        let term = |t: usize, i: u64, p: u64| {
            let m = start + i;
            let value = (0..=2 * k).fold(0, |value, at| {
                let digit = if at == k + m || at == k - m { digits[t] } else { d };
                (value * u64::from(base) + u64::from(digit)) % p
            });
            value * u64::from(base - 1) % p * pow_mod(u64::from(base), m, p) % p
        };
        prop_assert_eq!(found, divided(primes, digits.len(), length, term));
    }

    #[test]
    fn palindromes_with_a_changed_middle(
        base in prop_oneof![Just(10u32), 3u32..40], d in 1u32..9, e in 0u32..9,
        start in 0u64..50, length in 0u64..300,
        first in 2u64..30, limit in 3u64..900, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let (d, e) = (d % base.min(10), e % base.min(10));
        prop_assume!(d > 0);
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 1000), |isa, part, listener| {
            Quadratic::new(u64::from(base), &[Equation::middle_changed(base, d, e)], start, length).sieve(isa, part, listener)
        });
        // The digits one after another, times b-1.
        let term = |_: usize, i: u64, p: u64| {
            let n = start + i;
            let value = (0..=2 * n).fold(0, |value, at| {
                (value * u64::from(base) + u64::from(if at == n { e } else { d })) % p
            });
            value * u64::from(base - 1) % p
        };
        prop_assert_eq!(found, divided(primes, 1, length, term));
    }

    #[test]
    fn cullen_and_woodall(
        base in prop_oneof![Just(2u64), 2u64..40], start in prop_oneof![1u64..4, 1u64..1 << 40],
        gaps in proptest::collection::vec(prop_oneof![Just(1u64), 1u64..300], 0..200),
        first in 2u64..30, limit in 3u64..900, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let mut exponents = vec![start];
        for gap in gaps {
            exponents.push(exponents[exponents.len() - 1] + gap);
        }
        let length = exponents[exponents.len() - 1] - start + 1;
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 1000), |isa, part, listener| {
            CullenWoodall::new(base, start, exponents.clone()).sieve(isa, part, listener)
        });
        let term = |t: usize, i: u64, p: u64| {
            if exponents.binary_search(&(start + i)).is_err() {
                return 1;
            }
            ((start + i) % p * pow_mod(base, start + i, p) + sign(t == PLUS, p)) % p
        };
        prop_assert_eq!(found, divided(primes, 2, length, term));
    }

    #[test]
    fn generalised_fermat(
        m in 1u32..8, start in prop_oneof![0u64..50, 0u64..1 << 61], length in 0u64..300,
        first in 2u64..30, limit in 3u64..3000, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 3200), |isa, part, listener| {
            GenFermat::new(m, start, length).sieve(isa, part, listener)
        });
        let term = |_: usize, i: u64, p: u64| (pow_mod(start + i, 1 << m, p) + 1) % p;
        prop_assert_eq!(found, divided(primes, 1, length, term));
    }

    #[test]
    fn orders_of_the_base(
        base in prop_oneof![Just(2u64), Just(10), 2u64..60, 20_000u64..20_100], plus: bool,
        start in 0u64..100, length in 0u64..100,
        first in 2u64..30, limit in 3u64..3000, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 3200), |isa, part, listener| {
            Orders::new(base, plus, start..start + length).sieve(isa, part, listener)
        });
        let term = |_: usize, i: u64, p: u64| {
            let n = start + i;
            if !is_prime(n) || (plus && n == 2) {
                return 1;
            }
            // 1 -+ b + b^2 -+ ...
            let ratio = if plus { (p - base % p) % p } else { base % p };
            (0..n).fold(0, |sum, _| (sum * ratio + 1) % p)
        };
        prop_assert_eq!(found, divided(primes, 1, length, term));
    }

    #[test]
    fn all_palindromes(
        base in prop_oneof![Just(10u32), 2u32..20], digits in 1usize..40, seed: u64, length in 0u64..2000,
        first in 2u64..30, limit in 3u64..500, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let half = digits.div_ceil(2);
        let mut state = seed;
        let mut low: Vec<u32> = (0..half)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as u32 % base
            })
            .collect();
        low[half - 1] = 1;
        // As many as there are before the half gets longer.
        let mut halves = Vec::new();
        let mut digit = low.clone();
        'count: while (halves.len() as u64) < length {
            halves.push(digit.clone());
            let mut at = 0;
            loop {
                if at == half {
                    break 'count;
                }
                digit[at] += 1;
                if digit[at] < base {
                    break;
                }
                digit[at] = 0;
                at += 1;
            }
        }
        let length = halves.len() as u64;
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 600), |isa, part, listener| {
            Palindromes::new(base, digits, low.clone(), length).sieve(isa, part, listener)
        });
        let term = |_: usize, i: u64, p: u64| {
            let half = &halves[i as usize];
            let middle = digits % 2;
            let all = half.iter().rev().chain(&half[middle..]);
            all.fold(0, |value, d| (value * u64::from(base) + u64::from(*d)) % p)
        };
        prop_assert_eq!(found, divided(primes, 1, length, term));
    }
}

/// Known factors of large terms.
#[test]
fn known_factors_are_found() {
    // Factors of Fermat numbers: 1214251009 | F16... with b = 2: 2^(2^16)+1 has 825753601.
    let found = reported(825_753_601..825_753_602, [0; 2], |isa, part, listener| {
        GenFermat::new(16, 2, 1).sieve(isa, part, listener)
    });
    assert!(found.contains(&(0, 0, 825_753_601)));
    // 7432339208719 divides 2^101-1, 228479 divides 2^71-1, 8831418697 divides 2^41+1.
    for (plus, n, q) in [
        (false, 101, 7_432_339_208_719),
        (false, 71, 228_479),
        (true, 41, 8_831_418_697),
    ] {
        assert_eq!(pow_mod(2, n, q), if plus { q - 1 } else { 1 });
        let found = reported(q..q + 1, [0; 2], |isa, part, listener| {
            Orders::new(2, plus, 2..n + 1).sieve(isa, part, listener)
        });
        assert!(found.contains(&(0, n - 2, q)), "{q}");
    }
}
