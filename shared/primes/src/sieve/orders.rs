//! (b^n-1)/(b-1) and (b^n+1)/(b+1) for prime n: repunits, Wagstaff and Mersenne numbers. A prime factor q
//! that does not divide n makes n the order of b or -b, so q = 2jn+1, and b or -b is a square modulo q,
//! which leaves few residue classes of q. Each exponent has its own numbers q; powers of any of them
//! are computed side by side in lanes.

use std::ops::Range;

use super::{
    lanes::{Field, Isa, Kernel, LANES, Lanes, Row, pow_each, rows},
    listener::{Listener, Sieve, Stopped},
};
use crate::word::{for_prime_slices, is_prime};

/// Rows of numbers side by side.
const ROWS: usize = 4;
/// Numbers looked at between two questions whether to stop.
const POLL: u64 = 1 << 14;
/// The largest base with a table of residue classes.
const LARGEST_TABLE: u64 = 1 << 14;

/// The sieve over prime n in a range. Hits carry target 0 and n counted from the range's start.
#[derive(Debug)]
pub struct Orders {
    base: u64,
    plus: bool,
    exponents: Range<u64>,
    /// For q modulo 4b whether q can divide a term with odd n; empty where b is too large.
    classes: Vec<bool>,
}

impl Orders {
    /// A sieve for (b^n-1)/(b-1), or for (b^n+1)/(b+1) with odd n only; 2 <= b < 2^50.
    pub fn new(base: u64, plus: bool, exponents: Range<u64>) -> Self {
        let classes = if base <= LARGEST_TABLE {
            (0..4 * base)
                .map(|q| q % 2 == 1 && quadratic(base, plus, q))
                .collect()
        } else {
            Vec::new()
        };
        Self {
            base,
            plus,
            exponents,
            classes,
        }
    }

    /// The sieving primes that may divide the term of an exponent go into the batch.
    fn exponent(
        &self,
        isa: Isa,
        n: u64,
        primes: &Range<u64>,
        batch: &mut Vec<(u64, u64)>,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        if listener.should_stop() {
            return Err(Stopped);
        }
        if (self.plus && n == 2) || !listener.wants(0, n - self.exponents.start) {
            return Ok(());
        }
        // b = 1 or -1 modulo n: the term is n times 1.
        let unit = if self.plus {
            self.base + 1
        } else {
            self.base - 1
        };
        if primes.contains(&n) && unit.is_multiple_of(n) {
            listener.hit(0, n - self.exponents.start, n);
        }
        let step = if n == 2 { 2 } else { 2 * n };
        let first = primes.start.saturating_sub(1).div_ceil(step).max(1);
        let end = primes.end.saturating_sub(1).div_ceil(step);
        for j in first..end {
            if (j - first) % POLL == POLL - 1 && listener.should_stop() {
                return Err(Stopped);
            }
            let q = j * step + 1;
            if self.may_divide(n, q) && !unit.is_multiple_of(q) {
                batch.push((q, n));
                if batch.len() == ROWS * LANES {
                    self.test(isa, batch, listener);
                }
            }
        }
        Ok(())
    }

    /// Whether q is of a residue class that occurs, and has no small factor.
    #[inline]
    fn may_divide(&self, n: u64, q: u64) -> bool {
        if n > 2 && !self.classes.is_empty() && !self.classes[(q % (4 * self.base)) as usize] {
            return false;
        }
        let has = |p: u64| q.is_multiple_of(p) && q != p;
        !(has(3) || has(5) || has(7) || has(11) || has(13) || has(17) || has(19) || has(23))
    }

    /// Reports the numbers of the batch that divide, and empties it.
    fn test(&self, isa: Isa, batch: &mut Vec<(u64, u64)>, listener: &mut dyn Listener) {
        if batch.is_empty() {
            return;
        }
        listener.count(batch.len() as u64);
        let large = batch.iter().any(|(q, _)| *q >= isa.limit());
        let isa = if large { Isa::Portable } else { isa };
        let divides = isa.run(Powers {
            base: self.base,
            plus: self.plus,
            batch,
        });
        for (i, (q, n)) in batch.drain(..).enumerate() {
            if divides >> i & 1 == 1 && is_prime(q) {
                listener.hit(0, n - self.exponents.start, q);
            }
        }
    }
}

impl Sieve for Orders {
    fn sieve(
        self,
        isa: Isa,
        primes: Range<u64>,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let mut batch = Vec::with_capacity(ROWS * LANES);
        let mut result = Ok(());
        let Range { start, end } = self.exponents;
        for_prime_slices(start, end, &mut |exponents| {
            result = exponents
                .iter()
                .try_for_each(|n| self.exponent(isa, *n, &primes, &mut batch, listener));
            result.is_ok()
        });
        result?;
        self.test(isa, &mut batch, listener);
        Ok(())
    }
}

/// Whether the Jacobi symbol of b, or -b, over an odd q is 1.
fn quadratic(base: u64, plus: bool, q: u64) -> bool {
    let (mut a, mut m) = (base % q, q);
    let mut positive = !(plus && q % 4 == 3);
    while a != 0 {
        let twos = a.trailing_zeros();
        a >>= twos;
        if twos % 2 == 1 && matches!(m % 8, 3 | 5) {
            positive = !positive;
        }
        if a % 4 == 3 && m % 4 == 3 {
            positive = !positive;
        }
        (a, m) = (m % a, a);
    }
    m == 1 && positive
}

/// Up to 32 pairs q, n.
struct Powers<'a> {
    base: u64,
    plus: bool,
    batch: &'a [(u64, u64)],
}

impl Kernel for Powers<'_> {
    /// The pairs with b^n = 1 or -1 modulo q.
    type Output = u32;

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) -> u32 {
        let mut numbers = [0; ROWS * LANES];
        for (number, (q, _)) in numbers.iter_mut().zip(self.batch) {
            *number = *q;
        }
        let (moduli, used) = rows::<ROWS>(&numbers[..self.batch.len()]);
        let mut exponents = [Row::default(); ROWS];
        for (i, (_, n)) in self.batch.iter().enumerate() {
            exponents[i / LANES].0[i % LANES] = *n;
        }
        let field = Field::new(s, &moduli);
        let power = field.tight(pow_each(&field, field.number(self.base), &exponents));
        let mut wanted = field.one();
        if self.plus {
            wanted = field.neg(wanted);
        }
        let mut lanes = 0;
        for u in 0..ROWS {
            lanes |= u32::from(s.equal(power[u], wanted[u])) << (u * LANES);
        }
        lanes & (u32::MAX >> (ROWS * LANES - used))
    }
}
