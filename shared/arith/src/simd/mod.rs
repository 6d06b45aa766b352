//! Vectors of `f64` lanes: one small trait, one file per instruction set.
//!
//! Transform and carry are written once, generic over [`Simd`]. A value of a type that implements it
//! is a token: it can only be had where the processor has the instructions, so the methods are safe
//! to call. They are all `#[inline(always)]` and become instructions only inside [`Simd::run`], which
//! compiles a whole [`Kernel`] with the instruction set switched on; the set is chosen once per
//! ring ([`Isa`]), never inside a loop.

mod buffer;
mod portable;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

pub(crate) use buffer::{Buffer, Line, Plain, parts, seen, typed};

/// An instruction set that this processor has.
pub(crate) trait Simd: Copy {
    /// `LANES` doubles.
    type V: Plain;
    /// `LANES` pairs of 32-bit integers, real and imaginary, lane after lane.
    type I: Plain;
    /// Doubles in a vector: 8 or 4.
    const LANES: usize;
    /// Whether a multiply-add takes no longer than an addition, with the product taken from the sum or the sum from
    /// the product.
    const FUSED: bool;

    /// Compiles and runs a kernel with these instructions.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// `x` in every lane.
    fn splat(self, x: f64) -> Self::V;
    /// a+b.
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a-b.
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a*b.
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// a*b+c with one rounding.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// a*b-c, with one rounding where [`Simd::FUSED`].
    #[inline(always)]
    fn fms(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        self.sub(self.mul(a, b), c)
    }
    /// c-a*b with one rounding.
    fn fnma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Vectors as rows of square blocks: with eight lanes, lane l of row r becomes lane r of row l; with
    /// four, the same within rows 0 to 3 and within rows 4 to 7. Its own inverse.
    fn transpose(self, rows: [Self::V; 8]) -> [Self::V; 8];
    /// Lane 0 is the last of `before`; lane l is lane l-1 of `v`.
    fn shift(self, before: Self::V, v: Self::V) -> Self::V;
    /// With the first `LANES` residues of 8 in bit-reversed order in the lanes: lane 0 is that of `zero`, and lane
    /// j is lane -j of `rest`.
    fn mirror(self, zero: Self::V, rest: Self::V) -> Self::V;
    /// Lane l of the result is lane `LANES`-1-l.
    fn reverse(self, v: Self::V) -> Self::V;
    /// Lane l is `set`'s where bit l of the mask is set, else `clear`'s.
    fn select(self, mask: u8, clear: Self::V, set: Self::V) -> Self::V;
    /// The nearest integer, of two the even one, for doubles of at most 2^51. (Others give something of their size.)
    #[inline(always)]
    fn round(self, v: Self::V) -> Self::V {
        let magic = self.splat(MAGIC);
        self.sub(self.add(v, magic), magic)
    }
    /// The lane-wise maximum of |acc| and |v|. A NaN may be lost.
    fn abs_max(self, acc: Self::V, v: Self::V) -> Self::V;
    /// The largest lane of those that are not negative. A NaN may be lost.
    #[inline(always)]
    fn peak(self, v: Self::V) -> f64 {
        let lanes = &mut [v];
        let lanes: &[f64] = parts(lanes);
        lanes.iter().copied().fold(0.0, f64::max)
    }
    /// Whether every lane is at most `most`, and none a NaN.
    #[inline(always)]
    fn at_most(self, v: Self::V, most: f64) -> bool {
        let lanes = &mut [v];
        let lanes: &[f64] = parts(lanes);
        lanes.iter().all(|&x| x <= most)
    }
    /// Integers to doubles.
    fn widen(self, i: Self::I) -> C<Self::V>;
    /// Integral doubles below 2^31 to integers; others give some integer.
    fn narrow(self, z: C<Self::V>) -> Self::I;
}

/// Adding and subtracting it rounds a double of at most 2^51 to an integer; what it is then added to
/// has that integer in its lowest bits.
pub(crate) const MAGIC: f64 = 6_755_399_441_055_744.0;

/// Code that is generic over the instruction set. `call` must be `#[inline(always)]`, and so must
/// everything hot that it calls, or it is compiled without the instructions.
pub(crate) trait Kernel {
    /// What the kernel returns.
    type Output;
    /// Does the work.
    fn call<S: Simd>(self, s: S) -> Self::Output;
}

/// The instruction sets that kernels exist for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Isa {
    /// Eight lanes: AVX-512 F, DQ, BW and VL.
    Avx512,
    /// Four lanes: AVX2 and FMA.
    Avx2,
    /// Four lanes: NEON, on 64-bit Arm.
    Neon,
    /// Four lanes in plain Rust, on any processor.
    Portable,
}

impl Isa {
    /// Every instruction set that this processor has, the fastest first.
    pub fn available() -> Vec<Isa> {
        [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable]
            .into_iter()
            .filter(|isa| isa.is_available())
            .collect()
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => avx512::Avx512::detect().is_some(),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => avx2::Avx2::detect().is_some(),
            Isa::Neon => cfg!(target_arch = "aarch64"),
            Isa::Portable => true,
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The fastest that this processor has.
    pub fn best() -> Isa {
        Self::available().first().copied().unwrap_or(Isa::Portable)
    }

    /// Doubles in one of its vectors.
    pub(crate) fn lanes(self) -> usize {
        match self {
            Isa::Avx512 => 8,
            Isa::Avx2 | Isa::Neon => 4,
            Isa::Portable => portable::Portable::LANES,
        }
    }

    /// Runs a kernel with it, or with the portable code if the processor lacks it.
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[cfg(target_arch = "x86_64")]
        match self {
            Isa::Avx512 => {
                if let Some(token) = avx512::Avx512::detect() {
                    return token.run(kernel);
                }
            }
            Isa::Avx2 => {
                if let Some(token) = avx2::Avx2::detect() {
                    return token.run(kernel);
                }
            }
            Isa::Neon | Isa::Portable => {}
        }
        #[cfg(target_arch = "aarch64")]
        if self == Isa::Neon {
            return neon::Neon.run(kernel);
        }
        // Tables are laid out for a number of lanes; running them with another would be wrong.
        assert_eq!(
            self.lanes(),
            portable::Portable::LANES,
            "{self:?} is not available"
        );
        portable::Portable.run(kernel)
    }
}

/// A complex vector: real parts and imaginary parts.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct C<V> {
    /// Real parts.
    pub(crate) re: V,
    /// Imaginary parts.
    pub(crate) im: V,
}

// SAFETY: two plain values of the same type in C order leave no padding between them.
unsafe impl<V: Plain> Plain for C<V> {}

impl<V: Plain> C<V> {
    /// Zero in every lane.
    #[inline(always)]
    pub(crate) fn zero<S: Simd<V = V>>(s: S) -> Self {
        let zero = s.splat(0.0);
        Self { re: zero, im: zero }
    }

    /// self+b.
    #[inline(always)]
    pub(crate) fn add<S: Simd<V = V>>(self, s: S, b: Self) -> Self {
        Self {
            re: s.add(self.re, b.re),
            im: s.add(self.im, b.im),
        }
    }

    /// self-b.
    #[inline(always)]
    pub(crate) fn sub<S: Simd<V = V>>(self, s: S, b: Self) -> Self {
        Self {
            re: s.sub(self.re, b.re),
            im: s.sub(self.im, b.im),
        }
    }

    /// self*b.
    #[inline(always)]
    pub(crate) fn mul<S: Simd<V = V>>(self, s: S, b: Self) -> Self {
        Self {
            re: s.fnma(self.im, b.im, s.mul(self.re, b.re)),
            im: s.fma(self.im, b.re, s.mul(self.re, b.im)),
        }
    }

    /// self*conj(b).
    #[inline(always)]
    pub(crate) fn mul_conj<S: Simd<V = V>>(self, s: S, b: Self) -> Self {
        Self {
            re: s.fma(self.im, b.im, s.mul(self.re, b.re)),
            im: s.fnma(self.re, b.im, s.mul(self.im, b.re)),
        }
    }

    /// self+i*b.
    #[inline(always)]
    pub(crate) fn add_i<S: Simd<V = V>>(self, s: S, b: Self) -> Self {
        Self {
            re: s.sub(self.re, b.im),
            im: s.add(self.im, b.re),
        }
    }

    /// self-i*b.
    #[inline(always)]
    pub(crate) fn sub_i<S: Simd<V = V>>(self, s: S, b: Self) -> Self {
        Self {
            re: s.add(self.re, b.im),
            im: s.sub(self.im, b.re),
        }
    }

    /// self+a*b.
    #[inline(always)]
    pub(crate) fn mul_add<S: Simd<V = V>>(self, s: S, a: Self, b: Self) -> Self {
        Self {
            re: s.fnma(a.im, b.im, s.fma(a.re, b.re, self.re)),
            im: s.fma(a.im, b.re, s.fma(a.re, b.im, self.im)),
        }
    }

    /// self+a*conj(b).
    #[inline(always)]
    pub(crate) fn mul_conj_add<S: Simd<V = V>>(self, s: S, a: Self, b: Self) -> Self {
        Self {
            re: s.fma(a.im, b.im, s.fma(a.re, b.re, self.re)),
            im: s.fnma(a.re, b.im, s.fma(a.im, b.re, self.im)),
        }
    }

    /// self+a*a, with two multiplications.
    #[inline(always)]
    pub(crate) fn add_square<S: Simd<V = V>>(self, s: S, a: Self) -> Self {
        Self {
            re: s.fma(s.sub(a.re, a.im), s.add(a.re, a.im), self.re),
            im: s.fma(s.add(a.re, a.re), a.im, self.im),
        }
    }

    /// self+r*b with a real r.
    #[inline(always)]
    pub(crate) fn fma<S: Simd<V = V>>(self, s: S, r: V, b: Self) -> Self {
        Self {
            re: s.fma(r, b.re, self.re),
            im: s.fma(r, b.im, self.im),
        }
    }

    /// self-r*b with a real r.
    #[inline(always)]
    pub(crate) fn fnma<S: Simd<V = V>>(self, s: S, r: V, b: Self) -> Self {
        Self {
            re: s.fnma(r, b.re, self.re),
            im: s.fnma(r, b.im, self.im),
        }
    }

    /// self+i*r*b with a real r.
    #[inline(always)]
    pub(crate) fn fma_i<S: Simd<V = V>>(self, s: S, r: V, b: Self) -> Self {
        Self {
            re: s.fnma(r, b.im, self.re),
            im: s.fma(r, b.re, self.im),
        }
    }

    /// self-i*r*b with a real r.
    #[inline(always)]
    pub(crate) fn fnma_i<S: Simd<V = V>>(self, s: S, r: V, b: Self) -> Self {
        Self {
            re: s.fma(r, b.im, self.re),
            im: s.fnma(r, b.re, self.im),
        }
    }

    /// r*self with a real r.
    #[inline(always)]
    pub(crate) fn scale<S: Simd<V = V>>(self, s: S, r: V) -> Self {
        Self {
            re: s.mul(r, self.re),
            im: s.mul(r, self.im),
        }
    }
}
