//! Searches end to end: complete known lists, order and interruption change nothing, saved states
//! are read as hostile input.

mod support;

use std::collections::BTreeSet;

use darkreach_primes::{
    search::{Next, Phase, ResumeError, Search, report},
    spec::{SearchSpec, Span},
};
use proptest::prelude::*;
use support::{Never, StopAfter, kbn, outcome_of, primes_of, run_all};

/// OEIS lists (A002253 and its kind), complete for 1 <= n <= 1000.
const PROTH: [(u64, &[u64]); 7] = [
    (
        3,
        &[
            1, 2, 5, 6, 8, 12, 18, 30, 36, 41, 66, 189, 201, 209, 276, 353, 408, 438, 534,
        ],
    ),
    (5, &[1, 3, 7, 13, 15, 25, 39, 55, 75, 85, 127]),
    (
        7,
        &[
            2, 4, 6, 14, 20, 26, 50, 52, 92, 120, 174, 180, 190, 290, 320, 390, 432, 616, 830,
        ],
    ),
    (
        9,
        &[
            1, 2, 3, 6, 7, 11, 14, 17, 33, 42, 43, 63, 65, 67, 81, 134, 162, 206, 211, 366, 663,
            782,
        ],
    ),
    (11, &[1, 3, 5, 7, 19, 21, 43, 81, 125, 127, 209, 211]),
    (13, &[2, 8, 10, 20, 28, 82, 188, 308, 316, 1000]),
    (
        15,
        &[
            1, 2, 4, 9, 10, 12, 27, 37, 38, 44, 48, 78, 112, 168, 229, 297, 339, 517, 522, 654, 900,
        ],
    ),
];
const RIESEL: [(u64, &[u64]); 8] = [
    (1, &[2, 3, 5, 7, 13, 17, 19, 31, 61, 89, 107, 127, 521, 607]),
    (
        3,
        &[
            1, 2, 3, 4, 6, 7, 11, 18, 34, 38, 43, 55, 64, 76, 94, 103, 143, 206, 216, 306, 324,
            391, 458, 470, 827,
        ],
    ),
    (
        5,
        &[
            2, 4, 8, 10, 12, 14, 18, 32, 48, 54, 72, 148, 184, 248, 270, 274, 420,
        ],
    ),
    (7, &[1, 5, 9, 17, 21, 29, 45, 177]),
    (
        9,
        &[
            1, 3, 7, 13, 15, 21, 43, 63, 99, 109, 159, 211, 309, 343, 415, 469, 781, 871, 939,
        ],
    ),
    (11, &[2, 26, 50, 54, 126, 134, 246, 354, 362, 950]),
    (13, &[3, 7, 23, 287, 291, 795]),
    (
        15,
        &[
            1, 2, 4, 5, 10, 14, 17, 31, 41, 73, 80, 82, 116, 125, 145, 157, 172, 202, 224, 266,
            289, 293, 463,
        ],
    ),
];

#[test]
fn known_lists_over_n_are_complete() {
    for (c, lists) in [(1, &PROTH[..]), (-1, &RIESEL[..])] {
        for (k, known) in lists {
            let spec = kbn(&k.to_string(), "1..=1000", 2, c);
            let report = run_all(&spec);
            assert_eq!(primes_of(&report), *known, "{}", spec.describe());
            let checked = report::check(&spec, &report, &mut |n| (0..n).step_by(10).collect())
                .unwrap_or_else(|rejection| panic!("{rejection}"));
            assert_eq!(checked.primes.len(), known.len());
            assert_eq!(checked.candidates, 1000);
            assert_eq!(checked.probable.len(), 0);
            assert!(checked.audited > 0);
        }
    }
}

#[test]
fn known_lists_over_k_are_complete() {
    for (c, lists) in [(1, &PROTH[..]), (-1, &RIESEL[..])] {
        let exponents: BTreeSet<u64> = lists.iter().flat_map(|(_, n)| n.iter().copied()).collect();
        for n in exponents {
            let report = run_all(&kbn("1..16", &n.to_string(), 2, c));
            let found = primes_of(&report);
            for (k, known) in lists {
                assert_eq!(found.contains(k), known.contains(&n), "{k}*2^{n}{c:+}");
            }
        }
    }
}

#[test]
fn other_bases_agree_with_gmp() {
    for (base, c, n) in [
        (3, 1, 60),
        (5, -1, 40),
        (6, 1, 30),
        (10, -1, 25),
        (4, 1, 50),
        (15, -1, 31),
        (7, 1, 2),
    ] {
        let spec = kbn("1..400", &n.to_string(), base, c);
        let report = run_all(&spec);
        let expected: Vec<u64> = spec
            .terms()
            .filter(|(_, term)| {
                term.first().value().is_probably_prime(30) != rug::integer::IsPrime::No
            })
            .map(|(at, _)| at)
            .collect();
        assert_eq!(primes_of(&report), expected, "{}", spec.describe());
        let mut composites = 0;
        let checked = report::check(&spec, &report, &mut |n| {
            composites = n;
            vec![0, 1, u64::MAX]
        })
        .unwrap();
        assert_eq!(checked.audited, composites.min(2));
    }
}

#[test]
fn small_and_even_numbers_are_decided() {
    // 1*2^1-1 = 1, then 3, 7, 15, ...
    let report = run_all(&kbn("1", "1..6", 2, -1));
    let rows = report::rows(&kbn("1", "1..6", 2, -1), &report.ledger, 0, 10).unwrap();
    let texts: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {:?}", row.expression, row.outcome))
        .collect();
    assert_eq!(
        texts,
        [
            "1*2^1-1 BelowTwo",
            "1*2^2-1 Prime",
            "1*2^3-1 Prime",
            "1*2^4-1 Factor(3)",
            "1*2^5-1 Prime"
        ]
    );
    // k even and b odd: 2*3^n+1; k odd: always even, except 1*3^1-1 = 2.
    assert_eq!(primes_of(&run_all(&kbn("1", "1..50", 3, -1))), [1]);
}

/// That the blocks between the cuts give exactly the results of the whole.
fn blocks_are_the_whole(spec: &SearchSpec, cuts: &BTreeSet<u64>) {
    let whole = run_all(spec);
    let (mut primes, mut joined) = (Vec::new(), Vec::new());
    let mut start = spec.range.start;
    for &end in cuts.iter().chain([&spec.range.end]) {
        let block = spec.over(Span { start, end }).expect("the cut is inside");
        start = end;
        let report = run_all(&block);
        report::check(&block, &report, &mut |_| vec![]).expect("an honest report");
        primes.extend(report.primes.clone());
        joined.extend(report::rows(&block, &report.ledger, 0, usize::MAX).expect("its own ledger"));
    }
    assert_eq!(primes, whole.primes);
    let rows = report::rows(spec, &whole.ledger, 0, usize::MAX).expect("its own ledger");
    assert_eq!(joined, rows);
}

#[test]
fn blocks_share_no_end_point() {
    // Cuts at, before and after the primes 34, 43 and 163 of 9*2^n+1: each counts once.
    let spec = kbn("9", "1..=400", 2, 1);
    blocks_are_the_whole(&spec, &[34, 43, 44, 162, 163, 164].into());
    blocks_are_the_whole(&spec, &(2..=400).collect());
    // Blocks of one k, of which every other one is even and has no candidate.
    blocks_are_the_whole(&kbn("1..40", "30", 2, 1), &(2..40).collect());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn random_blocks_are_the_whole(cuts in prop::collection::btree_set(2u64..300, 0..20), over_k: bool, minus: bool) {
        let c = if minus { -1 } else { 1 };
        let spec = if over_k { kbn("1..300", "70", 2, c) } else { kbn("15", "1..300", 2, c) };
        blocks_are_the_whole(&spec, &cuts);
    }
}

#[test]
fn residues_are_those_of_other_programs() {
    for (k, b, n, c, res64) in [
        ("3", 2, "188", 1, 0xE362_E521_8682_A016),
        ("3", 2, "106", -1, 0x4119_195A_AC28_9097),
        ("2", 5, "117", 1, 0x8AA4_CF2C_74EA_BD69u64),
        ("6", 7, "120", 1, 0xA820_44FA_698C_F54B),
    ] {
        let n: u64 = n.parse().unwrap();
        let mut spec = kbn(k, &format!("{n}..={n}"), b, c);
        spec.sieve_limit = 3;
        let report = run_all(&spec);
        assert_eq!(
            outcome_of(&spec, &report, n),
            format!("Composite {{ res64: {res64} }}")
        );
    }
}

#[test]
fn pseudoprimes_are_composite_with_residue_one() {
    // 8355841 = 255*2^15+1 and 44287 = 173*2^8-1 pass the Fermat test to base 3.
    for (k, n, c) in [
        ("15", 3, 1),
        ("255", 15, 1),
        ("21", 5, -1),
        ("11", 6, -1),
        ("173", 8, -1),
    ] {
        let mut spec = kbn(k, &format!("{n}..={n}"), 2, c);
        spec.sieve_limit = 3;
        let report = run_all(&spec);
        assert_eq!(outcome_of(&spec, &report, n), "Composite { res64: 1 }");
        report::check(&spec, &report, &mut |n| (0..n).collect()).unwrap();
    }
}

#[test]
fn order_and_threads_change_nothing() {
    let spec = kbn("1..2000", "200", 2, 1);
    let expected = run_all(&spec);
    // Every unit at once, completed in reverse.
    let mut search = Search::new(&spec).unwrap();
    loop {
        let mut units = Vec::new();
        let end = loop {
            match search.next() {
                Next::Unit(unit) => units.push(unit),
                other => break other,
            }
        };
        if matches!(end, Next::Done) && units.is_empty() {
            break;
        }
        for unit in units.into_iter().rev() {
            search.complete(unit.run(&Never));
        }
    }
    assert_eq!(search.report().unwrap(), expected);
    // Threads that take what they get.
    let search = std::sync::Mutex::new(Search::new(&spec).unwrap());
    let returned = std::sync::Condvar::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut guard = search.lock().unwrap();
                loop {
                    match guard.next() {
                        Next::Done => break,
                        Next::Wait => guard = returned.wait(guard).unwrap(),
                        Next::Unit(unit) => {
                            drop(guard);
                            let result = unit.run(&Never);
                            guard = search.lock().unwrap();
                            guard.complete(result);
                            returned.notify_all();
                        }
                    }
                }
                returned.notify_all();
            });
        }
    });
    assert_eq!(search.into_inner().unwrap().report().unwrap(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn interruptions_change_nothing(
        which in 0usize..5, stops in prop::collection::vec((0u32..40, any::<bool>()), 1..12),
    ) {
        // Shapes for each of the four theorems, and both running variables.
        let spec = [
            kbn("1..400", "100", 2, 1),
            kbn("1..400", "100", 2, -1),
            kbn("9", "1..300", 2, 1),
            kbn("1..200", "60", 6, 1),
            kbn("1..200", "60", 6, -1),
        ][which].clone();
        let expected = run_all(&spec);
        let mut search = Search::new(&spec).unwrap();
        let mut fraction = 0.0;
        for (polls, save) in stops {
            let control = StopAfter::new(polls);
            while let Next::Unit(unit) = search.next() {
                search.complete(unit.run(&control));
                for snapshot in control.snapshots() {
                    search.note(snapshot);
                }
                let progress = search.progress();
                prop_assert!(progress.fraction >= fraction && progress.fraction <= 1.0);
                fraction = progress.fraction;
                if control.stopped() {
                    break;
                }
            }
            if save {
                let bytes = search.save();
                search = Search::resume(&spec, &bytes, true).unwrap();
                prop_assert_eq!(search.save(), bytes);
                fraction = 0.0;
            }
        }
        support::finish(&mut search);
        prop_assert_eq!(search.report().unwrap(), expected);
        prop_assert_eq!(search.progress().fraction, 1.0);
    }
}

#[test]
fn everything_crosses_threads() {
    fn sent<T: Send>() {}
    sent::<Search>();
    sent::<darkreach_primes::search::Unit>();
    sent::<darkreach_primes::search::UnitResult>();
    sent::<darkreach_primes::search::UnitSnapshot>();
}

#[test]
fn a_long_test_goes_on_where_it_stopped() {
    // 27*2^n-1 with a chain long enough to be stopped inside, at every stage.
    let mut spec = kbn("3", "2816..=2816", 2, 1);
    spec.sieve_limit = 3;
    let expected = run_all(&spec);
    assert_eq!(primes_of(&expected), [2816]);
    let mut search = Search::new(&spec).unwrap();
    let mut stops = 0;
    let mut sizes = BTreeSet::new();
    loop {
        // How often the sieve looks at the stop sign is its own affair.
        let polls = match search.progress().phase {
            Phase::Done => break,
            Phase::Sieving => u32::MAX,
            Phase::Testing => 3,
        };
        let control = StopAfter::new(polls);
        if let Next::Unit(unit) = search.next() {
            search.complete(unit.run(&control));
        }
        stops += u32::from(control.stopped());
        let bytes = search.save();
        sizes.insert(bytes.len());
        search = Search::resume(&spec, &bytes, true).unwrap();
        assert!(stops < 1000, "no progress between stops");
    }
    assert!(stops > 1, "the test was never stopped inside");
    assert_eq!(search.report().unwrap(), expected);
}

#[test]
fn small_tests_done_together_go_on_where_they_stopped() {
    for spec in [kbn("1..400", "4000", 2, 1), kbn("3", "4150..4300", 2, -1)] {
        let expected = run_all(&spec);
        for polls in [1, 2, 3] {
            let mut search = Search::new(&spec).unwrap();
            let mut stops = 0;
            while let Next::Unit(unit) = search.next() {
                let control = StopAfter::new(polls);
                search.complete(unit.run(&control));
                stops += u32::from(control.stopped());
                if stops < 20 {
                    search = Search::resume(&spec, &search.save(), true).unwrap();
                } else {
                    support::finish(&mut search);
                }
            }
            assert!(stops >= 20, "{stops} stops");
            assert_eq!(search.report().unwrap(), expected);
        }
    }
}

#[test]
fn a_state_of_another_search_is_refused() {
    let spec = kbn("1..100", "50", 2, 1);
    let mut search = Search::new(&spec).unwrap();
    support::finish(&mut search);
    let bytes = search.save();
    assert_eq!(
        Search::resume(&spec, &bytes, false).unwrap().report(),
        search.report()
    );
    let mut deeper = spec.clone();
    deeper.sieve_limit += 1;
    for other in [
        kbn("1..100", "51", 2, 1),
        kbn("1..100", "50", 2, -1),
        kbn("1..101", "50", 2, 1),
        kbn("2..100", "50", 2, 1),
        kbn("1..100", "50", 3, 1),
        deeper,
    ] {
        assert!(matches!(
            Search::resume(&other, &bytes, true),
            Err(ResumeError::OtherSearch(_))
        ));
    }
    let mut newer = bytes;
    newer[8] = 99;
    assert!(matches!(
        Search::resume(&spec, &newer, true),
        Err(ResumeError::Version { found: 99, .. })
    ));
}

#[test]
fn results_of_another_search_and_stray_snapshots_are_ignored() {
    let spec = kbn("1..100", "50", 2, 1);
    let (mut one, mut two) = (Search::new(&spec).unwrap(), Search::new(&spec).unwrap());
    let Next::Unit(first) = one.next() else {
        panic!("no unit")
    };
    let Next::Unit(_second) = two.next() else {
        panic!("no unit")
    };
    two.complete(first.run(&Never));
    assert!(
        matches!(two.next(), Next::Wait),
        "the foreign result was taken"
    );
}

fn half_done() -> (SearchSpec, Vec<u8>) {
    let spec = kbn("1..200", "100", 2, -1);
    let mut search = Search::new(&spec).expect("the search is valid");
    for polls in [30, 1] {
        let control = StopAfter::new(polls);
        while let Next::Unit(unit) = search.next() {
            search.complete(unit.run(&control));
            if control.stopped() {
                break;
            }
        }
    }
    (spec, search.save())
}

proptest! {
    #[test]
    fn damaged_states_are_refused(flip in any::<prop::sample::Index>(), bit in 0u8..8, cut in any::<prop::sample::Index>(), own: bool) {
        let (spec, bytes) = half_done();
        prop_assert!(Search::resume(&spec, &bytes, own).is_ok());
        let mut flipped = bytes.clone();
        flipped[flip.index(bytes.len())] ^= 1 << bit;
        prop_assert!(Search::resume(&spec, &flipped, own).is_err());
        prop_assert!(Search::resume(&spec, &bytes[..cut.index(bytes.len())], own).is_err());
    }

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Search::resume(&kbn("1..20", "30", 2, 1), &bytes, true).is_err());
    }
}
