//! The Fermat test, to base 3 but for numbers that theory lets pass it.
//!
//! For k*b^n+c it runs as a chain of equal powers, x -> x^b from 3^k, n times: the same chain on
//! every host and in every program, so residues compare, and every state of it can be saved. For
//! c=+1 it ends at 3^(N-1); for c=-1 at 3^(N+1), which is 3^(N-1)*9.
//!
//! From [`WORTHWHILE_BITS`] on it runs under the strong check.

use darkreach_arith::{Modulus, Ring};
use rug::Integer;

use super::{
    ring::ring,
    run::{Halt, Monitor, Partial, Stage},
};
use crate::{
    forms::Candidate,
    strong::{
        Chain, Checkpoint, Digits, EqualPowers, Run, Start, Stop, Unverified, Verified,
        WORTHWHILE_BITS,
    },
};

/// 3^(N-1) mod N, canonical, for N = k*b^n+-1 not divisible by 3.
pub(crate) fn chain(
    candidate: &Candidate,
    ring: &Ring,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Integer, Halt> {
    let total = u64::from(candidate.n);
    if ring.modulus().significant_bits() >= WORTHWHILE_BITS {
        let start = Start::Power {
            a: 3,
            k: candidate.k,
        };
        let chain = EqualPowers::new(ring, start, candidate.b, total);
        let end = checked(&chain, from, monitor)?;
        return Ok(without_tail(end, candidate.c, ring.modulus()));
    }
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
    Ok(without_tail(
        ring.to_integer(&x),
        candidate.c,
        ring.modulus(),
    ))
}

/// 3^(N-1) from the end of a chain, which is 3^(N-c).
fn without_tail(end: Integer, c: i32, n: &Integer) -> Integer {
    if c > 0 {
        return end;
    }
    let nine = Integer::from(9);
    loop {
        let ninth = nine.invert_ref(n).expect("N is not divisible by 3");
        let residue = Integer::from(ninth) * &end % n;
        // Forth and back, since no later check covers this step.
        if Integer::from(&residue * 9) % n == end {
            return residue;
        }
    }
}

/// a^(N-1) mod N, canonical, for any N > 3, from the top bit of N-1 down.
pub(crate) fn power(
    modulus: &Modulus,
    a: u16,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Integer, Halt> {
    let ring = ring(modulus);
    let exponent = Integer::from(modulus.value() - 1);
    if modulus.value().significant_bits() >= WORTHWHILE_BITS {
        return checked(&Digits::new(&ring, a, &exponent), from, monitor);
    }
    let total = u64::from(exponent.significant_bits()) - 1;
    let (done, mut x) = match from {
        Some(Partial {
            position, residues, ..
        }) if residues.len() == 1 => (*position, ring.residue(&residues[0])),
        _ => (0, ring.residue(&Integer::from(a))),
    };
    for position in done + 1..=total {
        let bit = exponent.get_bit((total - position) as u32);
        ring.square_mul(&mut x, if bit { a } else { 1 });
        monitor.step(position, total, &|| Partial {
            stage: Stage::Fermat,
            position,
            residues: vec![ring.to_integer(&x)],
        })?;
    }
    Ok(ring.to_integer(&x))
}

/// The end of a chain of residues under the strong check. A saved state that is damaged counts as none.
pub(super) fn checked<C: Chain>(
    chain: &C,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Integer, Halt> {
    let saved = from.and_then(|partial| restore(chain, partial));
    let run = match saved.and_then(|state| Run::resume(chain, state).ok()) {
        Some(run) => run,
        None => Run::new(chain).map_err(Halt::Miscalculates)?,
    };
    let done = run
        .finish(|run| monitor.step(run.position(), run.total(), &|| partial(run.checkpoint())))
        .map_err(|stop| match stop {
            Stop::Asked(halt) => halt,
            Stop::Miscalculates(error) => Halt::Miscalculates(error),
        })?;
    monitor.mismatches(done.errors);
    let [end] = <[Integer; 1]>::try_from(done.end.into_value())
        .unwrap_or_else(|_| unreachable!("the value of a residue is one number"));
    Ok(end)
}

fn partial(state: Checkpoint) -> Partial {
    let Checkpoint {
        verified,
        running,
        errors,
    } = state;
    let stage = Stage::Checked {
        verified: verified.position(),
        seal: verified.seal(),
        errors,
    };
    let position = running
        .as_ref()
        .map_or(verified.position(), Unverified::position);
    let mut residues = verified.into_value();
    if let Some(running) = running {
        residues.extend_from_slice(running.value());
        residues.extend_from_slice(running.product());
    }
    Partial {
        stage,
        position,
        residues,
    }
}

fn restore<C: Chain>(chain: &C, partial: &Partial) -> Option<Checkpoint> {
    let Stage::Checked {
        verified,
        seal,
        errors,
    } = partial.stage
    else {
        return None;
    };
    let (value, running) = match partial.residues.as_slice() {
        [value] => (value, None),
        [value, x, d] => {
            let (x, d) = (vec![x.clone()], vec![d.clone()]);
            (value, Some((x, d)))
        }
        _ => return None,
    };
    let verified = Verified::restore(chain, verified, vec![value.clone()], seal).ok()?;
    let running = match running {
        Some((x, d)) => Some(Unverified::restore(chain, partial.position, x, d).ok()?),
        None => None,
    };
    Some(Checkpoint {
        verified,
        running,
        errors,
    })
}
