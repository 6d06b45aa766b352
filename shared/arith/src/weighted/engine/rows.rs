//! The choice of the digits for a modulus: by weights alone or in a padded row, and of how many words.

use rug::Integer;

use super::{Engine, lengths};
use crate::{
    simd::Isa,
    transform::{Plan, Shape, real::RealPlan},
    weighted::{
        convert::Powers,
        limits::Limits,
        padded::Fold,
        words::{Form, Words},
    },
};

/// Nobody's digits take more bits than this.
const MOST_BITS: f64 = 22.0;

/// Digits of a safe length, and what belongs to them.
pub(super) struct Rows {
    words: Words,
    limits: Limits,
    fold: Option<Fold>,
}

impl Rows {
    /// By weights alone, of the smallest safe length or of a given one.
    pub(super) fn weighted(
        form: Form,
        isa: Isa,
        length: Option<usize>,
        limit: f64,
    ) -> Option<Self> {
        let cyclic = match form {
            Form { c: 1, .. } => false,
            Form { c: -1, .. } => true,
            // Needed by [`crate::any`].
            Form {
                k: 1, b: 2, c: 2, ..
            } => false,
            _ => return None,
        };
        // A quick look, before any tables: of every word k costs half of its own bits.
        let bits = form.places() * f64::from(form.b).log2();
        let least = bits / (MOST_BITS - 0.5 * (form.k as f64).log2()).max(1.0);
        candidates(least, length)
            .find_map(|l| {
                let shape = Shape::new(l, isa.lanes(), cyclic)?;
                let words = Words::new(form, shape)?;
                let limits = Limits::new(&words);
                (limits.deviation <= limit).then_some((words, limits))
            })
            .filter(|(words, limits)| limits.settles(words))
            .map(|(words, limits)| Self {
                words,
                limits,
                fold: None,
            })
    }

    /// In the lower half of rows, of the smallest safe length or of a given one.
    pub(super) fn padded(
        form: Form,
        modulus: &Integer,
        isa: Isa,
        length: Option<usize>,
        limit: f64,
    ) -> Option<Self> {
        let bits = f64::from(form.n) * f64::from(form.b).log2();
        candidates(2.0 * bits / MOST_BITS, length)
            .take_while(|&l| l as f64 <= 2.0 * bits)
            .find_map(|l| {
                let shape = Shape::new(l, isa.lanes(), false)?;
                let (words, fold) = Fold::new(form, modulus, shape)?;
                let limits = Limits::new(&words);
                let safe = limits.deviation <= limit && limits.settles(&words);
                safe.then_some((words, limits, fold))
            })
            .map(|(words, limits, fold)| Self {
                words,
                limits,
                fold: Some(fold),
            })
    }

    /// The time of a squaring, in that of a word of the simplest kind (`docs/arithmetic.md`).
    pub(super) fn cost(&self) -> f64 {
        let kind = match self.fold {
            Some(_) => 1.1,
            None if self.words.shape.cyclic => 1.2,
            None => 1.0,
        };
        kind * self.words.shape.length() as f64
    }

    /// The engine for them.
    pub(super) fn engine(self, modulus: &Integer, isa: Isa) -> Engine {
        let Self {
            words,
            limits,
            fold,
        } = self;
        let shape = words.shape;
        Engine {
            isa,
            plan: Plan::new(shape),
            real_plan: shape.cyclic.then(|| RealPlan::new(2 * shape.segment)),
            limits,
            powers: Powers::new(&words),
            modulus: modulus.clone(),
            words,
            fold,
            spread: None,
        }
    }
}

/// Lengths from `least` on, or the given one.
fn candidates(least: f64, length: Option<usize>) -> impl Iterator<Item = usize> {
    lengths().filter(move |&l| length.map_or(l as f64 >= least, |length| l == length))
}
