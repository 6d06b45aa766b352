//! How much memory a ring takes, known before any of it is taken.
//!
//! The estimates are per bit of N and count the ring's tables, one residue with its scratch space, and
//! what conversions and exact products need for a moment; a test counts what is really allocated.

/// By what a ring computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// GMP.
    Plain,
    /// One transform modulo k*b^n+-1.
    Weighted,
    /// Two transforms for any N.
    General,
}

/// Bytes for a modulus of `bits` bits, of which the multiplier k takes `extra` a word (half its own).
pub(crate) fn needed(kind: Kind, bits: u32, extra: f64) -> u64 {
    let bits = f64::from(bits);
    // A transform of 12 to 20 bits a word, or as many fewer as k takes.
    let words = bits / (16.0 - extra).max(4.0);
    let per_word = match kind {
        Kind::Plain => 0.0,
        Kind::Weighted => 110.0,
        Kind::General => 280.0,
    };
    // GMP's products take several times their operands.
    (bits / 8.0 * 20.0 + words * per_word) as u64 + (1 << 20)
}
