//! Which arithmetic serves a modulus: a transform for its shape, two transforms for any odd number, or
//! GMP; and what is refused.

use std::sync::Arc;

use rug::Integer;

use super::{How, Ring};
use crate::{
    Backend, Isa, Modulus, Options, RingError,
    any::General,
    memory::{self, Kind},
    modulus::Shape,
    plain::Plain,
    threads::{Pool, TooFew},
    weighted::{engine::Engine, words::Form},
};

/// Below this many bits GMP is faster than the transform for k*b^n+-1 (`docs/arithmetic.md`).
fn crossover(isa: Isa) -> u32 {
    match isa {
        Isa::Avx512 | Isa::Avx2 => 2_500,
        Isa::Neon => 4_000,
        Isa::Portable => 40_000,
    }
}

/// The transform for a form: that of the fastest instructions, unless others are asked for. With eight lanes the
/// shortest has 256 words; where four lanes need fewer they are faster.
fn engine(form: Form, modulus: &Integer, isa: Isa, options: Options) -> Option<Engine> {
    let engine = Engine::new(form, modulus, isa, options.length)?;
    let free = options.isa.is_none() && options.length.is_none();
    if free && isa == Isa::Avx512 && engine.length() <= 256 {
        let shorter = Engine::new(form, modulus, Isa::Avx2, None);
        return shorter
            .filter(|shorter| shorter.length() < engine.length())
            .or(Some(engine));
    }
    Some(engine)
}

/// Below this many bits GMP is faster than two transforms for any modulus.
fn crossover_any(isa: Isa) -> u32 {
    match isa {
        Isa::Avx512 => 3_500,
        Isa::Avx2 | Isa::Neon => 5_000,
        Isa::Portable => 30_000,
    }
}

/// k*b^n+c of this modulus, with k without factors b.
pub(crate) fn form(modulus: &Modulus) -> Option<Form> {
    let Shape::Power { mut k, b, mut n, c } = modulus.shape() else {
        return None;
    };
    while k % u64::from(b) == 0 {
        k /= u64::from(b);
        n += 1;
    }
    Some(Form { k, b, n, c })
}

impl Ring {
    /// A ring for a modulus.
    ///
    /// By default every modulus has one: what no transform suits, an even N without a shape for
    /// example, is computed by GMP.
    ///
    /// # Errors
    /// [`RingError::TooLarge`] if it would take more memory than the options allow, before any is
    /// taken; the others if the options demand what cannot be had.
    pub fn new(modulus: &Modulus, options: Options) -> Result<Self, RingError> {
        let isa = options.isa.unwrap_or_else(Isa::best);
        if !isa.is_available() {
            return Err(RingError::NoInstructionSet { isa });
        }
        let bits = modulus.value().significant_bits();
        let (engine, multiple) = match Self::by_transform(modulus, options, isa)? {
            Some((engine, multiple)) => (engine, multiple),
            None if options.backend == Backend::Transform || options.length.is_some() => {
                return Err(if modulus.value().is_even() {
                    RingError::Even { bits }
                } else {
                    RingError::NoTransform {
                        bits,
                        length: options.length,
                    }
                });
            }
            None => {
                allow(Kind::Plain, bits, 0.0, options)?;
                // A multiple of base 2 needs no division.
                let whole = modulus
                    .multiple()
                    .filter(|m| {
                        options.special_form && matches!(m.shape(), Shape::Power { b: 2, .. })
                    })
                    .filter(|m| m.value().significant_bits() < bits + bits / 8);
                let plain = Plain::new(whole.unwrap_or(modulus), options.special_form);
                (How::Plain(plain), whole.map(|m| m.value().clone()))
            }
        };
        Ok(Self {
            modulus: modulus.value().clone(),
            multiple,
            engine,
        })
    }

    /// The transform for a modulus, if it has one and it is wanted, and the multiple of N that it
    /// works modulo, if it does.
    fn by_transform(
        modulus: &Modulus,
        options: Options,
        isa: Isa,
    ) -> Result<Option<(How, Option<Integer>)>, RingError> {
        let wanted = |bits: u32, crossover: u32| match options.backend {
            Backend::Auto => bits >= crossover || options.length.is_some(),
            Backend::Gmp => false,
            Backend::Transform => true,
        };
        let whole = modulus.multiple().unwrap_or(modulus);
        let bits = whole.value().significant_bits();
        if options.special_form
            && wanted(bits, crossover(isa))
            && let Some(form) = form(whole)
        {
            // Padded rows hold half as many bits a word.
            let extra = ((form.k as f64).log2() / 2.0).min(8.0);
            allow(Kind::Weighted, bits, extra, options)?;
            if let Some(engine) = engine(form, whole.value(), isa, options) {
                let engine = match pool(engine.useful_threads(options.threads))? {
                    Some(pool) => engine.with_pool(&pool),
                    None => engine,
                };
                let multiple = modulus.multiple().map(|m| m.value().clone());
                return Ok(Some((How::Weighted(Box::new(engine)), multiple)));
            }
        }
        let bits = modulus.value().significant_bits();
        if !modulus.value().is_even() && wanted(bits, crossover_any(isa)) {
            allow(Kind::General, bits, 0.0, options)?;
            let Some(general) = General::new(modulus.value(), isa, options.length) else {
                return Ok(None);
            };
            let general = match pool(general.useful_threads(options.threads))? {
                Some(pool) => general.with_pool(&pool),
                None => general,
            };
            return Ok(Some((How::General(Box::new(general)), None)));
        }
        Ok(None)
    }

    /// About how many bytes a ring modulo a number of `bits` bits takes, with one residue and the work
    /// on it, if N has no shape that helps (others take less).
    pub fn bytes_needed(bits: u32) -> u64 {
        memory::needed(Kind::General, bits, 0.0)
    }
}

/// Refuses what would take more memory than allowed.
fn allow(kind: Kind, bits: u32, extra: f64, options: Options) -> Result<(), RingError> {
    let bytes = memory::needed(kind, bits, extra);
    if bytes > options.memory {
        return Err(RingError::TooLarge {
            bits,
            bytes,
            limit: options.memory,
        });
    }
    Ok(())
}

/// So many threads, if more than the caller's.
fn pool(threads: usize) -> Result<Option<Arc<Pool>>, RingError> {
    if threads <= 1 {
        return Ok(None);
    }
    match Pool::new(threads) {
        Ok(pool) => Ok(Some(Arc::new(pool))),
        Err(TooFew { started }) => Err(RingError::TooFewThreads {
            wanted: threads,
            started,
        }),
    }
}
