//! Fixed exponents over a range of k: p divides k*b^n+c exactly for k = -c*b^(-n) (mod p). One power
//! per prime serves all signs, and the next exponents follow by small powers, so twins and Sophie
//! Germain pairs cost little more than single numbers. The first such k in the range is struck, the
//! rest follow in steps of p; for primes shorter than the range this is the sieve of Eratosthenes,
//! block by block where the range outgrows the cache.

use super::{
    lanes::{Field, Kernel, LANES, Lanes, Row, Slices, pow, rows},
    listener::{Listener, Stopped},
};

/// Rows of primes side by side.
const ROWS: usize = 4;
/// Candidates in a block: a bit for each fits the second-level cache.
const BLOCK: u64 = 1 << 20;
/// Primes that share a walk through the blocks.
const PENDING: usize = 1 << 12;

/// One of the numbers k*b^n+c that belong to a k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// n, at least 1.
    pub exponent: u64,
    /// c, not 0.
    pub addend: i64,
}

/// The sieve over k in `start..start+length` for one or more targets. Hits carry the target's number
/// and k-start.
#[derive(Debug)]
pub struct OverK {
    base: u64,
    start: u64,
    length: u64,
    /// With their numbers, by ascending exponents.
    targets: Vec<(usize, Target)>,
    /// Small primes on their way through the blocks: target, next index, prime.
    pending: Vec<(usize, u64, u64)>,
}

impl OverK {
    /// A sieve for b >= 2 and k up to 2^62.
    pub fn new(base: u64, targets: &[Target], start: u64, length: u64) -> Self {
        let mut targets: Vec<_> = targets.iter().copied().enumerate().collect();
        targets.sort_by_key(|(_, target)| target.exponent);
        Self {
            base,
            start,
            length,
            targets,
            pending: Vec::new(),
        }
    }

    /// Strikes what the primes divide, none of which divides b.
    #[inline(always)]
    fn batch<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let (moduli, count) = rows::<ROWS>(primes);
        let field = Field::new(s, &moduli);
        let start = field.number(self.start);
        let inverse = field.inverse(&moduli, self.base);
        // b^(-n) for the exponents one after another.
        let (mut power, mut reached) = (field.one(), 0);
        for target in 0..self.targets.len() {
            let (number, Target { exponent, addend }) = self.targets[target];
            if exponent > reached {
                let step = negative_power(&field, inverse, self.base, exponent - reached);
                power = if reached == 0 {
                    step
                } else {
                    field.tight(field.mul(power, step))
                };
                reached = exponent;
            }
            let mut k = power;
            if addend.unsigned_abs() != 1 {
                k = field.tight(field.mul(k, field.number(addend.unsigned_abs())));
            }
            if addend > 0 {
                k = field.neg(k);
            }
            let first = field.sub(k, start);
            for u in 0..ROWS.min(count.div_ceil(LANES)) {
                let first = s.leave(field.m[u], first[u]);
                let used = LANES.min(count - u * LANES);
                let mut near = below(&first, self.length) & (u8::MAX >> (LANES - used));
                while near != 0 {
                    let lane = near.trailing_zeros() as usize;
                    near &= near - 1;
                    self.strike(number, first.0[lane], moduli[u].0[lane], listener)?;
                }
            }
        }
        Ok(())
    }

    /// Strikes what the primes divide, a batch at a time.
    fn batches<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        s.run(Batches {
            sieve: self,
            primes,
            listener,
        })
    }

    /// Strikes from an index on in steps of p, or lays the prime aside for the blocks.
    #[inline(always)]
    fn strike(
        &mut self,
        target: usize,
        first: u64,
        p: u64,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        if p < BLOCK && self.length > BLOCK {
            self.pending.push((target, first, p));
            if self.pending.len() == PENDING {
                self.walk(listener)?;
            }
            return Ok(());
        }
        let mut index = first;
        while index < self.length {
            listener.hit(target, index, p);
            index += p;
        }
        Ok(())
    }

    /// Takes the pending primes through the range block by block.
    fn walk(&mut self, listener: &mut dyn Listener) -> Result<(), Stopped> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut end = 0;
        while end < self.length {
            if listener.should_stop() {
                return Err(Stopped);
            }
            end = (end + BLOCK).min(self.length);
            for (target, next, p) in &mut self.pending {
                while *next < end {
                    listener.hit(*target, *next, *p);
                    *next += *p;
                }
            }
        }
        self.pending.clear();
        Ok(())
    }

    /// Strikes every candidate of the targets that p divides whatever k is: p divides b and c.
    fn divisor_of_the_base(&self, p: u64, listener: &mut dyn Listener) {
        for (number, target) in &self.targets {
            if target.addend.unsigned_abs().is_multiple_of(p) {
                (0..self.length).for_each(|index| listener.hit(*number, index, p));
            }
        }
    }
}

/// Primes that do not divide b.
struct Batches<'a> {
    sieve: &'a mut OverK,
    primes: &'a [u64],
    listener: &'a mut dyn Listener,
}

impl Kernel for Batches<'_> {
    type Output = Result<(), Stopped>;

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) -> Self::Output {
        for primes in self.primes.chunks(ROWS * LANES) {
            self.sieve.batch(s, primes, self.listener)?;
        }
        Ok(())
    }
}

impl Slices for OverK {
    fn slice<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        // Ascending: smaller primes are through before the first larger one strikes at once.
        if primes.last().is_some_and(|p| *p >= BLOCK) {
            self.walk(listener)?;
        }
        if primes.first().is_some_and(|p| *p <= self.base) {
            let (divisors, others): (Vec<u64>, Vec<u64>) =
                primes.iter().partition(|p| self.base.is_multiple_of(**p));
            for p in divisors {
                self.divisor_of_the_base(p, listener);
            }
            return self.batches(s, &others, listener);
        }
        self.batches(s, primes, listener)
    }

    fn two(&mut self, listener: &mut dyn Listener) -> Result<(), Stopped> {
        if self.base.is_multiple_of(2) {
            self.divisor_of_the_base(2, listener);
            return Ok(());
        }
        for target in 0..self.targets.len() {
            let (number, Target { addend, .. }) = self.targets[target];
            // k and c have the same parity.
            let first = (self.start ^ addend.unsigned_abs()) & 1;
            self.strike(number, first, 2, listener)?;
        }
        Ok(())
    }

    #[inline(always)]
    fn finish<S: Lanes>(&mut self, _: S, listener: &mut dyn Listener) -> Result<(), Stopped> {
        self.walk(listener)
    }
}

/// b^(-e), tight; halving is cheaper than multiplying where b is 2.
#[inline(always)]
fn negative_power<S: Lanes>(
    field: &Field<S, ROWS>,
    inverse: [S::V; ROWS],
    base: u64,
    e: u64,
) -> [S::V; ROWS] {
    if base != 2 {
        return field.tight(pow(field, inverse, e));
    }
    let mut power = field.one();
    for bit in (0..=e.ilog2()).rev() {
        power = field.tight(field.mul(power, power));
        if e >> bit & 1 == 1 {
            power = field.halve(power);
        }
    }
    power
}

/// The lanes with a number below a bound.
#[inline(always)]
fn below(row: &Row, bound: u64) -> u8 {
    let mut lanes = 0;
    for (lane, number) in row.0.iter().enumerate() {
        lanes |= u8::from(*number < bound) << lane;
    }
    lanes
}
