//! Fixed multiplier over a range of n: p divides k*b^n+c exactly when b^n = -c/k (mod p), a discrete
//! logarithm. Baby steps and giant steps find every solution in the range; where the order of b is
//! short, the first solution repeats with that period.

use super::Found;
use crate::{forms::kbn::Kbn, spec::Span, word::Montgomery};

/// The sieve over n, with the table of baby steps.
pub(super) struct OverN {
    base: u64,
    multiplier: u64,
    plus: bool,
    range: Span,
    /// b^j in Montgomery form, j below the number of baby steps.
    babies: Vec<u64>,
    /// Hash of a power to 1 + its exponent; 0 is empty. A power of two long, a quarter full at most.
    table: Vec<u32>,
}

impl OverN {
    pub(super) fn new(kbn: &Kbn, k: u64, range: Span) -> Self {
        let length = range.end - range.start;
        // A baby step costs an insertion, a giant step a look-up that mostly fails: about equal.
        let babies = length.isqrt().max(1) as usize;
        Self {
            base: u64::from(kbn.base),
            multiplier: k,
            plus: kbn.c > 0,
            range,
            babies: vec![0; babies],
            table: vec![0; (4 * babies).next_power_of_two()],
        }
    }

    /// Strikes the candidates that p divides.
    pub(super) fn strike(&mut self, p: u64, found: &mut Found<'_>) {
        if self.base.is_multiple_of(p) || self.multiplier.is_multiple_of(p) {
            return;
        }
        let Span { start, end } = self.range;
        let length = end - start;
        if p == 2 {
            // b and k are odd: every candidate is even.
            (0..length).for_each(|index| found.hit(index, 2));
            return;
        }
        let m = Montgomery::new(p);
        let base = m.form(self.base);
        // Wanted: b^index = -c / (k * b^start).
        let divisor = m.mul(m.form(self.multiplier), m.pow(base, start));
        let quotient = m.invert(divisor);
        let target = if self.plus { m.neg(quotient) } else { quotient };

        match self.baby_steps(&m, base) {
            Babies::Period(period) => {
                if let Some(first) = self.look_up(target) {
                    let mut index = first;
                    while index < length {
                        found.hit(index, p);
                        index += period;
                    }
                }
            }
            Babies::Distinct { giant } => {
                let back = m.invert(giant);
                let mut target = target;
                let step = self.babies.len() as u64;
                let mut index = 0;
                while index < length {
                    if let Some(baby) = self.look_up(target)
                        && index + baby < length
                    {
                        found.hit(index + baby, p);
                    }
                    target = m.mul(target, back);
                    index += step;
                }
            }
        }
    }

    /// Fills the table with b^0, b^1, ... until it is complete or the powers repeat.
    fn baby_steps(&mut self, m: &Montgomery, base: u64) -> Babies {
        self.table.fill(0);
        let mask = self.table.len() - 1;
        let mut power = m.one();
        for exponent in 0..self.babies.len() {
            if exponent > 0 && power == m.one() {
                return Babies::Period(exponent as u64);
            }
            self.babies[exponent] = power;
            let mut slot = power as usize & mask;
            while self.table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.table[slot] = exponent as u32 + 1;
            power = m.mul(power, base);
        }
        if power == m.one() {
            return Babies::Period(self.babies.len() as u64);
        }
        Babies::Distinct { giant: power }
    }

    /// The exponent of a power among the baby steps.
    #[inline]
    fn look_up(&self, power: u64) -> Option<u64> {
        let mask = self.table.len() - 1;
        let mut slot = power as usize & mask;
        loop {
            let entry = self.table[slot];
            if entry == 0 {
                return None;
            }
            if self.babies[entry as usize - 1] == power {
                return Some(u64::from(entry) - 1);
            }
            slot = (slot + 1) & mask;
        }
    }
}

/// What the baby steps found.
enum Babies {
    /// All powers of the table are different; `giant` is the next power.
    Distinct { giant: u64 },
    /// The powers repeat with this period, and the table holds one period.
    Period(u64),
}
