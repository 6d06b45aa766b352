//! Proofs from the factors of N-1, for N = k*b^n+1 > 2^64: Proth's theorem (1878) where b = 2 and
//! k < 2^n, otherwise Pocklington's (1914).

use darkreach_arith::Ring;
use rug::Integer;

use super::{
    fermat,
    run::{Attempt, Halt, Monitor, Partial, Stage},
};
use crate::{
    certificate::{Proof, Witness},
    forms::{Candidate, Structure},
    strong::{EqualPowers, Start, WORTHWHILE_BITS},
    word::{prime_factors, primes_up_to},
};

/// Bases that are tried before a search for a witness is given up.
const LARGEST_BASE: u64 = 2000;

/// Whether Proth's theorem speaks of the candidate.
pub(crate) fn is_proth(candidate: &Candidate) -> bool {
    candidate.c == 1
        && candidate.b == 2
        && candidate.k % 2 == 1
        && (candidate.n >= 64 || candidate.k < 1 << candidate.n)
}

/// Proth's test: for (a/N) = -1, N is prime exactly if a^((N-1)/2) = -1. A long one that decides alone runs
/// under the strong check; `passed` says that a Fermat test under it came before.
pub(crate) fn proth(
    candidate: &Candidate,
    ring: &Ring,
    passed: bool,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Attempt, Halt> {
    let n = ring.modulus();
    let total = u64::from(candidate.n) - 1;
    let resumed = match from {
        Some(Partial {
            stage: Stage::Proth { a },
            position,
            residues,
        }) if residues.len() == 1 => Some((*a, *position, ring.residue(&residues[0]))),
        _ => None,
    };
    let a = match &resumed {
        Some((a, ..)) => *a,
        None => match proth_base(n) {
            Base::Found(a) => a,
            Base::Composite => return Ok(Attempt::Refuted),
            Base::None => return Ok(Attempt::Open),
        },
    };
    let end = if !passed && n.significant_bits() >= WORTHWHILE_BITS {
        let start = Start::Power {
            a: a as u32,
            k: candidate.k,
        };
        fermat::checked(&EqualPowers::new(ring, start, 2, total), from, monitor)?
    } else {
        let (mut position, mut x) = match resumed {
            Some((_, position, x)) => (position, x),
            None => {
                let mut x = ring.residue(&Integer::from(a));
                ring.pow_small(&mut x, candidate.k);
                (0, x)
            }
        };
        while position < total {
            ring.square(&mut x);
            position += 1;
            monitor.step(position, total, &|| Partial {
                stage: Stage::Proth { a },
                position,
                residues: vec![ring.to_integer(&x)],
            })?;
        }
        ring.to_integer(&x)
    };
    Ok(if end + 1 == *n {
        Attempt::Proved(Proof::Proth { a })
    } else {
        Attempt::Refuted
    })
}

/// What a search for a base with (a/N) = -1 found.
enum Base {
    Found(u64),
    /// N is a square, or has a small factor.
    Composite,
    /// None in reach.
    None,
}

/// The least prime base for Proth's test.
fn proth_base(n: &Integer) -> Base {
    // A square has no symbol -1, and the search would not end.
    if n.is_perfect_square() {
        return Base::Composite;
    }
    let mut symbols = primes_up_to(LARGEST_BASE)
        .into_iter()
        .map(|a| (a, Integer::from(a).jacobi(n)));
    match symbols.find(|&(_, symbol)| symbol != 1) {
        Some((a, -1)) => Base::Found(a),
        Some(_) => Base::Composite,
        None => Base::None,
    }
}

/// The primes of the factored part F of N-+1 = k*b^n: those of b, and those of k as well unless b^n
/// with what k adds to it `suffices` for the theorem.
pub(crate) fn factored_part(
    candidate: &Candidate,
    suffices: impl Fn(&Integer) -> bool,
) -> Vec<u64> {
    let mut primes = prime_factors(u64::from(candidate.b));
    let mut part = candidate.value() - candidate.c;
    let mut rest = candidate.k;
    for &q in &primes {
        while rest.is_multiple_of(q) {
            rest /= q;
        }
    }
    part /= rest;
    if !suffices(&part) {
        primes.extend(prime_factors(rest));
        primes.sort_unstable();
    }
    primes
}

/// Pocklington's test: for every prime q of F > sqrt(N) an a with a^(N-1) = 1 and
/// gcd(a^((N-1)/q) - 1, N) = 1. One power with the exponent (N-1)/Q, Q the product of the primes,
/// serves all of them.
pub(crate) fn pocklington(
    candidate: &Candidate,
    ring: &Ring,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Attempt, Halt> {
    let n = ring.modulus();
    let primes = factored_part(candidate, |part| Integer::from(part.square_ref()) > *n);
    let radical: Integer = primes.iter().copied().map(Integer::from).product();
    let exponent = Integer::from(n - 1) / &radical;

    let (first, mut witnesses) = match from {
        Some(Partial {
            stage: Stage::Pocklington { a, witnesses },
            ..
        }) => (*a, witnesses.clone()),
        _ => (2, Vec::new()),
    };
    witnesses.retain(|witness| primes.contains(&witness.q));
    for a in primes_up_to(LARGEST_BASE) {
        let open_two = primes[0] == 2 && witnesses.iter().all(|witness| witness.q != 2);
        // A square modulo N can be no witness for 2.
        if a < first || (open_two && Integer::from(a).jacobi(n) == 1) {
            continue;
        }
        let resumed = from.filter(|_| a == first);
        let power = power(ring, a, &exponent, &witnesses, resumed, monitor)?;
        for &q in &primes {
            if witnesses.iter().any(|witness| witness.q == q) {
                continue;
            }
            let cofactor = Integer::from(&radical / q);
            let root = Integer::from(power.pow_mod_ref(&cofactor, n).expect("e >= 0"));
            let whole = Integer::from(root.pow_mod_ref(&Integer::from(q), n).expect("e >= 0"));
            if whole != 1 {
                return Ok(Attempt::Refuted);
            }
            let divisor = (root - 1u32).gcd(n);
            if divisor == 1 {
                witnesses.push(Witness { q, a });
            } else if divisor != *n {
                return Ok(Attempt::Refuted);
            }
        }
        witnesses.sort_unstable_by_key(|witness| witness.q);
        if witnesses.len() == primes.len() {
            return Ok(Attempt::Proved(Proof::Pocklington { witnesses }));
        }
    }
    Ok(Attempt::Open)
}

/// a^exponent, going on from a saved state.
fn power(
    ring: &Ring,
    a: u64,
    exponent: &Integer,
    witnesses: &[Witness],
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Integer, Halt> {
    let total = u64::from(exponent.significant_bits());
    let (mut position, mut x) = match from {
        Some(partial) if partial.residues.len() == 1 && partial.position <= total => {
            (partial.position, ring.residue(&partial.residues[0]))
        }
        _ => (0, ring.residue(&Integer::from(1))),
    };
    while position < total {
        ring.square(&mut x);
        position += 1;
        if exponent.get_bit((total - position) as u32) {
            ring.mul_small(&mut x, a);
        }
        monitor.step(position, total, &|| Partial {
            stage: Stage::Pocklington {
                a,
                witnesses: witnesses.to_vec(),
            },
            position,
            residues: vec![ring.to_integer(&x)],
        })?;
    }
    Ok(ring.to_integer(&x))
}
