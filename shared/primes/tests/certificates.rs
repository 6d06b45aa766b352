//! The verifier against proofs that look right: composites that satisfy all conditions but one, and
//! good proofs with one thing changed.

use darkreach_primes::{
    certificate::{Proof, Witness, verify},
    forms::{Candidate, Structure},
};

fn kbn(k: u64, b: u32, n: u32, c: i32) -> Candidate {
    Candidate { k, b, n, c }
}

fn refused(candidate: Candidate, proof: &Proof, reason: &str) {
    let error = verify(&candidate, proof).expect_err("it must be refused");
    assert!(error.reason.contains(reason), "{error}");
}

fn witnesses(list: &[(u64, u64)]) -> Proof {
    Proof::Pocklington {
        witnesses: list.iter().map(|&(q, a)| Witness { q, a }).collect(),
    }
}

#[test]
fn composites_with_a_large_multiplier() {
    // a^((N-1)/2) = -1 or u_(n-2) = 0 holds for these; only k < 2^n refuses them.
    for (k, n, a) in [(81, 2, 7), (205, 4, 3), (775, 6, 11)] {
        refused(kbn(k, 2, n, 1), &Proof::Proth { a }, "k is not below 2^n");
    }
    for (k, n) in [(405, 3), (1155, 6), (3597, 8)] {
        for p1 in 3..30 {
            refused(kbn(k, 2, n, -1), &Proof::Llr { p1 }, "k is not below 2^n");
        }
    }
}

#[test]
fn composites_with_a_small_factored_part() {
    // 80581 = 61*1321 satisfies every condition for F = 60, F^3 > N; 534061 for q = 23 and 43 but
    // for the gcd. No theorem here reaches below the square root.
    for a in 2..50 {
        refused(kbn(80_580, 2, 1, 1), &witnesses(&[(2, a)]), "");
        let candidate = kbn(1343, 60, 1, 1);
        assert_eq!(candidate.value(), 80_581);
        refused(
            candidate,
            &witnesses(&[(2, a), (3, a), (5, a)]),
            "square root",
        );
    }
    let candidate = kbn(540, 989, 1, 1);
    assert_eq!(candidate.value(), 534_061);
    for a in 2..200 {
        for b in 2..200 {
            assert!(verify(&candidate, &witnesses(&[(23, a), (43, b)])).is_err());
        }
    }
    // N+1 proofs with (F-1)^2 <= N: 65, 77, 119, 299, 527.
    for (k, b, n, value) in [
        (11, 6, 1, 65u32),
        (13, 6, 1, 77),
        (15, 2, 3, 119),
        (25, 12, 1, 299),
        (33, 2, 4, 527),
    ] {
        let candidate = kbn(k, b, n, -1);
        assert_eq!(candidate.value(), value);
        for p in 3..200 {
            let primes = if b == 2 { vec![2] } else { vec![2, 3] };
            assert!(
                verify(&candidate, &Proof::Morrison { p, primes }).is_err(),
                "{value}"
            );
        }
    }
}

#[test]
fn composites_that_mixed_discriminants_would_prove() {
    // With a D of its own for each q these pass; one P for all is what refuses them.
    for (k, b, primes) in [
        (20, 6, vec![2, 3, 5]),
        (7, 30, vec![2, 3, 5, 7]),
        (11, 48, vec![2, 3, 11]),
        (13, 60, vec![2, 3, 5, 13]),
    ] {
        let candidate = kbn(k, b, 1, -1);
        assert!([119, 209, 527, 779].iter().any(|n| candidate.value() == *n));
        for p in 3..800 {
            let proof = Proof::Morrison {
                p,
                primes: primes.clone(),
            };
            assert!(verify(&candidate, &proof).is_err(), "{candidate} P={p}");
        }
    }
}

#[test]
fn no_proof_of_any_kind_proves_a_composite() {
    // Every odd composite of these shapes below 3000, with every small witness.
    for (k, n, c) in (1..64u64)
        .step_by(2)
        .flat_map(|k| (1..12).flat_map(move |n| [(k, n, 1), (k, n, -1)]))
    {
        let candidate = kbn(k, 2, n, c);
        let value = candidate.value();
        if value > 3000 || value.is_probably_prime(30) != rug::integer::IsPrime::No {
            continue;
        }
        let primes: Vec<u64> = (2..64)
            .filter(|q| (k * 2) % q == 0 && (2..*q).all(|d| q % d != 0))
            .collect();
        for a in 2..40 {
            let all: Vec<_> = primes.iter().map(|&q| (q, a)).collect();
            for proof in [
                Proof::Small,
                Proof::Proth { a },
                Proof::Llr { p1: a },
                witnesses(&[(2, a)]),
                witnesses(&all),
                Proof::Morrison {
                    p: a,
                    primes: vec![2],
                },
                Proof::Morrison {
                    p: a,
                    primes: primes.clone(),
                },
            ] {
                assert!(
                    verify(&candidate, &proof).is_err(),
                    "{candidate}: {proof:?}"
                );
            }
        }
    }
}

#[test]
fn good_proofs_with_one_thing_changed() {
    let proth = kbn(3, 2, 189, 1);
    assert_eq!(verify(&proth, &Proof::Proth { a: 5 }), Ok(()));
    refused(proth, &Proof::Proth { a: 0 }, "out of range");
    refused(proth, &Proof::Proth { a: 1 }, "out of range");
    refused(proth, &Proof::Proth { a: u64::MAX }, "out of range");
    refused(proth, &Proof::Proth { a: 4 }, "is not -1");
    refused(proth, &Proof::Llr { p1: 5 }, "not k*2^n-1");
    refused(proth, &Proof::Small, "not below 2^64");
    refused(kbn(3, 2, 190, 1), &Proof::Proth { a: 5 }, "is not -1");
    refused(kbn(3, 3, 189, 1), &Proof::Proth { a: 5 }, "");

    let riesel = kbn(3, 2, 206, -1);
    let p1 = (3..100)
        .find(|&p1| verify(&riesel, &Proof::Llr { p1 }).is_ok())
        .unwrap();
    refused(riesel, &Proof::Llr { p1: p1 - 1 }, "");
    refused(riesel, &Proof::Llr { p1: 2 }, "out of range");
    refused(riesel, &Proof::Proth { a: 5 }, "not k*2^n+1");
    refused(kbn(3, 2, 207, -1), &Proof::Llr { p1 }, "");
    refused(kbn(6, 2, 205, -1), &Proof::Llr { p1 }, "k is even");
    refused(kbn(3, 2, 2, -1), &Proof::Llr { p1: 4 }, "below 3");

    // 2*3^n+1 and 4*3^n+1 primes: n = 120 is not needed, any prime of the shape serves.
    let (plus, good) = find_plus();
    assert_eq!(verify(&plus, &good), Ok(()));
    let Proof::Pocklington { witnesses: list } = &good else {
        panic!("{good:?}")
    };
    let change = |edit: &dyn Fn(&mut Vec<Witness>)| {
        let mut list = list.clone();
        edit(&mut list);
        Proof::Pocklington { witnesses: list }
    };
    refused(plus, &change(&|list| list.clear()), "square root");
    refused(plus, &change(&|list| list[0].q = 7), "does not divide");
    refused(plus, &change(&|list| list[0].q = 1), "not prime");
    refused(plus, &change(&|list| list[0].q = 9), "not prime");
    refused(plus, &change(&|list| list[0].a = 1), "out of range");
    refused(plus, &change(&|list| list[0].a = 27), "in common");
    refused(plus, &change(&|list| list.push(list[0])), "ascending");

    let (minus, p, primes) = find_minus();
    assert_eq!(
        verify(
            &minus,
            &Proof::Morrison {
                p,
                primes: primes.clone()
            }
        ),
        Ok(())
    );
    refused(
        minus,
        &Proof::Morrison {
            p: 2,
            primes: primes.clone(),
        },
        "out of range",
    );
    refused(minus, &Proof::Morrison { p, primes: vec![] }, "square root");
    refused(minus, &Proof::Morrison { p, primes: vec![7] }, "");
    let square = p * p * p - 3 * p;
    refused(minus, &Proof::Morrison { p: square, primes }, "");
}

/// A prime 2k*3^60+1 with its proof.
fn find_plus() -> (Candidate, Proof) {
    (2..1000)
        .step_by(2)
        .map(|k| kbn(k, 3, 60, 1))
        .find_map(|candidate| {
            (2..20)
                .map(|a| witnesses(&[(3, a)]))
                .find(|proof| verify(&candidate, proof).is_ok())
                .map(|proof| (candidate, proof))
        })
        .expect("there is such a prime")
}

/// A prime 2k*3^60-1 with its proof.
fn find_minus() -> (Candidate, u64, Vec<u64>) {
    (2..1000)
        .step_by(2)
        .map(|k| kbn(k, 3, 60, -1))
        .find_map(|candidate| {
            (3..40)
                .find(|&p| verify(&candidate, &Proof::Morrison { p, primes: vec![3] }).is_ok())
                .map(|p| (candidate, p, vec![3]))
        })
        .expect("there is such a prime")
}

#[test]
fn proofs_are_written_as_tagged_json() {
    let text = serde_json::to_string(&Proof::Proth { a: 5 }).unwrap();
    assert_eq!(text, r#"{"theorem":"proth","a":5}"#);
    for proof in [
        Proof::Small,
        Proof::Llr { p1: 4 },
        witnesses(&[(2, 3), (3, 5)]),
        Proof::Morrison {
            p: 3,
            primes: vec![2, 3],
        },
    ] {
        let text = serde_json::to_string(&proof).unwrap();
        assert!(text.contains(&format!(r#""theorem":"{}""#, proof.theorem())));
        assert_eq!(serde_json::from_str::<Proof>(&text).unwrap(), proof);
    }
}
