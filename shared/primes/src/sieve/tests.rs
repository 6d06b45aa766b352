//! The sieves against trial division: every factor found, the smallest one, and nothing else.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rug::Integer;

use super::sieve;
use crate::{
    forms::kbn::{Kbn, Over},
    spec::{Form, SPEC_VERSION, SearchSpec, Span},
    word::primes_up_to,
};

fn spec(base: u32, c: i32, over: Over, start: u64, length: u64, sieve_limit: u64) -> SearchSpec {
    SearchSpec {
        version: SPEC_VERSION,
        form: Form::Kbn(Kbn { base, c, over }),
        range: Span {
            start,
            end: start + length,
        },
        sieve_limit,
    }
}

fn sieved(spec: &SearchSpec, from: u64) -> BTreeMap<u64, u64> {
    let hits = sieve(spec, from..spec.sieve_limit + 1, &mut || false).unwrap();
    let count = hits.len();
    let map: BTreeMap<u64, u64> = hits
        .into_iter()
        .map(|hit| (spec.range.start + u64::from(hit.index), hit.factor))
        .collect();
    assert_eq!(map.len(), count, "a candidate was reported twice");
    map
}

/// The same by division of the full number.
fn divided(spec: &SearchSpec, from: u64) -> BTreeMap<u64, u64> {
    let primes = primes_up_to(spec.sieve_limit);
    spec.terms()
        .filter_map(|(at, term)| {
            let value = term.first().value();
            let factor = primes
                .iter()
                .copied()
                .find(|&p| p >= from && Integer::from(&value % p) == 0 && value > p)?;
            Some((at, factor))
        })
        .collect()
}

fn base() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(2),
        Just(3),
        Just(6),
        Just(10),
        2u32..200,
        Just(u32::MAX)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn over_k_is_complete(
        base in base(), plus: bool, n in prop_oneof![1u32..4, 1u32..300],
        start in prop_oneof![1u64..50, 1u64..1 << 61], length in 1u64..400,
        limit in 3u64..700, from in 2u64..30,
    ) {
        let spec = spec(base, if plus { 1 } else { -1 }, Over::K { n }, start, length, limit);
        prop_assume!(spec.validate().is_ok());
        prop_assert_eq!(sieved(&spec, from), divided(&spec, from));
    }

    #[test]
    fn over_n_is_complete(
        base in base(), plus: bool, k in prop_oneof![1u64..60, 1u64..1 << 62],
        start in prop_oneof![1u64..5, 1u64..300], length in 1u64..400,
        limit in 3u64..700, from in 2u64..30,
    ) {
        let spec = spec(base, if plus { 1 } else { -1 }, Over::N { k }, start, length, limit);
        prop_assume!(spec.validate().is_ok());
        prop_assert_eq!(sieved(&spec, from), divided(&spec, from));
    }
}

#[test]
fn a_candidate_that_is_the_sieving_prime_stays() {
    // 1*2^1+1 = 3, 2*3^1+1 = 7, 1*2^2+1 = 5, 1*2^4+1 = 17.
    let spec = spec(2, 1, Over::N { k: 1 }, 1, 4, 20);
    assert_eq!(sieved(&spec, 2), BTreeMap::from([(3, 3)]));
}

#[test]
fn large_parameters_sieve_like_small_ones() {
    // A 64-bit overflow here would switch the sieve off unnoticed, as the output stays right.
    let start = (1 << 62) - 1001;
    for c in [1, -1] {
        for (over, start) in [
            (Over::K { n: 1 << 20 }, start),
            (Over::N { k: (1 << 62) - 1 }, (1 << 20) - 500),
        ] {
            let spec = spec(2, c, over, start, 1000, 5000);
            spec.validate().unwrap();
            let found = sieved(&spec, 2);
            let mut expected = BTreeMap::new();
            for (at, term) in spec.terms() {
                let candidate = term.first().kbnc().unwrap();
                let power = |p: u64| {
                    Integer::from(candidate.b)
                        .pow_mod(&Integer::from(candidate.n), &Integer::from(p))
                        .unwrap()
                };
                let divides = |p: &u64| (power(*p) * candidate.k + candidate.c) % *p == 0;
                if let Some(p) = primes_up_to(5000).into_iter().find(divides) {
                    expected.insert(at, p);
                }
            }
            assert_eq!(found, expected);
            assert!(
                found.len() as u64 * 10 > spec.count() * 6,
                "only {} of {} removed",
                found.len(),
                spec.count()
            );
        }
    }
}

#[test]
fn deep_primes_find_known_factors() {
    // Fermat numbers: 641 | 2^32+1, 274177 | 2^64+1, 319489 | 2^2048+1, 45592577 | 2^1024+1,
    // 974849 | 2^2048+1, 2424833 | 2^512+1, 1238926361552897 | 2^256+1 is beyond the range.
    let spec = spec(2, 1, Over::N { k: 1 }, 1, 2100, 50_000_000);
    let hits = sieve(&spec, 45_592_500..45_592_600, &mut || false).unwrap();
    assert!(
        hits.iter()
            .any(|hit| hit.index == 1023 && hit.factor == 45_592_577)
    );
    for (p, n) in [
        (641, 32),
        (274_177, 64),
        (319_489, 2048),
        (974_849, 2048),
        (2_424_833, 512),
    ] {
        let hits = sieve(&spec, p..p + 1, &mut || false).unwrap();
        assert!(
            hits.iter().any(|hit| hit.index == n - 1 && hit.factor == p),
            "{p}"
        );
    }
}

#[test]
fn a_stop_is_obeyed() {
    let spec = spec(2, 1, Over::K { n: 1000 }, 1, 1000, 1 << 40);
    let mut calls = 0;
    let result = sieve(&spec, 2..1 << 40, &mut || {
        calls += 1;
        calls == 3
    });
    assert_eq!((result, calls), (None, 3));
}
