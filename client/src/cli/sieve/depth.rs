//! How deep to sieve: on while removing a candidate takes less time than testing it. Both are
//! measured here, on this computer, while it sieves.

use std::{collections::VecDeque, time::Instant};

use darkreach_primes::{primality, sieve::Sieving};

/// Factors that a rate is measured over.
const FACTORS: u64 = 50;
/// Seconds that the measurement of a test should take.
const SAMPLE_SECONDS: f64 = 0.1;
/// Candidates that may be tested at once.
const TOGETHER: usize = 8;

/// Decides when to stop.
#[derive(Debug, Default)]
pub(super) struct Depth {
    test_seconds: Option<f64>,
    /// Processor seconds and factors of the last units.
    window: VecDeque<(f64, u64)>,
    seconds: f64,
    factors: u64,
}

impl Depth {
    /// Takes down a unit; true if deeper does not pay.
    pub(super) fn reached(&mut self, sieving: &Sieving, seconds: f64, factors: u64) -> bool {
        if sieving.counts().survivors() == 0 {
            return true;
        }
        let test = match self.test_seconds {
            Some(test) => test,
            None => *self.test_seconds.insert(test_seconds(sieving)),
        };
        self.window.push_back((seconds, factors));
        self.seconds += seconds;
        self.factors += factors;
        while let Some(&(first, its)) = self.window.front() {
            if self.factors - its < FACTORS {
                break;
            }
            self.window.pop_front();
            self.seconds -= first;
            self.factors -= its;
        }
        let enough = self.factors >= FACTORS || self.seconds > FACTORS as f64 * test;
        enough && self.seconds > self.factors.max(1) as f64 * test
    }

    /// Seconds of a test, once measured.
    pub(super) fn measured(&self) -> Option<f64> {
        self.test_seconds
    }
}

/// Seconds of testing one candidate of the middle of what is left, on one core.
fn test_seconds(sieving: &Sieving) -> f64 {
    let middle = sieving.counts().survivors() / 2;
    let terms: Vec<_> = sieving
        .survivors()
        .skip(middle as usize)
        .take(TOGETHER)
        .map(|(_, term)| term)
        .collect();
    let mut steps = 16;
    loop {
        let begun = Instant::now();
        let tests = primality::sample(&terms, steps);
        let seconds = begun.elapsed().as_secs_f64();
        // A whole test, or a part long enough.
        if tests >= 1.0 || seconds > SAMPLE_SECONDS || tests == 0.0 {
            return if tests > 0.0 { seconds / tests } else { 0.0 };
        }
        steps *= 4;
    }
}

#[cfg(test)]
mod tests {
    use darkreach_primes::{forms::kbn::from_arguments, sieve::Sieving, spec::SearchSpec};

    use super::*;

    #[test]
    fn it_stops_where_a_factor_costs_more_than_a_test() {
        let (form, range) = from_arguments("1..1000", "500", 2, 1).unwrap();
        let sieving = Sieving::new(&SearchSpec::new(form, range).unwrap()).unwrap();
        let depth = || Depth {
            test_seconds: Some(1.0),
            ..Depth::default()
        };
        // Cheap factors go on, dear ones do not.
        let mut cheap = depth();
        assert!((0..100).all(|_| !cheap.reached(&sieving, 0.5, 1)));
        let mut dear = depth();
        let stopped = (0..100).position(|_| dear.reached(&sieving, 2.0, 1));
        assert_eq!(stopped, Some(25), "50 seconds without enough factors");
        // No factors at all end it as well.
        let mut none = depth();
        assert!((0..5).all(|_| !none.reached(&sieving, 10.0, 0)));
        assert!(none.reached(&sieving, 10.0, 0));
        // What was dear long ago does not count.
        let mut mixed = depth();
        assert!(!mixed.reached(&sieving, 49.0, 20));
        assert!((0..60).all(|_| !mixed.reached(&sieving, 1.0, 20)));
    }
}
