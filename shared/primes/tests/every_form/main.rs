//! What holds for every form: any cut gives the same candidates once, interruptions change nothing,
//! sieves are complete, states and reports are read as hostile input.

mod failures;
mod published;
mod refused;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;

use darkreach_primes::{
    expression::Expression,
    forms::FORMS,
    search::{
        Next, ResumeError, Search,
        ledger::{self, Outcome},
        report::{self, BlockReport, Row},
    },
    sieve::Sieving,
    spec::{SearchSpec, Span},
};
use proptest::prelude::*;
use rug::{Integer, ops::RemRounding};
use support::{Never, SEARCHES, StopAfter, finish, run_all, search_of, searches};

fn rows(spec: &SearchSpec, report: &BlockReport) -> Vec<Row> {
    report::rows(spec, &report.ledger, 0, usize::MAX).expect("its own ledger")
}

#[test]
fn every_form_is_listed_with_an_example_that_runs() {
    let names: BTreeSet<&str> = SEARCHES.iter().map(|(form, _)| *form).collect();
    let listed: BTreeSet<&str> = FORMS.iter().map(|info| info.name).collect();
    assert_eq!(names, listed, "every form has a search in these tests");
    assert_eq!(FORMS.len(), 12);
    for info in FORMS {
        let spec = search_of(info.name, info.example);
        assert_eq!(spec.form_name(), info.name);
        assert!(spec.count() > 0);
        assert!(info.example_line().starts_with(info.name));
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<SearchSpec>(&text).unwrap(), spec);
        assert!(
            text.contains(&format!("\"form\":{{\"{}\":", info.name)),
            "{text}"
        );
        let unknown = text.replace("\":{", "\":{\"extra\":1,");
        assert!(serde_json::from_str::<SearchSpec>(&unknown).is_err());
    }
}

#[test]
fn descriptions_of_older_programs_are_read() {
    let text = r#"{"version":1,"form":{"kbn":{"base":2,"c":1,"over":{"k":{"n":1000}}}},
        "range":{"start":1,"end":300},"sieve_limit":1000}"#;
    let spec: SearchSpec = serde_json::from_str(text).unwrap();
    spec.validate().unwrap();
    assert_eq!(spec.describe(), "k*2^1000+1, k in 1..300");
}

#[test]
fn one_number_has_one_expression_and_remainders_are_those_of_the_value() {
    for spec in searches() {
        for (_, term) in spec.terms().step_by(7) {
            for number in term.members() {
                let text = number.to_string();
                let expression: Expression = text.parse().unwrap_or_else(|e| panic!("{e}"));
                let value = number.value();
                assert_eq!(expression.value().unwrap(), value, "{text}");
                let small = if value < 0 { Some(0) } else { value.to_u64() };
                assert_eq!(number.small(), small, "{text}");
                assert!(
                    (number.bits() - f64::from(value.significant_bits())).abs() < 40.0,
                    "{text}"
                );
                for m in [1, 2, 3, 10, 97, 65_537, (1 << 47) + 5, u64::MAX] {
                    let right = value.clone().rem_euc(Integer::from(m));
                    assert_eq!(number.modulo(m), right.to_u64().unwrap(), "{text} mod {m}");
                }
                for q in number.factors_below() {
                    assert!(
                        Integer::from(&value - 1u32).is_divisible(&Integer::from(q)),
                        "{q} {text}"
                    );
                }
                for q in number.factors_above() {
                    assert!(
                        Integer::from(&value + 1u32).is_divisible(&Integer::from(q)),
                        "{q} {text}"
                    );
                }
            }
        }
    }
}

#[test]
fn sieves_find_the_smallest_factor_of_every_candidate() {
    let primes: Vec<u64> = (2..1000u64)
        .filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
        .collect();
    for mut spec in searches() {
        spec.sieve_limit = 1000;
        let report = run_all(&spec);
        let mut removed = 0;
        for row in rows(&spec, &report) {
            let values = support::values_of(&row.expression);
            let right = primes.iter().copied().find(|&p| {
                values
                    .iter()
                    .any(|value| *value > p && value.is_divisible(&Integer::from(p)))
            });
            let found = match row.outcome {
                Outcome::Factor(p) => Some(p),
                _ => None,
            };
            assert_eq!(found, right, "{} of {}", row.expression, spec.describe());
            removed += u64::from(found.is_some());
        }
        assert!(removed > 0, "{}: the sieve does nothing", spec.describe());
    }
}

/// That the blocks between the cuts give exactly the results of the whole.
fn blocks_are_the_whole(spec: &SearchSpec, cuts: &BTreeSet<u64>) {
    let whole = run_all(spec);
    let (mut primes, mut joined, mut count) = (Vec::new(), Vec::new(), 0);
    let mut start = spec.range.start;
    for &end in cuts.iter().chain([&spec.range.end]) {
        let block = spec.over(Span { start, end }).expect("the cut is inside");
        start = end;
        block.validate().expect("a part of a valid search is valid");
        count += block.count();
        let report = run_all(&block);
        report::check(&block, &report, &mut |_| vec![]).expect("an honest report");
        joined.extend(rows(&block, &report));
        primes.extend(report.primes);
    }
    assert_eq!(count, spec.count());
    assert_eq!(primes, whole.primes, "{}", spec.describe());
    assert_eq!(joined, rows(spec, &whole), "{}", spec.describe());
}

#[test]
fn blocks_share_no_end_point() {
    for spec in searches() {
        // Cuts right before and behind each prime.
        let found = run_all(&spec);
        let cuts = rows(&spec, &found)
            .iter()
            .filter(|row| matches!(row.outcome, Outcome::Prime | Outcome::ProbablePrime))
            .flat_map(|row| [row.at, row.at + 1])
            .filter(|at| *at > spec.range.start && *at < spec.range.end)
            .take(12)
            .collect();
        blocks_are_the_whole(&spec, &cuts);
    }
}

#[test]
fn a_state_is_taken_by_its_own_search_alone() {
    let states: Vec<(SearchSpec, Vec<u8>, Vec<u8>)> = searches()
        .map(|spec| {
            let search = Search::new(&spec).unwrap().save();
            let sieve = Sieving::new(&spec).unwrap().save();
            (spec, search, sieve)
        })
        .collect();
    for (spec, ..) in &states {
        for (other, search, sieve) in &states {
            let same = spec == other;
            let resumed = Search::resume(spec, search, true).map(|_| ());
            let sieved = Sieving::resume(spec, sieve).map(|_| ());
            if same {
                assert_eq!((resumed, sieved), (Ok(()), Ok(())));
            } else {
                assert!(matches!(resumed, Err(ResumeError::OtherSearch(_))));
                assert!(matches!(sieved, Err(ResumeError::OtherSearch(_))));
            }
        }
        // One for the other.
        assert!(Sieving::resume(spec, &states[0].1).is_err());
        assert!(Search::resume(spec, &states[0].2, true).is_err());
    }
}

#[test]
fn lies_about_a_block_are_found() {
    for mut spec in searches() {
        spec.sieve_limit = 100;
        let honest = run_all(&spec);
        let outcomes = ledger::decode(&honest.ledger, spec.count()).unwrap();
        let all = rows(&spec, &honest);
        let refused = |place: usize, lie: Outcome| {
            let mut outcomes = outcomes.clone();
            outcomes[place] = lie;
            let report = BlockReport {
                ledger: ledger::encode(&outcomes),
                primes: honest.primes.clone(),
            };
            let checked = report::check(&spec, &report, &mut |count| (0..count).collect());
            assert!(
                checked.is_err(),
                "{lie:?} at {place} of {}",
                spec.describe()
            );
        };
        for (place, outcome) in outcomes.iter().enumerate().step_by(11) {
            match outcome {
                Outcome::Factor(_) => {
                    let expression = &all[place].expression;
                    let values = support::values_of(expression);
                    let divides =
                        |p: &u64| values.iter().any(|v| v.is_divisible(&Integer::from(*p)));
                    let other = [97, 89, 83, 79, 73, 71].into_iter().find(|p| !divides(p));
                    refused(
                        place,
                        Outcome::Factor(other.expect("one of them does not divide")),
                    );
                    refused(place, Outcome::Prime);
                }
                Outcome::Composite { res64 } => {
                    refused(place, Outcome::Composite { res64: res64 ^ 1 });
                    refused(place, Outcome::ProbablePrime);
                    refused(place, Outcome::Factor(2));
                    refused(place, Outcome::BelowTwo);
                }
                Outcome::Prime | Outcome::ProbablePrime => {
                    refused(place, Outcome::Composite { res64: 5 });
                    refused(place, Outcome::Composite { res64: 1 });
                    refused(place, Outcome::Algebraic);
                }
                Outcome::BelowTwo => refused(place, Outcome::Prime),
                Outcome::Algebraic => refused(place, Outcome::Prime),
            }
        }
    }
}

#[test]
fn a_pair_needs_a_proof_for_each_of_its_numbers() {
    let spec = search_of("twin", &[("k", "1..900"), ("n", "63")]);
    let honest = run_all(&spec);
    assert!(!honest.primes.is_empty());
    let refused = |edit: &dyn Fn(&mut report::ProvedPrime)| {
        let mut report = honest.clone();
        edit(&mut report.primes[0]);
        report::check(&spec, &report, &mut |_| vec![]).is_err()
    };
    assert!(refused(&|prime| prime.second = None));
    assert!(refused(&|prime| {
        let second = prime.second.clone().unwrap();
        prime.second = Some(std::mem::replace(&mut prime.proof, second));
    }));
    assert!(refused(&|prime| prime.second = Some(prime.proof.clone())));
    assert!(!refused(&|_| {}));
}

#[test]
fn the_default_depth_costs_little_more_than_any_other() {
    // A sieve that is far too deep, or a factoring step dearer than the test, would show here.
    for spec in searches() {
        let at = |limit: u64| SearchSpec {
            sieve_limit: limit.max(3),
            ..spec.clone()
        };
        let best = [30, 10, 3, 1]
            .into_iter()
            .flat_map(|scale| [spec.sieve_limit / scale, spec.sieve_limit * scale])
            .map(|limit| at(limit).cost())
            .fold(f64::INFINITY, f64::min);
        assert!(
            spec.cost() < 3.0 * best + 0.05,
            "{}: {} s at {}, {best} s at best",
            spec.describe(),
            spec.cost(),
            spec.sieve_limit
        );
    }
}

#[test]
fn covering_sets_are_noticed() {
    let covered = search_of("kbn", &[("k", "78557"), ("n", "1..50"), ("c", "1")]);
    assert!(
        covered
            .notice()
            .is_some_and(|notice| notice.contains("[3, 5, 7, 13, 19, 37, 73]"))
    );
    let open = search_of("kbn", &[("k", "10223"), ("n", "1..50"), ("c", "1")]);
    assert_eq!(open.notice(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_blocks_are_the_whole(
        which in 0..SEARCHES.len(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let (form, parameters) = SEARCHES[which];
        let spec = search_of(form, parameters);
        let length = (spec.range.end - spec.range.start - 1) as usize;
        let cuts = cuts.into_iter().map(|cut| spec.range.start + 1 + cut.index(length) as u64).collect();
        blocks_are_the_whole(&spec, &cuts);
    }

    #[test]
    fn interruptions_change_nothing(
        which in 0..SEARCHES.len(), stops in prop::collection::vec((0u32..30, any::<bool>()), 1..10),
    ) {
        let (form, parameters) = SEARCHES[which];
        let spec = search_of(form, parameters);
        let expected = run_all(&spec);
        let mut search = Search::new(&spec).unwrap();
        for (polls, save) in stops {
            let control = StopAfter::new(polls);
            while let Next::Unit(unit) = search.next() {
                search.complete(unit.run(&control));
                for snapshot in control.snapshots() {
                    search.note(snapshot);
                }
                if control.stopped() {
                    break;
                }
            }
            if save {
                let bytes = search.save();
                search = Search::resume(&spec, &bytes, true).unwrap_or_else(|error| panic!("{error}"));
            }
        }
        finish(&mut search);
        prop_assert_eq!(search.report().unwrap(), expected);
    }

    #[test]
    fn a_sieve_goes_on_where_it_was_stopped_and_deeper(
        which in 0..SEARCHES.len(), stops in prop::collection::vec(0u32..20, 0..6),
        first in 3u64..60_000, more in 0u64..100_000, backwards: bool,
    ) {
        let (form, parameters) = SEARCHES[which];
        let spec = search_of(form, parameters);
        let run = |sieving: &mut Sieving, limit: u64| {
            let mut factors = Vec::new();
            let mut units = Vec::new();
            while let Some(unit) = sieving.next_unit(limit) {
                units.push(unit);
            }
            if backwards {
                units.reverse();
            }
            for unit in units {
                factors.extend(sieving.complete(unit.run(&Never)));
            }
            factors
        };
        let mut whole = Sieving::new(&spec).unwrap();
        let expected = run(&mut whole, first + more);
        let mut sieving = Sieving::new(&spec).unwrap();
        let mut found = Vec::new();
        for polls in stops {
            let control = StopAfter::new(polls);
            while let Some(unit) = sieving.next_unit(first) {
                found.extend(sieving.complete(unit.run(&control)));
                if control.stopped() {
                    break;
                }
            }
            let bytes = sieving.save();
            sieving = Sieving::resume(&spec, &bytes).unwrap_or_else(|error| panic!("{error}"));
        }
        found.extend(run(&mut sieving, first));
        found.extend(run(&mut sieving, first + more));
        let pairs = |factors: &[darkreach_primes::sieve::Factor]| -> Vec<(u64, u64)> {
            factors.iter().map(|factor| (factor.at, factor.p)).collect()
        };
        prop_assert_eq!(sieving.depth(), first + more + 1);
        let mut counts = sieving.counts();
        if matches!(form, "wagstaff" | "repunit") {
            // The divisors tried depend on what was removed before.
            counts.primes_tested = whole.counts().primes_tested;
        }
        prop_assert_eq!(counts, whole.counts());
        let (mut found, mut expected) = (pairs(&found), pairs(&expected));
        found.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
        let left = |sieving: &Sieving| sieving.survivors().map(|(at, _)| at).collect::<Vec<_>>();
        prop_assert_eq!(left(&sieving), left(&whole));
    }

    #[test]
    fn damaged_sieve_states_are_refused(
        which in 0..SEARCHES.len(), place in any::<prop::sample::Index>(), bit in 0u8..8,
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (form, parameters) = SEARCHES[which];
        let spec = search_of(form, parameters);
        let mut bytes = Sieving::new(&spec).unwrap().save();
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        prop_assert!(Sieving::resume(&spec, &bytes).is_err());
    }
}
