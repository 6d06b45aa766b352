//! What long tests share: where they stand, so that they can be saved and go on, and what they ask
//! of their surroundings after every step.

use rug::{Integer, integer::Order};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    certificate::{Proof, Witness},
    strong::{Errors, Miscalculation},
};

/// A long test in the middle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partial {
    /// The test.
    pub(crate) stage: Stage,
    /// Steps of the stage that are done.
    pub(crate) position: u64,
    /// The canonical residues after these steps: as many as the stage keeps.
    #[serde(serialize_with = "as_bytes", deserialize_with = "from_bytes")]
    pub(crate) residues: Vec<Integer>,
}

/// Residues as little-endian bytes.
fn as_bytes<S: Serializer>(residues: &[Integer], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<Vec<u8>> = residues.iter().map(|x| x.to_digits(Order::Lsf)).collect();
    bytes.serialize(serializer)
}

fn from_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Integer>, D::Error> {
    let bytes = Vec::<Vec<u8>>::deserialize(deserializer)?;
    let residues = bytes.iter().map(|x| Integer::from_digits(x, Order::Lsf));
    Ok(residues.collect())
}

/// A test, with what it has chosen so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// The Fermat test to base 3.
    Fermat,
    /// The same under the strong check: the residues are the verified one and, where the test has gone
    /// on from there, the unverified one and the product of the check.
    Checked {
        /// The position of the verified residue.
        verified: u64,
        /// Its seal.
        seal: [u8; 32],
        /// Mismatches so far.
        errors: Errors,
    },
    /// Proth's test.
    Proth {
        /// The base.
        a: u64,
    },
    /// The Lucas-Lehmer-Riesel test.
    Llr {
        /// P1 of the start value.
        p1: u64,
    },
    /// Pocklington's test.
    Pocklington {
        /// The base at work.
        a: u64,
        /// Primes that have their witness.
        witnesses: Vec<Witness>,
    },
    /// Morrison's test.
    Morrison {
        /// P of the sequence at work.
        p: u64,
    },
    /// A proof by known factors, of which nothing is kept.
    General,
}

impl Stage {
    /// How many residues it keeps.
    pub(crate) fn residues(&self) -> std::ops::RangeInclusive<usize> {
        match self {
            Self::Morrison { .. } => 1..=2,
            Self::General => 0..=0,
            Self::Checked { .. } => 1..=3,
            _ => 1..=1,
        }
    }

    /// Whether it is the Fermat test, checked or not.
    pub(crate) fn is_fermat(&self) -> bool {
        matches!(self, Self::Fermat | Self::Checked { .. })
    }
}

/// Why a test ended without a result.
#[derive(Debug)]
pub(crate) enum Halt {
    /// It was asked to stop; its state.
    Stopped(Box<Partial>),
    /// This computer cannot be trusted.
    Miscalculates(Miscalculation),
}

/// What a long test asks after every step.
pub(crate) trait Monitor: Send {
    /// `done` of `total` steps of this stage are done; `save` gives the state, at some cost.
    /// An error ends the test.
    fn step(&mut self, done: u64, total: u64, save: &dyn Fn() -> Partial) -> Result<(), Halt>;

    /// Told before each stage of a term: which member is at work, and the proofs of those before.
    fn enter(&mut self, _member: u8, _proofs: &[Option<Proof>]) {}

    /// Told at the end of a checked test how often its check failed, if it did.
    fn mismatches(&mut self, _count: u32) {}
}

/// The test of a term in the middle: of one number, or of one of two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The member at work, 0 or 1. In a Fermat test those before it have passed; in a proof all have.
    pub(crate) member: u8,
    /// The proofs of the members before it; none where the theorem left one open.
    pub(crate) proofs: Vec<Option<Proof>>,
    /// Where its test stands.
    pub(crate) partial: Partial,
}

impl Standing {
    /// The state of a single number's test.
    pub(crate) fn single(partial: Partial) -> Self {
        Self {
            member: 0,
            proofs: Vec::new(),
            partial,
        }
    }
}

/// Nobody watches.
pub(crate) struct Unwatched;

impl Monitor for Unwatched {
    fn step(&mut self, _: u64, _: u64, _: &dyn Fn() -> Partial) -> Result<(), Halt> {
        Ok(())
    }
}

/// What a proof attempt ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// Prime.
    Proved(Proof),
    /// Composite, by the theorem.
    Refuted,
    /// Neither: no witness was found.
    Open,
}

/// Steps from one look at the surroundings to the next so that a look costs nothing and comes
/// about every millisecond.
pub(crate) fn steps_per_look(bits: f64) -> u32 {
    (1e-3 / crate::cost::squaring_seconds(bits)).clamp(1.0, 4096.0) as u32
}
