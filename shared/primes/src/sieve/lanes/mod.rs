//! Arithmetic modulo eight primes at once, a prime in each lane: one small trait, one file per
//! instruction set.
//!
//! A value of a type that implements [`Lanes`] is a token: it can only be had where the processor has
//! the instructions, so its methods are safe to call. They become instructions only inside
//! [`Lanes::run`], which compiles a whole [`Kernel`] with the instruction set switched on; the set is
//! chosen once per interval of primes, never inside a loop.
//!
//! How a residue is represented is the instruction set's own affair (two of them use Montgomery
//! forms with different radices, one plain numbers). What they share: a residue is *tight* if its
//! representation is the only one, which comparisons and keys need, and *loose* otherwise.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod ifma;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod power;
#[cfg(test)]
mod tests;

pub(super) use power::{Field, pow, pow_each};

use std::ops::Range;

use super::listener::{Listener, Stopped};
use crate::word::for_prime_slices;

/// Primes in a vector.
pub(super) const LANES: usize = 8;
/// The largest number that [`Lanes::enter`] takes.
pub(super) const LARGEST_NUMBER: u64 = (1 << 50) - 1;

/// A 64-bit number of every lane: primes, exponents, numbers, keys. Aligned to a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct Row(pub(super) [u64; LANES]);

/// Vectors of residues in the registers of some instruction set. A set of lanes is a byte, a bit for
/// each.
pub(super) trait Lanes: Copy {
    /// A residue in every lane.
    type V: Copy;
    /// The primes, with what multiplying modulo them needs.
    type M: Copy;
    /// All primes are below this.
    const LIMIT: u64;

    /// Compiles and runs a kernel with these instructions.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// Prepares for odd primes below the limit.
    fn modulus(self, primes: &Row) -> Self::M;
    /// 1, tight.
    fn one(self, m: Self::M) -> Self::V;
    /// The residue of the representation's radix, tight: entering numbers with it gives their residues.
    fn entrance(self, m: Self::M) -> Self::V;
    /// The loose v times numbers up to [`LARGEST_NUMBER`], which may be larger than the primes, and
    /// divided by the radix; loose.
    fn enter(self, m: Self::M, v: Self::V, numbers: &Row) -> Self::V;
    /// The least numbers that residues stand for.
    fn leave(self, m: Self::M, v: Self::V) -> Row;
    /// a*b of loose residues, loose.
    fn mul(self, m: Self::M, a: Self::V, b: Self::V) -> Self::V;
    /// The tight residue.
    fn tight(self, m: Self::M, v: Self::V) -> Self::V;
    /// a+b of tight residues, tight.
    fn add(self, m: Self::M, a: Self::V, b: Self::V) -> Self::V;
    /// a-b of tight residues, tight.
    fn sub(self, m: Self::M, a: Self::V, b: Self::V) -> Self::V;
    /// a/2 of a tight residue, tight.
    fn halve(self, m: Self::M, a: Self::V) -> Self::V;
    /// The lesser representation of a tight residue and its negative: equal for v and -v.
    fn fold(self, m: Self::M, v: Self::V) -> Self::V;
    /// A value that is zero in a lane where the tight a and b are equal, and marks such lanes when
    /// `closest` has gathered many of them.
    fn closest(self, gathered: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// What `closest` starts from.
    fn far(self) -> Self::V;
    /// The lanes in which `closest` met equal residues.
    fn met(self, gathered: Self::V) -> u8;
    /// The lanes in which tight residues are equal.
    fn equal(self, a: Self::V, b: Self::V) -> u8;
    /// a in the lanes of the set, b in the others.
    fn select(self, lanes: u8, a: Self::V, b: Self::V) -> Self::V;
    /// Tight residues as numbers: equal ones for equal residues, with low bits that look random
    /// except for the smallest primes.
    fn keys(self, v: Self::V) -> Row;
    /// The keys of eight tight residues, in a row for each lane.
    #[inline(always)]
    fn columns(self, v: [Self::V; LANES]) -> [Row; LANES] {
        let mut columns = [Row::default(); LANES];
        for (i, v) in v.into_iter().enumerate() {
            for (column, key) in columns.iter_mut().zip(self.keys(v).0) {
                column.0[i] = key;
            }
        }
        columns
    }
    /// The residues of keys.
    fn of_keys(self, keys: &Row) -> Self::V;
}

/// Code that is generic over the instruction set. `call` must be `#[inline(always)]`, and so must
/// everything hot that it calls, or it is compiled without the instructions.
pub(super) trait Kernel {
    /// What the kernel returns.
    type Output;
    /// Does the work.
    fn call<S: Lanes>(self, s: S) -> Self::Output;
}

/// What sieves can compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// AVX-512 with the 52-bit integer multiply-add (IFMA), for primes below 2^50.
    Ifma,
    /// AVX2 with fused multiply-add of doubles, for primes below 2^50.
    Avx2,
    /// NEON on 64-bit Arm, for primes below 2^50.
    Neon,
    /// Words of 64 bits one after another, on any processor, for primes below 2^62.
    Portable,
}

impl Isa {
    /// Everything that this processor has, the fastest first.
    pub fn available() -> Vec<Self> {
        [Self::Ifma, Self::Avx2, Self::Neon, Self::Portable]
            .into_iter()
            .filter(|isa| isa.is_available())
            .collect()
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => ifma::Ifma::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::Avx2::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Ifma | Self::Avx2 => false,
            Self::Neon => cfg!(target_arch = "aarch64"),
            Self::Portable => true,
        }
    }

    /// The fastest that this processor has.
    pub fn best() -> Self {
        let vectors = [Self::Ifma, Self::Avx2, Self::Neon];
        vectors
            .into_iter()
            .find(|isa| isa.is_available())
            .unwrap_or(Self::Portable)
    }

    /// All primes that it takes are below this.
    pub(super) fn limit(self) -> u64 {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => ifma::Ifma::LIMIT,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => avx2::Avx2::LIMIT,
            #[cfg(target_arch = "aarch64")]
            Self::Neon => neon::Neon::LIMIT,
            _ => portable::Portable::LIMIT,
        }
    }

    /// Runs a kernel with it, or with the portable code if the processor lacks it: the results are
    /// the same.
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        if self == Self::Ifma
            && let Some(token) = ifma::Ifma::detect()
        {
            return token.run(kernel);
        }
        #[cfg(target_arch = "x86_64")]
        if self == Self::Avx2
            && let Some(token) = avx2::Avx2::detect()
        {
            return token.run(kernel);
        }
        #[cfg(target_arch = "aarch64")]
        if self == Self::Neon {
            return neon::Neon.run(kernel);
        }
        portable::Portable.run(kernel)
    }
}

/// A sieve that takes primes a slice at a time.
pub(super) trait Slices {
    /// Reports what odd primes below the limit of the instruction set divide.
    fn slice<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped>;
    /// Reports what 2 divides.
    fn two(&mut self, listener: &mut dyn Listener) -> Result<(), Stopped>;
    /// Reports what was put off. Called after the last slice with the instruction set of all slices.
    fn finish<S: Lanes>(&mut self, _: S, _: &mut dyn Listener) -> Result<(), Stopped> {
        Ok(())
    }
}

/// Gives the primes of an interval to a sieve. Primes beyond the limit of the instruction set go to
/// the portable code.
pub(super) fn sieve_with<T: Slices>(
    isa: Isa,
    primes: Range<u64>,
    sieve: &mut T,
    listener: &mut dyn Listener,
) -> Result<(), Stopped> {
    if primes.contains(&2) {
        listener.count(1);
        sieve.two(listener)?;
    }
    let start = primes.start.max(3);
    let limit = isa.limit().clamp(start, primes.end.max(start));
    for (isa, primes, last) in [
        (isa, start..limit, limit >= primes.end),
        (Isa::Portable, limit..primes.end, true),
    ] {
        let mut result = Ok(());
        for_prime_slices(primes.start, primes.end, &mut |slice| {
            listener.count(slice.len() as u64);
            result = isa.run(Slice {
                sieve: &mut *sieve,
                primes: Some(slice),
                listener: &mut *listener,
            });
            result.is_ok()
        });
        result?;
        isa.run(Slice {
            sieve: &mut *sieve,
            primes: None,
            listener: &mut *listener,
        })?;
        if last {
            break;
        }
    }
    Ok(())
}

/// A slice of primes, or the end of them.
struct Slice<'a, T> {
    sieve: &'a mut T,
    primes: Option<&'a [u64]>,
    listener: &'a mut dyn Listener,
}

impl<T: Slices> Kernel for Slice<'_, T> {
    type Output = Result<(), Stopped>;

    #[inline(always)]
    fn call<S: Lanes>(self, s: S) -> Self::Output {
        if self.listener.should_stop() {
            return Err(Stopped);
        }
        match self.primes {
            Some(primes) => self.sieve.slice(s, primes, self.listener),
            None => self.sieve.finish(s, self.listener),
        }
    }
}

/// Rows of primes: `N` of them, the last prime repeated where there are fewer. The number that counts
/// is given back.
#[inline(always)]
pub(super) fn rows<const N: usize>(primes: &[u64]) -> ([Row; N], usize) {
    let mut rows = [Row::default(); N];
    let last = primes.len() - 1;
    for (u, row) in rows.iter_mut().enumerate() {
        for (lane, p) in row.0.iter_mut().enumerate() {
            *p = primes[(u * LANES + lane).min(last)];
        }
    }
    (rows, primes.len().min(N * LANES))
}
