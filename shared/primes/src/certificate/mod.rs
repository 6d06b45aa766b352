//! Primality proofs as data, and their verification: [`Proof`], the short evidence that a search gives
//! for a candidate of known shape, and [`Certificate`], which says everything about any number.

mod decimal;
mod file;
mod step;
mod verify;

pub use file::{Certificate, CertificateError, FORMAT, MAX_BYTES, MAX_STEPS, VERSION};
pub use step::{Base, Element, Step};
pub(crate) use verify::check_step;
pub use verify::{ProofError, VerifyError, check, check_steps, check_with, verify};

use serde::{Deserialize, Serialize};

/// A proof that a candidate is prime, by the theorem that its variant names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "theorem", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Proof {
    /// N < 2^64, decided by strong probable prime tests to the seven bases of Sinclair (2011).
    Small,
    /// Proth 1878: N = k*2^n+1, k < 2^n, a^((N-1)/2) = -1 (mod N).
    Proth {
        /// The witness.
        a: u64,
    },
    /// Lucas, Lehmer, Riesel 1969 with the start value of Rodseth 1994: N = k*2^n-1, k odd, k < 2^n.
    Llr {
        /// P1 of the start value u_0 = V_k(P1, 1).
        p1: u64,
    },
    /// Pocklington 1914: N-1 = F*R, F > sqrt(N) factored, one witness per prime of F.
    Pocklington {
        /// For each prime q of F (ascending) a base a with a^(N-1) = 1 and gcd(a^((N-1)/q)-1, N) = 1.
        witnesses: Vec<Witness>,
    },
    /// Morrison 1975: N+1 = F*R, F - 1 > sqrt(N) factored, Lucas sequences of one discriminant.
    Morrison {
        /// P of the Lucas sequence with Q = 1, D = P^2-4, (D/N) = -1.
        p: u64,
        /// The primes of F, ascending.
        primes: Vec<u64>,
    },
    /// Any theorem, for a number of any shape, that rests on primes below 2^64 alone.
    General {
        /// The step of a certificate that is all of it.
        step: Box<Step>,
    },
}

/// One prime of the factored part with its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// The prime.
    pub q: u64,
    /// The base.
    pub a: u64,
}

impl Proof {
    /// The theorem's short name, as tables and output write it, for example `proth`.
    pub fn theorem(&self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Proth { .. } => "proth",
            Self::Llr { .. } => "llr",
            Self::Pocklington { .. } => "pocklington",
            Self::Morrison { .. } => "morrison",
            Self::General { step } => step.theorem(),
        }
    }
}
