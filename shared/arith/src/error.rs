//! Why there is no ring, or no residue: every refusal says what was wrong and what can be done.

use crate::Isa;

/// Why there is no such ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RingError {
    /// Ring, residue and work would take more memory than allowed.
    #[error(
        "arithmetic modulo a number of {bits} bits takes about {bytes} bytes of memory and {limit} \
         are allowed; raise Options::memory if the machine has them"
    )]
    TooLarge {
        /// Bits of N.
        bits: u32,
        /// Bytes needed, about.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A transform was demanded, and N is even without a shape that has one.
    #[error(
        "no transform computes modulo an even number of {bits} bits without a special form; \
         leave the backend to the ring"
    )]
    Even {
        /// Bits of N.
        bits: u32,
    },
    /// A transform was demanded, and none is safe: N is too small, or the demanded length does not
    /// exist or is too short.
    #[error(
        "no transform{} is safe modulo a number of {bits} bits; leave length and backend to the ring",
        .length.map_or(String::new(), |l| format!(" of {l} words"))
    )]
    NoTransform {
        /// Bits of N.
        bits: u32,
        /// The demanded length in words.
        length: Option<usize>,
    },
    /// The system did not start as many threads as asked for.
    #[error(
        "the system started {started} of {wanted} threads; ask for fewer with Options::threads, or \
         raise its limit on threads"
    )]
    TooFewThreads {
        /// Threads asked for that have work in this ring.
        wanted: usize,
        /// Threads that there were, the caller's among them.
        started: usize,
    },
    /// This processor lacks the demanded instruction set.
    #[error("this processor does not have {isa:?}; Isa::available() lists what it has")]
    NoInstructionSet {
        /// The demanded one.
        isa: Isa,
    },
}

/// Why bytes are no residue of a ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResidueError {
    /// They do not begin like a residue, or have another length than they say.
    #[error("{found} bytes are no residue; one modulo this number takes {expected}")]
    Malformed {
        /// Bytes given.
        found: usize,
        /// Bytes that a residue of this ring takes.
        expected: usize,
    },
    /// Written in a format that this program does not know.
    #[error("the residue has format {found}, this program reads {known}; a newer one wrote it")]
    Format {
        /// The format's number.
        found: u8,
        /// The one known.
        known: u8,
    },
    /// A residue modulo another number.
    #[error(
        "the residue belongs to another modulus: fingerprint {found:016x}, not {expected:016x}"
    )]
    OtherModulus {
        /// The fingerprint in the bytes.
        found: u64,
        /// That of this ring's N.
        expected: u64,
    },
    /// The value does not agree with its check, or is not below N: damaged on the way.
    #[error("the residue is damaged: its value does not agree with its check")]
    Damaged,
}
