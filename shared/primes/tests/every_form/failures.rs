//! What systems of this kind really got wrong, for every form: a stopped search that counts as done, a
//! sieve that large parameters switch off, ranges that cannot be cut, sieving that costs more than it saves.

use darkreach_primes::{
    forms::{Number, Term},
    search::{Next, Search},
    sieve::Sieving,
    spec::{SearchSpec, Span},
};
use rug::Integer;

use crate::{
    rows,
    support::{Never, StopAfter, finish, is_prime, run_all, search_of, searches, values_of},
};
use darkreach_primes::search::ledger::Outcome;

type Parameters = &'static [(&'static str, &'static str)];

#[test]
fn a_stopped_search_has_no_report() {
    for spec in searches() {
        let mut search = Search::new(&spec).unwrap();
        let mut stops = 0;
        // Longer and longer, so that it is stopped in the sieve, between tests, and in them.
        for polls in 1.. {
            assert!(search.report().is_none(), "{}", spec.describe());
            assert!(search.progress().fraction < 1.0, "{}", spec.describe());
            let control = StopAfter::new(polls);
            match search.next() {
                Next::Unit(unit) => search.complete(unit.run(&control)),
                Next::Wait => panic!("a unit is outstanding"),
                Next::Done => break,
            }
            stops += u32::from(control.stopped());
            if polls > 40 || search.report().is_some() {
                break;
            }
        }
        assert!(stops > 0, "{}", spec.describe());
        finish(&mut search);
        assert_eq!(search.progress().fraction, 1.0);
        assert_eq!(
            search.report().unwrap(),
            run_all(&spec),
            "{}",
            spec.describe()
        );
    }
}

#[test]
fn residues_are_those_of_gmp_and_none_says_nothing() {
    for spec in searches() {
        for row in rows(&spec, &run_all(&spec)) {
            let Outcome::Composite { res64 } = row.outcome else {
                continue;
            };
            // All of (3^n-1)/2 pass to base 3.
            let base = if row.expression.starts_with("(3^") {
                5
            } else {
                3
            };
            let right = values_of(&row.expression)
                .into_iter()
                .filter(|n| *n > 3)
                .map(|n| {
                    let power = Integer::from(base).pow_mod(&Integer::from(&n - 1u32), &n);
                    power.unwrap().to_u64_wrapping()
                })
                .find(|&residue| residue != 1);
            assert_eq!(Some(res64), right, "{}", row.expression);
        }
    }
}

/// Searches whose numbers are far beyond any machine word, with a depth. Powers of the bases, products with
/// the multipliers and the numbers of digits are all beyond 64 and 128 bits.
const LARGE: &[(&str, Parameters, u64)] = &[
    (
        "kbn",
        &[
            ("k", "4611686018427380000..4611686018427381000"),
            ("n", "1000000"),
            ("base", "4294967291"),
            ("c", "1"),
        ],
        1000,
    ),
    (
        "kbn",
        &[
            ("k", "4611686018427387903"),
            ("n", "1000000000..1000000400"),
            ("c", "-1"),
        ],
        1000,
    ),
    (
        "kbn",
        &[
            ("k", "4611686018427387901,4611686018427387903"),
            ("n", "20000000..20000200"),
            ("base", "4294967294"),
            ("c", "-7"),
        ],
        1000,
    ),
    (
        "twin",
        &[
            ("k", "4611686018427380000..4611686018427381000"),
            ("n", "20000000"),
            ("base", "4294967295"),
        ],
        1000,
    ),
    (
        "sophie_germain",
        &[
            ("k", "4611686018427380000..4611686018427381000"),
            ("n", "1000000000"),
        ],
        1000,
    ),
    ("cullen_woodall", &[("n", "900000000..900000200")], 1000),
    (
        "cullen_woodall",
        &[("n", "30000000..30000200"), ("base", "4294967295")],
        1000,
    ),
    (
        "carol_kynea",
        &[("n", "16000000..16000200"), ("base", "4294967294")],
        1000,
    ),
    (
        "gen_fermat",
        &[("b", "4294960000..4294964000"), ("m", "24")],
        // Primes that are 1 (mod 2^25).
        4_000_000_000,
    ),
    ("factorial", &[("n", "3000..3020")], 8000),
    (
        "factorial",
        &[("n", "1000000..1000040"), ("step", "1000")],
        8000,
    ),
    ("primorial", &[("p", "5000..5300")], 12_000),
    ("wagstaff", &[("p", "100000000..100003000")], 10_000_000_000),
    ("repunit", &[("n", "100000000..100003000")], 10_000_000_000),
    (
        "repunit",
        &[("n", "30000000..30001000"), ("base", "4294967291")],
        3_000_000_000,
    ),
    (
        "palindromic",
        &[
            ("digits", "100001"),
            ("index", "4611686018427387000..4611686018427387400"),
        ],
        1000,
    ),
    (
        "palindromic",
        &[
            ("digits", "10001"),
            ("index", "1000000..1000400"),
            ("base", "65535"),
        ],
        1000,
    ),
    ("near_repdigit", &[("digits", "2001")], 1000),
    (
        "near_repdigit",
        &[("digits", "100000001..100000801"), ("changed", "8")],
        1000,
    ),
];

/// The primes up to the limit that could divide a term, by the theory of its form.
fn divisors(form: &str, parameters: Parameters, at: u64, limit: u64) -> Vec<u64> {
    let multiples_plus_one = |step: u64| (1..=limit / step).map(move |j| j * step + 1);
    let prime = |p: &u64| is_prime(&Integer::from(*p));
    match form {
        "wagstaff" | "repunit" => multiples_plus_one(2 * at).filter(prime).collect(),
        "gen_fermat" => {
            let (_, m) = parameters
                .iter()
                .find(|(name, _)| *name == "m")
                .expect("a parameter of the form");
            let step = 1u64 << (m.parse::<u32>().expect("a number") + 1);
            multiples_plus_one(step).filter(prime).collect()
        }
        _ => (2..=limit).filter(prime).collect(),
    }
}

#[test]
fn no_parameters_switch_a_sieve_off() {
    for &(form, parameters, limit) in LARGE {
        let spec = search_of(form, parameters);
        let smallest = spec.terms().map(|(_, term)| term.bits());
        assert!(smallest.fold(f64::INFINITY, f64::min) > 6000.0, "{form}");
        let mut sieving = Sieving::new(&spec).unwrap();
        while let Some(unit) = sieving.next_unit(limit) {
            sieving.complete(unit.run(&Never));
        }
        let left: Vec<u64> = sieving.survivors().map(|(at, _)| at).collect();
        let by_index = matches!(form, "wagstaff" | "repunit");
        let common = divisors(form, parameters, 1 << 40, limit);
        let survives = |at: u64, term: &Term| {
            let own;
            let divisors = if by_index {
                own = divisors(form, parameters, at, limit);
                &own
            } else {
                &common
            };
            let divides = |number: &Number| divisors.iter().any(|&p| number.modulo(p) == 0);
            !term.members().any(divides)
        };
        let right: Vec<u64> = spec
            .terms()
            .filter(|(at, term)| survives(*at, term))
            .map(|(at, _)| at)
            .collect();
        assert_eq!(left, right, "{}", spec.describe());
        let counts = sieving.counts();
        assert!(counts.factors > 0, "{}: {counts:?}", spec.describe());
    }
}

/// Long searches of one kind each, as a server would cut them.
const LONG: &[(&str, Parameters)] = &[
    ("kbn", &[("k", "1..1000000000"), ("n", "10000"), ("c", "1")]),
    ("kbn", &[("k", "3"), ("n", "20000..40000"), ("c", "-1")]),
    ("kbn", &[("k", "3,5,7"), ("n", "20000..40000"), ("c", "1")]),
    ("twin", &[("k", "1..1000000000"), ("n", "10000")]),
    ("sophie_germain", &[("k", "1..1000000000"), ("n", "10000")]),
    ("cullen_woodall", &[("n", "20000..40000")]),
    ("carol_kynea", &[("n", "10000..20000")]),
    ("gen_fermat", &[("b", "2..100000000"), ("m", "10")]),
    ("factorial", &[("n", "1500..3000")]),
    ("primorial", &[("p", "15000..30000")]),
    ("wagstaff", &[("p", "15000..30000")]),
    ("repunit", &[("n", "5000..30000")]),
    (
        "palindromic",
        &[("digits", "1001"), ("index", "0..1000000000")],
    ),
    ("near_repdigit", &[("digits", "10001")]),
];

#[test]
fn blocks_of_any_cost_can_be_cut() {
    for (form, parameters) in LONG {
        let spec = search_of(form, parameters);
        let length = spec.range.end - spec.range.start;
        for seconds in [30.0, 120.0] {
            let size = spec.block_size_for(seconds);
            assert!(
                size >= 1 && size <= length / 4,
                "{form}: {size} of {length}"
            );
            let start = spec.range.start + length / 2;
            let end = start + size;
            let block: SearchSpec = spec.over(Span { start, end }).unwrap();
            block.validate().unwrap();
            let share = block.cost() / seconds;
            assert!(
                (0.25..4.0).contains(&share),
                "{form}: {share} of {seconds} s"
            );
        }
    }
}
