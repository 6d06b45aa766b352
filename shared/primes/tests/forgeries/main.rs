//! Forged certificates: composites that satisfy all conditions of a theorem but one, and good certificates
//! with one thing changed.

#[path = "../support/certified.rs"]
mod certified;
mod composites;
mod examples;
mod fields;
mod files;

use certified::certified;
use darkreach_primes::certificate::{Base, Certificate, Step, check_steps};
use rug::Integer;

fn certificate(text: &str) -> Certificate {
    let certificate = certified(text).certificate;
    certificate.unwrap_or_else(|| panic!("{text} has no certificate"))
}

fn refused(step: &Step, reason: &str) {
    let error = check_steps(step.n(), std::slice::from_ref(step)).expect_err("it must be refused");
    assert!(error.to_string().contains(reason), "{}: {error}", step.n());
}

fn power(a: u64, e: &Integer, n: &Integer) -> Integer {
    Integer::from(a)
        .pow_mod(e, n)
        .unwrap_or_else(|_| panic!("no power"))
}

fn int(n: u64) -> Integer {
    Integer::from(n)
}

/// A base that satisfies condition I for each prime, if there is one.
fn condition_one(n: u64, primes: &[u64]) -> Option<Vec<Base>> {
    let n = int(n);
    let whole = Integer::from(&n - 1);
    let witness = |q: u64| {
        (2..400).find(|&a| {
            let root = power(a, &Integer::from(&whole / q), &n);
            power(a, &whole, &n) == 1 && (root - 1u32).gcd(&n) == 1
        })
    };
    primes
        .iter()
        .map(|&q| witness(q).map(|a| Base { q: int(q), a }))
        .collect()
}
