//! Discrete logarithms modulo many primes: all n in a range with b^n*v = 1 (mod p), for one or more v
//! per prime. Three steps, each in lanes:
//!
//! 1. Primes p gather by the greatest common divisor g of p-1 and [`SMOOTH`].
//! 2. In the group of the g-th roots of 1 the logarithm of v^((p-1)/g) to the base b^((p-1)/g) is read
//!    off a few tables (Pohlig and Hellman 1978). Either there is none, and no n either (this is the
//!    filter by power residues), or it says what n is modulo the order o of that base.
//! 3. With n = d+o*m what is left is a logarithm to the base b^o over a range shorter by o: baby steps
//!    and giant steps. All v of a prime share the baby steps.

mod residues;
mod steps;

use std::{ops::Range, sync::LazyLock};

use self::{
    residues::{Classes, Sifted},
    steps::{Steps, Waiting},
};
use super::{
    lanes::{Field, Isa, Kernel, LANES, Lanes, Row, Slices, sieve_with},
    listener::{Listener, Stopped},
};

/// The smooth number whose common divisors with p-1 are used: larger means shorter searches for the
/// primes that profit and more classes of primes to keep apart.
const SMOOTH: u32 = 16 * 9 * 5 * 7 * 11;
/// Rows of primes side by side in the second step.
const ROWS: usize = 4;

static CLASSES: LazyLock<Classes> = LazyLock::new(|| Classes::new(SMOOTH));

/// The values whose logarithms are wanted.
pub(super) trait Values {
    /// Numbers per prime.
    fn count(&self) -> usize;

    /// Appends the tight residues v modulo rows of primes, in order; 0 where there is nothing to find.
    /// None of the primes divides b.
    fn values<S: Lanes, const N: usize>(
        &self,
        field: &Field<S, N>,
        primes: &[Row; N],
        values: &mut Vec<[S::V; N]>,
    );

    /// Whether primes up to this need a look at `special`.
    fn special_limit(&self) -> u64;

    /// Reports what is to be said of an odd prime aside from logarithms. False keeps the prime away
    /// from them, as every divisor of b must be.
    fn special(&self, p: u64, listener: &mut dyn Listener) -> bool;

    /// Reports what 2 divides.
    fn two(&self, listener: &mut dyn Listener);
}

/// Finds the logarithms below `length` and reports them, with the number of the value, as hits.
pub(super) fn sieve_logarithms<T: Values>(
    isa: Isa,
    base: u64,
    length: u64,
    values: &T,
    primes: Range<u64>,
    listener: &mut dyn Listener,
) -> Result<(), Stopped> {
    if length == 0 {
        return Ok(());
    }
    let classes = &*CLASSES;
    let mut logarithms = Logarithms {
        base,
        length,
        values,
        classes,
        gathered: vec![Vec::new(); classes.count()],
        waiting: vec![Waiting::default(); classes.count()],
        steps: Steps::new(base, length),
    };
    sieve_with(isa, primes, &mut logarithms, listener)
}

/// The primes on their way through the steps.
struct Logarithms<'a, T> {
    base: u64,
    length: u64,
    values: &'a T,
    classes: &'static Classes,
    /// Primes that wait for the second step, by their class.
    gathered: Vec<Vec<u64>>,
    /// Primes that wait for the third step, by their order.
    waiting: Vec<Waiting>,
    steps: Steps,
}

impl<T: Values> Logarithms<'_, T> {
    /// Takes a row of primes through the third step.
    fn search<S: Lanes>(
        &mut self,
        s: S,
        waiting: &Waiting,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        s.run(Search {
            steps: &mut self.steps,
            waiting,
            listener,
        })
    }

    /// Takes the gathered primes of a class through the second step, and those whose row is full
    /// through the third.
    fn sift<S: Lanes>(
        &mut self,
        s: S,
        class: usize,
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let primes = std::mem::take(&mut self.gathered[class]);
        if listener.should_stop() {
            return Err(Stopped);
        }
        let sifted = s.run(Sift {
            classes: self.classes,
            class,
            base: self.base,
            values: self.values,
            primes: &primes,
        });
        for entry in sifted {
            let order = entry.order_class;
            if self.waiting[order].push(entry, self.length) == LANES {
                let full = std::mem::take(&mut self.waiting[order]);
                self.search(s, &full, listener)?;
            }
        }
        self.gathered[class] = primes;
        self.gathered[class].clear();
        Ok(())
    }
}

/// The second step, compiled once for each instruction set.
struct Sift<'a, T> {
    classes: &'a Classes,
    class: usize,
    base: u64,
    values: &'a T,
    primes: &'a [u64],
}

impl<T: Values> Kernel for Sift<'_, T> {
    type Output = Vec<Sifted>;

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) -> Vec<Sifted> {
        residues::sift(
            s,
            self.classes,
            self.class,
            self.base,
            self.values,
            self.primes,
        )
    }
}

/// The third step, compiled once for each instruction set.
struct Search<'a> {
    steps: &'a mut Steps,
    waiting: &'a Waiting,
    listener: &'a mut dyn Listener,
}

impl Kernel for Search<'_> {
    type Output = Result<(), Stopped>;

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) -> Self::Output {
        self.steps.search(s, self.waiting, self.listener)
    }
}

impl<T: Values> Slices for Logarithms<'_, T> {
    fn slice<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let special = self.values.special_limit();
        for &p in primes {
            if p <= special && !self.values.special(p, listener) {
                continue;
            }
            let class = self.classes.of(p);
            self.gathered[class].push(p);
            if self.gathered[class].len() == ROWS * LANES {
                self.sift(s, class, listener)?;
            }
        }
        Ok(())
    }

    fn two(&mut self, listener: &mut dyn Listener) -> Result<(), Stopped> {
        self.values.two(listener);
        Ok(())
    }

    fn finish<S: Lanes>(&mut self, s: S, listener: &mut dyn Listener) -> Result<(), Stopped> {
        for class in 0..self.gathered.len() {
            if !self.gathered[class].is_empty() {
                self.sift(s, class, listener)?;
            }
        }
        // What is left of neighbouring orders shares rows.
        let mut row = Waiting::default();
        for order in 0..self.waiting.len() {
            for entry in std::mem::take(&mut self.waiting[order]).into_entries() {
                if row.push(entry, self.length) == LANES {
                    let full = std::mem::take(&mut row);
                    self.search(s, &full, listener)?;
                }
            }
        }
        if !row.is_empty() {
            self.search(s, &row, listener)?;
        }
        Ok(())
    }
}
