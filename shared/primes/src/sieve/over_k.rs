//! Fixed exponent over a range of k: p divides k*b^n+c exactly for k = -c*b^(-n) (mod p). One power
//! per prime finds the first such k, the rest follow in steps of p. For primes shorter than the
//! range this is the sieve of Eratosthenes.
//!
//! Measured by `benches/search.rs`: k*2^1000+1 over 10,000 k, 43 ns a prime (23 million primes a
//! second and core); over 10^6 k at n = 100,000 to 2*10^7, 151 ns, most of it striking.

use crate::{spec::Span, word::Montgomery};

/// The sieve over k, for c without a factor in common with b.
pub(crate) struct OverK {
    base: u64,
    exponent: u64,
    c: i64,
    range: Span,
}

impl OverK {
    /// k*base^n+c for k in a range.
    pub(crate) fn new(base: u32, n: u32, c: i64, range: Span) -> Self {
        Self {
            base: u64::from(base),
            exponent: u64::from(n),
            c,
            range,
        }
    }

    /// Reports the places in the range of the k whose candidates p divides.
    pub(crate) fn strike(&self, p: u64, hit: &mut impl FnMut(u64)) {
        let Some(residue) = self.residue(p) else {
            return;
        };
        let Span { start, end } = self.range;
        let offset = start % p;
        let mut index = if residue >= offset {
            residue - offset
        } else {
            residue + p - offset
        };
        while index < end - start {
            hit(index);
            index += p;
        }
    }

    /// The k modulo p with p | k*b^n+c.
    fn residue(&self, p: u64) -> Option<u64> {
        if self.base.is_multiple_of(p) {
            return None;
        }
        if p == 2 {
            return Some(self.c.rem_euclid(2) as u64);
        }
        let m = Montgomery::new(p);
        let inverse = if self.base == 2 {
            m.inverse_power_of_two(self.exponent)
        } else {
            m.pow(m.invert(m.form(self.base)), self.exponent)
        };
        Some(m.number(match self.c {
            1 => m.neg(inverse),
            -1 => inverse,
            c => m.mul(m.neg(m.form_signed(c)), inverse),
        }))
    }
}
