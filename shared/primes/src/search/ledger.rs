//! What became of every candidate of a block, packed.
//!
//! Format 1: one byte `1`, then one entry per candidate in ascending order of the index
//! (indices without a candidate have none). An entry is a LEB128 number `v`; its two low bits
//! are the tag and `v >> 2` the payload:
//!
//! | tag | payload | followed by | meaning |
//! |---|---|---|---|
//! | 0 | p | | removed by the factor p, 1 < p < N |
//! | 1 | 0 | 8 bytes, little endian | composite; RES64 of the Fermat test to base 3 |
//! | 2 | 0 | | prime, with a proof in the report |
//! | 3 | 0 | | neither prime nor composite: N < 2 |
//! | 3 | 1 | | probable prime: passed the Fermat test to base 3, no proof found |
//! | 3 | 2 | | composite by an algebraic factorisation of its form; not tested |
//!
//! A candidate that is a pair counts as one. Its factor divides either member. Its RES64 is that of
//! the first member, in order, whose residue is not 1 (2 and 3 count as 1); or 1, if both members
//! pass the Fermat test and one is composite nevertheless. It is prime if both members are proved,
//! probably prime if neither is refuted, less than two if one member is.

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
    /// Composite by an algebraic factorisation, not tested.
    Algebraic,
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

/// The format number that opens a ledger.
const FORMAT: u8 = 1;

/// Packs outcomes.
pub fn encode(outcomes: &[Outcome]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + outcomes.len() * 4);
    bytes.push(FORMAT);
    for outcome in outcomes {
        match *outcome {
            Outcome::Factor(p) => write_number(&mut bytes, p, 0),
            Outcome::Composite { res64 } => {
                write_number(&mut bytes, 0, 1);
                bytes.extend_from_slice(&res64.to_le_bytes());
            }
            Outcome::Prime => write_number(&mut bytes, 0, 2),
            Outcome::BelowTwo => write_number(&mut bytes, 0, 3),
            Outcome::ProbablePrime => write_number(&mut bytes, 1, 3),
            Outcome::Algebraic => write_number(&mut bytes, 2, 3),
        }
    }
    bytes
}

/// Appends `payload << 2 | tag` as LEB128: seven bits a byte, lowest first.
fn write_number(bytes: &mut Vec<u8>, payload: u64, tag: u8) {
    let mut rest = u128::from(payload) << 2 | u128::from(tag);
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

/// Unpacks exactly `candidates` outcomes; anything less, more or not canonical is an error.
///
/// # Errors
/// [`LedgerError`] with the offset.
pub fn decode(bytes: &[u8], candidates: u64) -> Result<Vec<Outcome>, LedgerError> {
    // An entry takes at least a byte: a short text cannot make us reserve much.
    let mut outcomes = Vec::with_capacity(candidates.min(bytes.len() as u64) as usize);
    let mut reader = Reader::new(bytes)?;
    for _ in 0..candidates {
        outcomes.push(reader.outcome()?);
    }
    reader.finish()?;
    Ok(outcomes)
}

/// Reads a ledger entry by entry.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Checks the format byte.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, LedgerError> {
        match bytes.first() {
            Some(&FORMAT) => Ok(Self { bytes, at: 1 }),
            Some(_) => Err(LedgerError {
                at: 0,
                reason: "the format number is not 1",
            }),
            None => Err(LedgerError {
                at: 0,
                reason: "it is empty",
            }),
        }
    }

    /// The next entry.
    pub(crate) fn outcome(&mut self) -> Result<Outcome, LedgerError> {
        let start = self.at;
        let error = |reason| LedgerError { at: start, reason };
        let number = self.number()?;
        let payload = (number >> 2) as u64;
        match (number & 3, payload) {
            (0, p) if p >= 2 => Ok(Outcome::Factor(p)),
            (0, _) => Err(error("a factor is at least 2")),
            (1, 0) => {
                let end = self.at + 8;
                let residue = self
                    .bytes
                    .get(self.at..end)
                    .and_then(|word| <[u8; 8]>::try_from(word).ok())
                    .ok_or_else(|| error("it ends inside a residue"))?;
                self.at = end;
                Ok(Outcome::Composite {
                    res64: u64::from_le_bytes(residue),
                })
            }
            (2, 0) => Ok(Outcome::Prime),
            (3, 0) => Ok(Outcome::BelowTwo),
            (3, 1) => Ok(Outcome::ProbablePrime),
            (3, 2) => Ok(Outcome::Algebraic),
            _ => Err(error("there is no such entry")),
        }
    }

    /// That nothing is left over.
    pub(crate) fn finish(&self) -> Result<(), LedgerError> {
        if self.at == self.bytes.len() {
            return Ok(());
        }
        Err(LedgerError {
            at: self.at,
            reason: "bytes are left over after the last candidate",
        })
    }

    /// A LEB128 number of at most 66 bits in its shortest form.
    fn number(&mut self) -> Result<u128, LedgerError> {
        let start = self.at;
        let error = |reason| LedgerError { at: start, reason };
        let mut number = 0u128;
        for shift in (0..70).step_by(7) {
            let &byte = self
                .bytes
                .get(self.at)
                .ok_or_else(|| error("it ends before the last candidate"))?;
            self.at += 1;
            number |= u128::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                if byte == 0 && shift > 0 {
                    return Err(error("a number is not in its shortest form"));
                }
                if number >> 66 != 0 {
                    break;
                }
                return Ok(number);
            }
        }
        Err(error("a number is too long"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outcome() -> impl Strategy<Value = Outcome> {
        prop_oneof![
            prop_oneof![2u64..200, 2u64..].prop_map(Outcome::Factor),
            any::<u64>().prop_map(|res64| Outcome::Composite { res64 }),
            Just(Outcome::Prime),
            Just(Outcome::BelowTwo),
            Just(Outcome::ProbablePrime),
            Just(Outcome::Algebraic),
        ]
    }

    #[test]
    fn the_bytes_are_as_documented() {
        let outcomes = [
            Outcome::Factor(3),
            Outcome::Composite { res64: 0x0102 },
            Outcome::Prime,
            Outcome::BelowTwo,
            Outcome::ProbablePrime,
            Outcome::Factor(101),
            Outcome::Algebraic,
        ];
        let bytes = [1, 12, 1, 2, 1, 0, 0, 0, 0, 0, 0, 2, 3, 7, 0x94, 3, 11];
        assert_eq!(encode(&outcomes), bytes);
        assert_eq!(decode(&bytes, 7), Ok(outcomes.to_vec()));
    }

    #[test]
    fn what_is_not_canonical_is_refused() {
        for bytes in [
            &[][..],
            &[2, 2],
            &[1],
            &[1, 2, 2],
            &[1, 0x82, 0],
            &[1, 0],
            &[1, 4],
            &[1, 5],
            &[1, 6],
            &[1, 15],
            &[1, 1, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0x80, 0x80],
            &[
                1, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
            ],
        ] {
            assert!(decode(bytes, 1).is_err(), "{bytes:?}");
        }
        assert_eq!(
            decode(
                &[1, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 7],
                1
            ),
            Ok(vec![Outcome::Factor(u64::MAX)])
        );
        assert!(decode(&[1, 2], u64::MAX).is_err());
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(outcomes in prop::collection::vec(outcome(), 0..100)) {
            let bytes = encode(&outcomes);
            let count = outcomes.len() as u64;
            prop_assert_eq!(decode(&bytes, count), Ok(outcomes));
            prop_assert!(decode(&bytes, count + 1).is_err());
            prop_assert!(count == 0 || decode(&bytes, count - 1).is_err());
            prop_assert!(decode(&bytes[..bytes.len() - 1], count).is_err());
        }

        #[test]
        fn what_can_be_read_is_written_the_same(bytes in prop::collection::vec(any::<u8>(), 0..60), count in 0u64..20) {
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = 1;
            }
            if let Ok(outcomes) = decode(&bytes, count) {
                prop_assert_eq!(encode(&outcomes), bytes);
            }
        }
    }
}
