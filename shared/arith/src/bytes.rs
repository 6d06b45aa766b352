//! A residue as bytes that any machine reads, whatever its instruction set and transform: the canonical
//! value, with a format number, the modulus' fingerprint and a check.
//!
//! `DRES`, format (1 byte), bits of N (4, little-endian as all that follows), fingerprint (8),
//! check (8), value (as many bytes as N has). The fingerprint is N modulo 2^61-1, the check the value
//! modulo 2^61-1: made against mistakes and damage, not against forgers.

use rug::{Integer, integer::Order};

use crate::ResidueError;

const MAGIC: &[u8; 4] = b"DRES";
const FORMAT: u8 = 1;
const HEAD: usize = 4 + 1 + 4 + 8 + 8;

/// x modulo 2^61-1, for x >= 0.
fn check(x: &Integer) -> u64 {
    Integer::from(x % ((1u64 << 61) - 1)).to_u64_wrapping()
}

/// The bytes of a canonical value modulo N.
pub(crate) fn write(modulus: &Integer, value: &Integer) -> Vec<u8> {
    let length = modulus.significant_digits::<u8>();
    let mut bytes = Vec::with_capacity(HEAD + length);
    bytes.extend_from_slice(MAGIC);
    bytes.push(FORMAT);
    bytes.extend_from_slice(&modulus.significant_bits().to_le_bytes());
    bytes.extend_from_slice(&check(modulus).to_le_bytes());
    bytes.extend_from_slice(&check(value).to_le_bytes());
    bytes.resize(HEAD + length, 0);
    value.write_digits(&mut bytes[HEAD..], Order::Lsf);
    bytes
}

/// The canonical value modulo N that bytes from anywhere stand for.
pub(crate) fn read(modulus: &Integer, bytes: &[u8]) -> Result<Integer, ResidueError> {
    let length = modulus.significant_digits::<u8>();
    let malformed = ResidueError::Malformed {
        found: bytes.len(),
        expected: HEAD + length,
    };
    let Some((head, value)) = bytes.split_first_chunk::<HEAD>() else {
        return Err(malformed);
    };
    if &head[..4] != MAGIC {
        return Err(malformed);
    }
    if head[4] != FORMAT {
        return Err(ResidueError::Format {
            found: head[4],
            known: FORMAT,
        });
    }
    let number = |from: usize, count: usize| {
        head[from..from + count]
            .iter()
            .rev()
            .fold(0u64, |n, &b| n << 8 | u64::from(b))
    };
    let (bits, fingerprint, expected) = (number(5, 4), number(9, 8), check(modulus));
    if fingerprint != expected || bits != u64::from(modulus.significant_bits()) {
        return Err(ResidueError::OtherModulus {
            found: fingerprint,
            expected,
        });
    }
    if value.len() != length {
        return Err(malformed);
    }
    let value = Integer::from_digits(value, Order::Lsf);
    if value >= *modulus || check(&value) != number(17, 8) {
        return Err(ResidueError::Damaged);
    }
    Ok(value)
}
