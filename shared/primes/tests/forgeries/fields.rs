//! Good certificates of every theorem with a field, a step or the order changed.

use darkreach_primes::{
    certificate::{Certificate, Step, check, check_steps},
    expression::Expression,
};
use rug::{Integer, integer::IsPrime};
use serde_json::{Value, json};

use crate::{certificate, examples::partly_factored, int};

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
    // Theorems that the prover does not choose for these, and small examples of the others.
    list.extend(partly_factored().map(|step| Certificate::new(step.n().to_string(), vec![step])));
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
        "r",
        "s",
        "f1",
        "f2",
    ] {
        assert!(fields.contains(field), "{field} was not tried");
    }
}
