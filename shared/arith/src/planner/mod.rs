//! The planner: which instruction set, transform length and number of threads are the fastest for a modulus
//! on this machine, by measuring them.
//!
//! A ring takes the smallest safe length and the widest instructions, which is nearly always the fastest.
//! Where it is not depends on caches, clocks and neighbours, so whoever will square for hours may ask first.
//! No variant is believed because it is fast: each has to give the residue that GMP gives before its time
//! counts. This crate knows no clock; the caller passes one, and keeps what was found, for this model of
//! processor and this build, as text.

use std::{fmt, str::FromStr, time::Duration};

use rug::{Integer, ops::Pow};

use crate::{
    Backend, Isa, Modulus, Options, Residue, Ring, RingError,
    weighted::{engine::lengths, limits::CAREFUL},
};

#[cfg(test)]
mod tests;

/// Squarings that a variant has to do right before its time counts: the first ones are careful and say
/// little.
const PROOF: u32 = CAREFUL + 10;

/// How often a variant is timed; the least counts.
const RUNS: u32 = 5;

/// How a ring computes: what [`plan`] measured, and [`Options::with_tuning`] takes.
///
/// ```
/// # use darkreach_arith::{Isa, Tuning};
/// let tuning: Tuning = "portable 5120 2".parse()?;
/// assert_eq!(tuning, Tuning { isa: Isa::Portable, length: 5_120, threads: 2 });
/// assert_eq!(tuning.to_string(), "portable 5120 2");
/// # Ok::<(), darkreach_arith::TuningError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// The instruction set.
    pub isa: Isa,
    /// Words of the transform, or of each of two.
    pub length: usize,
    /// Threads on one product.
    pub threads: usize,
}

/// A text is no [`Tuning`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no tuning; it is an instruction set (avx512, avx2, neon or portable), a length in words and a \
     number of threads, like `avx2 5120 1`"
)]
pub struct TuningError(String);

/// The names of the instruction sets.
const NAMES: [(Isa, &str); 4] = [
    (Isa::Avx512, "avx512"),
    (Isa::Avx2, "avx2"),
    (Isa::Neon, "neon"),
    (Isa::Portable, "portable"),
];

impl fmt::Display for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(isa, _)| *isa == self.isa);
        let name = name.map_or("unknown", |(_, name)| name);
        write!(f, "{name} {} {}", self.length, self.threads)
    }
}

impl FromStr for Tuning {
    type Err = TuningError;

    fn from_str(text: &str) -> Result<Self, TuningError> {
        let parse = || {
            let mut parts = text.split(' ');
            let name = parts.next()?;
            let (isa, _) = *NAMES.iter().find(|(_, n)| *n == name)?;
            let tuning = Self {
                isa,
                length: parts.next()?.parse().ok()?,
                threads: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(tuning)
        };
        // What is quoted stays short, whatever was passed.
        parse().ok_or_else(|| TuningError(text.chars().take(80).collect()))
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// What was right, with the time of one squaring, the fastest first.
    pub measured: Vec<(Tuning, Duration)>,
    /// What gave a wrong residue: a fault of the machine or of this crate, to be reported.
    pub refused: Vec<Tuning>,
}

impl Planned {
    /// The fastest.
    pub fn best(&self) -> Option<Tuning> {
        self.measured.first().map(|(tuning, _)| *tuning)
    }
}

/// Measures the variants of a ring for a modulus: the smallest safe length and those up to a third longer,
/// every instruction set with vectors, one thread and as many as the options allow. What the options demand
/// (a length, an instruction set) is not varied. `timer` tells the time since any moment; it must never go
/// back.
///
/// Takes about a hundred squarings by GMP and some hundred by each variant. Where no transform computes there
/// is nothing to choose, and nothing is measured.
///
/// # Errors
/// [`RingError`] if there is no ring for the modulus and these options.
pub fn plan(
    modulus: &Modulus,
    options: Options,
    timer: &mut dyn FnMut() -> Duration,
) -> Result<Planned, RingError> {
    let variants = variants(modulus, options)?;
    let start = start();
    let right = {
        let ring = Ring::new(
            modulus,
            Options {
                length: None,
                ..options
            }
            .with_backend(Backend::Gmp),
        )?;
        let mut x = ring.residue(&start);
        for _ in 0..PROOF {
            ring.square(&mut x);
        }
        ring.to_integer(&x)
    };
    let mut planned = Planned::default();
    for tuning in variants {
        match Ring::new(modulus, options.with_tuning(tuning)) {
            Ok(ring) => {
                let mut subject = Squaring::new(ring, &start);
                planned.add(tuning, &mut subject, &right, timer);
            }
            // That one is not there, or not safe.
            Err(RingError::NoTransform { .. } | RingError::NoInstructionSet { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(planned)
}

/// Where the squarings start.
fn start() -> Integer {
    Integer::from(3).pow(1_000)
}

/// What is worth measuring.
fn variants(modulus: &Modulus, options: Options) -> Result<Vec<Tuning>, RingError> {
    let isas = match options.isa {
        Some(isa) => vec![isa],
        None => {
            let all = Isa::available();
            let fast: Vec<Isa> = (all.iter().copied())
                .filter(|&isa| isa != Isa::Portable)
                .collect();
            if fast.is_empty() { all } else { fast }
        }
    };
    let mut variants = Vec::new();
    for isa in isas {
        let Some(least) = Ring::new(modulus, options.with_isa(isa).with_threads(1))?.length()
        else {
            continue;
        };
        let longer =
            lengths().filter(|&l| options.length.is_none() && l > least && 3 * l <= 4 * least);
        for length in [least].into_iter().chain(longer) {
            for threads in [1, options.threads] {
                let tuning = Tuning {
                    isa,
                    length,
                    threads,
                };
                if threads > 0 && !variants.contains(&tuning) {
                    variants.push(tuning);
                }
            }
        }
    }
    Ok(variants)
}

/// What can be timed.
trait Subject {
    /// So many squarings.
    fn square(&mut self, times: u32);
    /// The residue after them.
    fn residue(&self) -> Integer;
    /// Squarings that are timed together.
    fn calls(&self) -> u32;
}

/// A ring and a residue.
struct Squaring {
    ring: Ring,
    x: Residue,
}

impl Squaring {
    fn new(ring: Ring, start: &Integer) -> Self {
        let x = ring.residue(start);
        Self { ring, x }
    }
}

impl Subject for Squaring {
    fn square(&mut self, times: u32) {
        for _ in 0..times {
            self.ring.square(&mut self.x);
        }
    }

    fn residue(&self) -> Integer {
        self.ring.to_integer(&self.x)
    }

    fn calls(&self) -> u32 {
        // About a millisecond or two, but some squarings at least.
        (1_000_000 / self.ring.modulus().significant_bits()).max(4) * 4
    }
}

impl Planned {
    /// Measures one, and puts it where it belongs.
    fn add(
        &mut self,
        tuning: Tuning,
        subject: &mut dyn Subject,
        right: &Integer,
        timer: &mut dyn FnMut() -> Duration,
    ) {
        subject.square(PROOF);
        if subject.residue() != *right {
            self.refused.push(tuning);
            return;
        }
        let calls = subject.calls();
        let mut run = || {
            let before = timer();
            subject.square(calls);
            timer().saturating_sub(before) / calls
        };
        let least = (0..RUNS).map(|_| run()).min().unwrap_or(Duration::MAX);
        let at = self.measured.partition_point(|(_, time)| *time <= least);
        self.measured.insert(at, (tuning, least));
    }
}
