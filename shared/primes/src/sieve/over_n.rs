//! Fixed multipliers over a range of n: p divides k*b^n+c exactly when b^n*v = 1 (mod p) with
//! v = -k*b^start/c and n counted from the start: discrete logarithms, several per prime where there are
//! several multipliers.

use std::ops::Range;

use super::{
    lanes::{Field, Isa, Lanes, Row, pow},
    listener::{Listener, Sieve, Stopped},
    logarithm::{Values, sieve_logarithms},
};

/// One of the sequences k*b^n+c.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// k, 1 to 2^62.
    pub multiplier: u64,
    /// c, not 0.
    pub addend: i64,
}

/// The sieve over n in `start..start+length`, start >= 1, for one or more targets. Hits carry the
/// target's number and n-start.
#[derive(Clone, Debug)]
pub struct OverN {
    base: u64,
    start: u64,
    length: u64,
    targets: Vec<Target>,
}

impl OverN {
    /// A sieve for b >= 2 and up to 2^32 values of n.
    pub fn new(base: u64, targets: &[Target], start: u64, length: u64) -> Self {
        Self {
            base,
            start,
            length,
            targets: targets.to_vec(),
        }
    }

    fn all(&self, target: usize, p: u64, listener: &mut dyn Listener) {
        (0..self.length).for_each(|index| listener.hit(target, index, p));
    }
}

impl Sieve for OverN {
    fn sieve(
        self,
        isa: Isa,
        primes: Range<u64>,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        sieve_logarithms(isa, self.base, self.length, &self, primes, listener)
    }
}

impl Values for OverN {
    fn count(&self) -> usize {
        self.targets.len()
    }

    #[inline(always)]
    fn values<S: Lanes, const N: usize>(
        &self,
        field: &Field<S, N>,
        primes: &[Row; N],
        values: &mut Vec<[S::V; N]>,
    ) {
        let entrance = field.entrance();
        let base = field.number_by(entrance, self.base);
        let start = field.tight(pow(field, base, self.start));
        for target in &self.targets {
            let k = field.number_by(entrance, target.multiplier);
            let mut v = field.mul(k, start);
            let c = target.addend.unsigned_abs();
            if c != 1 {
                // A divisor of c is inverted to 0, which has no logarithm.
                v = field.mul(v, field.inverse(primes, c));
            }
            v = field.tight(v);
            if target.addend > 0 {
                v = field.neg(v);
            }
            values.push(v);
        }
    }

    fn special_limit(&self) -> u64 {
        let addends = self
            .targets
            .iter()
            .map(|target| target.addend.unsigned_abs());
        addends.fold(self.base, u64::max)
    }

    fn special(&self, p: u64, listener: &mut dyn Listener) -> bool {
        let base = self.base.is_multiple_of(p);
        for (number, target) in self.targets.iter().enumerate() {
            if target.addend.unsigned_abs().is_multiple_of(p)
                && (base || target.multiplier.is_multiple_of(p))
            {
                self.all(number, p, listener);
            }
        }
        !base
    }

    fn two(&self, listener: &mut dyn Listener) {
        for (number, target) in self.targets.iter().enumerate() {
            let term = self.base.is_multiple_of(2) || target.multiplier.is_multiple_of(2);
            if term == target.addend.unsigned_abs().is_multiple_of(2) {
                self.all(number, 2, listener);
            }
        }
    }
}
