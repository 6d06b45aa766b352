//! The modules against division, prime by prime and term by term: what they report is exactly what
//! there is, whatever the parameters, the primes, the instruction set and the cut into intervals.

mod shapes;

use std::{collections::BTreeSet, ops::Range};

use proptest::prelude::*;

use super::{
    Isa, Listener, Sieve, Stopped,
    over_k::{self, OverK},
    over_n::{self, OverN},
    products::{MINUS, PLUS, Products},
};
use crate::word::{is_prime, pow_mod, primes_up_to};

/// Target, index and prime.
type Hits = BTreeSet<(usize, u64, u64)>;

#[derive(Default)]
struct Collected {
    hits: Hits,
    asked: u64,
    stop_after: Option<u64>,
}

impl Listener for Collected {
    fn hit(&mut self, target: usize, index: u64, prime: u64) {
        self.hits.insert((target, index, prime));
    }

    fn should_stop(&mut self) -> bool {
        self.asked += 1;
        self.stop_after.is_some_and(|limit| self.asked > limit)
    }
}

/// What a sieve reports with every instruction set, which must be the same, for an interval of primes
/// in three parts, the last first.
fn reported(
    primes: Range<u64>,
    cuts: [u64; 2],
    sieve: impl Fn(Isa, Range<u64>, &mut Collected) -> Result<(), Stopped>,
) -> Hits {
    let inside = |cut: u64| cut.clamp(primes.start, primes.end);
    let (a, b) = (inside(cuts[0].min(cuts[1])), inside(cuts[0].max(cuts[1])));
    let mut all: Vec<(Isa, Hits)> = Vec::new();
    for isa in Isa::available() {
        let mut listener = Collected::default();
        for part in [b..primes.end, a..b, primes.start..a] {
            sieve(isa, part, &mut listener).unwrap();
        }
        all.push((isa, listener.hits));
    }
    let (_, first) = all.pop().unwrap();
    for (isa, hits) in all {
        assert_eq!(hits, first, "{isa:?}");
    }
    first
}

/// The same by evaluating every term modulo every prime.
fn divided(
    primes: Range<u64>,
    targets: usize,
    length: u64,
    term: impl Fn(usize, u64, u64) -> u64,
) -> Hits {
    let mut hits = Hits::new();
    for p in primes_up_to(primes.end.saturating_sub(1)) {
        for target in 0..targets {
            for index in (0..length).filter(|_| p >= primes.start) {
                if term(target, index, p) == 0 {
                    hits.insert((target, index, p));
                }
            }
        }
    }
    hits
}

/// k*b^n+c modulo p.
fn kbnc(k: u64, b: u64, n: u64, c: i64, p: u64) -> u64 {
    let product = i128::from(k % p) * i128::from(pow_mod(b, n, p));
    (product + i128::from(c)).rem_euclid(i128::from(p)) as u64
}

fn base() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(2u64),
        Just(3),
        Just(4),
        Just(6),
        Just(10),
        2u64..2000,
        Just(u64::from(u32::MAX))
    ]
}

fn addend() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(1i64),
        Just(-1),
        -30i64..0,
        1i64..30,
        Just(-(1 << 40) + 1)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn over_k(
        base in base(),
        targets in proptest::collection::vec((1u64..300, addend()), 1..4),
        start in prop_oneof![0u64..50, 0u64..1 << 62],
        length in 0u64..300, first in 2u64..40, limit in 3u64..900, cuts: [u16; 2],
    ) {
        let targets: Vec<_> = targets
            .into_iter()
            .map(|(exponent, addend)| over_k::Target { exponent, addend })
            .collect();
        let primes = first..limit.max(first);
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 1000), |isa, part, listener| {
            OverK::new(base, &targets, start, length).sieve(isa, part, listener)
        });
        let term = |t: usize, i: u64, p: u64| kbnc(start + i, base, targets[t].exponent, targets[t].addend, p);
        prop_assert_eq!(found, divided(primes, targets.len(), length, term));
    }

    #[test]
    fn over_n(
        base in base(),
        targets in proptest::collection::vec((prop_oneof![1u64..200, 1u64..1 << 62], addend()), 1..6),
        start in prop_oneof![1u64..5, 1u64..1 << 40],
        length in prop_oneof![0u64..200, 500u64..1000], first in 2u64..40, limit in 3u64..500, cuts: [u16; 2],
    ) {
        let targets: Vec<_> = targets
            .into_iter()
            .map(|(multiplier, addend)| over_n::Target { multiplier, addend })
            .collect();
        let primes = first..limit.max(first);
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 1000), |isa, part, listener| {
            OverN::new(base, &targets, start, length).sieve(isa, part, listener)
        });
        let term = |t: usize, i: u64, p: u64| kbnc(targets[t].multiplier, base, start + i, targets[t].addend, p);
        prop_assert_eq!(found, divided(primes, targets.len(), length, term));
    }

    #[test]
    fn factorials(
        k in prop_oneof![Just(1u64), 1u64..12, 1u64..400],
        start in 1u64..300, length in 0u64..200, first in 2u64..40, limit in 3u64..900, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 1000), |isa, part, listener| {
            Products::factorials(k, start..start + length).sieve(isa, part, listener)
        });
        let term = |t: usize, i: u64, p: u64| {
            let product = (1..=start + i)
                .rev()
                .step_by(k as usize)
                .fold(1, |product, n| product * (n % p) % p);
            (product + if t == PLUS { 1 } else { p - 1 }) % p
        };
        prop_assert_eq!(found, divided(primes, 2, length, term));
    }

    #[test]
    fn primorials(
        start in prop_oneof![1u64..20, 1u64..500], length in 0u64..300,
        first in 2u64..40, limit in 3u64..1500, cuts: [u16; 2],
    ) {
        let primes = first..limit.max(first);
        let found = reported(primes.clone(), cuts.map(|cut| u64::from(cut) % 1600), |isa, part, listener| {
            Products::primorials(start..start + length).sieve(isa, part, listener)
        });
        let term = |t: usize, i: u64, p: u64| {
            if !is_prime(start + i) {
                return 1;
            }
            let product = primes_up_to(start + i).iter().fold(1, |product, q| product * (q % p) % p);
            (product + if t == MINUS { p - 1 } else { 1 }) % p
        };
        prop_assert_eq!(found, divided(primes, 2, length, term));
    }

    #[test]
    fn large_primes_find_planted_factors(
        near in prop_oneof![1u64 << 31..1 << 40, (1u64 << 50) - 100_000..(1 << 50) + 10_000, 1u64 << 50..1 << 61],
        base in base(), n in 1u64..1 << 40, offset in 0u64..100_000, plus: bool, decoy in 1u64..1 << 40,
    ) {
        let p = (near..).find(|n| is_prime(*n)).unwrap();
        let c = if plus { 1 } else { -1 };
        // k = -c*b^(-n), by Fermat's theorem.
        let inverse = pow_mod(pow_mod(base, n, p), p - 2, p);
        let k = if plus { p - inverse } else { inverse };
        prop_assert_eq!(kbnc(k, base, n, c, p), 0);
        let start = n.saturating_sub(offset).max(1);
        let targets = [decoy, k].map(|multiplier| over_n::Target { multiplier, addend: c });
        let found = reported(p..p + 1, [0; 2], |isa, part, listener| {
            OverN::new(base, &targets, start, 100_001).sieve(isa, part, listener)
        });
        prop_assert!(found.contains(&(1, n - start, p)));
        for (t, i, p) in found {
            prop_assert_eq!(kbnc(targets[t].multiplier, base, start + i, c, p), 0);
        }
        let start = k.saturating_sub(offset);
        let target = over_k::Target { exponent: n, addend: c };
        let found = reported(p..p + 1, [0; 2], |isa, part, listener| {
            OverK::new(base, &[target], start, 100_001).sieve(isa, part, listener)
        });
        prop_assert!(found.contains(&(0, k - start, p)));
    }
}

#[test]
fn long_ranges_of_k_are_struck_block_by_block() {
    let targets = [1, -1].map(|addend| over_k::Target {
        exponent: 77,
        addend,
    });
    let (start, length) = (5, 2_500_000);
    let primes = [
        2, 3, 5, 1009, 1_048_573, 1_048_583, 2_400_001, 2_499_997, 3_000_017,
    ];
    for p in primes {
        assert!(is_prime(p));
        let found = reported(p..p + 1, [0; 2], |isa, part, listener| {
            OverK::new(3, &targets, start, length).sieve(isa, part, listener)
        });
        let power = pow_mod(3, 77, p);
        let mut expected = Hits::new();
        for index in 0..length {
            let term = (start + index) % p * power % p;
            if (term + 1).is_multiple_of(p) {
                expected.insert((0, index, p));
            }
            if (term + p - 1).is_multiple_of(p) {
                expected.insert((1, index, p));
            }
        }
        assert!(found == expected, "{p}");
    }
}

#[test]
fn a_factor_that_a_sieve_of_several_multipliers_is_known_to_have_missed() {
    let multipliers = [10_223, 21_181, 22_699, 24_737, 55_459, 67_607];
    let targets = multipliers.map(|multiplier| over_n::Target {
        multiplier,
        addend: 1,
    });
    let found = reported(
        10_007_860_000..10_007_870_000,
        [0; 2],
        |isa, part, listener| {
            OverN::new(2, &targets, 1_000_000, 1_000_001).sieve(isa, part, listener)
        },
    );
    assert!(found.contains(&(0, 288_697, 10_007_867_453)));
}

#[test]
fn every_sieve_stops_when_told() {
    for isa in Isa::available() {
        for asked in 0..4 {
            let listener = || Collected {
                stop_after: Some(asked),
                ..Collected::default()
            };
            let target = over_k::Target {
                exponent: 1000,
                addend: 1,
            };
            let mut s = listener();
            assert_eq!(
                OverK::new(2, &[target], 1, 100).sieve(isa, 2..1 << 40, &mut s),
                Err(Stopped)
            );
            assert_eq!(s.asked, asked + 1);
            let target = over_n::Target {
                multiplier: 3,
                addend: 1,
            };
            let mut s = listener();
            assert_eq!(
                OverN::new(2, &[target], 1, 100).sieve(isa, 2..1 << 40, &mut s),
                Err(Stopped)
            );
            assert_eq!(s.asked, asked + 1);
            let mut s = listener();
            assert_eq!(
                Products::factorials(1, 10..100).sieve(isa, 2..1 << 40, &mut s),
                Err(Stopped)
            );
            assert_eq!(s.asked, asked + 1);
        }
    }
}
