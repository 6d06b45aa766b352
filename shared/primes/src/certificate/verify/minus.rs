//! Proofs from the prime factors of N-1.

use rug::Integer;

use super::{
    super::Base,
    LARGEST,
    arithmetic::{Residues, factored_part},
    require, require_odd,
    witnesses::{Group, check_witnesses},
};
use crate::journal::Journal;

/// Proth 1878.
pub(super) fn proth(
    n: &Integer,
    k: &Integer,
    e: u32,
    a: u64,
    journal: &dyn Journal,
) -> Result<(), String> {
    require_odd(n)?;
    require(e <= n.significant_bits(), || "e is too large".into())?;
    require(Integer::from(k << e) + 1 == *n, || {
        "N is not k*2^n+1".into()
    })?;
    require(*k > 0 && k.significant_bits() <= e, || {
        "k is not below 2^n".into()
    })?;
    require((2..LARGEST).contains(&a), || {
        format!("a = {a} is out of range")
    })?;
    let half = Integer::from(n - 1) >> 1u32;
    let residues = Residues::kbnc(n, k, e, 1, journal)?;
    require(residues.power(&Integer::from(a), &half)? + 1 == *n, || {
        format!("{a}^((N-1)/2) is not -1")
    })
}

/// Pocklington 1914: every prime divisor of N is 1 modulo f, so none is below f+1 > sqrt(N).
pub(super) fn pocklington(
    residues: &Residues<'_>,
    f: &Integer,
    witnesses: &[Base],
) -> Result<(), String> {
    let n = residues.n();
    require_odd(n)?;
    condition_one(residues, f, witnesses, || {
        require(Integer::from(f + 1).square() > *n, || {
            "the factored part is not above the square root of N".into()
        })
    })
}

/// Theorem 3 of Brillhart, Lehmer, Selfridge 1975: N-1 = m*q, 2q+1 > sqrt(N).
pub(super) fn bls3(residues: &Residues<'_>, q: &Integer, a: u64) -> Result<(), String> {
    let n = residues.n();
    require_odd(n)?;
    require(*q > 2 && q.is_odd(), || "q is even".into())?;
    require((2..LARGEST).contains(&a), || {
        format!("a = {a} is out of range")
    })?;
    let whole = Integer::from(n - 1);
    require(whole.is_divisible(q), || "q does not divide N-1".into())?;
    require((Integer::from(q << 1u32) + 1u32).square() > *n, || {
        "2q+1 is not above the square root of N".into()
    })?;
    // m is even, because N-1 is and q is not.
    let half = Integer::from(&whole / q) >> 1u32;
    let root = residues.power(&Integer::from(a), &half)?;
    require(residues.power(&root, q)? == whole, || {
        format!("{a}^((N-1)/2) is not -1")
    })?;
    require(root != whole, || format!("{a}^((N-1)/(2q)) is -1"))
}

/// Theorem 5 of Brillhart, Lehmer, Selfridge 1975 with m = 1.
pub(super) fn bls5(
    residues: &Residues<'_>,
    f: &Integer,
    r: &Integer,
    s: &Integer,
    witnesses: &[Base],
) -> Result<(), String> {
    let n = residues.n();
    require_odd(n)?;
    condition_one(residues, f, witnesses, || {
        require(f.is_even(), || "f is odd".into())?;
        let twice = Integer::from(f << 1u32);
        require(*r >= 1 && *r < twice && *s >= 0, || {
            "r or s is out of range".into()
        })?;
        let rest = Integer::from(&twice * s) + r;
        require(Integer::from(f * &rest) + 1 == *n, || {
            "(N-1)/f is not 2*f*s + r".into()
        })?;
        // N < (F+1)(2F^2 + (r-1)F + 1)
        let bound =
            (Integer::from(&twice * f) + Integer::from(r - 1) * f + 1u32) * Integer::from(f + 1);
        require(*n < bound, || {
            "the factored part is too small for theorem 5".into()
        })?;
        let square = Integer::from(r.square_ref()) - Integer::from(s << 3u32);
        require(*s == 0 || !is_square(&square), || {
            "r^2 - 8s is a square: N is composite".into()
        })
    })
}

/// Whether a number, possibly negative, is a square.
pub(super) fn is_square(n: &Integer) -> bool {
    *n >= 0 && n.is_perfect_square()
}

/// Condition I: f is the part of N-1 made of the witnesses' primes, and for each of them
/// a^(N-1) = 1 and gcd(a^((N-1)/q) - 1, N) = 1. What the theorem asks of the size comes first.
pub(super) fn condition_one(
    residues: &Residues<'_>,
    f: &Integer,
    witnesses: &[Base],
    size: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let n = residues.n();
    let whole = Integer::from(n - 1);
    let part = factored_part(&whole, witnesses.iter().map(|witness| &witness.q))?;
    require(part == *f, || {
        "f is not the part of N-1 that its primes make".into()
    })?;
    size()?;
    for Base { a, .. } in witnesses {
        require((2..LARGEST).contains(a), || {
            format!("a = {a} is out of range")
        })?;
    }
    let group = Group {
        n,
        whole,
        one: 1,
        name: ("a^", "N-1"),
        raise: &|x, e| residues.power(x, e),
    };
    let pairs = witnesses.iter().map(|Base { q, a }| (*a, q));
    check_witnesses(&group, pairs, |a| Ok(Integer::from(a)))
}
