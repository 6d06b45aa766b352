//! Primality tests with certificates as the tests of proofs ask for them: alone, uninterrupted, from the start.

use darkreach_primes::{
    expression::Expression,
    journal::Forgetful,
    primality::{Alone, Caller, Certified, LARGEST_CURVE_BITS, Watch, certify},
};

struct Patient;

impl Watch for Patient {
    fn should_stop(&self) -> bool {
        false
    }
    fn progress(&self, done: u64, total: u64) {
        assert!(done <= total);
    }
}

/// The verdict on an expression, and its certificate.
pub(crate) fn certified(text: &str) -> Certified {
    let caller = Caller {
        watch: &Patient,
        workers: &Alone,
        journal: &Forgetful,
        curve_bits: LARGEST_CURVE_BITS,
    };
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
    certify(&expression, &caller).unwrap_or_else(|error| panic!("{text}: {error}"))
}
