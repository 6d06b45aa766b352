//! n*b^n+1 and n*b^n-1. The unknown stands in the base and in the exponent, so there is no discrete
//! logarithm to take: each prime walks through the n that are left, one product for the power and one
//! for the multiplier, primes side by side in lanes.

use super::{
    lanes::{Field, LANES, LARGEST_NUMBER, Lanes, Row, Slices, pow, rows},
    listener::{Listener, Stopped},
    products::{MINUS, PLUS},
};

/// Rows of primes side by side.
const ROWS: usize = 2;
/// Values of n between two looks.
const LOOK: usize = 16;
/// Values of n between two questions whether to stop.
const POLL: usize = 1 << 14;
/// Powers of b kept; longer gaps are crossed in several steps.
const GAPS: u64 = 64;

/// The sieve over given n. Hits carry [`PLUS`] or [`MINUS`] and n-start.
#[derive(Debug)]
pub struct CullenWoodall {
    base: u64,
    start: u64,
    exponents: Vec<u64>,
}

impl CullenWoodall {
    /// A sieve for b >= 2 and the n in the list, ascending, from `start` >= 1 on and below 2^50: all of a
    /// range, or what is left of it.
    pub fn new(base: u64, start: u64, exponents: Vec<u64>) -> Self {
        debug_assert!(
            exponents
                .iter()
                .all(|n| (start..=LARGEST_NUMBER).contains(n))
        );
        Self {
            base,
            start,
            exponents,
        }
    }

    /// Walks rows of primes, none of which divides b, through all n.
    #[inline(always)]
    fn walk<S: Lanes>(
        &self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let Some(&first) = self.exponents.first() else {
            return Ok(());
        };
        let (moduli, used) = rows::<ROWS>(primes);
        let field = Field::new(s, &moduli);
        let base = field.number(self.base);
        let mut powers = [field.one(); GAPS as usize + 1];
        for gap in 1..powers.len() {
            powers[gap] = field.mul(powers[gap - 1], base);
        }
        // A plain number that enters divides by the radix: so is 1, for comparison.
        let mut one = field.one();
        let mut folded = one;
        for u in 0..ROWS {
            one[u] = s.tight(field.m[u], s.enter(field.m[u], one[u], &Row([1; LANES])));
            folded[u] = s.fold(field.m[u], one[u]);
        }
        let mut power = pow(&field, base, first);
        let mut reached = first;
        for (block, exponents) in self.exponents.chunks(LOOK).enumerate() {
            if (block * LOOK).is_multiple_of(POLL) && listener.should_stop() {
                return Err(Stopped);
            }
            let before = (power, reached);
            let mut gathered = s.far();
            for &n in exponents {
                advance(&field, &powers, &mut power, &mut reached, n);
                let product = terms(&field, power, n);
                for u in 0..ROWS {
                    let product = s.fold(field.m[u], product[u]);
                    gathered = s.closest(gathered, product, folded[u]);
                }
            }
            if s.met(gathered) == 0 {
                continue;
            }
            (power, reached) = before;
            for &n in exponents {
                advance(&field, &powers, &mut power, &mut reached, n);
                let product = terms(&field, power, n);
                let negative = field.neg(product);
                for u in 0..ROWS {
                    let minus = s.equal(product[u], one[u]);
                    let plus = s.equal(negative[u], one[u]);
                    for lane in 0..LANES.min(used.saturating_sub(u * LANES)) {
                        for (target, lanes) in [(PLUS, plus), (MINUS, minus)] {
                            if lanes >> lane & 1 == 1 {
                                listener.hit(target, n - self.start, moduli[u].0[lane]);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Brings b^reached to b^n.
#[inline(always)]
fn advance<S: Lanes>(
    field: &Field<S, ROWS>,
    powers: &[[S::V; ROWS]],
    power: &mut [S::V; ROWS],
    reached: &mut u64,
    n: u64,
) {
    while *reached < n {
        let gap = (n - *reached).min(GAPS);
        *power = field.mul(*power, powers[gap as usize]);
        *reached += gap;
    }
}

/// n*b^n divided by the radix, tight.
#[inline(always)]
fn terms<S: Lanes>(field: &Field<S, ROWS>, power: [S::V; ROWS], n: u64) -> [S::V; ROWS] {
    let mut product = power;
    for (product, m) in product.iter_mut().zip(&field.m) {
        *product = field
            .s
            .tight(*m, field.s.enter(*m, *product, &Row([n; LANES])));
    }
    product
}

impl Slices for CullenWoodall {
    #[inline(always)]
    fn slice<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        // A divisor of b divides no candidate.
        let divides = |p: &u64| *p <= self.base && self.base.is_multiple_of(*p);
        let primes: Vec<u64> = primes.iter().copied().filter(|p| !divides(p)).collect();
        for primes in primes.chunks(ROWS * LANES) {
            self.walk(s, primes, listener)?;
        }
        Ok(())
    }

    fn two(&mut self, listener: &mut dyn Listener) -> Result<(), Stopped> {
        if !self.base.is_multiple_of(2) {
            for n in self.exponents.iter().filter(|n| !n.is_multiple_of(2)) {
                listener.hit(PLUS, n - self.start, 2);
                listener.hit(MINUS, n - self.start, 2);
            }
        }
        Ok(())
    }
}
