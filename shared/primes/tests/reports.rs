//! The check of a stranger's report: an honest one passes, and each single lie is named.

mod support;

use darkreach_primes::{
    certificate::Proof,
    search::{
        ledger::{Outcome, decode, encode},
        report::{BlockReport, ProvedPrime, Rejection, check, rows},
    },
    spec::SearchSpec,
};
use support::{kbn, run_all};

fn honest() -> (SearchSpec, BlockReport, Vec<Outcome>) {
    // 3*2^n+1 is prime for n = 189, 201 and 209; several composites are tested.
    let mut spec = kbn("3", "150..250", 2, 1);
    spec.sieve_limit = 1000;
    let report = run_all(&spec);
    let outcomes = decode(&report.ledger, spec.count()).expect("it was just made");
    (spec, report, outcomes)
}

/// Changes the outcome at one n, and checks.
fn lie(at: u64, outcome: Outcome) -> Rejection {
    let (spec, mut report, mut outcomes) = honest();
    outcomes[(at - 150) as usize] = outcome;
    report.ledger = encode(&outcomes);
    check(&spec, &report, &mut |n| (0..n).collect()).expect_err("the lie must be seen")
}

#[test]
fn an_honest_report_passes() {
    let (spec, report, outcomes) = honest();
    let mut offered = 0;
    let checked = check(&spec, &report, &mut |n| {
        offered = n;
        (0..n).collect()
    })
    .unwrap();
    assert_eq!(checked.candidates, 100);
    assert_eq!(checked.sieved + checked.tested, 100);
    assert_eq!(checked.audited, offered);
    assert_eq!(checked.tested - offered, 3);
    let primes: Vec<(u64, &str, u64)> = checked
        .primes
        .iter()
        .map(|prime| (prime.at, prime.expression.as_str(), prime.digits))
        .collect();
    assert_eq!(
        primes,
        [
            (189, "3*2^189+1", 58),
            (201, "3*2^201+1", 61),
            (209, "3*2^209+1", 64)
        ]
    );
    // Paging gives the same rows as one reading.
    let all = rows(&spec, &report.ledger, 0, usize::MAX).unwrap();
    assert_eq!(
        all.iter().map(|row| row.outcome).collect::<Vec<_>>(),
        outcomes
    );
    let mut paged = Vec::new();
    let mut from = 0;
    loop {
        let page = rows(&spec, &report.ledger, from, 7).unwrap();
        let Some(last) = page.last() else { break };
        from = last.at + 1;
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

#[test]
fn every_lie_is_named() {
    let (_, _, outcomes) = honest();
    let (at, res64) = (150..250)
        .zip(&outcomes)
        .find_map(|(at, outcome)| match outcome {
            Outcome::Composite { res64 } => Some((at, *res64)),
            _ => None,
        })
        .unwrap();
    let (sieved, factor) = (150..250)
        .zip(&outcomes)
        .find_map(|(at, outcome)| match outcome {
            Outcome::Factor(p) if *p < 20 => Some((at, *p)),
            _ => None,
        })
        .unwrap();
    for (place, outcome, reason) in [
        (
            at,
            Outcome::Composite { res64: res64 ^ 1 },
            "its residue is",
        ),
        (at, Outcome::Composite { res64: 1 }, "no pseudoprime"),
        (at, Outcome::Prime, "proof is missing"),
        (at, Outcome::ProbablePrime, "does not pass"),
        (at, Outcome::BelowTwo, "not less than 2"),
        (at, Outcome::Factor(7), "does not divide"),
        (189, Outcome::Composite { res64: 1 }, "no pseudoprime"),
        (209, Outcome::Composite { res64: 5 }, "proof at 209"),
        (189, Outcome::Factor(5), "does not divide"),
        (sieved, Outcome::Factor(1009), "above the sieve limit"),
        (sieved, Outcome::Factor(factor + 1), "does not divide"),
        (sieved, Outcome::Prime, "proof is missing"),
    ] {
        let rejection = lie(place, outcome);
        let text = rejection.to_string();
        assert!(rejection.reason.contains(reason), "{place}: {text}");
        if rejection.expression != "report" {
            assert_eq!(rejection.expression, format!("3*2^{place}+1"), "{text}");
        }
    }
}

#[test]
fn composite_factors_and_tests_of_sieved_numbers_are_refused() {
    // 15 | 3*2^n+... cannot be; 5*7 divides some 3*2^n+1.
    let mut spec = kbn("3", "1..100", 2, 1);
    spec.sieve_limit = 1000;
    let report = run_all(&spec);
    let outcomes = decode(&report.ledger, spec.count()).unwrap();
    let n = (20..100u64)
        .find(|&n| (3 * (1u128 << n) + 1).is_multiple_of(35))
        .unwrap();
    let mut lied = outcomes;
    lied[n as usize - 1] = Outcome::Factor(35);
    let report_with = |outcomes: &[Outcome]| BlockReport {
        ledger: encode(outcomes),
        primes: report.primes.clone(),
    };
    let rejection = check(&spec, &report_with(&lied), &mut |_| vec![]).unwrap_err();
    assert!(rejection.reason.contains("not prime"), "{rejection}");
    // 9*2^n-1 over even numbers of base 3: 1*3^n+1 is even, so no test can have run.
    let mut spec = kbn("1", "50..60", 3, 1);
    spec.sieve_limit = 1000;
    let mut report = run_all(&spec);
    report.ledger = encode(&[Outcome::Composite { res64: 7 }; 10]);
    let rejection = check(&spec, &report, &mut |_| vec![0]).unwrap_err();
    assert!(
        rejection.reason.contains("sieve removes it by 2"),
        "{rejection}"
    );
    // A multiple of 3 has no residue to base 3 either: 2*7^n+1.
    let mut spec = kbn("2", "50..51", 7, 1);
    spec.sieve_limit = 1000;
    let mut report = run_all(&spec);
    report.ledger = encode(&[Outcome::Composite { res64: 7 }]);
    let rejection = check(&spec, &report, &mut |_| vec![0]).unwrap_err();
    assert!(
        rejection.reason.contains("sieve removes it by 3"),
        "{rejection}"
    );
}

#[test]
fn small_numbers_cannot_be_lied_about() {
    let spec = kbn("1", "1..12", 2, 1);
    let report = run_all(&spec);
    check(&spec, &report, &mut |n| (0..n).collect()).unwrap();
    let outcomes = decode(&report.ledger, spec.count()).unwrap();
    for place in 0..outcomes.len() {
        for lie in [
            Outcome::Prime,
            Outcome::BelowTwo,
            Outcome::ProbablePrime,
            Outcome::Composite { res64: 0 },
            Outcome::Composite { res64: 1 },
            Outcome::Factor(2),
            Outcome::Factor(5),
            Outcome::Factor(17),
            Outcome::Factor(257),
        ] {
            let mut lied = outcomes.clone();
            if lied[place] == lie {
                continue;
            }
            lied[place] = lie;
            let value = (1u64 << (place + 1)) + 1;
            let fair = matches!(lie, Outcome::Factor(p) if value.is_multiple_of(p) && value > p);
            let report = BlockReport {
                ledger: encode(&lied),
                primes: report.primes.clone(),
            };
            assert_eq!(
                check(&spec, &report, &mut |_| vec![]).is_ok(),
                fair,
                "{value}: {lie:?}"
            );
        }
    }
}

#[test]
fn proofs_must_fit_their_primes() {
    let (spec, report, _) = honest();
    let refused = |edit: &dyn Fn(&mut Vec<ProvedPrime>)| {
        let mut lied = report.clone();
        edit(&mut lied.primes);
        check(&spec, &lied, &mut |_| vec![]).unwrap_err().reason
    };
    assert!(refused(&|primes| primes[0].proof = Proof::Small).contains("not below 2^64"));
    assert!(refused(&|primes| primes[0].proof = Proof::Proth { a: 9 }).contains("is not -1"));
    assert!(refused(&|primes| primes[0].at += 1).contains("missing"));
    assert!(refused(&|primes| primes.swap(0, 1)).contains("missing"));
    assert!(refused(&|primes| primes.truncate(1)).contains("missing"));
    assert!(refused(&|primes| primes.push(primes[0].clone())).contains("proof at 189"));
    let mut short = report.clone();
    short.ledger.pop();
    assert!(check(&spec, &short, &mut |_| vec![]).is_err());
    let mut other = spec.clone();
    other.range.end += 1;
    assert!(check(&other, &report, &mut |_| vec![]).is_err());
}
