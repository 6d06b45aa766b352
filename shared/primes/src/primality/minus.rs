//! Proofs from the factors of N+1, for N = k*b^n-1 > 2^64: the Lucas-Lehmer-Riesel test where b = 2
//! and k < 2^n, otherwise Morrison's theorem (1975) with sequences V_m(P, 1) alone.

use darkreach_arith::{Residue, Ring};
use rug::Integer;

use super::{
    plus::factored_part,
    run::{Attempt, Halt, Monitor, Partial, Stage},
};
use crate::{certificate::Proof, forms::Candidate};

/// Values of P that are tried before a search is given up.
const LARGEST_P: u64 = 5000;
/// Sequences that are tried for one proof; each fails for a prime q with probability 1/q.
const SEQUENCES: usize = 40;

/// Whether the Lucas-Lehmer-Riesel test speaks of the candidate.
pub(crate) fn is_riesel(candidate: &Candidate) -> bool {
    candidate.c == -1
        && candidate.b == 2
        && candidate.k % 2 == 1
        && candidate.n >= 3
        && (candidate.n >= 64 || candidate.k < 1 << candidate.n)
}

/// What a search for P found.
enum Choice {
    /// ((P-2)/N) = 1 and ((P+2)/N) = -1 (Rodseth 1994): then alpha, with alpha + 1/alpha = P, is no
    /// square, which LLR needs and the prime 2 of Morrison's theorem too.
    Found(u64),
    /// A symbol is 0: N has a small factor.
    Composite,
    /// None in reach.
    None,
}

/// Whether P fits: see [`Choice::Found`].
pub(crate) fn fits(n: &Integer, p: u64) -> bool {
    p >= 3 && Integer::from(p - 2).jacobi(n) == 1 && Integer::from(p + 2).jacobi(n) == -1
}

/// The least P >= `from` that fits.
fn choose(n: &Integer, from: u64) -> Choice {
    if n.is_perfect_square() {
        return Choice::Composite;
    }
    for p in from..LARGEST_P {
        let (below, above) = (Integer::from(p - 2), Integer::from(p + 2));
        match (below.jacobi(n), above.jacobi(n)) {
            (1, -1) => return Choice::Found(p),
            (0, _) | (_, 0) => return Choice::Composite,
            _ => {}
        }
    }
    Choice::None
}

/// Replaces x by V_2(x, 1) = x^2 - 2.
pub(super) fn double(ring: &Ring, x: &mut Residue) {
    ring.square_sub(x, 2);
}

/// V_e(x, 1) for a small e, by the ladder of (V_m, V_(m+1)).
fn lucas(ring: &Ring, x: &Residue, e: &Integer) -> Residue {
    let mut pair = (ring.residue(&Integer::from(2)), x.clone());
    for bit in (0..e.significant_bits()).rev() {
        ladder_step(ring, &mut pair, x, e.get_bit(bit));
    }
    pair.0
}

/// (V_m, V_(m+1)) becomes (V_2m, V_(2m+1)), or (V_(2m+1), V_(2m+2)) where the bit is set.
fn ladder_step(ring: &Ring, pair: &mut (Residue, Residue), x: &Residue, bit: bool) {
    let (low, high) = pair;
    if bit {
        ring.mul(low, high);
        ring.sub(low, x);
        double(ring, high);
    } else {
        ring.mul(high, low);
        ring.sub(high, x);
        double(ring, low);
    }
}

/// The Lucas-Lehmer-Riesel test: u_0 = V_k(P1, 1), u -> u^2-2; N is prime exactly if u_(n-2) = 0.
pub(crate) fn llr(
    candidate: &Candidate,
    ring: &Ring,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Attempt, Halt> {
    let total = u64::from(candidate.n) - 2;
    let (p1, mut position, mut u) = match from {
        Some(Partial {
            stage: Stage::Llr { p1 },
            position,
            residues,
        }) if residues.len() == 1 => (*p1, *position, ring.residue(&residues[0])),
        _ => match choose(ring.modulus(), 3) {
            Choice::Composite => return Ok(Attempt::Refuted),
            Choice::None => return Ok(Attempt::Open),
            Choice::Found(p1) => {
                let start = ring.residue(&Integer::from(p1));
                (p1, 0, lucas(ring, &start, &Integer::from(candidate.k)))
            }
        },
    };
    while position < total {
        double(ring, &mut u);
        position += 1;
        monitor.step(position, total, &|| Partial {
            stage: Stage::Llr { p1 },
            position,
            residues: vec![ring.to_integer(&u)],
        })?;
    }
    Ok(if ring.to_integer(&u) == 0 {
        Attempt::Proved(Proof::Llr { p1 })
    } else {
        Attempt::Refuted
    })
}

/// Morrison's test with Q = 1: one P with (D/N) = -1, V_(N+1) = 2, and for every prime q of F,
/// F - 1 > sqrt(N), gcd(V_((N+1)/q) - 2, N) = 1. One P serves all q, so all have one discriminant.
pub(crate) fn morrison(
    candidate: &Candidate,
    ring: &Ring,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Attempt, Halt> {
    let n = ring.modulus();
    let primes = factored_part(candidate, |part| Integer::from(part - 1u32).square() > *n);
    let radical: Integer = primes.iter().copied().map(Integer::from).product();
    let exponent = Integer::from(n + 1) / &radical;

    let first = match from {
        Some(Partial {
            stage: Stage::Morrison { p },
            ..
        }) => *p,
        _ => 3,
    };
    let mut next = first.max(3);
    'sequences: for _ in 0..SEQUENCES {
        let p = match choose(n, next) {
            Choice::Composite => return Ok(Attempt::Refuted),
            Choice::None => return Ok(Attempt::Open),
            Choice::Found(p) => p,
        };
        next = p + 1;
        let resumed = from.filter(|_| p == first);
        let v = sequence(ring, p, &exponent, resumed, monitor)?;
        for &q in &primes {
            let root = lucas(ring, &v, &Integer::from(&radical / q));
            let whole = lucas(ring, &root, &Integer::from(q));
            if ring.to_integer(&whole) != 2 {
                return Ok(Attempt::Refuted);
            }
            let divisor = (ring.to_integer(&root) - 2u32).gcd(n);
            if divisor == *n {
                continue 'sequences;
            }
            if divisor != 1 {
                return Ok(Attempt::Refuted);
            }
        }
        return Ok(Attempt::Proved(Proof::Morrison { p, primes }));
    }
    Ok(Attempt::Open)
}

/// V_exponent(p, 1): the ladder over the odd part, one squaring for each factor 2 after it.
pub(super) fn sequence(
    ring: &Ring,
    p: u64,
    exponent: &Integer,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Residue, Halt> {
    let doublings = exponent.find_one(0).unwrap_or(0);
    let bits = exponent.significant_bits() - doublings;
    let total = u64::from(bits) + u64::from(doublings);
    let start = ring.residue(&Integer::from(p));
    let fresh = || (ring.residue(&Integer::from(2)), start.clone());
    let (mut position, mut pair) = match from {
        Some(partial) if partial.position <= total => match partial.residues.as_slice() {
            [low, high] if partial.position <= u64::from(bits) => {
                (partial.position, (ring.residue(low), ring.residue(high)))
            }
            [low] if partial.position >= u64::from(bits) => {
                (partial.position, (ring.residue(low), start.clone()))
            }
            _ => (0, fresh()),
        },
        _ => (0, fresh()),
    };
    while position < total {
        let in_ladder = position < u64::from(bits);
        if in_ladder {
            let bit = exponent.get_bit((total - 1 - position) as u32);
            ladder_step(ring, &mut pair, &start, bit);
        } else {
            double(ring, &mut pair.0);
        }
        position += 1;
        monitor.step(position, total, &|| {
            let mut residues = vec![ring.to_integer(&pair.0)];
            if position < u64::from(bits) {
                residues.push(ring.to_integer(&pair.1));
            }
            Partial {
                stage: Stage::Morrison { p },
                position,
                residues,
            }
        })?;
    }
    Ok(pair.0)
}
