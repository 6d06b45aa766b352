//! Descriptions of searches: what is accepted, what is refused and by which name, and the model
//! that cuts jobs into blocks.

use darkreach_primes::{
    forms::kbn::{Kbn, Over, from_arguments},
    spec::{Form, SearchSpec, Span},
};
use proptest::prelude::*;

fn spec(k: &str, n: &str, base: u32, c: i32) -> SearchSpec {
    let (form, range) = from_arguments(k, n, base, c).unwrap_or_else(|error| panic!("{error}"));
    SearchSpec::new(form, range).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn ranges_are_written_as_in_rust() {
    for (text, start, end) in [
        ("1..300", 1, 300),
        ("1..=299", 1, 300),
        (" 5 .. 6 ", 5, 6),
        ("7..=7", 7, 8),
    ] {
        assert_eq!(text.parse(), Ok(Span { start, end }), "{text}");
    }
    for text in [
        "",
        "5",
        "..",
        "1..",
        "..5",
        "5..5",
        "6..5",
        "6..=5",
        "-1..5",
        "1..x",
        "1...5",
        "1..=",
        "0..18446744073709551616",
        "0..=18446744073709551615",
        "1..1e6",
    ] {
        let error = text.parse::<Span>().unwrap_err();
        assert_eq!(error.field, "range", "{text}: {error}");
    }
}

#[test]
fn arguments_make_one_of_two_searches() {
    let spec_k = spec("1..300", "1000", 2, 1);
    assert_eq!(
        spec_k.form,
        Form::Kbn(Kbn {
            base: 2,
            c: 1,
            over: Over::K { n: 1000 }
        })
    );
    assert_eq!(spec_k.range, Span { start: 1, end: 300 });
    assert_eq!(spec_k.describe(), "k*2^1000+1, k in 1..300");
    assert_eq!((spec_k.form_name(), spec_k.count()), ("kbn", 150));
    let spec_n = spec("3", "10..=20", 5, -1);
    assert_eq!(spec_n.describe(), "3*5^n-1, n in 10..21");
    assert_eq!(spec_n.count(), 11);
    let texts: Vec<String> = spec("1..5", "7", 2, 1)
        .terms()
        .map(|(_, c)| c.to_string())
        .collect();
    assert_eq!(texts, ["1*2^7+1", "3*2^7+1"]);
}

#[test]
fn what_makes_no_sense_is_refused_by_its_name() {
    for (k, n, base, c, field) in [
        ("1..300", "1..300", 2, 1, "n"),
        ("3", "5", 2, 1, "k"),
        ("1..300", "x", 2, 1, "n"),
        ("1..300", "0", 2, 1, "n"),
        ("1..300", "4294967296", 2, 1, "n"),
        ("1..300", "2147483649", 2, 1, "n"),
        ("1..300", "1500000000", 2, 1, "n"),
        ("0..300", "10", 2, 1, "k"),
        ("300..1", "10", 2, 1, "k"),
        ("1..4611686018427387905", "10", 2, 1, "k"),
        ("4..5", "10", 2, 1, "k"),
        ("4", "1..10", 2, 1, "k"),
        ("0", "1..10", 2, 1, "k"),
        ("4611686018427387905", "1..10", 2, 1, "k"),
        ("3", "0..10", 2, 1, "n"),
        ("3", "1..4294967297", 2, 1, "n"),
        ("3", "1..10", 1, 1, "base"),
        ("3", "1..10", 0, 1, "base"),
        ("3", "1..10", 2, 0, "c"),
        ("3", "1..10", 5, 3, "c"),
        ("1..10", "10", 2, 4, "c"),
        ("3", "1..10", 2, -7, "c"),
        ("3", "1..300000000", 100, 1, "n"),
    ] {
        let error = from_arguments(k, n, base, c).unwrap_err();
        assert_eq!(error.field, field, "{k} {n} {base} {c}: {error}");
    }
    assert!(from_arguments("1..4611686018427387904", "10", 2, 1).is_ok());
}

#[test]
fn what_comes_from_outside_is_validated() {
    let good = spec("1..300", "1000", 2, 1);
    assert_eq!(good.validate(), Ok(()));
    let refused = |edit: &dyn Fn(&mut SearchSpec)| {
        let mut spec = good.clone();
        edit(&mut spec);
        spec.validate().unwrap_err().field
    };
    assert_eq!(refused(&|spec| spec.version = 2), "version");
    assert_eq!(refused(&|spec| spec.sieve_limit = 2), "sieve_limit");
    assert_eq!(refused(&|spec| spec.sieve_limit = u64::MAX), "sieve_limit");
    assert_eq!(refused(&|spec| spec.range.start = 0), "k");
    assert_eq!(refused(&|spec| spec.range.end = u64::MAX), "k");
    let text = serde_json::to_string(&good).unwrap();
    assert_eq!(serde_json::from_str::<SearchSpec>(&text).unwrap(), good);
    assert!(serde_json::from_str::<SearchSpec>(&text.replace("\"base\"", "\"bass\"")).is_err());
}

#[test]
fn parts_stay_inside() {
    let whole = spec("10..300", "1000", 2, 1);
    let part = whole.over(Span { start: 10, end: 20 }).unwrap();
    assert_eq!(part.sieve_limit, whole.sieve_limit);
    for (start, end) in [(9, 20), (10, 301), (20, 20), (30, 20)] {
        assert_eq!(whole.over(Span { start, end }).unwrap_err().field, "range");
    }
}

#[test]
fn the_model_is_sane() {
    // Larger ranges and larger numbers cost more, and are sieved deeper.
    let costs: Vec<f64> = ["100", "1000", "10000", "100000"]
        .iter()
        .map(|n| spec("1..2000", n, 2, 1).cost())
        .collect();
    assert!(costs.windows(2).all(|pair| pair[0] < pair[1]), "{costs:?}");
    let limits: Vec<u64> = ["100", "1000", "10000"]
        .iter()
        .map(|n| spec("1..2000", n, 2, 1).sieve_limit)
        .collect();
    assert!(
        limits.windows(2).all(|pair| pair[0] < pair[1]),
        "{limits:?}"
    );
    // Huge jobs too have a depth that pays within a block, and blocks of the asked cost.
    let job = spec("1..4611686018427387904", "5000", 2, 1);
    let size = job.block_size_for(60.0);
    let block = job
        .over(Span {
            start: 1,
            end: 1 + size,
        })
        .unwrap();
    assert!(
        (30.0..120.0).contains(&block.cost()),
        "{} values, {} s",
        size,
        block.cost()
    );
    assert_eq!(spec("1..300", "20000", 2, 1).block_size_for(0.0), 1);
    assert_eq!(spec("1..300", "20000", 2, 1).block_size_for(-5.0), 1);
    assert_eq!(spec("1..300", "20000", 2, 1).block_size_for(f64::NAN), 1);
    assert_eq!(spec("1..300", "20000", 2, 1).block_size_for(1e30), 299);
}

proptest! {
    #[test]
    fn any_search_has_a_finite_cost_and_a_block_size(
        over_k: bool, fixed in 1u64..1 << 62, start in 1u64..1 << 62, length in 1u64..1 << 61,
        base in 2u32.., plus: bool, seconds in 0.001f64..1e6,
    ) {
        let (over, start) = if over_k {
            (Over::K { n: (fixed % 1_000_000 + 1) as u32 }, start)
        } else {
            (Over::N { k: fixed }, start % 1_000_000 + 1)
        };
        let length = if over_k { length } else { length % 1_000_000 + 1 };
        let form = Form::Kbn(Kbn { base, c: if plus { 1 } else { -1 }, over });
        let Ok(spec) = SearchSpec::new(form, Span { start, end: start + length }) else { return Ok(()) };
        let size = spec.block_size_for(seconds);
        prop_assert!(spec.cost().is_finite() && spec.cost() >= 0.0);
        prop_assert!((1..=length).contains(&size));
    }

    #[test]
    fn no_text_panics(k in "[0-9.=]{0,12}", n in "[0-9.=]{0,12}", base: u32, c: i32) {
        let _ = from_arguments(&k, &n, base, c);
    }
}
