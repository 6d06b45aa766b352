//! What a checked run keeps. A verified value and one that nobody has checked yet are different types,
//! so that one cannot be taken for the other; and a verified value carries a seal, so that a bit that
//! flips in memory or on a disk is seen before anything is built on it.

use rug::{Integer, integer::Order};
use serde::{Deserialize, Serialize};

use super::chain::Chain;

/// What the seals of a chain's values begin with: N and the chain's steps, hashed.
#[derive(Clone, Debug)]
pub(super) struct Identity(blake3::Hasher);

impl Identity {
    pub(super) fn of(chain: &impl Chain) -> Self {
        let mut hasher =
            blake3::Hasher::new_derive_key("darkreach 2026 strong check, verified value");
        put(&mut hasher, &chain.modulus().to_digits(Order::Lsf));
        put(&mut hasher, &chain.name());
        Self(hasher)
    }

    fn seal(&self, position: u64, value: &[Integer]) -> [u8; 32] {
        let mut hasher = self.0.clone();
        hasher.update(&position.to_le_bytes());
        for part in value {
            put(&mut hasher, &part.to_digits(Order::Lsf));
        }
        *hasher.finalize().as_bytes()
    }
}

fn put(hasher: &mut blake3::Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

/// A value of a chain that was verified. Only a passed check makes one, or a saved one whose seal is
/// right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    position: u64,
    value: Vec<Integer>,
    seal: [u8; 32],
}

impl Verified {
    pub(super) fn new(identity: &Identity, position: u64, value: Vec<Integer>) -> Self {
        let seal = identity.seal(position, &value);
        Self {
            position,
            value,
            seal,
        }
    }

    /// Reads a saved one.
    ///
    /// # Errors
    /// [`StateError`] if the seal is not that of this chain, position and value.
    pub fn restore<C: Chain>(
        chain: &C,
        position: u64,
        value: Vec<Integer>,
        seal: [u8; 32],
    ) -> Result<Self, StateError> {
        let restored = Self {
            position,
            value,
            seal,
        };
        if position > chain.total() || !is_value(chain, &restored.value) {
            return Err(StateError::Impossible);
        }
        if !restored.holds(&Identity::of(chain)) {
            return Err(StateError::Seal);
        }
        Ok(restored)
    }

    /// Whether it is still what was verified.
    pub(super) fn holds(&self, identity: &Identity) -> bool {
        identity.seal(self.position, &self.value) == self.seal
    }

    /// Steps before it.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The canonical value.
    pub fn value(&self) -> &[Integer] {
        &self.value
    }

    /// The canonical value, taken out.
    pub fn into_value(self) -> Vec<Integer> {
        self.value
    }

    /// What [`Verified::restore`] wants to see again.
    pub fn seal(&self) -> [u8; 32] {
        self.seal
    }
}

/// Whether integers can be a value of a chain.
fn is_value<C: Chain>(chain: &C, value: &[Integer]) -> bool {
    value.len() == chain.width() && value.iter().all(|v| *v >= 0 && v < chain.modulus())
}

/// A place inside a block: it counts when the block's check has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    position: u64,
    value: Vec<Integer>,
    product: Vec<Integer>,
}

impl Unverified {
    /// From what was saved: the steps done, the value X and the product D, canonical.
    ///
    /// # Errors
    /// [`StateError::Impossible`] if they cannot be those of this chain.
    pub fn restore<C: Chain>(
        chain: &C,
        position: u64,
        value: Vec<Integer>,
        product: Vec<Integer>,
    ) -> Result<Self, StateError> {
        let fits =
            position <= chain.total() && is_value(chain, &value) && is_value(chain, &product);
        fits.then_some(Self {
            position,
            value,
            product,
        })
        .ok_or(StateError::Impossible)
    }

    pub(super) fn new(position: u64, value: Vec<Integer>, product: Vec<Integer>) -> Self {
        Self {
            position,
            value,
            product,
        }
    }

    /// Steps before it.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// X, the value that nobody has checked.
    pub fn value(&self) -> &[Integer] {
        &self.value
    }

    /// D, the product of the values at the joints so far.
    pub fn product(&self) -> &[Integer] {
        &self.product
    }
}

/// Mismatches so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errors {
    /// In all.
    pub total: u32,
    /// Since the last check that passed.
    pub in_a_row: u32,
}

/// Everything that a checked run needs to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Where it goes back to.
    pub verified: Verified,
    /// Where it goes on, if not there.
    pub running: Option<Unverified>,
    /// What went wrong before.
    pub errors: Errors,
}

/// Why a saved state is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A position, a count of numbers or a number out of range.
    #[error("the saved state of a checked test cannot belong to this test")]
    Impossible,
    /// The seal is wrong.
    #[error(
        "the verified value of a saved test does not agree with its seal: it was damaged, or belongs \
         to another test; the test has to start again"
    )]
    Seal,
}

/// The check failed again and again at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the check of the steps {from} to {to} failed {in_a_row} times in a row ({total} times in all): this \
     computer miscalculates, and its results cannot be used; look at its memory, its cooling and any \
     overclocking"
)]
pub struct Miscalculation {
    /// The verified place before.
    pub from: u64,
    /// The end of the block.
    pub to: u64,
    /// Failures at this place.
    pub in_a_row: u32,
    /// Failures in the whole test.
    pub total: u32,
}
