//! What a caller may choose of a ring; nothing of it changes a result.

#[cfg(doc)]
use crate::RingError;
use crate::{Isa, Tuning};

/// How a ring may compute. The default is the fastest known; the results never differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Whether the shape of N may be used for reduction.
    pub special_form: bool,
    /// What computes.
    pub backend: Backend,
    /// The instruction set of the transform; by default the best of this processor for its length.
    pub isa: Option<Isa>,
    /// The transform length in words, to compare lengths; [`RingError::NoTransform`] if there is no
    /// such length or it is too short to be safe.
    pub length: Option<usize>,
    /// Threads that work together on one squaring or product, the caller's among them; 1 by default. A ring
    /// whose transform is too short for so many takes fewer, [`Ring::threads`] says how many. The others
    /// sleep where nothing is computed, and end with the ring.
    ///
    /// [`Ring::threads`]: crate::Ring::threads
    pub threads: usize,
    /// Bytes of memory that the ring, one residue and their work together may take; see
    /// [`Ring::bytes_needed`]. 4 GiB by default.
    ///
    /// [`Ring::bytes_needed`]: crate::Ring::bytes_needed
    pub memory: u64,
}

/// What computes in a ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// Whatever is faster.
    #[default]
    Auto,
    /// GMP.
    Gmp,
    /// The transform, however small N is; [`RingError::NoTransform`] if there is none for it.
    Transform,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            special_form: true,
            backend: Backend::Auto,
            isa: None,
            length: None,
            threads: 1,
            memory: 4 << 30,
        }
    }
}

impl Options {
    /// Reduction by a general remainder, whatever the shape of N: the slow way, to compare with.
    pub fn plain() -> Self {
        Self {
            special_form: false,
            backend: Backend::Gmp,
            ..Self::default()
        }
    }

    /// The same with another backend.
    #[must_use]
    pub fn with_backend(self, backend: Backend) -> Self {
        Self { backend, ..self }
    }

    /// The same with a chosen instruction set.
    #[must_use]
    pub fn with_isa(self, isa: Isa) -> Self {
        Self {
            isa: Some(isa),
            ..self
        }
    }

    /// The same with a chosen transform length.
    #[must_use]
    pub fn with_length(self, length: usize) -> Self {
        Self {
            length: Some(length),
            ..self
        }
    }

    /// The same with so many threads on one product.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// The same with what was measured to be the fastest; see [`plan`](crate::plan). It fits the modulus that
    /// was measured, and those a little smaller.
    #[must_use]
    pub fn with_tuning(self, tuning: Tuning) -> Self {
        Self {
            isa: Some(tuning.isa),
            length: Some(tuning.length),
            threads: tuning.threads,
            ..self
        }
    }

    /// The same without the use of N's shape.
    #[must_use]
    pub fn without_form(self) -> Self {
        Self {
            special_form: false,
            ..self
        }
    }

    /// The same with another limit on memory, in bytes.
    #[must_use]
    pub fn with_memory(self, memory: u64) -> Self {
        Self { memory, ..self }
    }
}
