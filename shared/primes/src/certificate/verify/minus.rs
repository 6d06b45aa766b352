//! Proofs from the prime factors of N-1.

use std::collections::BTreeMap;

use rug::Integer;

use super::{
    super::Base,
    LARGEST,
    arithmetic::{Residues, factored_part, product, roots},
    require, require_odd,
};

/// Proth 1878.
pub(super) fn proth(n: &Integer, k: &Integer, e: u32, a: u64) -> Result<(), String> {
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
    let residues = Residues::kbnc(n, k, e, 1)?;
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
    let mut groups: BTreeMap<u64, Vec<&Integer>> = BTreeMap::new();
    for Base { q, a } in witnesses {
        require((2..LARGEST).contains(a), || {
            format!("a = {a} is out of range")
        })?;
        groups.entry(*a).or_default().push(q);
    }
    let mut differences = Integer::from(1);
    for (a, primes) in &groups {
        let exponent = &whole / product(primes);
        let start = residues.power(&Integer::from(*a), &exponent)?;
        let mut whole_power_checked = false;
        roots(
            &start,
            primes,
            &|x, e| residues.power(x, e),
            &mut |root, q| {
                if !whole_power_checked {
                    require(residues.power(root, q)? == 1, || {
                        format!("{a}^(N-1) is not 1")
                    })?;
                    whole_power_checked = true;
                }
                let difference = Integer::from(root - 1);
                require(difference != 0, || {
                    format!("{a}^((N-1)/{q}) - 1 has a factor in common with N")
                })?;
                differences *= difference;
                differences %= n;
                Ok(())
            },
        )?;
    }
    require(differences.gcd(n) == 1, || {
        "some a^((N-1)/q) - 1 has a factor in common with N".into()
    })
}
