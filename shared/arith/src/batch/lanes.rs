//! Vectors of eight 64-bit integers, one for each candidate: one small trait, one file per
//! instruction set.
//!
//! A value of a type that implements [`Lanes`] is a token: it can only be had where the processor has
//! the instructions, so its methods are safe to call. They become instructions only inside
//! [`Lanes::run`], which compiles a whole [`Kernel`] with the instruction set switched on; the set is
//! chosen once per batch, never inside a loop.

use super::portable::Portable;

/// Candidates in a batch, at most.
pub const LANES: usize = 8;

/// Bits of a limb.
pub(super) const LIMB_BITS: u32 = 52;

/// The largest limb.
pub(super) const MASK: u64 = (1 << LIMB_BITS) - 1;

/// One number of every lane, most often limb i of all residues. Aligned to a cache line, so that
/// loading or storing a vector never touches two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub(super) struct Row(pub(super) [u64; LANES]);

/// Vectors in the registers of some instruction set. All arithmetic is modulo 2^64 in each lane.
pub(super) trait Lanes: Copy {
    /// Eight numbers.
    type V: Copy;

    /// Compiles and runs a kernel with these instructions.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// Reads from memory.
    fn load(self, row: &Row) -> Self::V;
    /// Writes to memory.
    fn store(self, row: &mut Row, v: Self::V);
    /// `x` in every lane.
    fn splat(self, x: u64) -> Self::V;
    /// a+b.
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a-b.
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// Bits set in both.
    fn and(self, a: Self::V, b: Self::V) -> Self::V;
    /// Bits set in one of them.
    fn xor(self, a: Self::V, b: Self::V) -> Self::V;
    /// v divided by 2^52, without sign.
    fn high(self, v: Self::V) -> Self::V;
    /// v divided by 2^52 and rounded down, with sign.
    fn high_signed(self, v: Self::V) -> Self::V;
    /// acc plus the low 52 bits of the 104-bit product of the low 52 bits of a and of b.
    fn madd_low(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V;
    /// acc plus the high 52 bits of the 104-bit product of the low 52 bits of a and of b.
    fn madd_high(self, acc: Self::V, a: Self::V, b: Self::V) -> Self::V;

    /// v modulo 2^52.
    #[inline(always)]
    fn low(self, v: Self::V) -> Self::V {
        self.and(v, self.splat(MASK))
    }
}

/// The first rows of some. A loop, because closures that handle vectors need not be inlined, and are
/// then compiled without the instructions.
#[inline(always)]
pub(super) fn load<S: Lanes, const K: usize>(s: S, rows: &[Row]) -> [S::V; K] {
    let rows = &rows[..K];
    let mut vectors = [s.splat(0); K];
    for (v, row) in vectors.iter_mut().zip(rows) {
        *v = s.load(row);
    }
    vectors
}

/// Code that is generic over the instruction set. `call` must be `#[inline(always)]`, and so must
/// everything hot that it calls, or it is compiled without the instructions.
pub(super) trait Kernel {
    /// What the kernel returns.
    type Output;
    /// Does the work.
    fn call<S: Lanes>(self, s: S) -> Self::Output;
}

/// What batches can compute with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchIsa {
    /// AVX-512 with the 52-bit integer multiply-add (IFMA).
    Ifma,
    /// No vectors: a [`crate::Ring`] for each candidate, in words of 64 bits.
    Separate,
    /// The code of the vectors in plain Rust, on any processor: slow, to compare with.
    Portable,
}

impl BatchIsa {
    /// Everything that this processor has, the fastest first.
    pub fn available() -> Vec<Self> {
        [Self::Ifma, Self::Separate, Self::Portable]
            .into_iter()
            .filter(|isa| isa.is_available())
            .collect()
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Ifma => super::ifma::Ifma::detect().is_some(),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Ifma => false,
            Self::Separate | Self::Portable => true,
        }
    }

    /// The fastest that this processor has.
    pub fn best() -> Self {
        if Self::Ifma.is_available() {
            Self::Ifma
        } else {
            Self::Separate
        }
    }

    /// Runs a kernel with it, or with the portable code if the processor lacks it: the results are
    /// the same.
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        if self == Self::Ifma
            && let Some(token) = super::ifma::Ifma::detect()
        {
            return token.run(kernel);
        }
        Portable.run(kernel)
    }
}
