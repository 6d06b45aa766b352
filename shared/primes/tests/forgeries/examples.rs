//! Small steps that the verifier accepts, of the theorems that provers of long numbers seldom choose.

use darkreach_primes::certificate::{Element, Step, check_steps};
use rug::{Integer, integer::IsPrime};

use crate::{condition_one, int};

/// The part of a number that primes make.
fn part_of(whole: u64, primes: &[u64]) -> u64 {
    primes.iter().fold(1, |mut part, q| {
        let mut rest = whole;
        while rest.is_multiple_of(*q) {
            rest /= q;
            part *= q;
        }
        part
    })
}

/// A step that the verifier accepts, of each theorem that does with less than the square root of N, and of
/// theorem 15.
pub(crate) fn partly_factored() -> [Step; 4] {
    let primes = || {
        (100_001u64..)
            .step_by(2)
            .filter(|&n| int(n).is_probably_prime(30) != IsPrime::No)
    };
    let valid = |step: Step| {
        check_steps(step.n(), std::slice::from_ref(&step))
            .is_ok()
            .then_some(step)
    };
    let elements = |primes: &[u64], x: u64| -> Vec<Element> {
        primes.iter().map(|&q| Element { q: int(q), x }).collect()
    };
    let minus_primes = |n: u64| {
        [2u64, 3, 5]
            .into_iter()
            .filter(|&q| (n - 1).is_multiple_of(q))
            .collect::<Vec<_>>()
    };
    let plus_primes = |n: u64| {
        [2u64, 3, 7]
            .into_iter()
            .filter(|&q| (n + 1).is_multiple_of(q))
            .collect::<Vec<_>>()
    };
    let discriminant = |n: u64| (2..50i64).find(|&d| Integer::from(d).jacobi(&int(n)) == -1);
    let five = primes().find_map(|n| {
        let list = minus_primes(n);
        let f = part_of(n - 1, &list);
        let (s, r) = ((n - 1) / f / (2 * f), (n - 1) / f % (2 * f));
        let witnesses = condition_one(n, &list).filter(|_| s > 0)?;
        valid(Step::Bls5 {
            n: int(n),
            f: int(f),
            r: int(r),
            s: int(s),
            witnesses,
        })
    });
    let seventeen = primes().find_map(|n| {
        let list = plus_primes(n);
        let f = part_of(n + 1, &list);
        let (mut s, mut r) = ((n + 1) / f / (2 * f), ((n + 1) / f % (2 * f)) as i64);
        if r > f as i64 {
            (s, r) = (s + 1, r - 2 * f as i64);
        }
        let d = discriminant(n).filter(|_| s > 0)?;
        (1..40).find_map(|x| {
            let (n, f, r, s) = (int(n), int(f), Integer::from(r), int(s));
            valid(Step::Bls17 {
                n,
                f,
                r,
                s,
                d,
                witnesses: elements(&list, x),
            })
        })
    });
    let combined = primes().find_map(|n| {
        let (minus, plus) = (minus_primes(n), plus_primes(n));
        let (f1, f2) = (part_of(n - 1, &minus), part_of(n + 1, &plus));
        let (d, bases) = (discriminant(n)?, condition_one(n, &minus)?);
        (1..40)
            .filter(|_| plus.len() > 1 && minus.len() > 1)
            .find_map(|x| {
                valid(Step::Combined {
                    n: int(n),
                    f1: int(f1),
                    minus: bases.clone(),
                    f2: int(f2),
                    d,
                    plus: elements(&plus, x),
                })
            })
    });
    let fifteen = (2..400u64).step_by(2).find_map(|m| {
        let q = int(1_000_000_007);
        let n: Integer = Integer::from(&q * m) - 1u32;
        (2..40i64).find_map(|d| {
            (1..20).find_map(|x| {
                valid(Step::Bls15 {
                    n: n.clone(),
                    q: q.clone(),
                    d,
                    x,
                })
            })
        })
    });
    [five, seventeen, combined, fifteen].map(|step| step.unwrap_or_else(|| panic!("no example")))
}
