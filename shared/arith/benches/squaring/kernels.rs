//! The other kernels beside the one that a ring takes by itself, in turns within the same run: AVX2 against
//! AVX-512, and portable code against GMP's powers modulo N, which is what a program without any of
//! this has.

use std::time::Instant;

use darkreach_arith::{Isa, Modulus, Options, Residue, Ring};
use rug::Integer;

use crate::{SLICE, SLICES, timing::time};

/// AVX2 takes at most so many times as long as AVX-512.
const OF_AVX512: f64 = 1.8;

/// Portable code is compared from so many bits on.
const LEAST: u32 = 30_000;

/// Squarings of one power modulo N: enough that the change to Montgomery's form does not count.
const STEPS: u32 = 256;

/// Another kernel; times in seconds.
pub(crate) struct Other {
    pub(crate) isa: Isa,
    /// Words of its transform.
    pub(crate) words: usize,
    /// One squaring,
    pub(crate) ours: f64,
    /// and how long it may take.
    pub(crate) mark: f64,
    /// What that is.
    pub(crate) against: String,
}

impl Other {
    pub(crate) fn met(&self) -> bool {
        self.ours <= self.mark
    }
}

/// Measures those that have a mark and that this processor has. `value` is what is squared.
pub(crate) fn measure(
    modulus: &Modulus,
    options: Options,
    value: &Integer,
) -> Result<Vec<Other>, Box<dyn std::error::Error>> {
    let mut others = Vec::new();
    if Isa::Avx512.is_available() && Isa::Avx2.is_available() {
        let [avx512, avx2] = [Isa::Avx512, Isa::Avx2].map(|isa| options.with_isa(isa));
        let (wide, narrow) = (Ring::new(modulus, avx512)?, Ring::new(modulus, avx2)?);
        let [mut x, mut y] = [&wide, &narrow].map(|ring| random(ring, value));
        let (mut fast, mut ours) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..SLICES {
            fast = fast.min(time(SLICE, || wide.square(&mut x)));
            ours = ours.min(time(SLICE, || narrow.square(&mut y)));
        }
        others.push(Other {
            isa: Isa::Avx2,
            words: narrow.length().unwrap_or(0),
            ours,
            mark: OF_AVX512 * fast,
            against: format!("{:.2} times AVX-512", ours / fast),
        });
    }
    if modulus.value().significant_bits() >= LEAST {
        let ring = Ring::new(modulus, options.with_isa(Isa::Portable))?;
        let mut x = random(&ring, value);
        let exponent = Integer::from(1) << STEPS;
        let (mut ours, mut powm) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..3 {
            ours = ours.min(time(SLICE, || ring.square(&mut x)));
            let start = Instant::now();
            let power = value.pow_mod_ref(&exponent, modulus.value());
            let power = power.map(Integer::from).ok_or("no power")?;
            powm = powm.min(start.elapsed().as_secs_f64() / f64::from(STEPS));
            if power == 0 {
                return Err("a power is 0".into());
            }
        }
        others.push(Other {
            isa: Isa::Portable,
            words: ring.length().unwrap_or(0),
            ours,
            mark: powm,
            against: format!("{:.2} times GMP's powm a step", ours / powm),
        });
    }
    Ok(others)
}

/// A residue whose first products are made as all others.
fn random(ring: &Ring, value: &Integer) -> Residue {
    let mut x = ring.residue(value);
    x.assume_random();
    x
}
