//! How many bits a digit may have, and what may be trusted.
//!
//! Two bounds. The *average* one, for digits that look random: the round-off of one product has a
//! standard deviation of about `SPREAD * 2^-53 * k*|X|^2 * sqrt(log2 L) / sqrt(L)`, |X| the norm of the
//! weighted digits; `SPREAD` is calibrated (see `docs/arithmetic.md`). The length is chosen so that it
//! is at most [`DEVIATION`]: 0.4 is then eleven deviations away. The *worst-case* one, for any digits:
//! every step of the transform adds at most a few units of the last place of the norm.

use super::words::Words;

/// Calibrated: deviation of the round-off against the model above.
const SPREAD: f64 = 1.8;

/// The deviation of the round-off that a length may have.
pub(crate) const DEVIATION: f64 = 0.035;

/// A product whose round-off comes near a half is discarded.
pub(crate) const ROUNDOFF: f64 = 0.4;

/// Steps that a residue takes carefully until its digits are taken for random.
pub(crate) const CAREFUL: u32 = 50;

/// The expected round-off of a length, and what its products may look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Expected standard deviation of the round-off of random-looking digits.
    pub(crate) deviation: f64,
    /// Products larger than this do not come from random-looking digits.
    largest: f64,
    /// The sum of the squares of weighted digits that look random.
    pub(crate) random: f64,
    /// Worst-case round-off is this times the sum of the squares of weighted digits.
    worst: f64,
}

impl Limits {
    /// The limits of these digits.
    pub(crate) fn new(words: &Words) -> Self {
        let length = words.shape.length() as f64;
        let form = &words.form;
        // Sum of squares of weighted digits, each of them even in -R/2 .. R/2.
        let row: f64 = (0..words.shape.length())
            .map(|j| words.weight(j)[1].powi(2) / 12.0)
            .sum();
        let random = row * words.occupied();
        let ulp = f64::EPSILON / 2.0;
        let product = form.k as f64 * random;
        Self {
            deviation: SPREAD * ulp * product * (length.log2() / length).sqrt(),
            // One product is about product/sqrt(L).
            largest: 64.0 * product / length.sqrt(),
            random,
            // (What a product is divided by at last, its weight, is at least 1.)
            worst: form.k as f64 * ulp * (16.0 * length.log2() + 64.0),
        }
    }

    /// The largest value that `factor` times a product may have.
    pub(crate) fn largest(&self, factor: u32) -> f64 {
        (self.largest * f64::from(factor)).min(EXACT)
    }

    /// Whether the carries of random-looking products come to rest in the columns that wait for them:
    /// not where a long k makes products that are many digits long.
    pub(crate) fn settles(&self, words: &Words) -> bool {
        // Eight deviations, over four columns; the last digit may exceed its radix once.
        let per_word = words.form.places() / words.shape.length() as f64;
        let column = f64::from(words.form.b).powf(per_word);
        self.largest / 8.0 <= column.powi(4) * words.radix[0]
    }

    /// Whether `factor` times any product that is accepted at all stays exact.
    pub(crate) fn allows(&self, factor: u32) -> bool {
        self.largest * f64::from(factor) <= EXACT
    }

    /// Whether a product is right whatever the digits, by the sums of the squares of the weighted ones.
    /// (Then it is far below 2^50, too.)
    pub(crate) fn admits(&self, x: f64, y: f64) -> bool {
        self.worst * (x * y).sqrt() < ROUNDOFF
    }
}

/// Up to here rounding by adding a constant is exact, and so are sums with a carry.
const EXACT: f64 = (1u64 << 50) as f64;
