//! The rings of residues modulo the numbers of a batch: what callers see. The work is done by an
//! [`Engine`], or by a ring for each number where vectors have nothing to offer.

use rug::Integer;

use super::{
    engine::{Engine, Limbs},
    error::{BatchError, MAX_BITS},
    lanes::{BatchIsa, LANES},
    shape::{self, Reduction},
    transform,
};
use crate::{Isa, Modulus, Options, Residue, Ring};

/// How a batch may compute. The default is the fastest known; the results never differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchOptions {
    /// Whether the shape of the moduli may be used for reduction.
    pub special_form: bool,
    /// The instruction set; the best of this processor by default.
    pub isa: Option<BatchIsa>,
    /// The instruction set of a transform, which then computes wherever it can: modulo k*b^n+1, whatever
    /// the size and the number of candidates. By default, and if `isa` says nothing else, it computes
    /// where it is the fastest.
    pub transform: Option<Isa>,
}

impl Default for BatchOptions {
    fn default() -> Self {
        Self {
            special_form: true,
            isa: None,
            transform: None,
        }
    }
}

impl BatchOptions {
    /// Reduction for any odd moduli, whatever their shape.
    #[must_use]
    pub fn without_special_form(self) -> Self {
        Self {
            special_form: false,
            ..self
        }
    }

    /// The same with a chosen instruction set.
    #[must_use]
    pub fn with_isa(self, isa: BatchIsa) -> Self {
        Self {
            isa: Some(isa),
            ..self
        }
    }

    /// The same by a transform wherever that can be, with a chosen instruction set.
    #[must_use]
    pub fn with_transform(self, isa: Isa) -> Self {
        Self {
            transform: Some(isa),
            ..self
        }
    }

    /// The transform that is to compute modulo these numbers, if one is.
    fn transform_for(&self, moduli: &[Modulus]) -> Result<Option<transform::Engine>, BatchError> {
        let isa = self.transform.filter(|isa| isa.is_available());
        if !self.special_form || isa.is_none() && self.isa.is_some() {
            return Ok(None);
        }
        shape::check(moduli, transform::MAX_BITS)?;
        Ok(match isa {
            Some(isa) => transform::Engine::new(moduli, isa),
            None => transform::if_it_pays(moduli),
        })
    }
}

/// Squarings in one call at most while a power is computed, so that `go_on` is asked in time.
const MAX_CHAIN: u64 = 16;

/// Residues modulo up to [`LANES`] odd numbers, one in each lane; every operation works on all lanes.
///
/// ```
/// use darkreach_arith::{BatchOptions, BatchRing, Modulus};
/// use rug::Integer;
///
/// // 3^(N-1) mod N for N = 3*2^n+1: 1 where N is prime.
/// let moduli = [276, 300, 353].map(|n| Modulus::kbnc(3, 2, n, 1));
/// let moduli: Vec<Modulus> = moduli.into_iter().collect::<Result<_, _>>()?;
/// let ring = BatchRing::new(&moduli, BatchOptions::default())?;
/// let exponents: Vec<Integer> = moduli.iter().map(|m| Integer::from(m.value() - 1)).collect();
/// let residues = ring.to_integers(&ring.pow(5, &exponents)?);
/// let ones: Vec<bool> = residues.iter().map(|r| *r == 1).collect();
/// assert_eq!(ones, [true, false, true]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BatchRing {
    moduli: Vec<Integer>,
    isa: BatchIsa,
    how: How,
}

/// What computes.
#[derive(Debug)]
enum How {
    /// Vectors of integers.
    Together(Box<Engine>),
    /// Vectors of digits in transforms.
    Transform(Box<transform::Engine>),
    /// A ring for each.
    Separately(Vec<Ring>),
}

/// A residue for each lane of one batch, with the scratch space that operations need. Using it with
/// another batch gives meaningless values or a panic (but never undefined behaviour).
#[derive(Clone, Debug)]
pub struct BatchResidue(Repr);

/// How the batch represents it.
#[derive(Clone, Debug)]
enum Repr {
    Together(Box<Limbs>),
    Transform(Box<transform::Residues>),
    Separately(Vec<Residue>),
}

#[cfg(test)]
impl BatchResidue {
    /// The limbs, with those above the numbers.
    pub(super) fn rows(&self) -> &[super::lanes::Row] {
        match &self.0 {
            Repr::Together(x) => x.value.as_flattened(),
            Repr::Transform(_) | Repr::Separately(_) => &[],
        }
    }
}

impl BatchRing {
    /// The rings for some moduli.
    ///
    /// # Errors
    /// [`BatchError`] if there is no modulus or more than [`LANES`], if one is even or too large, or if
    /// large ones differ in size by more than half.
    pub fn new(moduli: &[Modulus], options: BatchOptions) -> Result<Self, BatchError> {
        let best = BatchIsa::best();
        let isa = options.isa.filter(|isa| isa.is_available()).unwrap_or(best);
        let engine = options.transform_for(moduli)?;
        if engine.is_none() {
            shape::check(moduli, MAX_BITS)?;
        }
        let how = if let Some(engine) = engine {
            How::Transform(Box::new(engine))
        } else if isa == BatchIsa::Separate {
            let options = Options {
                special_form: options.special_form,
                ..Options::default()
            };
            let rings: Result<_, _> = moduli.iter().map(|m| Ring::new(m, options)).collect();
            How::Separately(rings?)
        } else {
            How::Together(Box::new(Engine::new(moduli, options.special_form, isa)?))
        };
        Ok(Self {
            moduli: moduli.iter().map(|m| m.value().clone()).collect(),
            isa,
            how,
        })
    }

    /// Candidates in the batch.
    pub fn lanes(&self) -> usize {
        self.moduli.len()
    }

    /// The moduli.
    pub fn moduli(&self) -> &[Integer] {
        &self.moduli
    }

    /// The instruction set that computes, if it is not a transform that does.
    pub fn isa(&self) -> BatchIsa {
        self.isa
    }

    /// The instruction set of the transform, if one computes, and the real words of each residue.
    pub fn transform(&self) -> Option<(Isa, usize)> {
        match &self.how {
            How::Transform(e) => Some((e.isa(), e.length())),
            How::Together(_) | How::Separately(_) => None,
        }
    }

    /// 52-bit limbs of each residue, if the batch computes in vectors of integers.
    pub fn limbs(&self) -> Option<usize> {
        match &self.how {
            How::Together(e) => Some(e.limbs()),
            How::Transform(_) | How::Separately(_) => None,
        }
    }

    /// Whether the batch computes in vectors and its reduction uses the shape of the moduli.
    pub fn is_special(&self) -> bool {
        match &self.how {
            How::Together(e) => matches!(e.reduction(), Reduction::Special(_)),
            How::Transform(_) => true,
            How::Separately(_) => false,
        }
    }

    /// The largest m for which [`Self::square_mul`] costs little more than a squaring: at least 4.
    pub fn max_factor(&self) -> u32 {
        match &self.how {
            How::Together(e) => e.max_factor(),
            How::Transform(e) => e.max_factor(),
            How::Separately(_) => u16::MAX.into(),
        }
    }

    /// The residues of one integer a lane, of either sign.
    ///
    /// # Errors
    /// [`BatchError::Values`] if there are more or fewer integers than moduli.
    pub fn residues(&self, values: &[Integer]) -> Result<BatchResidue, BatchError> {
        self.one_each(values.len())?;
        Ok(BatchResidue(match &self.how {
            How::Together(e) => Repr::Together(Box::new(e.residues(values))),
            How::Transform(e) => Repr::Transform(Box::new(e.residues(values))),
            How::Separately(rings) => {
                let lanes = rings.iter().zip(values);
                Repr::Separately(lanes.map(|(ring, value)| ring.residue(value)).collect())
            }
        }))
    }

    /// 1 in every lane.
    pub fn one(&self) -> BatchResidue {
        BatchResidue(match &self.how {
            How::Together(e) => Repr::Together(Box::new(e.one())),
            How::Transform(e) => Repr::Transform(Box::new(e.one())),
            How::Separately(rings) => {
                let one = Integer::from(1);
                Repr::Separately(rings.iter().map(|ring| ring.residue(&one)).collect())
            }
        })
    }

    /// x = x^2.
    pub fn square(&self, x: &mut BatchResidue) {
        self.square_times(x, 1);
    }

    /// Squares `times` times, a little faster than as many calls of [`Self::square`].
    pub fn square_times(&self, x: &mut BatchResidue, times: u64) {
        match (&self.how, &mut x.0) {
            (How::Together(e), Repr::Together(x)) => e.square_times(x, times),
            (How::Transform(e), Repr::Transform(x)) => e.square_times(x, times),
            (How::Separately(rings), Repr::Separately(x)) => {
                each(rings, x, |_, ring, x| {
                    for _ in 0..times {
                        ring.square(x);
                    }
                });
            }
            _ => foreign(),
        }
    }

    /// x = m*x^2, with an m for each lane; in little more than the time of a squaring if no m is
    /// above [`Self::max_factor`].
    pub fn square_mul(&self, x: &mut BatchResidue, m: &[u32; LANES]) {
        match (&self.how, &mut x.0) {
            (How::Together(e), Repr::Together(x)) => e.square_mul(x, m),
            (How::Transform(e), Repr::Transform(x)) => e.square_mul(x, m),
            (How::Separately(rings), Repr::Separately(x)) => {
                each(rings, x, |lane, ring, x| match u16::try_from(m[lane]) {
                    Ok(m) => ring.square_mul(x, m),
                    Err(_) => {
                        ring.square(x);
                        ring.mul_small(x, m[lane].into());
                    }
                });
            }
            _ => foreign(),
        }
    }

    /// x = x*y.
    pub fn mul(&self, x: &mut BatchResidue, y: &BatchResidue) {
        match (&self.how, &mut x.0, &y.0) {
            (How::Together(e), Repr::Together(x), Repr::Together(y)) => e.mul(x, y),
            (How::Transform(e), Repr::Transform(x), Repr::Transform(y)) => e.mul(x, y),
            (How::Separately(rings), Repr::Separately(x), Repr::Separately(y)) => {
                each(rings, x, |lane, ring, x| ring.mul(x, &y[lane]));
            }
            _ => foreign(),
        }
    }

    /// x = m*x, with an m for each lane.
    pub fn mul_small(&self, x: &mut BatchResidue, m: &[u32; LANES]) {
        match (&self.how, &mut x.0) {
            (How::Together(e), Repr::Together(x)) => e.mul_small(x, m),
            (How::Transform(e), Repr::Transform(x)) => e.mul_small(x, m),
            (How::Separately(rings), Repr::Separately(x)) => {
                each(rings, x, |lane, ring, x| ring.mul_small(x, m[lane].into()));
            }
            _ => foreign(),
        }
    }

    /// x = x+y.
    pub fn add(&self, x: &mut BatchResidue, y: &BatchResidue) {
        match (&self.how, &mut x.0, &y.0) {
            (How::Together(e), Repr::Together(x), Repr::Together(y)) => e.add(x, y),
            (How::Transform(e), Repr::Transform(x), Repr::Transform(y)) => e.add(x, y),
            (How::Separately(rings), Repr::Separately(x), Repr::Separately(y)) => {
                each(rings, x, |lane, ring, x| ring.add(x, &y[lane]));
            }
            _ => foreign(),
        }
    }

    /// x = x-y.
    pub fn sub(&self, x: &mut BatchResidue, y: &BatchResidue) {
        match (&self.how, &mut x.0, &y.0) {
            (How::Together(e), Repr::Together(x), Repr::Together(y)) => e.sub(x, y),
            (How::Transform(e), Repr::Transform(x), Repr::Transform(y)) => e.sub(x, y),
            (How::Separately(rings), Repr::Separately(x), Repr::Separately(y)) => {
                each(rings, x, |lane, ring, x| ring.sub(x, &y[lane]));
            }
            _ => foreign(),
        }
    }

    /// x = x-m, with an m for each lane.
    pub fn sub_small(&self, x: &mut BatchResidue, m: &[u32; LANES]) {
        match (&self.how, &mut x.0) {
            (How::Together(e), Repr::Together(x)) => e.sub_small(x, m),
            (How::Transform(e), Repr::Transform(x)) => e.sub_small(x, m),
            (How::Separately(rings), Repr::Separately(x)) => {
                each(rings, x, |lane, ring, x| ring.sub_small(x, m[lane].into()));
            }
            _ => foreign(),
        }
    }

    /// base^e with an exponent for each lane, from the top bit down, all lanes in step; 0^0 is 1.
    ///
    /// # Errors
    /// [`BatchError::Values`] if there are more or fewer exponents than moduli,
    /// [`BatchError::NegativeExponent`] if one is negative.
    pub fn pow(&self, base: u32, exponents: &[Integer]) -> Result<BatchResidue, BatchError> {
        let (power, _) = self.pow_while(base, exponents, u32::MAX, &mut || true)?;
        Ok(power)
    }

    /// The same as long as `go_on` says so, which is asked before the first of every `every`
    /// squarings. Returns base^(e >> bits) with the number of bits, the same for all lanes, that are
    /// left to do: 0 at the end.
    ///
    /// # Errors
    /// As [`Self::pow`].
    pub fn pow_while(
        &self,
        base: u32,
        exponents: &[Integer],
        every: u32,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<(BatchResidue, u32), BatchError> {
        self.one_each(exponents.len())?;
        if let Some(lane) = exponents.iter().position(|e| e.is_negative()) {
            return Err(BatchError::NegativeExponent { lane });
        }
        // A lane with a shorter exponent stays at 1 until its top bit comes.
        let mut x = self.one();
        let bits = exponents.iter().map(Integer::significant_bits).max();
        let bits = bits.unwrap_or(0);
        let mut squarings = 0;
        for bit in (0..bits).rev() {
            if (bits - 1 - bit).is_multiple_of(every.max(1)) && !go_on() {
                self.square_times(&mut x, squarings);
                return Ok((x, bit + 1));
            }
            if exponents.iter().all(|e| !e.get_bit(bit)) {
                squarings += 1;
                if squarings == MAX_CHAIN {
                    self.square_times(&mut x, squarings);
                    squarings = 0;
                }
                continue;
            }
            self.square_times(&mut x, squarings);
            squarings = 0;
            let factor = |lane: usize| match exponents.get(lane) {
                Some(e) if e.get_bit(bit) => base,
                _ => 1,
            };
            self.square_mul(&mut x, &std::array::from_fn(factor));
        }
        self.square_times(&mut x, squarings);
        Ok((x, 0))
    }

    /// The canonical values, 0 <= r < N, one for each modulus.
    pub fn to_integers(&self, x: &BatchResidue) -> Vec<Integer> {
        match (&self.how, &x.0) {
            (How::Together(e), Repr::Together(x)) => e.to_integers(x),
            (How::Transform(e), Repr::Transform(x)) => e.to_integers(x),
            (How::Separately(rings), Repr::Separately(x)) => {
                let lanes = rings.iter().zip(x);
                lanes.map(|(ring, x)| ring.to_integer(x)).collect()
            }
            _ => foreign(),
        }
    }

    /// Which lanes of two residues are equal modulo N; empty lanes are.
    pub fn equal(&self, x: &BatchResidue, y: &BatchResidue) -> [bool; LANES] {
        match (&self.how, &x.0, &y.0) {
            (How::Together(e), Repr::Together(x), Repr::Together(y)) => e.equal(x, y),
            (How::Transform(e), Repr::Transform(x), Repr::Transform(y)) => e.equal(x, y),
            (How::Separately(rings), Repr::Separately(x), Repr::Separately(y)) => {
                std::array::from_fn(|lane| match rings.get(lane) {
                    Some(ring) => ring.equal(&x[lane], &y[lane]),
                    None => true,
                })
            }
            _ => foreign(),
        }
    }

    /// A line for logs: how the batch computes, and the size.
    pub fn describe(&self) -> String {
        let lanes = self.lanes();
        match &self.how {
            How::Transform(e) => format!(
                "{:?} batch of {lanes}, transforms of {} words",
                e.isa(),
                e.length()
            ),
            How::Separately(rings) => {
                format!("batch of {lanes}, one by one: {}", rings[0].describe())
            }
            How::Together(e) => {
                let how = match e.reduction() {
                    Reduction::Any(_) => "Montgomery reduction".to_owned(),
                    Reduction::Special(special) => format!(
                        "reduction for K*2^{}+-1 with K of {} limbs",
                        special.low * 52,
                        special.limbs
                    ),
                };
                format!(
                    "{:?} batch of {lanes}, {} limbs of 52 bits, {how}",
                    self.isa,
                    e.limbs()
                )
            }
        }
    }

    fn one_each(&self, given: usize) -> Result<(), BatchError> {
        let expected = self.lanes();
        if given == expected {
            Ok(())
        } else {
            Err(BatchError::Values { given, expected })
        }
    }
}

/// Does something in every lane.
fn each(rings: &[Ring], x: &mut [Residue], mut f: impl FnMut(usize, &Ring, &mut Residue)) {
    for (lane, (ring, x)) in rings.iter().zip(x).enumerate() {
        f(lane, ring, x);
    }
}

/// A residue of another batch was passed: a mistake in the calling program.
fn foreign() -> ! {
    panic!("the residue belongs to another batch")
}
