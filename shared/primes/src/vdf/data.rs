//! Proofs and tasks as bytes. They come from strangers: what is longer than it can be is refused before
//! it is read, and every number is canonical, so that no value has two spellings.

use rug::{Integer, integer::Order};
use serde::{Deserialize, Serialize};

use super::plan::MAX_POWER;
use crate::strong::chain::LARGE_WIDTH;

/// The version that this program writes and reads.
const VERSION: u16 = 1;

/// A host's proof: the result of its test, and the values half way down each claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub(super) result: Integer,
    pub(super) products: Vec<Integer>,
}

/// The short power that remains to be computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub(super) b: u32,
    pub(super) steps: u64,
    pub(super) certified: Certified,
}

/// x^(b^steps), times a^e where the exponent of the statement has digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certified {
    pub(super) x: Integer,
    pub(super) power: Option<(Integer, Integer)>,
}

/// Why bytes are no proof, or no task.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Longer than any for this number.
    #[error("{found} bytes; for a number of {bits} bits there are at most {most}")]
    TooLong {
        /// Bytes given.
        found: usize,
        /// Bytes allowed.
        most: u64,
        /// Bits of N.
        bits: u32,
    },
    /// Cut short, or not what it should be.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// Written by another version.
    #[error("it has version {found}, this program reads {VERSION}")]
    Version {
        /// The version found.
        found: u16,
    },
    /// A number that is not one of 1..N, or has another count than it says.
    #[error("its {field} is not possible")]
    Impossible {
        /// Which field.
        field: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
struct SavedProof {
    result: Vec<u8>,
    products: Vec<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct SavedTask {
    b: u32,
    steps: u64,
    x: Vec<u8>,
    power: Option<(Vec<u8>, Vec<u8>)>,
}

impl Proof {
    /// The result of the test: the end of the chain.
    pub fn result(&self) -> &Integer {
        &self.result
    }

    /// How many halvings it has.
    pub fn power(&self) -> u32 {
        self.products.len() as u32
    }

    /// The proof as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        write(&SavedProof {
            result: digits(&self.result),
            products: self.products.iter().map(digits).collect(),
        })
    }

    /// Reads a proof about N.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn read(bytes: &[u8], n: &Integer) -> Result<Self, DataError> {
        let saved: SavedProof = read(bytes, n, u64::from(MAX_POWER) + 1)?;
        let field = "number of products";
        if saved.products.is_empty() || saved.products.len() > MAX_POWER as usize {
            return Err(DataError::Impossible { field });
        }
        Ok(Self {
            result: residue(&saved.result, n, "result")?,
            products: saved
                .products
                .iter()
                .map(|product| half(product, n))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Task {
    /// Steps of the power.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The task as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Certified { x, power } = &self.certified;
        write(&SavedTask {
            b: self.b,
            steps: self.steps,
            x: digits(x),
            power: power.as_ref().map(|(a, e)| (digits(a), digits(e))),
        })
    }

    /// Reads a task about N.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn read(bytes: &[u8], n: &Integer) -> Result<Self, DataError> {
        let saved: SavedTask = read(bytes, n, 5)?;
        let bits = u64::from(n.significant_bits());
        let impossible = |field| DataError::Impossible { field };
        // No power is longer than the tests of numbers of this size.
        if saved.steps == 0 || saved.steps > bits {
            return Err(impossible("length"));
        }
        if saved.b < 2 || (saved.power.is_some() && saved.b != 2) {
            return Err(impossible("base"));
        }
        let x = residue(&saved.x, n, "start")?;
        let power = match saved.power {
            Some((a, e)) => {
                let (a, e) = (residue(&a, n, "base")?, canonical(&e, "exponent")?);
                // Whole digits, and as many as there are steps.
                let whole = saved.steps.is_multiple_of(LARGE_WIDTH.into());
                if !whole || u64::from(e.significant_bits()) > saved.steps {
                    return Err(impossible("exponent"));
                }
                Some((a, e))
            }
            None => None,
        };
        Ok(Self {
            b: saved.b,
            steps: saved.steps,
            certified: Certified { x, power },
        })
    }
}

fn digits(value: &Integer) -> Vec<u8> {
    value.to_digits(Order::Lsf)
}

fn canonical(bytes: &[u8], field: &'static str) -> Result<Integer, DataError> {
    if bytes.last() == Some(&0) {
        return Err(DataError::Impossible { field });
    }
    Ok(Integer::from_digits(bytes, Order::Lsf))
}

/// A number of 1..N.
fn residue(bytes: &[u8], n: &Integer, field: &'static str) -> Result<Integer, DataError> {
    let value = canonical(bytes, field)?;
    if value.is_zero() || value >= *n {
        return Err(DataError::Impossible { field });
    }
    Ok(value)
}

/// A product: of the two signs the smaller value.
fn half(bytes: &[u8], n: &Integer) -> Result<Integer, DataError> {
    let field = "product";
    let value = residue(bytes, n, field)?;
    if Integer::from(&value * 2) > *n {
        return Err(DataError::Impossible { field });
    }
    Ok(value)
}

fn write(saved: &impl Serialize) -> Vec<u8> {
    let mut bytes = VERSION.to_le_bytes().to_vec();
    let body = postcard::to_stdvec(saved).expect("lists of bytes can be written");
    bytes.extend_from_slice(&body);
    bytes
}

/// Reads what holds at most so many numbers of N's size, and a few words, in the one way to write it.
fn read<T: for<'a> Deserialize<'a> + Serialize>(
    bytes: &[u8],
    n: &Integer,
    numbers: u64,
) -> Result<T, DataError> {
    let bits = n.significant_bits();
    let most = numbers * (u64::from(bits).div_ceil(8) + 8) + 512;
    if bytes.len() as u64 > most {
        return Err(DataError::TooLong {
            found: bytes.len(),
            most,
            bits,
        });
    }
    let unreadable = |reason: &str| DataError::Unreadable(reason.into());
    let (version, body) = bytes
        .split_first_chunk::<2>()
        .ok_or_else(|| unreadable("it is too short"))?;
    let found = u16::from_le_bytes(*version);
    if found != VERSION {
        return Err(DataError::Version { found });
    }
    match postcard::take_from_bytes(body) {
        // A word may be written with zeros in front: the same proof would have other bytes.
        Ok((saved, [])) if write(&saved) != bytes => Err(unreadable("a word is too long")),
        Ok((saved, [])) => Ok(saved),
        Ok(_) => Err(unreadable("bytes are left over")),
        Err(error) => Err(DataError::Unreadable(error.to_string())),
    }
}
