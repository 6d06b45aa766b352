//! Two threads on one squaring: beside one thread, and beside two threads that each square for themselves,
//! all in turns within the same run.

use std::{sync::Barrier, thread, time::Instant};

use darkreach_arith::{Options, Residue, Ring};
use rug::Integer;

use crate::SLICES;

/// Two threads on one ring do at least so much of what two rings do in the same time,
pub(crate) const MARK: f64 = 0.85;

/// and at least so much of what one thread does.
pub(crate) const GAIN: f64 = 1.3;

/// From so many bits on.
pub(crate) const LEAST: u32 = 1_000_000;

/// Seconds a squaring.
pub(crate) struct Together {
    /// Of one thread.
    pub(crate) one: f64,
    /// Of two threads on one ring.
    pub(crate) two: f64,
    /// Of each of two threads with a ring for itself, both at once.
    pub(crate) apart: f64,
}

impl Together {
    /// The speed of two threads on one ring by that of one.
    pub(crate) fn gain(&self) -> f64 {
        self.one / self.two
    }

    /// The speed of two threads on one ring by that of two with a ring each.
    pub(crate) fn share(&self) -> f64 {
        self.apart / (2.0 * self.two)
    }

    /// Whether both marks are met.
    pub(crate) fn met(&self) -> bool {
        self.share() >= MARK && self.gain() >= GAIN
    }
}

/// Measures one modulus; `value` is what is squared.
pub(crate) fn measure(
    modulus: &darkreach_arith::Modulus,
    options: Options,
    value: &Integer,
) -> Result<Together, Box<dyn std::error::Error>> {
    let rings = [
        Ring::new(modulus, options)?,
        Ring::new(modulus, options)?,
        Ring::new(modulus, options.with_threads(2))?,
    ];
    let mut residues: Vec<Residue> = rings.iter().map(|r| r.residue(value)).collect();
    for (ring, x) in rings.iter().zip(&mut residues) {
        for _ in 0..60 {
            ring.square(x);
        }
    }
    let ends: Vec<Integer> = rings
        .iter()
        .zip(&residues)
        .map(|(ring, x)| ring.to_integer(x))
        .collect();
    if ends[0] != ends[2] || ends[0] != ends[1] {
        return Err("two threads are wrong after 60 squarings".into());
    }
    let calls = (2e7 / f64::from(modulus.value().significant_bits())).ceil() as u32 * 4;
    let chain = |ring: &Ring, x: &mut Residue| {
        let start = Instant::now();
        for _ in 0..calls {
            ring.square(x);
        }
        start.elapsed().as_secs_f64() / f64::from(calls)
    };
    let mut best = Together {
        one: f64::INFINITY,
        two: f64::INFINITY,
        apart: f64::INFINITY,
    };
    let [one, other, two] = &rings;
    let [x, y, z] = &mut residues[..] else {
        return Err("three residues were made".into());
    };
    for _ in 0..SLICES {
        best.one = best.one.min(chain(one, x));
        best.two = best.two.min(chain(two, z));
        let begin = Barrier::new(2);
        let both = thread::scope(|scope| {
            let second = scope.spawn(|| {
                begin.wait();
                chain(other, y)
            });
            begin.wait();
            let first = chain(one, x);
            second.join().map(|second| first.max(second))
        });
        best.apart = best.apart.min(both.map_err(|_| "a thread failed")?);
    }
    Ok(best)
}
