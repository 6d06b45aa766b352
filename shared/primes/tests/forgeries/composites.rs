//! Composites that satisfy all conditions of a theorem but one.

use darkreach_primes::certificate::{Base, Element, Step, check_steps};
use rug::{Integer, integer::IsPrime};

use crate::{condition_one, int, power, refused};

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
