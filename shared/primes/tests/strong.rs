//! Long tests of a search under the strong check: saved and resumed anywhere, damaged, and the same
//! residues as ever.

mod support;

use darkreach_primes::{
    expression::Expression,
    primality::{Method, Watch, test},
    search::{Next, Phase, Search},
    spec::SearchSpec,
};
use rug::Integer;
use support::{StopAfter, finish, kbn, run_all};

/// A few candidates of 50,000 bits survive in 27*2^n-1.
fn long() -> SearchSpec {
    let mut spec = kbn("27", "50000..50016", 2, -1);
    spec.sieve_limit = 100_000;
    spec
}

#[test]
fn a_checked_search_resumes_anywhere_with_the_same_report() {
    let spec = long();
    let expected = run_all(&spec);
    let mut search = Search::new(&spec).unwrap();
    let mut stops = 0;
    while let Next::Unit(unit) = search.next() {
        // How often the sieve looks at the stop sign is its own affair.
        let polls = match search.progress().phase {
            Phase::Sieving => u32::MAX,
            _ => 250 + 40 * (stops % 5),
        };
        let control = StopAfter::new(polls);
        search.complete(unit.run(&control));
        if control.stopped() {
            stops += 1;
            search = Search::resume(&spec, &search.save(), true).unwrap();
        }
    }
    assert!(stops > 2, "{stops}");
    assert_eq!(search.report(), Some(expected));
    assert_eq!(search.mismatches(), 0);
}

#[test]
fn a_killed_search_goes_on_from_its_last_snapshot() {
    let spec = long();
    let expected = run_all(&spec);
    let mut search = Search::new(&spec).unwrap();
    // The unit never comes back; only its snapshots are left.
    let saved = loop {
        let Next::Unit(unit) = search.next() else {
            panic!("no long test")
        };
        if unit.describe().starts_with("test") {
            let control = StopAfter::new(90);
            drop(unit.run(&control));
            let last = control.snapshots().pop().expect("it wanted snapshots");
            search.note(last);
            break search.save();
        }
        search.complete(unit.run(&support::Never));
    };
    let mut resumed = Search::resume(&spec, &saved, true).unwrap();
    assert!(resumed.progress().fraction > 0.0);
    finish(&mut resumed);
    assert_eq!(resumed.report(), Some(expected));
}

#[test]
fn the_residue_of_a_checked_test_is_3_to_the_n_minus_1() {
    struct Counts(std::sync::atomic::AtomicU64);
    impl Watch for Counts {
        fn should_stop(&self) -> bool {
            false
        }
        fn progress(&self, done: u64, total: u64) {
            assert!(done <= total);
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let residue = |text: &str| {
        let expression: Expression = text.parse().unwrap();
        let counts = Counts(0.into());
        let tested = test(&expression, Method::Prp, &counts).unwrap();
        assert_eq!(tested.mismatches, 0);
        assert!(counts.0.into_inner() > 10);
        tested.res64
    };
    // A chain of squares with a tail, against GMP.
    let n = (Integer::from(27) << 50_001u32) - 1u32;
    let right = Integer::from(3)
        .pow_mod(&Integer::from(&n - 1u32), &n)
        .unwrap();
    assert_eq!(residue("27*2^50001-1"), Some(right.to_u64_wrapping()));
    // A chain of cubes, against the digits of the exponent modulo a number whose form nobody knows.
    let text = "10*3^31600+1";
    let value = text.parse::<Expression>().unwrap().value().unwrap();
    assert_eq!(residue(text), residue(&value.to_string()));
}
