//! The ring of residues modulo N: passes every operation on to what computes, which [`choice`] picks.
//!
//! Values that leave a ring are canonical, so what is saved, compared or printed never depends on how
//! it was computed.

use rug::{Integer, ops::RemRounding};

use crate::{
    Factor, Residue, ResidueError, any::General, bytes, factor::Stored, plain::Plain,
    residue::Repr, weighted::engine::Engine,
};

mod choice;
pub(crate) use choice::form;

/// Residues modulo N.
#[derive(Debug)]
pub struct Ring {
    modulus: Integer,
    /// What the engine computes modulo, if that is a multiple of N.
    multiple: Option<Integer>,
    engine: How,
}

/// What computes.
#[derive(Debug)]
enum How {
    Plain(Plain),
    Weighted(Box<Engine>),
    General(Box<General>),
}

impl Ring {
    /// N.
    pub fn modulus(&self) -> &Integer {
        &self.modulus
    }

    /// The residue of any integer, of either sign.
    pub fn residue(&self, value: &Integer) -> Residue {
        Residue(match &self.engine {
            How::Plain(p) => Repr::Integer(p.residue(value)),
            How::Weighted(e) => Repr::Digits(Box::new(
                e.residue(&Integer::from(value.rem_euc(&self.modulus))),
            )),
            How::General(g) => Repr::General(Box::new(g.residue(value))),
        })
    }

    /// x = x^2.
    pub fn square(&self, x: &mut Residue) {
        self.square_mul(x, 1);
    }

    /// x = m*x^2, in the time of a squaring.
    pub fn square_mul(&self, x: &mut Residue, m: u16) {
        match (&self.engine, &mut x.0) {
            (How::Plain(p), Repr::Integer(x)) => p.square(x, m.into()),
            (How::Weighted(e), Repr::Digits(x)) => e.square(x, m.into()),
            (How::General(g), Repr::General(x)) => g.square(x, m.into()),
            _ => foreign(),
        }
    }

    /// x = x^2-m, in about the time of a squaring: with m = 2 a step of a Lucas sequence, V -> V^2-2.
    pub fn square_sub(&self, x: &mut Residue, m: u64) {
        self.square_mul_sub(x, 1, m);
    }

    /// x = factor*x^2-m: with 2 and 1 a step of a Lucas sequence by halves, V/2 -> 2(V/2)^2-1. In the time of a
    /// squaring where N has a shape.
    ///
    /// ```
    /// # use darkreach_arith::{Modulus, Options, Ring};
    /// # use rug::Integer;
    /// let ring = Ring::new(&Modulus::kbnc(3, 2, 20_000, -1)?, Options::default())?;
    /// let mut x = ring.residue(&Integer::from(7));
    /// ring.square_mul_sub(&mut x, 2, 1);
    /// assert_eq!(ring.to_integer(&x), 97);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn square_mul_sub(&self, x: &mut Residue, factor: u16, m: u64) {
        match (&self.engine, &mut x.0) {
            (How::Weighted(e), Repr::Digits(x)) => e.square_sub(x, factor.into(), m),
            (How::General(g), Repr::General(x)) => g.square_sub(x, factor.into(), m),
            _ => {
                self.square_mul(x, factor);
                self.sub_small(x, m);
            }
        }
    }

    /// x = x*y.
    pub fn mul(&self, x: &mut Residue, y: &Residue) {
        self.mul_scaled(x, y, 1);
    }

    /// x = factor*x*y, in the time of a product.
    pub fn mul_scaled(&self, x: &mut Residue, y: &Residue, factor: u16) {
        match (&self.engine, &mut x.0, &y.0) {
            (How::Plain(p), Repr::Integer(x), Repr::Integer(y)) => {
                p.mul(x, y);
                if factor != 1 {
                    p.mul_small(x, factor.into());
                }
            }
            (How::Weighted(e), Repr::Digits(x), Repr::Digits(y)) => e.mul(x, y, factor.into()),
            (How::General(g), Repr::General(x), Repr::General(y)) => g.mul(x, y, factor.into()),
            _ => foreign(),
        }
    }

    /// A residue to multiply by again and again with [`Ring::mul_factor`].
    ///
    /// ```
    /// # use darkreach_arith::{Modulus, Options, Ring};
    /// # use rug::Integer;
    /// let ring = Ring::new(&Modulus::kbnc(3, 2, 20_000, 1)?, Options::default())?;
    /// let seven = ring.factor(&ring.residue(&Integer::from(7)));
    /// let mut x = ring.residue(&Integer::from(6));
    /// ring.mul_factor(&mut x, &seven);
    /// assert_eq!(ring.to_integer(&x), 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn factor(&self, y: &Residue) -> Factor {
        Factor(match (&self.engine, &y.0) {
            (How::Plain(_), Repr::Integer(y)) => Stored::Integer(y.clone()),
            (How::Weighted(e), Repr::Digits(y)) => Stored::Digits(Box::new(e.factor(y))),
            (How::General(g), Repr::General(y)) => Stored::General(Box::new(g.factor(y))),
            _ => foreign(),
        })
    }

    /// x = x*y.
    pub fn mul_factor(&self, x: &mut Residue, y: &Factor) {
        match (&self.engine, &mut x.0, &y.0) {
            (How::Plain(p), Repr::Integer(x), Stored::Integer(y)) => p.mul(x, y),
            (How::Weighted(e), Repr::Digits(x), Stored::Digits(y)) => e.mul_factor(x, y),
            (How::General(g), Repr::General(x), Stored::General(y)) => g.mul_factor(x, y),
            _ => foreign(),
        }
    }

    /// x = x*m.
    pub fn mul_small(&self, x: &mut Residue, m: u64) {
        match (&self.engine, &mut x.0) {
            (How::Plain(p), Repr::Integer(x)) => p.mul_small(x, m),
            (How::Weighted(e), Repr::Digits(x)) => e.mul_small(x, m),
            (How::General(g), Repr::General(x)) => g.mul_small(x, m),
            _ => foreign(),
        }
    }

    /// x = x+y.
    pub fn add(&self, x: &mut Residue, y: &Residue) {
        match (&self.engine, &mut x.0, &y.0) {
            (How::Plain(p), Repr::Integer(x), Repr::Integer(y)) => p.add(x, y),
            (How::Weighted(e), Repr::Digits(x), Repr::Digits(y)) => e.add(x, y, 1.0),
            (How::General(g), Repr::General(x), Repr::General(y)) => g.add(x, y, 1.0),
            _ => foreign(),
        }
    }

    /// x = x-y.
    pub fn sub(&self, x: &mut Residue, y: &Residue) {
        match (&self.engine, &mut x.0, &y.0) {
            (How::Plain(p), Repr::Integer(x), Repr::Integer(y)) => p.sub(x, y),
            (How::Weighted(e), Repr::Digits(x), Repr::Digits(y)) => e.add(x, y, -1.0),
            (How::General(g), Repr::General(x), Repr::General(y)) => g.add(x, y, -1.0),
            _ => foreign(),
        }
    }

    /// x = x-m.
    pub fn sub_small(&self, x: &mut Residue, m: u64) {
        match (&self.engine, &mut x.0) {
            (How::Plain(p), Repr::Integer(x)) => p.sub_small(x, m),
            (How::Weighted(e), Repr::Digits(x)) => e.sub_small(x, m),
            (How::General(g), Repr::General(x)) => g.sub_small(x, m),
            _ => foreign(),
        }
    }

    /// x = x^e, by squarings and products from the top bit of e; 0^0 is 1.
    pub fn pow_small(&self, x: &mut Residue, e: u64) {
        if e == 0 {
            *x = self.residue(&Integer::from(1));
            return;
        }
        if e == 1 {
            return;
        }
        let base = if e.is_power_of_two() {
            None
        } else {
            Some(x.clone())
        };
        for bit in (0..e.ilog2()).rev() {
            self.square(x);
            if let Some(base) = &base
                && e >> bit & 1 == 1
            {
                self.mul(x, base);
            }
        }
    }

    /// Whether two residues are equal modulo N. Cheap where they are represented alike; a conversion
    /// where they are not.
    pub fn equal(&self, x: &Residue, y: &Residue) -> bool {
        match (&self.engine, &x.0, &y.0) {
            (How::Plain(_), Repr::Integer(a), Repr::Integer(b)) => {
                a.value == b.value
                    || (self.multiple.is_some() && self.to_integer(x) == self.to_integer(y))
            }
            (How::Weighted(e), Repr::Digits(a), Repr::Digits(b)) => {
                e.same_digits(a, b) || self.to_integer(x) == self.to_integer(y)
            }
            (How::General(g), Repr::General(x), Repr::General(y)) => g.equal(x, y),
            _ => foreign(),
        }
    }

    /// The canonical value, 0 <= r < N.
    pub fn to_integer(&self, x: &Residue) -> Integer {
        let value = match (&self.engine, &x.0) {
            (How::Plain(p), Repr::Integer(x)) => p.to_integer(x),
            (How::Weighted(e), Repr::Digits(x)) => e.to_integer(x),
            (How::General(g), Repr::General(x)) => g.to_integer(x),
            _ => foreign(),
        };
        match &self.multiple {
            Some(_) => value % &self.modulus,
            None => value,
        }
    }

    /// RES64: the low 64 bits of the canonical value, as other programs print it.
    pub fn res64(&self, x: &Residue) -> u64 {
        self.to_integer(x).to_u64_wrapping()
    }

    /// The residue as bytes that any machine reads with [`Ring::from_bytes`], whatever computes there.
    ///
    /// ```
    /// # use darkreach_arith::{Backend, Modulus, Options, Ring};
    /// # use rug::Integer;
    /// let modulus = Modulus::kbnc(3, 2, 20_000, 1)?;
    /// let here = Ring::new(&modulus, Options::default())?;
    /// let there = Ring::new(&modulus, Options::default().with_backend(Backend::Gmp))?;
    /// let bytes = here.to_bytes(&here.residue(&Integer::from(42)));
    /// assert_eq!(there.to_integer(&there.from_bytes(&bytes)?), 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_bytes(&self, x: &Residue) -> Vec<u8> {
        bytes::write(&self.modulus, &self.to_integer(x))
    }

    /// The residue that [`Ring::to_bytes`] wrote, in any ring of the same N.
    ///
    /// # Errors
    /// [`ResidueError`] if the bytes are none, are damaged, or belong to another modulus.
    pub fn from_bytes(&self, bytes: &[u8]) -> Result<Residue, ResidueError> {
        bytes::read(&self.modulus, bytes).map(|value| self.residue(&value))
    }

    /// The largest round-off that a product of this residue met: below 0.5, or it was made again.
    /// Zero where the arithmetic is exact.
    pub fn roundoff(&self, x: &Residue) -> f64 {
        match &x.0 {
            Repr::Integer(_) => 0.0,
            Repr::Digits(x) => x.roundoff(),
            Repr::General(x) => x.roundoff(),
        }
    }

    /// How many products of this residue came near the round-off limit and were made again, exactly.
    pub fn redone(&self, x: &Residue) -> u64 {
        match &x.0 {
            Repr::Integer(_) => 0,
            Repr::Digits(x) => x.redone(),
            Repr::General(x) => x.redone(),
        }
    }

    /// Words of the transform, if the ring uses one; of each, if it uses two.
    pub fn length(&self) -> Option<usize> {
        match &self.engine {
            How::Plain(_) => None,
            How::Weighted(e) => Some(e.length()),
            How::General(g) => Some(g.length()),
        }
    }

    /// How many threads work on one product, the caller's among them.
    pub fn threads(&self) -> usize {
        match &self.engine {
            How::Plain(_) => 1,
            How::Weighted(e) => e.threads(),
            How::General(g) => g.threads(),
        }
    }

    /// Bits that a word of the transform holds, if the ring uses one.
    pub fn bits_per_word(&self) -> Option<f64> {
        match &self.engine {
            How::Plain(_) => None,
            How::Weighted(e) => Some(e.bits_per_word()),
            How::General(g) => Some(g.bits_per_word()),
        }
    }

    /// The expected standard deviation of the round-off, if the ring uses a transform.
    pub fn expected_roundoff(&self) -> Option<f64> {
        match &self.engine {
            How::Plain(_) => None,
            How::Weighted(e) => Some(e.deviation()),
            How::General(g) => Some(g.deviation()),
        }
    }

    /// A line for logs: how the ring computes, and the size.
    pub fn describe(&self) -> String {
        let bits = self.modulus.significant_bits();
        match &self.engine {
            How::Plain(p) => p.describe(),
            How::Weighted(e) => format!(
                "{:?} {}transform of {} words, {bits} bits{}, {:.2} a word, expected round-off {:.4}",
                e.isa(),
                if e.is_padded() { "padded " } else { "" },
                e.length(),
                self.multiple.as_ref().map_or(String::new(), |m| format!(
                    " by a multiple of {}",
                    m.significant_bits()
                )),
                e.bits_per_word(),
                e.deviation(),
            ),
            How::General(g) => format!(
                "{:?} Montgomery product by two transforms of {} words, {bits} bits, {:.2} a word, \
                 expected round-off {:.4}",
                g.isa(),
                g.length(),
                g.bits_per_word(),
                g.deviation(),
            ),
        }
    }
}

/// A residue of another ring was passed: a mistake in the calling program.
fn foreign() -> ! {
    panic!("the residue belongs to another ring")
}
