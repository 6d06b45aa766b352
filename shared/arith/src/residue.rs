//! An element of a ring, with the scratch space that its operations need: so a ring can be shared
//! between threads without locks, and a chain of squarings allocates nothing.

use rug::Integer;

use crate::{any::Value, weighted::engine::Digits};

/// A residue modulo the N of one ring. Using it with another ring gives a meaningless value or a
/// panic (but never undefined behaviour). Its representation depends on the ring: compare residues by
/// [`crate::Ring::equal`], keep and send them by [`crate::Ring::to_integer`].
#[derive(Clone, Debug)]
pub struct Residue(pub(crate) Repr);

impl Residue {
    /// Says that the value comes from the middle of a computation, so that its digits look random.
    /// A residue made of an integer is taken for anything at first, and its first products are made
    /// with a care that costs many squarings. Said of a value with a pattern it may cost a round-off
    /// error, so it is for values whose results are checked.
    pub fn assume_random(&mut self) {
        match &mut self.0 {
            Repr::Integer(_) => {}
            Repr::Digits(x) => x.assume_random(),
            Repr::General(x) => x.assume_random(),
        }
    }
}

/// How the ring represents it.
#[derive(Clone, Debug)]
pub(crate) enum Repr {
    /// As an integer.
    Integer(Reduced),
    /// As digits of a weighted transform.
    Digits(Box<Digits>),
    /// As digits of two transforms.
    General(Box<Value>),
}

/// A canonical integer and scratch space.
#[derive(Debug)]
pub(crate) struct Reduced {
    /// The canonical value in the form that the ring keeps, 0 <= value < N.
    pub(crate) value: Integer,
    /// Products before reduction.
    pub(crate) wide: Integer,
    /// What the reduction cuts off, then the quotient.
    pub(crate) high: Integer,
    /// Words of a product and of a result.
    pub(crate) words: Vec<u64>,
}

impl Reduced {
    /// Takes a canonical value and prepares space for products modulo a number of `bits` bits.
    pub(crate) fn with_bits(value: Integer, bits: u32) -> Self {
        let bits = bits as usize;
        Self {
            value,
            wide: Integer::with_capacity(2 * bits + 128),
            high: Integer::with_capacity(bits + 256),
            words: Vec::new(),
        }
    }
}

impl Clone for Reduced {
    /// Copies the value; the scratch space starts empty.
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            wide: Integer::new(),
            high: Integer::new(),
            words: Vec::new(),
        }
    }
}
