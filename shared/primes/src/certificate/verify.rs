//! The verifier. It trusts nothing of a proof and shares no code with what makes proofs: plain
//! powers and remainders of big integers, each theorem's conditions checked one by one.

use rug::{Integer, ops::Pow};

use super::{Proof, Witness};
use crate::forms::Candidate;

/// Why a proof proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {theorem} proof of {expression} is not valid: {reason}")]
pub struct ProofError {
    /// The candidate.
    pub expression: String,
    /// The theorem.
    pub theorem: &'static str,
    /// The condition that fails.
    pub reason: String,
}

/// The largest witness or P that is accepted: provers use small ones, and a verifier's time is not
/// to be wasted.
const LARGEST: u64 = 1 << 32;

/// Verifies that a proof proves the candidate prime.
///
/// # Errors
/// [`ProofError`] with the condition that fails.
pub fn verify(candidate: &Candidate, proof: &Proof) -> Result<(), ProofError> {
    let checked = match proof {
        Proof::Small => small(candidate),
        Proof::Proth { a } => proth(candidate, *a),
        Proof::Llr { p1 } => llr(candidate, *p1),
        Proof::Pocklington { witnesses } => pocklington(candidate, witnesses),
        Proof::Morrison { p, primes } => morrison(candidate, *p, primes),
    };
    checked.map_err(|reason| ProofError {
        expression: candidate.to_string(),
        theorem: proof.theorem(),
        reason,
    })
}

/// Fails with a reason unless a condition holds.
fn require(condition: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(reason()) }
}

/// The value, checked to be odd and large enough that the theorems mean what they say.
fn odd_value(candidate: &Candidate) -> Result<Integer, String> {
    require(
        candidate.k > 0 && candidate.b >= 2 && candidate.n > 0 && candidate.c.abs() == 1,
        || "it is not of the form k*b^n+-1".into(),
    )?;
    let n = candidate.value();
    require(n > 3 && n.is_odd(), || "N is even or below 5".into())?;
    Ok(n)
}

fn power(base: &Integer, exponent: &Integer, n: &Integer) -> Result<Integer, String> {
    base.pow_mod_ref(exponent, n)
        .map(Integer::from)
        .ok_or_else(|| "a power does not exist".into())
}

/// Whether a word is prime: strong tests to the seven bases of Sinclair (2011).
fn is_prime_word(q: u64) -> bool {
    if q < 4 {
        return q >= 2;
    }
    if q.is_multiple_of(2) {
        return false;
    }
    let n = Integer::from(q);
    let minus_one = Integer::from(&n - 1);
    let twos = (q - 1).trailing_zeros();
    let odd = Integer::from((q - 1) >> twos);
    [2u64, 325, 9375, 28_178, 450_775, 9_780_504, 1_795_265_022]
        .into_iter()
        .filter(|base| base % q != 0)
        .all(|base| {
            let Ok(mut x) = power(&Integer::from(base), &odd, &n) else {
                return false;
            };
            if x == 1 || x == minus_one {
                return true;
            }
            (1..twos).any(|_| {
                x.square_mut();
                x %= &n;
                x == minus_one
            })
        })
}

fn small(candidate: &Candidate) -> Result<(), String> {
    let n = candidate.value();
    let word = n.to_u64().ok_or("N is not below 2^64")?;
    require(is_prime_word(word), || format!("{word} is composite"))
}

fn proth(candidate: &Candidate, a: u64) -> Result<(), String> {
    let n = odd_value(candidate)?;
    require(candidate.c == 1 && candidate.b == 2, || {
        "N is not k*2^n+1".into()
    })?;
    require(candidate.k < Integer::from(1) << candidate.n, || {
        "k is not below 2^n".into()
    })?;
    require((2..LARGEST).contains(&a), || {
        format!("a = {a} is out of range")
    })?;
    let half = Integer::from(&n - 1) >> 1u32;
    require(power(&Integer::from(a), &half, &n)? + 1 == n, || {
        format!("{a}^((N-1)/2) is not -1")
    })
}

fn llr(candidate: &Candidate, p1: u64) -> Result<(), String> {
    let n = odd_value(candidate)?;
    require(candidate.c == -1 && candidate.b == 2, || {
        "N is not k*2^n-1".into()
    })?;
    require(candidate.k % 2 == 1, || "k is even".into())?;
    require(candidate.n >= 3, || "n is below 3".into())?;
    require(candidate.k < Integer::from(1) << candidate.n, || {
        "k is not below 2^n".into()
    })?;
    require((3..LARGEST).contains(&p1), || {
        format!("P1 = {p1} is out of range")
    })?;
    require(
        Integer::from(p1 - 2).jacobi(&n) == 1 && Integer::from(p1 + 2).jacobi(&n) == -1,
        || format!("P1 = {p1} does not have the symbols of Rodseth"),
    )?;
    let mut u = lucas_v(&Integer::from(p1), &Integer::from(candidate.k), &n);
    for _ in 0..candidate.n - 2 {
        u.square_mut();
        u -= 2;
        u %= &n;
    }
    require(u.is_divisible(&n), || "u_(n-2) is not 0".into())
}

/// V_m(p, 1) mod n by the binary ladder.
fn lucas_v(p: &Integer, m: &Integer, n: &Integer) -> Integer {
    let (mut v, mut w) = (Integer::from(2), Integer::from(p % n));
    for bit in (0..m.significant_bits()).rev() {
        let cross = Integer::from(&v * &w) - p;
        if m.get_bit(bit) {
            v = cross % n;
            w = (w.square() - 2u32) % n;
        } else {
            w = cross % n;
            v = (v.square() - 2u32) % n;
        }
    }
    if v < 0 { v + n } else { v }
}

/// F: the part of `whole` made of the given primes, which must be distinct primes dividing it.
fn factored_part(whole: &Integer, primes: impl Iterator<Item = u64>) -> Result<Integer, String> {
    let mut part = Integer::from(1);
    let mut last = 0;
    for q in primes {
        require(q > last, || "the primes are not ascending".into())?;
        last = q;
        require(is_prime_word(q), || format!("{q} is not prime"))?;
        let divisor = Integer::from(q);
        let (_, multiplicity) = whole.clone().remove_factor(&divisor);
        require(multiplicity > 0, || format!("{q} does not divide N+-1"))?;
        part *= divisor.pow(multiplicity);
    }
    Ok(part)
}

fn pocklington(candidate: &Candidate, witnesses: &[Witness]) -> Result<(), String> {
    let n = odd_value(candidate)?;
    require(candidate.c == 1, || "N is not k*b^n+1".into())?;
    let whole = Integer::from(&n - 1);
    let part = factored_part(&whole, witnesses.iter().map(|witness| witness.q))?;
    require(Integer::from(part.square_ref()) > n, || {
        "the factored part is not above the square root of N".into()
    })?;
    for &Witness { q, a } in witnesses {
        require((2..LARGEST).contains(&a), || {
            format!("a = {a} is out of range")
        })?;
        let exponent = Integer::from(&whole / q);
        let root = power(&Integer::from(a), &exponent, &n)?;
        require(power(&root, &Integer::from(q), &n)? == 1, || {
            format!("{a}^(N-1) is not 1")
        })?;
        require((root - 1u32).gcd(&n) == 1, || {
            format!("{a}^((N-1)/{q}) - 1 has a factor in common with N")
        })?;
    }
    Ok(())
}

fn morrison(candidate: &Candidate, p: u64, primes: &[u64]) -> Result<(), String> {
    let n = odd_value(candidate)?;
    require(candidate.c == -1, || "N is not k*b^n-1".into())?;
    let whole = Integer::from(&n + 1);
    let part = factored_part(&whole, primes.iter().copied())?;
    require((part - 1u32).square() > n, || {
        "the factored part is not above the square root of N plus 1".into()
    })?;
    require((3..LARGEST).contains(&p), || {
        format!("P = {p} is out of range")
    })?;
    let p = Integer::from(p);
    let discriminant = Integer::from(p.square_ref()) - 4u32;
    require(discriminant.jacobi(&n) == -1, || "(D/N) is not -1".into())?;
    for &q in primes {
        let root = lucas_v(&p, &Integer::from(&whole / q), &n);
        require(lucas_v(&root, &Integer::from(q), &n) == 2, || {
            "V_(N+1) is not 2".into()
        })?;
        require((root - 2u32).gcd(&n) == 1, || {
            format!("V_((N+1)/{q}) - 2 has a factor in common with N")
        })?;
    }
    Ok(())
}
