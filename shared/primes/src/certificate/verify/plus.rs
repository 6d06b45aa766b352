//! Proofs from the prime factors of N+1, by the group of elements of norm 1 modulo N in the quadratic
//! ring of one discriminant d. Such an element is known by its trace V_1, and its m-th power by V_m;
//! V_m = 2 says that the power is 1 modulo each prime divisor of N, V_m = -2 that it is -1.

use rug::Integer;

use super::{
    super::Element,
    LARGEST,
    arithmetic::{Residues, factored_part},
    minus::is_square,
    require, require_odd,
    witnesses::{Group, check_witnesses},
};
use crate::journal::Journal;

/// Lucas, Lehmer, Riesel 1969; Rodseth 1994.
pub(super) fn llr(
    n: &Integer,
    k: &Integer,
    e: u32,
    p1: u64,
    journal: &dyn Journal,
) -> Result<(), String> {
    require_odd(n)?;
    require(e <= n.significant_bits(), || "e is too large".into())?;
    require(Integer::from(k << e) - 1u32 == *n, || {
        "N is not k*2^n-1".into()
    })?;
    require(k.is_odd(), || "k is even".into())?;
    require(e >= 3, || "n is below 3".into())?;
    require(*k > 0 && k.significant_bits() <= e, || {
        "k is not below 2^n".into()
    })?;
    require((3..LARGEST).contains(&p1), || {
        format!("P1 = {p1} is out of range")
    })?;
    require(
        Integer::from(p1 - 2).jacobi(n) == 1 && Integer::from(p1 + 2).jacobi(n) == -1,
        || format!("P1 = {p1} does not have the symbols of Rodseth"),
    )?;
    let residues = Residues::kbnc(n, k, e, -1, journal)?;
    let start = residues.lucas_v(&Integer::from(p1), k);
    let u = residues.doubled(&start, e - 2);
    require(u == 0, || "u_(n-2) is not 0".into())
}

/// Morrison 1975: every prime divisor p of N is (d/p) modulo f, so none is below f-1 > sqrt(N).
pub(super) fn morrison(
    residues: &Residues<'_>,
    f: &Integer,
    d: i64,
    witnesses: &[Element],
) -> Result<(), String> {
    let n = residues.n();
    require_odd(n)?;
    condition_three(residues, f, d, witnesses, || {
        require(Integer::from(f - 1).square() > *n, || {
            "the factored part is not above the square root of N plus 1".into()
        })
    })
}

/// Theorem 15 of Brillhart, Lehmer, Selfridge 1975: N+1 = m*q, 2q-1 > sqrt(N). The second condition is
/// a gcd here: then the order of the element is a multiple of 2q modulo every prime divisor of N.
pub(super) fn bls15(residues: &Residues<'_>, q: &Integer, d: i64, x: u64) -> Result<(), String> {
    let n = residues.n();
    require_odd(n)?;
    require(*q > 2 && q.is_odd(), || "q is even".into())?;
    let whole = Integer::from(n + 1);
    require(whole.is_divisible(q), || "q does not divide N+1".into())?;
    require((Integer::from(q << 1u32) - 1u32).square() > *n, || {
        "2q-1 is not above the square root of N".into()
    })?;
    require_discriminant(n, d)?;
    let half = Integer::from(&whole / q) >> 1u32;
    let root = residues.lucas_v(&trace(n, d, x)?, &half);
    require(residues.lucas_v(&root, q) + 2 == *n, || {
        "V_((N+1)/2) is not -2".into()
    })?;
    require((root + 2u32).gcd(n) == 1, || {
        "V_((N+1)/(2q)) + 2 has a factor in common with N".into()
    })
}

/// Theorem 17 of Brillhart, Lehmer, Selfridge 1975 with m = 1.
pub(super) fn bls17(
    residues: &Residues<'_>,
    f: &Integer,
    r: &Integer,
    s: &Integer,
    d: i64,
    witnesses: &[Element],
) -> Result<(), String> {
    let n = residues.n();
    require_odd(n)?;
    condition_three(residues, f, d, witnesses, || {
        require(f.is_even(), || "f is odd".into())?;
        let size = Integer::from(r.abs_ref());
        require(size < *f && *s >= 0, || "r or s is out of range".into())?;
        let twice = Integer::from(f << 1u32);
        let rest = Integer::from(&twice * s) + r;
        require(Integer::from(f * &rest) - 1u32 == *n, || {
            "(N+1)/f is not 2*f*s + r".into()
        })?;
        // N < (F-1)(2F^2 + (1-|r|)F + 1)
        let bound = (Integer::from(&twice * f) - (size - 1u32) * f + 1u32) * Integer::from(f - 1);
        require(*n < bound, || {
            "the factored part is too small for theorem 17".into()
        })?;
        let square = Integer::from(r.square_ref()) + Integer::from(s << 3u32);
        require(*s == 0 || !is_square(&square), || {
            "r^2 + 8s is a square: N is composite".into()
        })
    })
}

/// (d/N) = -1.
fn require_discriminant(n: &Integer, d: i64) -> Result<(), String> {
    require(Integer::from(d).jacobi(n) == -1, || {
        "(D/N) is not -1".into()
    })
}

/// V_1 of the element (x + sqrt d)/(x - sqrt d): 2*(x^2+d)/(x^2-d).
fn trace(n: &Integer, d: i64, x: u64) -> Result<Integer, String> {
    require((1..LARGEST).contains(&x), || {
        format!("x = {x} is out of range")
    })?;
    let square = Integer::from(x).square();
    let inverse = Integer::from(&square - d)
        .invert(n)
        .map_err(|_| "x^2-D has a factor in common with N".to_owned())?;
    Ok((square + d) * 2u32 * inverse % n)
}

/// Condition III: f is the part of N+1 made of the witnesses' primes, (d/N) = -1, and for each prime
/// V_(N+1) = 2 and gcd(V_((N+1)/q) - 2, N) = 1. What the theorem asks of the size comes first.
pub(super) fn condition_three(
    residues: &Residues<'_>,
    f: &Integer,
    d: i64,
    witnesses: &[Element],
    size: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let n = residues.n();
    let whole = Integer::from(n + 1);
    let part = factored_part(&whole, witnesses.iter().map(|witness| &witness.q))?;
    require(part == *f, || {
        "f is not the part of N+1 that its primes make".into()
    })?;
    size()?;
    require_discriminant(n, d)?;
    let group = Group {
        n,
        whole,
        one: 2,
        name: ("V_", "N+1"),
        raise: &|v, e| Ok(residues.lucas_v(v, e)),
    };
    let pairs = witnesses.iter().map(|Element { q, x }| (*x, q));
    check_witnesses(&group, pairs, |x| trace(n, d, x))
}
