//! What became of every candidate of a block, packed.
//!
//! Format 1: one byte `1`, then one entry per candidate in ascending order of the running variable
//! (values that are not candidates have none). An entry is a LEB128 number `v`; its two low bits
//! are the tag and `v >> 2` the payload:
//!
//! | tag | payload | followed by | meaning |
//! |---|---|---|---|
//! | 0 | p | | removed by the factor p, 1 < p < N |
//! | 1 | 0 | 8 bytes, little endian | composite; RES64 of the Fermat test to base 3 |
//! | 2 | 0 | | prime, with a proof in the report |
//! | 3 | 0 | | neither prime nor composite: N < 2 |
//! | 3 | 1 | | probable prime: passed the Fermat test to base 3, no proof found |

/// What became of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Removed by this factor.
    Factor(u64),
    /// Composite: RES64, the low 64 bits of 3^(N-1) mod N.
    Composite {
        /// RES64.
        res64: u64,
    },
    /// Prime; the proof stands in the report.
    Prime,
    /// N < 2.
    BelowTwo,
    /// Passed the Fermat test, neither proved nor refuted.
    ProbablePrime,
}

/// Why bytes are not a ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a ledger, at byte {at}: {reason}")]
pub struct LedgerError {
    /// Offset.
    pub at: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

/// Packs outcomes.
pub fn encode(outcomes: &[Outcome]) -> Vec<u8> {
    let _ = outcomes;
    todo!()
}

/// Unpacks exactly `candidates` outcomes; anything less, more or not canonical is an error.
///
/// # Errors
/// [`LedgerError`] with the offset.
pub fn decode(bytes: &[u8], candidates: u64) -> Result<Vec<Outcome>, LedgerError> {
    let _ = (bytes, candidates);
    todo!()
}
