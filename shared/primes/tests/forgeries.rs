//! Forged certificates: composites that satisfy all conditions of a theorem but one, and good certificates
//! with one thing changed.

use darkreach_primes::{
    certificate::{Base, Certificate, Element, Step, check, check_steps},
    expression::Expression,
    primality::{Alone, Caller, LARGEST_CURVE_BITS, State, Watch, certify},
};
use proptest::prelude::*;
use rug::{Integer, integer::IsPrime};
use serde_json::{Value, json};

struct Patient;

impl Watch for Patient {
    fn should_stop(&self) -> bool {
        false
    }
    fn progress(&self, _: u64, _: u64) {}
}

fn certificate(text: &str) -> Certificate {
    let caller = Caller {
        watch: &Patient,
        workers: &Alone,
        save: &|_| {},
        curve_bits: LARGEST_CURVE_BITS,
    };
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
    certify(&expression, State::default(), &caller)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .certificate
        .unwrap_or_else(|| panic!("{text} has no certificate"))
}

fn refused(step: &Step, reason: &str) {
    let error = check_steps(step.n(), std::slice::from_ref(step)).expect_err("it must be refused");
    assert!(error.to_string().contains(reason), "{}: {error}", step.n());
}

fn power(a: u64, e: &Integer, n: &Integer) -> Integer {
    Integer::from(a)
        .pow_mod(e, n)
        .unwrap_or_else(|_| panic!("no power"))
}

fn int(n: u64) -> Integer {
    Integer::from(n)
}

/// A base that satisfies condition I for each prime, if there is one.
fn condition_one(n: u64, primes: &[u64]) -> Option<Vec<Base>> {
    let n = int(n);
    let whole = Integer::from(&n - 1);
    let witness = |q: u64| {
        (2..400).find(|&a| {
            let root = power(a, &Integer::from(&whole / q), &n);
            power(a, &whole, &n) == 1 && (root - 1u32).gcd(&n) == 1
        })
    };
    primes
        .iter()
        .map(|&q| witness(q).map(|a| Base { q: int(q), a }))
        .collect()
}

#[test]
fn between_the_cube_root_and_the_square_root_only_the_square_test_refuses() {
    for (n, f, primes) in [
        (80_581u64, 60u64, vec![2u64, 3, 5]),
        (1_530_787, 618, vec![2, 3, 103]),
    ] {
        let witnesses = condition_one(n, &primes).unwrap_or_else(|| panic!("{n} has no witnesses"));
        let rest = (n - 1) / f;
        let (s, r) = (rest / (2 * f), rest % (2 * f));
        let step = |r, s| Step::Bls5 {
            n: int(n),
            f: int(f),
            r: int(r),
            s: int(s),
            witnesses: witnesses.clone(),
        };
        refused(&step(r, s), "is a square");
        // Other r and s are no way around it.
        refused(&step(r + 1, s), "not 2*f*s + r");
        refused(&step(r + 2 * f, s - 1), "out of range");
        refused(
            &Step::Pocklington {
                n: int(n),
                f: int(f),
                witnesses: witnesses.clone(),
            },
            "square root",
        );
    }
}

#[test]
fn the_same_for_the_factors_of_n_plus_1() {
    for (n, f, primes) in [
        (65u64, 6u64, vec![2u64, 3]),
        (77, 6, vec![2, 3]),
        (119, 8, vec![2]),
        (299, 12, vec![2, 3]),
        (527, 16, vec![2]),
    ] {
        let rest = (n + 1) / f;
        let (mut s, mut r) = (rest / (2 * f), (rest % (2 * f)) as i64);
        if r > f as i64 {
            r -= 2 * f as i64;
            s += 1;
        }
        let mut reached = false;
        for d in (-60..60).filter(|&d| Integer::from(d).jacobi(&int(n)) == -1) {
            for x in 1..60 {
                let witnesses: Vec<Element> =
                    primes.iter().map(|&q| Element { q: int(q), x }).collect();
                let seventeen = Step::Bls17 {
                    n: int(n),
                    f: int(f),
                    r: Integer::from(r),
                    s: int(s),
                    d,
                    witnesses: witnesses.clone(),
                };
                refused(&seventeen, "");
                let error = check_steps(&int(n), &[seventeen]).expect_err("it is composite");
                reached |= error.to_string().contains("is a square");
                let morrison = Step::Morrison {
                    n: int(n),
                    f: int(f),
                    d,
                    witnesses,
                };
                refused(&morrison, "square root");
            }
        }
        assert!(reached, "{n}");
    }
}

#[test]
fn a_proper_divisor_in_the_gcd_refuses() {
    // 534061 = 11*47*1033, F = 23*43 > sqrt(N): powers are 1 and roots are not, but for the gcd.
    let n = int(534_061);
    for a in 2..300 {
        for b in [2, 3, 5, 7, a] {
            let witnesses = vec![Base { q: int(23), a }, Base { q: int(43), a: b }];
            let step = Step::Pocklington {
                n: n.clone(),
                f: int(989),
                witnesses,
            };
            refused(&step, "");
        }
    }
}

#[test]
fn proth_and_llr_with_a_large_multiplier() {
    for (k, e, a) in [(81u64, 2u32, 7u64), (205, 4, 3), (775, 6, 11)] {
        let n = (int(k) << e) + 1;
        assert_eq!(power(a, &Integer::from(&n >> 1u32), &n) + 1, n);
        refused(&Step::Proth { n, k: int(k), e, a }, "k is not below 2^n");
    }
    for (k, e, n) in [
        (405u64, 3u32, 3239u64),
        (1155, 6, 73_919),
        (3597, 8, 920_831),
    ] {
        for p1 in 3..40 {
            let step = Step::Llr {
                n: int(n),
                k: int(k),
                e,
                p1,
            };
            refused(&step, "k is not below 2^n");
        }
    }
}

#[test]
fn one_discriminant_leaves_no_witnesses_to_composites() {
    // With a discriminant of its own for each prime, these would pass.
    for (n, f, primes) in [
        (119u64, 24u64, vec![2u64, 3]),
        (209, 30, vec![2, 3, 5]),
        (527, 48, vec![2, 3]),
        (779, 60, vec![2, 3, 5]),
    ] {
        for d in (-100..100).filter(|&d| Integer::from(d).jacobi(&int(n)) == -1) {
            let accepted = primes.iter().all(|&q| {
                // Whether some element serves this prime alone is seen from a step about it alone.
                (1..60).any(|x| {
                    let multiplicity = Integer::from(n + 1).remove_factor(&int(q)).1;
                    let part = int(q.pow(multiplicity));
                    let step = Step::Morrison {
                        n: int(n),
                        f: part,
                        d,
                        witnesses: vec![Element { q: int(q), x }],
                    };
                    check_steps(&int(n), &[step]).is_ok()
                })
            });
            assert!(!accepted, "{n} {d}");
            for x in 1..40 {
                for y in 1..40 {
                    let witnesses = primes
                        .iter()
                        .map(|&q| Element {
                            q: int(q),
                            x: if q == 2 { x } else { y },
                        })
                        .collect();
                    refused(
                        &Step::Morrison {
                            n: int(n),
                            f: int(f),
                            d,
                            witnesses,
                        },
                        "",
                    );
                }
            }
        }
    }
}

#[test]
fn one_large_prime() {
    // 2p+1 and 2p-1 for a prime p, and with a composite in its place.
    let p = int(1_000_000_007);
    let three = |n: &Integer, q: &Integer, a| Step::Bls3 {
        n: n.clone(),
        q: q.clone(),
        a,
    };
    let mut proved = 0;
    for m in (2..400u64).step_by(2) {
        let n: Integer = Integer::from(&p * m) + 1;
        let valid = (2..20).any(|a| check_steps(&n, &[three(&n, &p, a)]).is_ok());
        assert_eq!(valid, n.is_probably_prime(30) != IsPrime::No, "{m}");
        proved += u32::from(valid);
        let n: Integer = Integer::from(&p * m) - 1u32;
        let valid = (2..40i64).any(|d| {
            (1..20).any(|x| {
                let step = Step::Bls15 {
                    n: n.clone(),
                    q: p.clone(),
                    d,
                    x,
                };
                check_steps(&n, &[step]).is_ok()
            })
        });
        assert_eq!(valid, n.is_probably_prime(30) != IsPrime::No, "{m}");
        proved += u32::from(valid);
    }
    assert!(proved > 20, "{proved}");
    let n = int(2 * 49 * 5 + 1);
    refused(&three(&n, &int(49), 3), "49 is not prime");
    refused(&three(&int(1_000_003), &int(166_667), 1), "out of range");
    refused(&three(&int(1_000_003), &int(3), 2), "square root");
}

#[test]
fn large_primes_need_steps_of_their_own() {
    let chain = certificate("10^60+7");
    assert!(chain.steps.len() > 1 && chain.theorem() == "ecpp");
    for index in 0..chain.steps.len() {
        let mut missing = chain.clone();
        missing.steps.remove(index);
        assert!(check(&missing).is_err(), "without step {}", index + 1);
        let mut twice = chain.clone();
        twice.steps.push(chain.steps[index].clone());
        assert!(check(&twice).is_err(), "step {} twice", index + 1);
    }
    let mut circle = chain.clone();
    circle.steps.reverse();
    assert!(check(&circle).is_err());
    let mut idle = chain.clone();
    idle.steps.push(Step::Small { n: int(97) });
    let error = check(&idle).expect_err("nobody asks for 97");
    assert!(error.to_string().contains("no earlier step"), "{error}");
    let mut none = chain;
    none.steps.clear();
    assert!(check(&none).is_err());
    // A composite q: its own step cannot be valid.
    let q = int(4_294_967_291) * int(4_294_967_279) * 3u32;
    let n: Integer = Integer::from(&q * 2u32) + 1;
    let steps = [
        Step::Bls3 {
            n: n.clone(),
            q: q.clone(),
            a: 2,
        },
        Step::Small { n: q },
    ];
    assert!(check_steps(&n, &steps).is_err());
}

/// Good certificates, one for each theorem that a number of bearable size leads to.
fn good() -> Vec<Certificate> {
    let mut list: Vec<Certificate> = [
        "97",
        "3*2^189+1",
        "3*2^206-1",
        "73!+1",
        "94!-1",
        "46*6^60+1",
        "28*6^60-1",
        "10^40+3*10^20+1+10^5-10^5",
        "(2^61+1)/3",
        "10^60+7",
    ]
    .into_iter()
    .filter(|text| {
        let value = text
            .parse::<Expression>()
            .map(|expression| expression.value());
        value.is_ok_and(|n| n.is_ok_and(|n| n.is_probably_prime(30) != IsPrime::No))
    })
    .map(certificate)
    .collect();
    assert!(list.len() >= 9);
    // Theorems that the prover does not choose for these.
    list.push(Certificate::new(
        "1000003".into(),
        vec![Step::Bls3 {
            n: int(1_000_003),
            q: int(166_667),
            a: 2,
        }],
    ));
    list
}

/// Every place of a JSON value, as a path.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                places(inner, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                places(inner, &format!("{path}/{index}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

fn accepted(value: &Value) -> bool {
    let text = value.to_string();
    Certificate::from_json(text.as_bytes()).is_ok_and(|certificate| check(&certificate).is_ok())
}

#[test]
fn every_field_counts() {
    let mut fields = std::collections::BTreeSet::new();
    for certificate in good() {
        let whole: Value = serde_json::from_str(&certificate.to_json()).unwrap_or_default();
        assert!(accepted(&whole), "{}", certificate.expression);
        let mut paths = Vec::new();
        places(&whole, "", &mut paths);
        for path in paths {
            let name = path.rsplit('/').next().unwrap_or_default().to_owned();
            // Another witness may be as good as this one; 0 never is.
            let witness = ["a", "x", "d", "p1"].contains(&name.as_str());
            let mut changes = vec![
                json!(0),
                json!(1),
                json!("0"),
                json!("1"),
                json!(null),
                json!("x"),
                json!([]),
                json!({}),
                json!(-1),
                json!(1e300),
            ];
            match whole.pointer(&path) {
                Some(Value::String(text)) => {
                    // An expression may be written in several ways; a number may not.
                    let number = Integer::from_str_radix(text, 10).ok();
                    if let Some(number) = number.filter(|_| name != "expression") {
                        for change in [
                            number.clone() + 1,
                            number.clone() + 2,
                            number.clone() - 1,
                            -number.clone(),
                            number.clone() * 3,
                        ] {
                            changes.push(json!(change.to_string()));
                        }
                        changes.push(json!(format!("0{text}")));
                        changes.push(json!(format!("{text} ")));
                        changes.push(json!(text.repeat(50)));
                    }
                    changes.push(json!(format!("{text}+1")));
                }
                Some(Value::Number(number)) if !witness => {
                    let number = number.as_i64().unwrap_or(0);
                    changes.extend([json!(number + 1), json!(number - 1)]);
                }
                _ => {}
            }
            for change in changes {
                let mut forged = whole.clone();
                let Some(slot) = forged.pointer_mut(&path) else {
                    panic!("{path}");
                };
                if *slot == change {
                    continue;
                }
                // The small parameters that may lawfully take another value.
                if witness && change != json!(0) && change != json!(null) && change.is_number() {
                    continue;
                }
                *slot = change;
                assert!(
                    !accepted(&forged),
                    "{}: {path}: {}",
                    certificate.expression,
                    forged.pointer(&path).unwrap_or(&Value::Null)
                );
            }
            // Without the field.
            let (parent, key) = path.rsplit_once('/').unwrap_or_default();
            let mut forged = whole.clone();
            if let Some(Value::Object(map)) = forged.pointer_mut(parent) {
                map.remove(key);
                assert!(
                    !accepted(&forged),
                    "{} without {path}",
                    certificate.expression
                );
                fields.insert(key.to_owned());
            }
            // With one more field.
            let mut forged = whole.clone();
            if let Some(Value::Object(map)) = forged.pointer_mut(parent) {
                map.insert("note".to_owned(), json!("1"));
                assert!(!accepted(&forged), "{} with a note", certificate.expression);
            }
        }
    }
    for field in [
        "format",
        "version",
        "expression",
        "n",
        "theorem",
        "a",
        "d",
        "x",
        "f",
        "q",
        "m",
        "b",
        "y",
        "k",
        "e",
        "p1",
    ] {
        assert!(fields.contains(field), "{field} was not tried");
    }
}

#[test]
fn the_example_of_the_documentation_is_a_certificate() {
    let page = include_str!("../../../docs/certificates.md");
    let example = page
        .split("```json")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap_or_default();
    let read = Certificate::from_json(example.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(check(&read), Ok(()));
    assert_eq!(read, certificate(&read.expression));
}

#[test]
fn truncated_and_absurd_files_are_refused() {
    let text = certificate("10^60+7").to_json();
    for length in (0..text.trim_end().len()).step_by(7) {
        assert!(
            Certificate::from_json(&text.as_bytes()[..length]).is_err(),
            "{length}"
        );
    }
    let deep = "[".repeat(100_000);
    assert!(Certificate::from_json(deep.as_bytes()).is_err());
    let huge = vec![b' '; darkreach_primes::certificate::MAX_BYTES + 1];
    let error = Certificate::from_json(&huge).expect_err("it is too long");
    assert!(error.to_string().contains("bytes"), "{error}");
    for (from, to, reason) in [
        ("\"version\": 1", "\"version\": 2", "version is 2"),
        ("darkreach primality", "another", "format"),
        ("10^60+7", "2^(2^60)+7", "too large"),
        ("10^60+7", "10^60+9", "not the n"),
        ("10^60+7", "10^^60+7", "character"),
    ] {
        let forged = text.replace(from, to);
        let message = match Certificate::from_json(forged.as_bytes()) {
            Err(error) => error.to_string(),
            Ok(certificate) => check(&certificate).expect_err("it is forged").to_string(),
        };
        assert!(message.contains(reason), "{from} -> {to}: {message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever one byte is changed to, a certificate that is still accepted speaks of the same number or
    /// of another prime.
    #[test]
    fn no_changed_byte_proves_a_composite(which in 0usize..3, place: prop::sample::Index, byte in 32u8..127) {
        let text = ["73!+1", "28*6^60-1", "10^40+3*10^20+1"][which];
        thread_local! {
            static GOOD: std::cell::RefCell<std::collections::HashMap<String, Option<String>>> = Default::default();
        }
        let good = GOOD.with(|cache| {
            cache.borrow_mut().entry(text.to_owned()).or_insert_with(|| {
                let n = text.parse::<Expression>().ok().and_then(|e| e.value().ok()).unwrap_or_default();
                (n.is_probably_prime(30) != IsPrime::No).then(|| certificate(text).to_json())
            }).clone()
        });
        if let Some(good) = good {
            let mut bytes = good.into_bytes();
            let at = place.index(bytes.len());
            bytes[at] = byte;
            if let Ok(read) = Certificate::from_json(&bytes)
                && check(&read).is_ok()
            {
                prop_assert!(read.n.is_probably_prime(30) != IsPrime::No);
            }
        }
    }
}
