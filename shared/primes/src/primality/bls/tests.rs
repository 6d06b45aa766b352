//! The provers on every small number with every choice of its known factors, judged by the verifier and
//! by trial division.

use darkreach_arith::Modulus;

use super::*;
use crate::{
    certificate::check_steps,
    word::{is_prime, prime_factors},
};

struct Patient;

impl Watch for Patient {
    fn should_stop(&self) -> bool {
        false
    }
    fn progress(&self, _: u64, _: u64) {}
}

fn attempt(n: &Integer, minus: &[Integer], plus: &[Integer]) -> Outcome {
    let modulus = Modulus::integer(n.clone()).unwrap_or_else(|error| panic!("{error}"));
    let factors = Factors {
        minus: minus.to_vec(),
        plus: plus.to_vec(),
    };
    prove(&modulus, &factors, &Patient, &Forgetful)
        .unwrap_or_else(|Stopped| unreachable!("nobody stops it"))
}

/// All the choices among the primes of a number.
fn choices(n: u64) -> Vec<Vec<Integer>> {
    let primes = prime_factors(n);
    (0u32..1 << primes.len())
        .map(|chosen| {
            let pairs = primes.iter().enumerate();
            pairs
                .filter(|(i, _)| chosen >> i & 1 == 1)
                .map(|(_, &p)| Integer::from(p))
                .collect()
        })
        .collect()
}

#[test]
fn small_numbers_with_every_choice_of_factors() {
    let mut theorems = std::collections::BTreeMap::new();
    for n in (5..2500u64).step_by(2) {
        let big = Integer::from(n);
        for minus in choices(n - 1) {
            for plus in choices(n + 1) {
                let Outcome::Step(step) = attempt(&big, &minus, &plus) else {
                    continue;
                };
                let valid = check_steps(&big, std::slice::from_ref(&step));
                assert!(is_prime(n), "{n} is composite: {step:?}");
                assert_eq!(valid, Ok(()), "{step:?}");
                *theorems.entry(step.theorem()).or_insert(0) += 1;
            }
        }
    }
    for theorem in ["pocklington", "bls5", "morrison", "bls17", "combined"] {
        assert!(theorems.get(theorem) > Some(&20), "{theorems:?}");
    }
}

#[test]
fn one_large_prime_and_2_do_what_theorems_3_and_15_would() {
    let mut proved = 0;
    for n in (101..40_000u64).step_by(2).filter(|&n| is_prime(n)) {
        let big = Integer::from(n);
        for q in prime_factors(n - 1).into_iter().filter(|q| q % 2 == 1) {
            if (2 * q + 1).pow(2) > n {
                let outcome = attempt(&big, &[Integer::from(2), Integer::from(q)], &[]);
                assert!(
                    matches!(outcome, Outcome::Step(Step::Pocklington { .. })),
                    "{n} by {q}: {outcome:?}"
                );
                proved += 1;
            }
        }
        for q in prime_factors(n + 1).into_iter().filter(|q| q % 2 == 1) {
            if (2 * q - 1).pow(2) > n {
                let outcome = attempt(&big, &[], &[Integer::from(2), Integer::from(q)]);
                assert!(
                    matches!(outcome, Outcome::Step(Step::Morrison { .. })),
                    "{n} by {q}: {outcome:?}"
                );
                proved += 1;
            }
        }
    }
    assert!(proved > 4000, "{proved}");
}

#[test]
fn complete_factorisations_always_prove() {
    for n in (5..20_000u64).step_by(2).filter(|&n| is_prime(n)) {
        let all =
            |m: u64| -> Vec<Integer> { prime_factors(m).into_iter().map(Integer::from).collect() };
        for (minus, plus) in [(all(n - 1), vec![]), (vec![], all(n + 1))] {
            let outcome = attempt(&Integer::from(n), &minus, &plus);
            // Very small n may have no witness in reach on the side of n+1.
            assert!(
                matches!(outcome, Outcome::Step(_)) || n < 100,
                "{n}: {outcome:?}"
            );
        }
    }
}
