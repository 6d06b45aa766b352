//! Powers and Lucas sequences modulo N for the provers: in a ring made for N where N is long, by GMP
//! where it is short. They can be stopped, and tell their progress.

use darkreach_arith::{Modulus, Residue, Ring};
use rug::Integer;

use super::super::{Watch, ring::ring, run::steps_per_look};

/// Bits from which a ring is faster than GMP's own powers.
const RING_BITS: u32 = 6000;

/// It was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// Powers modulo one N.
pub(crate) struct Powers<'a> {
    ring: Ring,
    n: Integer,
    watch: &'a dyn Watch,
    interval: u32,
}

impl<'a> Powers<'a> {
    /// For a modulus; its shape is used where it has one.
    pub(crate) fn new(modulus: &Modulus, watch: &'a dyn Watch) -> Self {
        let n = modulus.value().clone();
        Self {
            ring: ring(modulus),
            interval: steps_per_look(f64::from(n.significant_bits())),
            n,
            watch,
        }
    }

    /// x^e mod N.
    pub(crate) fn power(&self, x: &Integer, e: &Integer) -> Result<Integer, Stopped> {
        if self.n.significant_bits() < RING_BITS || e.significant_bits() < 2 {
            self.look(0, 1)?;
            let power = x.pow_mod_ref(e, &self.n).map(Integer::from);
            return Ok(power.expect("no exponent here is negative"));
        }
        let mut power = self.ring.residue(x);
        let small = x.to_u16();
        let factor = self.ring.factor(&power);
        self.climb(e, 1, &mut |bit| {
            match small {
                Some(small) if bit => self.ring.square_mul(&mut power, small),
                _ => self.ring.square(&mut power),
            }
            if bit && small.is_none() {
                self.ring.mul_factor(&mut power, &factor);
            }
        })?;
        Ok(self.ring.to_integer(&power))
    }

    /// V_e(x, 1) mod N.
    pub(crate) fn lucas(&self, x: &Integer, e: &Integer) -> Result<Integer, Stopped> {
        let start = self.ring.residue(x);
        let mut low = self.ring.residue(&Integer::from(2));
        let mut high = start.clone();
        let cross = |into: &mut Residue, other: &Residue| {
            self.ring.mul(into, other);
            self.ring.sub(into, &start);
        };
        self.climb(e, 0, &mut |bit| {
            if bit {
                cross(&mut low, &high);
                self.ring.square_sub(&mut high, 2);
            } else {
                cross(&mut high, &low);
                self.ring.square_sub(&mut low, 2);
            }
        })?;
        Ok(self.ring.to_integer(&low))
    }

    /// Goes through the bits of e from the top, without the first `skip`.
    fn climb(&self, e: &Integer, skip: u32, step: &mut dyn FnMut(bool)) -> Result<(), Stopped> {
        let bits = e.significant_bits().saturating_sub(skip);
        for bit in (0..bits).rev() {
            if bit % self.interval == 0 {
                self.look(bits - bit, bits)?;
            }
            step(e.get_bit(bit));
        }
        Ok(())
    }

    fn look(&self, done: u32, total: u32) -> Result<(), Stopped> {
        self.watch.progress(done.into(), total.into());
        if self.watch.should_stop() {
            Err(Stopped)
        } else {
            Ok(())
        }
    }
}
