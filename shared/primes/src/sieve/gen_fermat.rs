//! Generalised Fermat numbers b^(2^m)+1 over a range of b. A prime divides one of them exactly when b is
//! one of the 2^m roots of -1, all odd powers of any one of them; only p = 1 (mod 2^(m+1)) has roots,
//! and only such numbers are visited. They are not proved prime before something is found: finding a
//! root is a strong test already.

use std::ops::Range;

use super::{
    lanes::{Field, Isa, Kernel, LANES, Lanes, pow_each, rows},
    listener::{Listener, Sieve, Stopped},
    roots::nonresidue,
};
use crate::word::{is_prime, primes_up_to};

/// Rows of numbers side by side.
const ROWS: usize = 4;
/// Roots between two questions whether to stop.
const POLL: u64 = 1 << 13;
/// Numbers with a factor up to this one, other than themselves, are left out.
const TRIED: u64 = 1 << 11;
/// Numbers of the progression that are tried at once.
const SEGMENT: u64 = 1 << 16;

/// The sieve over b in `start..start+length` for b^(2^m)+1. Hits carry target 0 and b-start.
#[derive(Debug)]
pub struct GenFermat {
    m: u32,
    start: u64,
    length: u64,
}

impl GenFermat {
    /// A sieve for 1 <= m <= 40 and b up to 2^62.
    pub fn new(m: u32, start: u64, length: u64) -> Self {
        debug_assert!((1..=40).contains(&m));
        Self { m, start, length }
    }

    fn batch(&self, isa: Isa, numbers: &[u64], listener: &mut dyn Listener) -> Result<(), Stopped> {
        // Squares have no number to find a root with.
        let found: Vec<(u64, u64)> = numbers
            .iter()
            .filter_map(|&p| Some((p, nonresidue(p)?)))
            .collect();
        listener.count(found.len() as u64);
        if found.is_empty() {
            return Ok(());
        }
        isa.run(Batch {
            sieve: self,
            numbers: &found,
            listener,
        })
    }

    /// Strikes every b that is p's root at an index.
    #[inline(always)]
    fn strike(&self, first: u64, p: u64, listener: &mut dyn Listener) {
        if is_prime(p) {
            let mut index = first;
            while index < self.length {
                listener.hit(0, index, p);
                index += p;
            }
        }
    }
}

impl Sieve for GenFermat {
    fn sieve(
        self,
        isa: Isa,
        primes: Range<u64>,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        if primes.contains(&2) {
            listener.count(1);
            let first = (self.start + 1) % 2;
            for index in (first..self.length).step_by(2) {
                listener.hit(0, index, 2);
            }
        }
        let step = 1u64 << (self.m + 1);
        // j*step+1 in the interval, j >= 1.
        let first = primes.start.saturating_sub(1).div_ceil(step).max(1);
        let end = primes.end.saturating_sub(1).div_ceil(step);
        let limit = ((isa.limit() - 1) / step).clamp(first, end.max(first));
        let small = primes_up_to(TRIED.min(primes.end.isqrt()));
        for (isa, range) in [(isa, first..limit), (Isa::Portable, limit..end)] {
            let mut waiting: Vec<u64> = Vec::new();
            for low in range.clone().step_by(SEGMENT as usize) {
                if listener.should_stop() {
                    return Err(Stopped);
                }
                let high = (low + SEGMENT).min(range.end);
                progression(step, low..high, &small, &mut waiting);
                let whole = waiting.len() - waiting.len() % (ROWS * LANES);
                for numbers in waiting[..whole].chunks(ROWS * LANES) {
                    self.batch(isa, numbers, listener)?;
                }
                waiting.drain(..whole);
            }
            if !waiting.is_empty() {
                self.batch(isa, &waiting, listener)?;
            }
        }
        Ok(())
    }
}

/// Appends the numbers j*step+1, j in a range, that no small prime divides, except itself.
fn progression(step: u64, range: Range<u64>, small: &[u64], numbers: &mut Vec<u64>) {
    let mut struck = vec![false; (range.end - range.start) as usize];
    // The step is a power of two: 2 divides nothing.
    for &p in small.iter().filter(|p| **p > 2) {
        // j = -1/step (mod p).
        let mut first = p - 1;
        for _ in 0..step.ilog2() {
            first = if first.is_multiple_of(2) {
                first / 2
            } else {
                (first + p) / 2
            };
        }
        let mut at = (first + p - range.start % p) % p;
        while at < struck.len() as u64 {
            struck[at as usize] = (range.start + at) * step + 1 != p;
            at += p;
        }
    }
    let open = range.zip(struck).filter(|(_, struck)| !struck);
    numbers.extend(open.map(|(j, _)| j * step + 1));
}

/// Up to 32 numbers with their nonresidues.
struct Batch<'a> {
    sieve: &'a GenFermat,
    numbers: &'a [(u64, u64)],
    listener: &'a mut dyn Listener,
}

impl Kernel for Batch<'_> {
    type Output = Result<(), Stopped>;

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) -> Self::Output {
        let GenFermat { m, start, length } = *self.sieve;
        let mut primes = [0; ROWS * LANES];
        for (p, (number, _)) in primes.iter_mut().zip(self.numbers) {
            *p = *number;
        }
        let (moduli, used) = rows::<ROWS>(&primes[..self.numbers.len()]);
        let field = Field::new(s, &moduli);
        let mut exponents = moduli;
        let mut offsets = moduli;
        let mut plain = moduli;
        for u in 0..ROWS {
            for lane in 0..LANES {
                let p = moduli[u].0[lane];
                exponents[u].0[lane] = (p - 1) >> (m + 1);
                offsets[u].0[lane] = start % p;
                let number = (u * LANES + lane).min(used - 1);
                plain[u].0[lane] = self.numbers[number].1;
            }
        }
        let mut x = field.entrance();
        for u in 0..ROWS {
            x[u] = s.enter(field.m[u], x[u], &plain[u]);
        }
        let root = pow_each(&field, x, &exponents);
        let mut high = root;
        for _ in 0..m {
            high = field.mul(high, high);
        }
        let minus_one = field.neg(field.tight(high));
        let one = field.one();
        let ratio = field.mul(root, root);
        // Plain numbers: a residue times a plain number is plain.
        let mut plain = root;
        let mut offset = root;
        let mut roots = [0u8; ROWS];
        for u in 0..ROWS {
            plain[u] = s.of_keys(&s.leave(field.m[u], root[u]));
            offset[u] = s.of_keys(&offsets[u]);
            roots[u] = s.equal(minus_one[u], one[u]);
        }
        for i in 0..1u64 << m {
            if i % POLL == 0 && self.listener.should_stop() {
                return Err(Stopped);
            }
            let tight = field.tight(plain);
            let index = field.sub(tight, offset);
            for u in 0..ROWS {
                let keys = s.keys(index[u]);
                let mut near = 0;
                for (lane, key) in keys.0.iter().enumerate() {
                    near |= u8::from(*key < length) << lane;
                }
                near &= roots[u];
                while near != 0 {
                    let lane = near.trailing_zeros() as usize;
                    near &= near - 1;
                    if u * LANES + lane < used {
                        self.sieve
                            .strike(keys.0[lane], moduli[u].0[lane], self.listener);
                    }
                }
            }
            plain = field.mul(plain, ratio);
        }
        Ok(())
    }
}
