//! The challenges: hashes of everything that was said before, so that nothing of it can be chosen to fit.

use rug::{Integer, integer::Order};

use super::{
    plan::{CHALLENGE_BITS, Plan},
    statement::Statement,
};

/// What was said so far.
#[derive(Clone, Debug)]
pub(super) struct Transcript {
    hasher: blake3::Hasher,
    n: Integer,
    /// Whether steps raise to an odd power.
    odd: bool,
}

impl Transcript {
    /// N, the power that is claimed, the number of halvings, the server's nonce and the result.
    pub(super) fn new(
        statement: &Statement<'_>,
        plan: &Plan,
        nonce: &[u8; 32],
        result: &Integer,
    ) -> Self {
        let mut transcript = Self {
            hasher: blake3::Hasher::new_derive_key("darkreach 2026 proof of a power, challenges"),
            n: statement.modulus().clone(),
            odd: statement.base() % 2 == 1,
        };
        transcript.integer(statement.modulus());
        transcript.bytes(&statement.name());
        transcript.bytes(&plan.steps().to_le_bytes());
        transcript.bytes(&plan.power().to_le_bytes());
        transcript.bytes(nonce);
        transcript.integer(result);
        transcript
    }

    /// The next challenge, which depends on this product and all before it.
    ///
    /// It is odd exactly if b is: then what a wrong sign of a product does to X^(b^M) and to Y is the
    /// same, so a wrong sign of the result is never mended by one of a product, and products may always
    /// be given with the sign that makes them smaller ([`Transcript::smaller`]).
    pub(super) fn challenge(&mut self, product: &Integer) -> Integer {
        self.integer(product);
        let hash = self.hasher.finalize();
        let bytes = &hash.as_bytes()[..CHALLENGE_BITS as usize / 8];
        Integer::from_digits(bytes, Order::Lsf) * 2 + u32::from(self.odd)
    }

    /// The smaller of D and N-D.
    pub(super) fn smaller(&self, product: Integer) -> Integer {
        let other = Integer::from(&self.n - &product);
        product.min(other)
    }

    fn integer(&mut self, value: &Integer) {
        self.bytes(&value.to_digits(Order::Lsf));
    }

    /// With the length, so that two lists of fields never give the same bytes.
    fn bytes(&mut self, bytes: &[u8]) {
        self.hasher.update(&(bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
    }
}
