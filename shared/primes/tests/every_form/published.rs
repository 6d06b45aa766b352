//! Lists of primes of every form that others published, found again by searches.

use std::collections::BTreeSet;

use darkreach_primes::search::{ledger::Outcome, report};
use rug::Integer;

use crate::{
    rows,
    support::{run_all, search_of, value_of},
};

#[test]
fn published_lists_are_found() {
    let found = |form: &str, parameters: &[(&str, &str)]| -> Vec<String> {
        let spec = search_of(form, parameters);
        let report = run_all(&spec);
        let checked = report::check(&spec, &report, &mut |_| vec![]).expect("an honest report");
        // Where N-1 or N+1 is known by the form, every prime is proved.
        if !matches!(form, "wagstaff" | "repunit" | "near_repdigit") {
            assert_eq!(checked.probable, [], "{form}");
        }
        rows(&spec, &report)
            .into_iter()
            .filter(|row| matches!(row.outcome, Outcome::Prime | Outcome::ProbablePrime))
            .map(|row| row.expression)
            .collect()
    };
    // (form, parameters, the numbers of OEIS or of the tables of the field, how they are written)
    type List = (
        &'static str,
        &'static [(&'static str, &'static str)],
        &'static [u64],
        fn(u64) -> String,
    );
    let lists: &[List] = &[
        // A002981, A002982.
        (
            "factorial",
            &[("n", "0..=430"), ("c", "1")],
            &[
                0, 1, 2, 3, 11, 27, 37, 41, 73, 77, 116, 154, 320, 340, 399, 427,
            ],
            |n| format!("{n}!+1"),
        ),
        (
            "factorial",
            &[("n", "0..=400"), ("c", "-1")],
            &[3, 4, 6, 7, 12, 14, 30, 32, 33, 38, 94, 166, 324, 379],
            |n| format!("{n}!-1"),
        ),
        // A005234, A006794.
        (
            "primorial",
            &[("p", "2..=1100"), ("c", "1")],
            &[2, 3, 5, 7, 11, 31, 379, 1019, 1021],
            |p| format!("{p}#+1"),
        ),
        (
            "primorial",
            &[("p", "2..=1000"), ("c", "-1")],
            &[3, 5, 11, 13, 41, 89, 317, 337, 991],
            |p| format!("{p}#-1"),
        ),
        // A005849, A002234: written with an odd multiplier.
        (
            "cullen_woodall",
            &[("n", "1..=500"), ("c", "1")],
            &[1, 141],
            |n| normal(n, 1),
        ),
        (
            "cullen_woodall",
            &[("n", "1..=900"), ("c", "-1")],
            &[
                2, 3, 6, 30, 75, 81, 115, 123, 249, 362, 384, 462, 512, 751, 822,
            ],
            |n| normal(n, -1),
        ),
        // A091515, A091513.
        (
            "carol_kynea",
            &[("n", "1..=400"), ("c", "-1")],
            &[
                2, 3, 4, 6, 7, 10, 12, 15, 18, 19, 21, 25, 27, 55, 129, 132, 159, 171, 175, 315,
                324, 358, 393,
            ],
            |n| format!("(2^{n}-1)^2-2"),
        ),
        (
            "carol_kynea",
            &[("n", "1..=470"), ("c", "1")],
            &[
                1, 2, 3, 5, 8, 9, 12, 15, 17, 18, 21, 23, 27, 32, 51, 65, 87, 180, 242, 467,
            ],
            |n| format!("(2^{n}+1)^2-2"),
        ),
        // A000978, A004023, and the Mersenne exponents.
        (
            "wagstaff",
            &[("p", "3..=1000")],
            &[
                3, 5, 7, 11, 13, 17, 19, 23, 31, 43, 61, 79, 101, 127, 167, 191, 199, 313, 347, 701,
            ],
            |p| format!("(2^{p}+1)/3"),
        ),
        ("repunit", &[("n", "2..=400")], &[2, 19, 23, 317], |n| {
            format!("(10^{n}-1)/9")
        }),
        (
            "repunit",
            &[("n", "2..=1300"), ("base", "2")],
            &[2, 3, 5, 7, 13, 17, 19, 31, 61, 89, 107, 127, 521, 607, 1279],
            |n| format!("1*2^{n}-1"),
        ),
        // A028491.
        (
            "repunit",
            &[("n", "2..=1000"), ("base", "3")],
            &[3, 7, 13, 71, 103, 541],
            |n| format!("(3^{n}-1)/2"),
        ),
        (
            "gen_fermat",
            &[("b", "2..=600"), ("m", "6")],
            &[102, 162, 274, 300, 412, 562, 592],
            |b| format!("1*{b}^64+1"),
        ),
        (
            "gen_fermat",
            &[("b", "2..=900"), ("m", "8")],
            &[278, 614, 892, 898],
            |b| format!("1*{b}^256+1"),
        ),
        (
            "near_repdigit",
            &[("digits", "3..=400"), ("changed", "1")],
            &[1, 5, 13, 43, 169, 181],
            |n| format!("10^{}-1-8*10^{n}", 2 * n + 1),
        ),
        (
            "near_repdigit",
            &[("digits", "3..=300"), ("changed", "8")],
            &[26],
            |n| format!("10^{}-1-10^{n}", 2 * n + 1),
        ),
        (
            "near_repdigit",
            &[("digits", "3..=500"), ("repeated", "7"), ("changed", "3")],
            &[2],
            |n| format!("7*(10^{}-1)/9-4*10^{n}", 2 * n + 1),
        ),
    ];
    for (form, parameters, numbers, write) in lists {
        let expected: Vec<String> = numbers.iter().map(|&n| write(n)).collect();
        assert_eq!(found(form, parameters), expected, "{form} {parameters:?}");
    }
    // Twins and Sophie Germain pairs: the least odd k.
    let first = found("twin", &[("k", "1..=4107"), ("n", "100")]);
    assert_eq!(first, ["4107*2^100-1 & 4107*2^100+1"]);
    let first = found("twin", &[("k", "1..=63855"), ("n", "200")]);
    assert_eq!(first, ["63855*2^200-1 & 63855*2^200+1"]);
    for (k, n) in [(1245, 100), (717, 200), (88_179, 300)] {
        let parameters = [("k", &*format!("1..={k}")), ("n", &*n.to_string())];
        let first = found("sophie_germain", &parameters);
        assert_eq!(first, [format!("{k}*2^{n}-1 & {k}*2^{}-1", n + 1)]);
    }
    // 10^(2k+1)-1-d*(10^(k+m)+10^(k-m)) for k = 10.
    let pairs: BTreeSet<Integer> = found("near_repdigit", &[("digits", "21")])
        .iter()
        .map(|text| value_of(text))
        .collect();
    for (d, m) in [(1u32, 4u32), (4, 5), (8, 3)] {
        let text = format!("10^21-1-{d}*(10^{}+10^{})", 10 + m, 10 - m);
        assert!(pairs.contains(&value_of(&text)), "{text}");
    }
}

/// n*2^n+c with an odd multiplier.
fn normal(n: u64, c: i32) -> String {
    let twos = u64::from(n.trailing_zeros());
    format!("{}*2^{}{c:+}", n >> twos, n + twos)
}
