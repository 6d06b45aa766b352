//! Answers that others computed, and a slow search by other means.

use darkreach_primes::{
    forms::kbn,
    search::{Control, Next, Search, UnitSnapshot, report::BlockReport},
    spec::SearchSpec,
};
use rug::{Integer, integer::IsPrime, ops::Pow};

/// n <= 1000 with 7*2^n+1 prime (complete; OEIS A032353).
pub(crate) const SEVEN_PLUS: &[u32] = &[
    2, 4, 6, 14, 20, 26, 50, 52, 92, 120, 174, 180, 190, 290, 320, 390, 432, 616, 830,
];

/// n <= 1000 with 3*2^n-1 prime (complete; OEIS A002235).
pub(crate) const THREE_MINUS: &[u32] = &[
    1, 2, 3, 4, 6, 7, 11, 18, 34, 38, 43, 55, 64, 76, 94, 103, 143, 206, 216, 306, 324, 391, 458,
    470, 827,
];

/// A search as the command line would give it.
pub(crate) fn spec(k: &str, n: &str, base: u32, c: i32) -> SearchSpec {
    let (form, range) = kbn::from_arguments(k, n, base, c).unwrap();
    SearchSpec::new(form, range).unwrap()
}

/// The primes of k*b^n+c over a range of k, by GMP alone.
pub(crate) fn primes_over_k(k: std::ops::Range<u64>, n: u32, base: u32, c: i32) -> Vec<String> {
    let power = Integer::from(base).pow(n);
    k.filter(|k| k % u64::from(base) != 0)
        .filter(|k| {
            let candidate = Integer::from(&power * k) + c;
            candidate.is_probably_prime(30) != IsPrime::No
        })
        .map(|k| format!("{k}*{base}^{n}{c:+}"))
        .collect()
}

struct Undisturbed;

impl Control for Undisturbed {
    fn should_stop(&self) -> bool {
        false
    }
    fn wants_snapshot(&self) -> bool {
        false
    }
    fn snapshot(&self, _: UnitSnapshot) {}
}

/// The report of a search that runs unit by unit, without an engine.
pub(crate) fn report_of(spec: &SearchSpec) -> BlockReport {
    let mut search = Search::new(spec).unwrap();
    loop {
        match search.next() {
            Next::Unit(unit) => search.complete(unit.run(&Undisturbed)),
            Next::Wait => panic!("nothing is out, so there is nothing to wait for"),
            Next::Done => return search.report().unwrap(),
        }
    }
}
