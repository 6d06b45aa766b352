//! The decision of one candidate k*b^n+-1: exact where it is small, otherwise the Fermat test (in a
//! search) and the proof that fits its shape. Resumable after every step.

use darkreach_arith::Ring;
use rug::Integer;

use super::{
    fermat, minus, plus,
    run::{Attempt, Halt, Monitor, Partial, Stage},
};
use crate::{
    certificate::Proof,
    forms::{Candidate, Structure},
    word::{is_prime, pow_mod},
};

/// What a candidate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// N < 2.
    BelowTwo,
    /// Prime, with the proof.
    Prime(Proof),
    /// Composite.
    Composite {
        /// RES64 to base 3, where that was computed.
        res64: Option<u64>,
    },
    /// It passed the Fermat test, and no proof was found.
    ProbablePrime,
}

/// Which proof fits the shape of a candidate above 2^64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theorem {
    Proth,
    Llr,
    Pocklington,
    Morrison,
}

impl Theorem {
    /// The cheapest theorem that decides the candidate.
    pub(crate) fn of(candidate: &Candidate) -> Self {
        if plus::is_proth(candidate) {
            Self::Proth
        } else if minus::is_riesel(candidate) {
            Self::Llr
        } else if candidate.c > 0 {
            Self::Pocklington
        } else {
            Self::Morrison
        }
    }

    /// The method's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Proth => "proth",
            Self::Llr => "llr",
            Self::Pocklington => "pocklington",
            Self::Morrison => "morrison",
        }
    }

    fn attempt(
        self,
        candidate: &Candidate,
        ring: &Ring,
        passed: bool,
        from: Option<&Partial>,
        monitor: &mut dyn Monitor,
    ) -> Result<Attempt, Halt> {
        match self {
            Self::Proth => plus::proth(candidate, ring, passed, from, monitor),
            Self::Llr => minus::llr(candidate, ring, from, monitor),
            Self::Pocklington => plus::pocklington(candidate, ring, from, monitor),
            Self::Morrison => minus::morrison(candidate, ring, from, monitor),
        }
    }
}

/// The residue a^(N-1) mod N of a word, its low 64 bits being all of it.
pub(crate) fn small_res64(n: u64, a: u16) -> u64 {
    pow_mod(a.into(), n - 1, n)
}

/// Decides a word exactly.
pub(crate) fn decide_small(n: u64) -> Decision {
    if n < 2 {
        Decision::BelowTwo
    } else if is_prime(n) {
        Decision::Prime(Proof::Small)
    } else {
        Decision::Composite {
            res64: Some(small_res64(n, 3)),
        }
    }
}

/// Decides an odd candidate that is not divisible by 3, or is small. `search` says that the Fermat
/// test comes first, as in every search; otherwise the proof alone decides.
pub(crate) fn decide(
    candidate: &Candidate,
    search: bool,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Decision, Halt> {
    if let Some(small) = candidate.small() {
        return Ok(decide_small(small));
    }
    let ring = ring(candidate);
    let in_fermat = from.is_none_or(|partial| partial.stage.is_fermat());
    if search && in_fermat {
        let residue = fermat::chain(candidate, &ring, from, monitor)?;
        if residue != 1 {
            return Ok(Decision::Composite {
                res64: Some(residue.to_u64_wrapping()),
            });
        }
    }
    let from = from.filter(|_| !search || !in_fermat);
    prove(candidate, &ring, search, from, monitor)
}

/// The proof that fits the shape; `passed` says that the Fermat test came before.
pub(super) fn prove(
    candidate: &Candidate,
    ring: &Ring,
    passed: bool,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Decision, Halt> {
    Ok(
        match Theorem::of(candidate).attempt(candidate, ring, passed, from, monitor)? {
            Attempt::Proved(proof) => Decision::Prime(proof),
            // A pseudoprime: it passed the Fermat test, so its residue is 1.
            Attempt::Refuted => Decision::Composite {
                res64: passed.then_some(1),
            },
            Attempt::Open => Decision::ProbablePrime,
        },
    )
}

/// The ring of a candidate above 2^64.
pub(crate) fn ring(candidate: &Candidate) -> Ring {
    let modulus = candidate
        .modulus()
        .expect("a validated candidate above 2^64 is a modulus");
    super::ring::ring(&modulus)
}

/// Whether a saved state can belong to a test of this candidate: the stage that its shape has, the
/// position in range, as many residues as the stage keeps, each below N.
pub(crate) fn is_possible(candidate: &Candidate, partial: &Partial) -> bool {
    if candidate.small().is_some() {
        return false;
    }
    let n = candidate.value();
    let theorem = Theorem::of(candidate);
    let steps = match &partial.stage {
        Stage::Fermat => u64::from(candidate.n),
        // The check itself finds out whether the numbers belong together.
        Stage::Checked { verified, .. } if *verified <= partial.position => u64::from(candidate.n),
        Stage::Proth { a } if theorem == Theorem::Proth => {
            if Integer::from(*a).jacobi(&n) != -1 {
                return false;
            }
            u64::from(candidate.n) - 1
        }
        Stage::Llr { p1 } if theorem == Theorem::Llr => {
            if !minus::fits(&n, *p1) {
                return false;
            }
            u64::from(candidate.n) - 2
        }
        Stage::Pocklington { witnesses, .. } if theorem == Theorem::Pocklington => {
            let product = u128::from(candidate.k) * u128::from(candidate.b);
            let distinct = witnesses.windows(2).all(|pair| pair[0].q < pair[1].q);
            if !distinct
                || witnesses
                    .iter()
                    .any(|w| !is_prime(w.q) || product % u128::from(w.q) != 0)
            {
                return false;
            }
            u64::from(n.significant_bits())
        }
        Stage::Morrison { .. } if theorem == Theorem::Morrison => u64::from(n.significant_bits()),
        _ => return false,
    };
    partial.position <= steps
        && partial.stage.residues().contains(&partial.residues.len())
        && partial.residues.iter().all(|r| *r >= 0 && *r < n)
}
