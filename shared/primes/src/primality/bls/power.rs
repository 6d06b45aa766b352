//! Powers and Lucas sequences modulo N for the provers: in a ring made for N where N is long, by GMP
//! where it is short. They can be stopped, tell their progress, and go on where a journal says that they were.

use darkreach_arith::{Modulus, Residue, Ring};
use rug::Integer;

use super::super::{Watch, ring::ring, run::steps_per_look};
use crate::journal::{Journal, Loop};

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
    journal: &'a dyn Journal,
    interval: u32,
}

impl<'a> Powers<'a> {
    /// For a modulus; its shape is used where it has one.
    pub(crate) fn new(modulus: &Modulus, watch: &'a dyn Watch, journal: &'a dyn Journal) -> Self {
        let n = modulus.value().clone();
        Self {
            ring: ring(modulus),
            interval: steps_per_look(f64::from(n.significant_bits())),
            n,
            watch,
            journal,
        }
    }

    /// x^e mod N.
    pub(crate) fn power(&self, x: &Integer, e: &Integer) -> Result<Integer, Stopped> {
        if self.n.significant_bits() < RING_BITS || e.significant_bits() < 2 {
            self.look(0, 1)?;
            let power = x.pow_mod_ref(e, &self.n).map(Integer::from);
            return Ok(power.expect("no exponent here is negative"));
        }
        let base = self.ring.residue(x);
        let small = x.to_u16();
        let factor = self.ring.factor(&base);
        let mut state = [base];
        self.climb("power", x, e, 1, &mut state, &mut |[power], bit| {
            match small {
                Some(small) if bit => self.ring.square_mul(power, small),
                _ => self.ring.square(power),
            }
            if bit && small.is_none() {
                self.ring.mul_factor(power, &factor);
            }
        })?;
        Ok(self.ring.to_integer(&state[0]))
    }

    /// V_e(x, 1) mod N.
    pub(crate) fn lucas(&self, x: &Integer, e: &Integer) -> Result<Integer, Stopped> {
        let start = self.ring.residue(x);
        let mut state = [self.ring.residue(&Integer::from(2)), start.clone()];
        let cross = |into: &mut Residue, other: &Residue| {
            self.ring.mul(into, other);
            self.ring.sub(into, &start);
        };
        self.climb(
            "Lucas sequence",
            x,
            e,
            0,
            &mut state,
            &mut |[low, high], bit| {
                if bit {
                    cross(low, high);
                    self.ring.square_sub(high, 2);
                } else {
                    cross(high, low);
                    self.ring.square_sub(low, 2);
                }
            },
        )?;
        Ok(self.ring.to_integer(&state[0]))
    }

    /// Goes through the bits of e from the top, without the first `skip`; a long way goes on from what
    /// the journal has of it.
    fn climb<const COUNT: usize>(
        &self,
        what: &'static str,
        x: &Integer,
        e: &Integer,
        skip: u32,
        state: &mut [Residue; COUNT],
        step: &mut dyn FnMut(&mut [Residue; COUNT], bool),
    ) -> Result<(), Stopped> {
        let bits = e.significant_bits().saturating_sub(skip);
        let kept = Loop::new(self.journal, what, &[&self.n, x, e], bits.into());
        let resumed = kept.as_ref().and_then(|kept| kept.resume(&self.n, COUNT));
        let mut left = bits;
        if let Some((done, residues)) = resumed {
            left -= done as u32;
            for (slot, residue) in state.iter_mut().zip(&residues) {
                *slot = self.ring.residue(residue);
            }
        }
        for bit in (0..left).rev() {
            if bit % self.interval == 0 {
                self.look(bits - bit, bits)?;
            }
            step(state, e.get_bit(bit));
            if let Some(kept) = &kept {
                kept.passed(u64::from(bits - bit), || {
                    let values = state.iter().map(|residue| self.ring.to_integer(residue));
                    values.collect()
                });
            }
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
