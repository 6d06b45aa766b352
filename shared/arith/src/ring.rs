//! The ring of residues modulo N: picks how N is computed with, and passes every operation on to it.
//!
//! Values that leave a ring are canonical, so what is saved, compared or printed never depends on how
//! it was computed.

use rug::{Integer, ops::RemRounding};

use crate::{
    Isa, Modulus, Residue,
    modulus::Shape,
    plain::Plain,
    residue::Repr,
    weighted::{engine::Engine, words::Form},
};

/// How a ring may compute. The default is the fastest known; the results never differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Whether the shape of N may be used for reduction.
    pub special_form: bool,
    /// What computes.
    pub backend: Backend,
    /// The instruction set of the transform; the best of this processor by default.
    pub isa: Option<Isa>,
    /// The transform length in words, to compare lengths. One that does not exist, or is too short to
    /// be safe, leaves the ring to GMP.
    pub length: Option<usize>,
}

/// What computes in a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// Whatever is faster.
    #[default]
    Auto,
    /// GMP.
    Gmp,
    /// The transform wherever it can represent N at all.
    Transform,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            special_form: true,
            backend: Backend::Auto,
            isa: None,
            length: None,
        }
    }
}

impl Options {
    /// Reduction by a general remainder, whatever the shape of N: the slow way, to compare with.
    pub fn plain() -> Self {
        Self {
            special_form: false,
            ..Self::default()
        }
    }

    /// The same with another backend.
    #[must_use]
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// The same with a chosen instruction set.
    #[must_use]
    pub fn with_isa(self, isa: Isa) -> Self {
        Self {
            isa: Some(isa),
            ..self
        }
    }

    /// The same with a chosen transform length.
    #[must_use]
    pub fn with_length(self, length: usize) -> Self {
        Self {
            length: Some(length),
            ..self
        }
    }
}

/// Residues modulo N.
#[derive(Debug)]
pub struct Ring {
    modulus: Integer,
    engine: How,
}

/// What computes.
#[derive(Debug)]
enum How {
    Plain(Plain),
    Weighted(Box<Engine>),
}

/// Below this many bits GMP is faster than the transform (`docs/arithmetic.md`).
fn crossover(isa: Isa) -> u32 {
    match isa {
        Isa::Avx512 | Isa::Avx2 => 4_000,
        Isa::Portable => 40_000,
    }
}

impl Ring {
    /// A ring for a modulus.
    pub fn new(modulus: &Modulus, options: Options) -> Self {
        let engine = match Self::weighted(modulus, options) {
            Some(engine) => How::Weighted(Box::new(engine)),
            None => How::Plain(Plain::new(modulus, options.special_form)),
        };
        Self {
            modulus: modulus.value().clone(),
            engine,
        }
    }

    fn weighted(modulus: &Modulus, options: Options) -> Option<Engine> {
        let isa = options.isa.unwrap_or_else(Isa::best);
        let small = modulus.value().significant_bits() < crossover(isa);
        let wanted = match options.backend {
            Backend::Auto => !small || options.length.is_some(),
            Backend::Gmp => false,
            Backend::Transform => true,
        };
        if !wanted || !options.special_form || !isa.is_available() {
            return None;
        }
        let Shape::Power { mut k, b, mut n, c } = modulus.shape() else {
            return None;
        };
        while k % u64::from(b) == 0 {
            k /= u64::from(b);
            n += 1;
        }
        Engine::new(Form { k, b, n, c }, modulus.value(), isa, options.length)
    }

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
            _ => foreign(),
        }
    }

    /// x = x*y.
    pub fn mul(&self, x: &mut Residue, y: &Residue) {
        match (&self.engine, &mut x.0, &y.0) {
            (How::Plain(p), Repr::Integer(x), Repr::Integer(y)) => p.mul(x, y),
            (How::Weighted(e), Repr::Digits(x), Repr::Digits(y)) => e.mul(x, y),
            _ => foreign(),
        }
    }

    /// x = x*m.
    pub fn mul_small(&self, x: &mut Residue, m: u64) {
        match (&self.engine, &mut x.0) {
            (How::Plain(p), Repr::Integer(x)) => p.mul_small(x, m),
            (How::Weighted(e), Repr::Digits(x)) => e.mul_small(x, m),
            _ => foreign(),
        }
    }

    /// x = x+y.
    pub fn add(&self, x: &mut Residue, y: &Residue) {
        match (&self.engine, &mut x.0, &y.0) {
            (How::Plain(p), Repr::Integer(x), Repr::Integer(y)) => p.add(x, y),
            (How::Weighted(e), Repr::Digits(x), Repr::Digits(y)) => e.add(x, y, 1.0),
            _ => foreign(),
        }
    }

    /// x = x-y.
    pub fn sub(&self, x: &mut Residue, y: &Residue) {
        match (&self.engine, &mut x.0, &y.0) {
            (How::Plain(p), Repr::Integer(x), Repr::Integer(y)) => p.sub(x, y),
            (How::Weighted(e), Repr::Digits(x), Repr::Digits(y)) => e.add(x, y, -1.0),
            _ => foreign(),
        }
    }

    /// x = x-m.
    pub fn sub_small(&self, x: &mut Residue, m: u64) {
        match (&self.engine, &mut x.0) {
            (How::Plain(p), Repr::Integer(x)) => p.sub_small(x, m),
            (How::Weighted(e), Repr::Digits(x)) => e.sub_small(x, m),
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

    /// Whether two residues are equal modulo N.
    pub fn equal(&self, x: &Residue, y: &Residue) -> bool {
        match (&x.0, &y.0) {
            (Repr::Integer(x), Repr::Integer(y)) => x.value == y.value,
            _ => self.to_integer(x) == self.to_integer(y),
        }
    }

    /// The canonical value, 0 <= r < N.
    pub fn to_integer(&self, x: &Residue) -> Integer {
        match (&self.engine, &x.0) {
            (How::Plain(p), Repr::Integer(x)) => p.to_integer(x),
            (How::Weighted(e), Repr::Digits(x)) => e.to_integer(x),
            _ => foreign(),
        }
    }

    /// The largest round-off that a product of this residue met: below 0.5, or it was made again.
    /// Zero where the arithmetic is exact.
    pub fn roundoff(&self, x: &Residue) -> f64 {
        match &x.0 {
            Repr::Integer(_) => 0.0,
            Repr::Digits(x) => x.roundoff(),
        }
    }

    /// How many products of this residue came near the round-off limit and were made again, exactly.
    pub fn redone(&self, x: &Residue) -> u64 {
        match &x.0 {
            Repr::Integer(_) => 0,
            Repr::Digits(x) => x.redone(),
        }
    }

    /// Words of the transform, if the ring uses one.
    pub fn length(&self) -> Option<usize> {
        match &self.engine {
            How::Plain(_) => None,
            How::Weighted(e) => Some(e.length()),
        }
    }

    /// The expected standard deviation of the round-off, if the ring uses a transform.
    pub fn expected_roundoff(&self) -> Option<f64> {
        match &self.engine {
            How::Plain(_) => None,
            How::Weighted(e) => Some(e.deviation()),
        }
    }

    /// A line for logs: how the ring computes, and the size.
    pub fn describe(&self) -> String {
        match &self.engine {
            How::Plain(p) => p.describe(),
            How::Weighted(e) => format!(
                "{:?} transform of {} words, {} bits, {:.2} a word, expected round-off {:.4}",
                e.isa(),
                e.length(),
                self.modulus.significant_bits(),
                e.bits_per_word(),
                e.deviation(),
            ),
        }
    }
}

/// A residue of another ring was passed: a mistake in the calling program.
fn foreign() -> ! {
    panic!("the residue belongs to another ring")
}
