//! The Fermat test to base 3.
//!
//! For k*b^n+c it runs as a chain of equal powers, x -> x^b from 3^k, n times: the same chain on
//! every host and in every program, so residues compare, and every state of it can be saved. For
//! c=+1 it ends at 3^(N-1); for c=-1 at 3^(N+1), which is 3^(N-1)*9.

use darkreach_arith::{Modulus, Ring};
use rug::Integer;

use super::{
    ring::ring,
    run::{Halt, Monitor, Partial, Stage},
};
use crate::forms::Candidate;

/// 3^(N-1) mod N, canonical, for N = k*b^n+-1 not divisible by 3.
pub(crate) fn chain(
    candidate: &Candidate,
    ring: &Ring,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Integer, Halt> {
    let total = u64::from(candidate.n);
    let (mut position, mut x) = match from {
        Some(Partial {
            position, residues, ..
        }) if residues.len() == 1 => (*position, ring.residue(&residues[0])),
        _ => {
            let mut x = ring.residue(&Integer::from(3));
            ring.pow_small(&mut x, candidate.k);
            (0, x)
        }
    };
    while position < total {
        ring.pow_small(&mut x, u64::from(candidate.b));
        position += 1;
        monitor.step(position, total, &|| Partial {
            stage: Stage::Fermat,
            position,
            residues: vec![ring.to_integer(&x)],
        })?;
    }
    if candidate.c < 0 {
        let ninth = Integer::from(9)
            .invert(ring.modulus())
            .expect("N is not divisible by 3");
        ring.mul(&mut x, &ring.residue(&ninth));
    }
    Ok(ring.to_integer(&x))
}

/// 3^(N-1) mod N, canonical, for any N > 3, from the top bit of N-1 down.
pub(crate) fn power(
    modulus: &Modulus,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Integer, Halt> {
    let ring = ring(modulus);
    let exponent = Integer::from(modulus.value() - 1);
    let total = u64::from(exponent.significant_bits()) - 1;
    let (done, mut x) = match from {
        Some(Partial {
            position, residues, ..
        }) if residues.len() == 1 => (*position, ring.residue(&residues[0])),
        _ => (0, ring.residue(&Integer::from(3))),
    };
    for position in done + 1..=total {
        let bit = exponent.get_bit((total - position) as u32);
        ring.square_mul(&mut x, if bit { 3 } else { 1 });
        monitor.step(position, total, &|| Partial {
            stage: Stage::Fermat,
            position,
            residues: vec![ring.to_integer(&x)],
        })?;
    }
    Ok(ring.to_integer(&x))
}
