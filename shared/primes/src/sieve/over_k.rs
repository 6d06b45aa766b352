//! Fixed exponent over a range of k: p divides k*b^n+c exactly for k = -c*b^(-n) (mod p). One power
//! per prime finds the first such k, the rest follow in steps of p. For primes shorter than the
//! range this is the sieve of Eratosthenes.
//!
//! Measured by `benches/search.rs`: k*2^1000+1 over 10,000 k, 43 ns a prime (23 million primes a
//! second and core); over 10^6 k at n = 100,000 to 2*10^7, 151 ns, most of it striking.

use super::Found;
use crate::{forms::kbn::Kbn, spec::Span, word::Montgomery};

/// The sieve over k.
pub(super) struct OverK {
    base: u64,
    exponent: u64,
    plus: bool,
    range: Span,
}

impl OverK {
    pub(super) fn new(kbn: &Kbn, n: u32, range: Span) -> Self {
        Self {
            base: u64::from(kbn.base),
            exponent: u64::from(n),
            plus: kbn.c > 0,
            range,
        }
    }

    /// Strikes the candidates that p divides.
    pub(super) fn strike(&self, p: u64, found: &mut Found<'_>) {
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
            found.hit(index, p);
            index += p;
        }
    }

    /// The k modulo p with p | k*b^n+c.
    fn residue(&self, p: u64) -> Option<u64> {
        if self.base.is_multiple_of(p) {
            return None;
        }
        if p == 2 {
            return Some(1);
        }
        let m = Montgomery::new(p);
        let inverse = if self.base == 2 {
            m.inverse_power_of_two(self.exponent)
        } else {
            m.pow(m.invert(m.form(self.base)), self.exponent)
        };
        let residue = if self.plus { m.neg(inverse) } else { inverse };
        Some(m.number(residue))
    }
}
