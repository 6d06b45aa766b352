//! Every form against slow loops of its own definition: the same numbers are searched, the same are
//! found prime, every factor divides, every residue is right.

mod support;

use darkreach_primes::search::report;
use rug::{Integer, ops::Pow};
use support::{is_prime, primes_by_value, run_all, search_of};

fn int(n: u64) -> Integer {
    Integer::from(n)
}

fn power(b: u64, n: u64) -> Integer {
    Integer::from(b).pow(u32::try_from(n).expect("a small exponent"))
}

/// Runs a search and compares with the numbers of a slow loop: a list of terms of one or two.
fn agrees(form: &str, parameters: &[(&str, &str)], slow: Vec<Vec<Integer>>) {
    let spec = search_of(form, parameters);
    let report = run_all(&spec);
    let mut expected: Vec<Vec<Integer>> = slow
        .into_iter()
        .filter(|term| term.iter().all(is_prime))
        .collect();
    expected.sort();
    let found = primes_by_value(&spec, &report);
    assert_eq!(found, expected, "{}", spec.describe());
    let checked = report::check(&spec, &report, &mut |count| (0..count).collect())
        .unwrap_or_else(|rejection| panic!("{}: {rejection}", spec.describe()));
    assert_eq!(checked.candidates, spec.count());
    assert_eq!(checked.primes.len() + checked.probable.len(), found.len());
}

fn single(numbers: impl Iterator<Item = Integer>) -> Vec<Vec<Integer>> {
    numbers.map(|number| vec![number]).collect()
}

/// Both signs of c around the numbers of a loop.
fn both(numbers: impl Iterator<Item = Integer>) -> Vec<Vec<Integer>> {
    single(numbers.flat_map(|number| [number.clone() - 1, number + 1]))
}

#[test]
fn kbn_over_k_over_n_and_for_sets() {
    for (base, n, c) in [
        (2u64, 1u64, 1i64),
        (2, 64, -1),
        (2, 90, 1),
        (3, 40, 1),
        (3, 41, -1),
        (5, 7, 1),
        (6, 30, -1),
        (10, 20, 1),
        (12, 19, -1),
        (2, 70, 3),
        (2, 66, -5),
        (3, 45, 4),
        (10, 21, -7),
        (7, 25, 10),
    ] {
        let numbers = (1..400u64)
            .filter(|k| k % base != 0)
            .map(|k| int(k) * power(base, n) + c);
        // Numbers below 1 are refused.
        agrees(
            "kbn",
            &[
                ("k", "1..400"),
                ("n", &n.to_string()),
                ("base", &base.to_string()),
                ("c", &c.to_string()),
            ],
            single(numbers),
        );
    }
    for (base, k, c) in [
        (2u64, 1u64, 1i64),
        (2, 1, -1),
        (2, 9, 1),
        (2, 9, -1),
        (3, 2, 1),
        (4, 3, -1),
        (6, 5, 1),
        (10, 7, -1),
        (2, 3, 5),
        (2, 5, -3),
        (3, 4, 7),
        (14, 4, 1),
    ] {
        let numbers = (3..150u64).map(|n| int(k) * power(base, n) + c);
        agrees(
            "kbn",
            &[
                ("k", &k.to_string()),
                ("n", "3..150"),
                ("base", &base.to_string()),
                ("c", &c.to_string()),
            ],
            single(numbers),
        );
    }
    for (base, ks, c) in [
        (2u64, &[3u64, 5, 7][..], 1i64),
        (2, &[1, 9, 21], -1),
        (5, &[2, 4, 6, 8], 1),
        (10, &[1, 3], -7),
    ] {
        let list: Vec<String> = ks.iter().map(u64::to_string).collect();
        let numbers = (2..90u64).flat_map(|n| ks.iter().map(move |&k| int(k) * power(base, n) + c));
        agrees(
            "kbn",
            &[
                ("k", &list.join(",")),
                ("n", "2..90"),
                ("base", &base.to_string()),
                ("c", &c.to_string()),
            ],
            single(numbers),
        );
    }
}

#[test]
fn twins_and_sophie_germain_pairs() {
    for (base, n) in [
        (2u64, 1u64),
        (2, 2),
        (2, 3),
        (2, 10),
        (2, 61),
        (2, 63),
        (2, 64),
        (2, 80),
        (3, 20),
        (6, 15),
        (10, 12),
        (30, 18),
    ] {
        let pairs = (1..1500u64).filter(|k| k % base != 0).map(|k| {
            let middle = int(k) * power(base, n);
            vec![middle.clone() - 1, middle + 1]
        });
        let parameters = [
            ("k", "1..1500"),
            ("n", &n.to_string()),
            ("base", &base.to_string()),
        ];
        agrees("twin", &parameters, pairs.collect());
    }
    for n in [1u64, 2, 3, 17, 62, 63, 64, 75] {
        for (kind, c) in [("1", -1i64), ("2", 1)] {
            let pairs = (1..1500u64).filter(|k| k % 2 == 1).map(|k| {
                let p = int(k) * power(2, n) + c;
                vec![p.clone(), 2 * p - c]
            });
            let parameters = [("k", "1..1500"), ("n", &n.to_string()), ("kind", kind)];
            agrees("sophie_germain", &parameters, pairs.collect());
        }
    }
}

#[test]
fn cullen_woodall_carol_kynea_and_fermat_numbers() {
    for base in [2u64, 3, 4, 5, 6, 7, 8, 10, 12, 13, 15, 36] {
        let numbers = (1..130u64).map(|n| int(n) * power(base, n));
        let parameters = [("n", "1..130"), ("base", &base.to_string())];
        agrees("cullen_woodall", &parameters, both(numbers));
    }
    for base in [2u64, 4, 6, 8, 10, 12, 14, 16, 20, 22, 30, 36] {
        let numbers = (1..100u64)
            .flat_map(|n| [power(base, n) - 1u32, power(base, n) + 1u32])
            .map(|root: Integer| root.square() - 2u32);
        let parameters = [("n", "1..100"), ("base", &base.to_string())];
        agrees("carol_kynea", &parameters, single(numbers));
    }
    for (sign, c) in [("1", 1i64), ("-1", -1)] {
        let numbers = (20..200u64).map(|n| (power(2, n) + c).square() - 2);
        agrees(
            "carol_kynea",
            &[("n", "20..200"), ("c", sign)],
            single(numbers),
        );
        let numbers = (20..200u64).map(|n| int(n) * power(2, n) + c);
        agrees(
            "cullen_woodall",
            &[("n", "20..200"), ("c", sign)],
            single(numbers),
        );
    }
    for (m, range, start, end) in [
        (1u64, "2..700", 2u64, 700u64),
        (2, "2..700", 2, 700),
        (3, "2..500", 2, 500),
        (4, "3..400", 3, 400),
        (5, "2..300", 2, 300),
        (6, "100..300", 100, 300),
        (7, "2..200", 2, 200),
        (8, "270..300", 270, 300),
        (2, "1000000..1000500", 1_000_000, 1_000_500),
        (1, "4294966000..4294967000", 4_294_966_000, 4_294_967_000),
        (3, "65530..66000", 65_530, 66_000),
        (9, "40..50", 40, 50),
    ] {
        let numbers = (start..end)
            .filter(|b| b % 2 == 0)
            .map(|b| power(b, 1 << m) + 1);
        agrees(
            "gen_fermat",
            &[("b", range), ("m", &m.to_string())],
            single(numbers),
        );
    }
}

#[test]
fn factorials_and_primorials() {
    for step in 1..=12u64 {
        let numbers = (0..110u64).map(|n| {
            (1..=n)
                .rev()
                .step_by(step as usize)
                .fold(int(1), |product, factor| product * factor)
        });
        agrees(
            "factorial",
            &[("n", "0..110"), ("step", &step.to_string())],
            both(numbers),
        );
    }
    for (start, end) in [
        (2u64, 40u64),
        (2, 3),
        (30, 200),
        (100, 300),
        (500, 560),
        (97, 98),
    ] {
        for (sign, signs) in [("1", &[1i64][..]), ("-1", &[-1]), ("both", &[-1, 1])] {
            let range = format!("{start}..{end}");
            let mut numbers = Vec::new();
            for p in (start..end).filter(|&p| is_prime(&int(p))) {
                let product: Integer = (2..=p).filter(|&q| is_prime(&int(q))).map(int).product();
                numbers.extend(signs.iter().map(|c| Integer::from(&product + c)));
            }
            agrees(
                "primorial",
                &[("p", &range), ("c", sign)],
                single(numbers.into_iter()),
            );
        }
    }
}

#[test]
fn wagstaff_numbers_and_repunits() {
    for (start, end) in [
        (3u64, 4u64),
        (3, 12),
        (3, 60),
        (5, 30),
        (11, 100),
        (40, 70),
        (60, 110),
        (100, 130),
        (120, 350),
        (300, 350),
        (61, 62),
        (690, 720),
    ] {
        let numbers = (start..end)
            .filter(|&p| is_prime(&int(p)))
            .map(|p| (power(2, p) + 1) / 3u32);
        agrees(
            "wagstaff",
            &[("p", &format!("{start}..{end}"))],
            single(numbers),
        );
    }
    for base in [2u64, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 20, 27, 45, 100] {
        let numbers = (2..140u64)
            .filter(|&n| is_prime(&int(n)))
            .map(|n| (power(base, n) - 1) / (base - 1));
        agrees(
            "repunit",
            &[("n", "2..140"), ("base", &base.to_string())],
            single(numbers),
        );
    }
}

/// All palindromes of a length, by turning the digits round.
fn palindromes(base: u64, digits: u32) -> Vec<Integer> {
    let first = base.pow(digits - 1);
    (first..first * base)
        .filter(|&n| {
            let (mut rest, mut turned) = (n, 0);
            while rest > 0 {
                turned = turned * base + rest % base;
                rest /= base;
            }
            turned == n
        })
        .map(int)
        .collect()
}

#[test]
fn palindromes_of_a_length() {
    for (base, digits, size) in [
        (10u64, 1u32, 9u64),
        (10, 2, 1),
        (10, 3, 40),
        (10, 5, 400),
        (10, 7, 4000),
        (2, 3, 2),
        (2, 9, 16),
        (2, 15, 128),
        (3, 5, 18),
        (3, 7, 54),
        (7, 5, 294),
        (16, 3, 128),
        (16, 5, 2048),
        (12, 2, 1),
        (11, 2, 1),
        (30, 3, 240),
    ] {
        // Those that a search leaves out are composite: a prime has no such first digit.
        let parameters = [
            ("digits", &*digits.to_string()),
            ("index", &format!("0..{size}")),
            ("base", &base.to_string()),
        ];
        agrees(
            "palindromic",
            &parameters,
            single(palindromes(base, digits).into_iter()),
        );
    }
    // The numbers of primes by length, A016115.
    for (digits, size, count) in [
        ("3", "40", 15),
        ("5", "400", 93),
        ("7", "4000", 668),
        ("9", "40000", 5172),
    ] {
        let spec = search_of(
            "palindromic",
            &[("digits", digits), ("index", &format!("0..{size}"))],
        );
        assert_eq!(run_all(&spec).primes.len(), count);
    }
}

#[test]
fn long_palindromes() {
    // The half of the digits that the index counts, written and turned round.
    let by_text = |half: &str| -> Integer {
        let turned: String = half.chars().rev().skip(1).collect();
        format!("{half}{turned}").parse().expect("digits")
    };
    for (digits, lead, start, end) in [
        (65usize, "", 0u64, 2000u64),
        (65, "", 999_900, 1_000_400),
        (67, "", 123_456_789, 123_457_289),
        (101, "7", 0, 500),
        (101, "31415926535", 5_000, 5_400),
        (129, "", 0, 300),
        (201, "9", 99_999, 100_300),
        (39, "12345", 77_777, 78_300),
        (41, "1", 9_999_999_999_999_900, 10_000_000_000_000_200),
        (301, "", 1, 150),
    ] {
        let half = digits.div_ceil(2);
        let first = if lead.is_empty() { "1" } else { lead };
        let width = half - first.len();
        let numbers = (start..end).map(|index| by_text(&format!("{first}{index:0width$}")));
        let parameters = [
            ("digits", &*digits.to_string()),
            ("index", &format!("{start}..{end}")),
            ("lead", if lead.is_empty() { "0" } else { lead }),
        ];
        agrees("palindromic", &parameters, single(numbers));
    }
}

#[test]
fn near_repdigits() {
    let by_text = |repeated: u64, changed: u64, digits: usize, places: &[usize]| -> Integer {
        let mut text = vec![b'0' + repeated as u8; digits];
        for &place in places {
            text[place] = b'0' + changed as u8;
        }
        String::from_utf8(text)
            .expect("digits")
            .parse()
            .expect("digits")
    };
    for digits in [3usize, 5, 7, 11, 21, 41, 61] {
        for repeated in [1u64, 3, 7, 9] {
            let mut numbers = Vec::new();
            for distance in 0..=digits / 2 {
                for changed in (0..10).filter(|&changed| changed != repeated) {
                    if changed > 0 || distance < digits / 2 {
                        let middle = digits / 2;
                        let places = [middle - distance, middle + distance];
                        numbers.push(by_text(repeated, changed, digits, &places));
                    }
                }
            }
            let parameters = [
                ("digits", &*digits.to_string()),
                ("repeated", &repeated.to_string()),
            ];
            agrees("near_repdigit", &parameters, single(numbers.into_iter()));
        }
    }
    for (repeated, changed) in [
        (9u64, 8u64),
        (9, 1),
        (9, 4),
        (9, 7),
        (1, 0),
        (1, 9),
        (3, 1),
        (3, 8),
        (7, 2),
        (7, 5),
        (7, 9),
        (1, 6),
    ] {
        let numbers = (3..250usize)
            .filter(|digits| digits % 2 == 1)
            .map(|digits| by_text(repeated, changed, digits, &[digits / 2]));
        let parameters = [
            ("digits", "3..250"),
            ("repeated", &*repeated.to_string()),
            ("changed", &changed.to_string()),
        ];
        agrees("near_repdigit", &parameters, single(numbers));
    }
}
