//! Operations on residues held as digits, and the gate that none of them can pass with a wrong result:
//! what a pass reports decides whether its digits stand or are made again by GMP from the digits that
//! were kept.

use rug::{Integer, ops::RemRounding};

use super::{
    convert::{self, Powers},
    limits::{self, CAREFUL, Limits, ROUNDOFF},
    padded::{Ends, Fold},
    pass::{self, Source, Watch},
    words::{Form, Words},
};
use crate::{
    simd::{Buffer, Isa, Kernel, Simd},
    transform::{
        Plan, inner,
        leaf::Middle,
        real::{Multiply, RealPlan},
    },
};

/// The tables of one modulus, length and instruction set.
#[derive(Debug)]
pub(crate) struct Engine {
    isa: Isa,
    plan: Plan,
    real_plan: Option<RealPlan>,
    words: Words,
    /// If the row is twice as long as the number.
    fold: Option<Fold>,
    limits: Limits,
    powers: Powers,
    modulus: Integer,
    /// The threads that work on a product, if more than the caller's.
    spread: Option<Spread>,
}

/// A residue as digits. `data` always holds the first step of the transform of `digits`.
#[derive(Debug)]
pub(crate) struct Digits {
    digits: Buffer,
    /// The digits before the last operation.
    kept: Buffer,
    data: Buffer,
    real: Buffer,
    /// Room for another residue's transform.
    other: Option<(Buffer, Buffer)>,
    /// Room for careful products.
    scratch: Option<Box<Scratch>>,
    /// Room for the columns of a pass that wait.
    waiting: Buffer,
    /// Products since the value came from outside.
    age: u32,
    /// The largest round-off met.
    roundoff: f64,
    /// Products that were made again.
    redone: u64,
}

impl Clone for Digits {
    fn clone(&self) -> Self {
        Self {
            digits: self.digits.clone(),
            kept: self.kept.clone(),
            data: self.data.clone(),
            real: self.real.clone(),
            other: None,
            scratch: None,
            waiting: Buffer::of_lines(0),
            ..*self
        }
    }
}

impl Digits {
    /// See [`crate::Residue::assume_random`].
    pub(crate) fn assume_random(&mut self) {
        self.age = CAREFUL;
    }

    /// The largest round-off that any product of this residue met.
    pub(crate) fn roundoff(&self) -> f64 {
        self.roundoff
    }

    /// How many products had to be made again.
    pub(crate) fn redone(&self) -> u64 {
        self.redone
    }
}

/// Lengths that a transform may have, ascending: 4, 5, 6 and 7 times powers of two, and between them 9/2, 21/4 and
/// 15/2 times.
pub(crate) fn lengths() -> impl Iterator<Item = usize> {
    (3..22).flat_map(|a| [16usize, 18, 20, 21, 24, 28, 30].map(|t| t << a))
}

impl Engine {
    /// The faster engine of the two kinds, with its smallest safe length; or with a given length if that is safe.
    pub(crate) fn new(
        form: Form,
        modulus: &Integer,
        isa: Isa,
        length: Option<usize>,
    ) -> Option<Self> {
        let weighted = Rows::weighted(form, isa, length, limits::DEVIATION);
        // Padded rows are not shorter unless k takes about half of every word.
        let padded = match &weighted {
            Some(_) if form.k < 1 << 12 || length.is_some() => None,
            _ => Rows::padded(form, modulus, isa, length, limits::DEVIATION),
        };
        let rows = match (weighted, padded) {
            (Some(weighted), Some(padded)) if padded.cost() < weighted.cost() => padded,
            (weighted, padded) => weighted.or(padded)?,
        };
        Some(rows.engine(modulus, isa))
    }

    /// The engine by weights alone, with another limit on the expected deviation of the round-off.
    pub(crate) fn with_limit(
        form: Form,
        modulus: &Integer,
        isa: Isa,
        length: Option<usize>,
        limit: f64,
    ) -> Option<Self> {
        Rows::weighted(form, isa, length, limit).map(|rows| rows.engine(modulus, isa))
    }

    /// Whether the row is twice as long as the number.
    pub(crate) fn is_padded(&self) -> bool {
        self.fold.is_some()
    }

    /// Real words of the transform.
    pub(crate) fn length(&self) -> usize {
        self.words.shape.length()
    }

    /// The instruction set.
    pub(crate) fn isa(&self) -> Isa {
        self.isa
    }

    /// Bits that a digit stands for, on average.
    pub(crate) fn bits_per_word(&self) -> f64 {
        f64::from(self.modulus.significant_bits()) / self.length() as f64
    }

    /// The expected standard deviation of the round-off.
    pub(crate) fn deviation(&self) -> f64 {
        self.limits.deviation
    }

    /// A residue of a value, 0 <= value < N.
    pub(crate) fn residue(&self, value: &Integer) -> Digits {
        let mut x = self.empty();
        self.load(&mut x, value);
        x
    }

    /// A residue without digits.
    fn empty(&self) -> Digits {
        let shape = &self.words.shape;
        let points = shape.points() * 2 * shape.lanes;
        let real = if shape.cyclic { 2 * shape.segment } else { 0 };
        Digits {
            digits: Buffer::zeroed::<i32>(shape.length()),
            kept: Buffer::zeroed::<i32>(shape.length()),
            data: Buffer::zeroed::<f64>(points),
            real: Buffer::zeroed::<f64>(real),
            other: None,
            scratch: None,
            waiting: Buffer::of_lines(0),
            age: 0,
            roundoff: 0.0,
            redone: 0,
        }
    }

    /// Sets the digits to those of a canonical value.
    pub(crate) fn load(&self, x: &mut Digits, value: &Integer) {
        convert::digits_of(
            &self.words,
            &self.powers,
            &self.modulus,
            value,
            x.kept.view_mut(),
        );
        self.combine(x, 1.0, None);
    }

    /// The canonical value.
    pub(crate) fn to_integer(&self, x: &Digits) -> Integer {
        self.value_of(&x.digits)
    }

    fn value_of(&self, digits: &Buffer) -> Integer {
        let length = self.length();
        convert::value_of(
            &self.words,
            &self.powers,
            &self.modulus,
            &digits.view()[..length],
        )
    }

    /// x = factor*x^2 for a factor of at most 2^16.
    pub(crate) fn square(&self, x: &mut Digits, factor: u32) {
        self.square_sub(x, factor, 0);
    }

    /// x = factor*x^2-m for a factor of at most 2^16.
    pub(crate) fn square_sub(&self, x: &mut Digits, factor: u32, m: u64) {
        // In one pass where the products leave room for it. (Their errors are gone before they are multiplied.)
        let factor_fits = factor == 1 || self.allows(factor);
        let m_fits = factor_fits && self.subtracts(m);
        let at_once = if factor_fits { factor } else { 1 };
        self.square_less(x, at_once, if m_fits { m } else { 0 });
        if !factor_fits {
            self.mul_small(x, factor.into());
        }
        if !m_fits && m != 0 {
            self.sub_small(x, m);
        }
    }

    /// x = factor*x^2-m, in one pass, for an m that a pass [subtracts](Self::subtracts).
    fn square_less(&self, x: &mut Digits, factor: u32, m: u64) {
        if x.age < CAREFUL {
            let norm = self.norm(&x.digits);
            if !self.limits.admits(norm, norm) {
                if self.in_pieces(x, None) {
                    return self.finish_careful(x, factor, m);
                }
                let value = self.to_integer(x);
                return self.replace(x, value.square() * factor - m);
            }
        }
        self.turn(&mut x.data, Way::Square, Some((&mut x.real, None)));
        let ends = self.ends(&x.digits, &x.digits, factor, m);
        let watch = self.carry(x, factor, ends);
        if self.accepts(x, watch, factor) {
            x.age = x.age.saturating_add(1);
        } else {
            x.redone += 1;
            let value = self.value_of(&x.kept);
            self.replace(x, value.square() * factor - m);
        }
    }

    /// x = factor*x-m, and one more product has been made.
    fn finish_careful(&self, x: &mut Digits, factor: u32, m: u64) {
        x.age = x.age.saturating_add(1);
        if factor != 1 {
            self.mul_small(x, factor.into());
        }
        if m != 0 {
            self.sub_small(x, m);
        }
    }

    /// x = factor*x*y for a factor of at most 2^16.
    pub(crate) fn mul(&self, x: &mut Digits, y: &Digits, factor: u32) {
        if factor != 1 && !self.allows(factor) {
            self.mul(x, y, 1);
            return self.mul_small(x, factor.into());
        }
        let age = x.age.min(y.age);
        if age < CAREFUL
            && !self
                .limits
                .admits(self.norm(&x.digits), self.norm(&y.digits))
        {
            if self.in_pieces(x, Some(&y.digits)) {
                x.age = age;
                return self.finish_careful(x, factor, 0);
            }
            let product = self.to_integer(x) * self.to_integer(y);
            x.age = age;
            return self.replace(x, product * factor);
        }
        let (mut data, mut real) = x
            .other
            .take()
            .unwrap_or_else(|| (y.data.clone(), y.real.clone()));
        data.view_mut::<f64>().copy_from_slice(y.data.view());
        real.view_mut::<f64>().copy_from_slice(y.real.view());
        self.turn(&mut data, Way::Forward, None);
        let rest = Some((&mut x.real, Some(&mut real)));
        self.turn(&mut x.data, Way::Product(&data), rest);
        x.other = Some((data, real));
        let ends = self.ends(&x.digits, &y.digits, factor, 0);
        let watch = self.carry(x, factor, ends);
        x.age = age;
        if self.accepts(x, watch, factor) {
            x.age = x.age.saturating_add(1);
        } else {
            x.redone += 1;
            let product = self.value_of(&x.kept) * self.to_integer(y);
            self.replace(x, product * factor);
        }
    }

    /// x = m*x.
    pub(crate) fn mul_small(&self, x: &mut Digits, m: u64) {
        if m < 1 << 20 {
            std::mem::swap(&mut x.digits, &mut x.kept);
            self.combine(x, m as f64, None);
        } else {
            let value = self.to_integer(x) * m;
            self.replace(x, value);
        }
    }

    /// x = x+y, or x-y with sign -1.
    pub(crate) fn add(&self, x: &mut Digits, y: &Digits, sign: f64) {
        std::mem::swap(&mut x.digits, &mut x.kept);
        self.combine(x, 1.0, Some((&y.digits, sign)));
        x.age = x.age.min(y.age);
    }

    /// x = x-m.
    pub(crate) fn sub_small(&self, x: &mut Digits, m: u64) {
        if let Some(fold) = &self.fold {
            return self.sub_padded(x, m, fold);
        }
        // One digit changes: that of the tail, or for k = 1, where it comes to the same, the first one.
        let (word, change) = if self.words.form.k == 1 {
            (0, Some(-i128::from(m)))
        } else {
            (self.length() - self.words.tail.len(), self.words.less(m))
        };
        let at = self.words.positions().nth(word);
        if let (Some(change), Some(at)) = (change, at) {
            let digits: &mut [i32] = x.digits.view_mut();
            let digit = i128::from(digits[at]) + change;
            if digit.abs() <= i128::from(self.words.radix[0] as i64) {
                digits[at] = digit as i32;
                let column = word % self.words.shape.segment;
                self.pass(x, Ends::default(), |_| Start::Column(column));
                return;
            }
        }
        // Where it would become too large, all are gone through.
        if self.subtracts(m) {
            std::mem::swap(&mut x.digits, &mut x.kept);
            self.combine_less(x, 1.0, None, m);
            return;
        }
        let value = self.to_integer(x) - m;
        self.replace(x, value);
    }

    /// x = x-m in a padded row.
    fn sub_padded(&self, x: &mut Digits, m: u64, fold: &Fold) {
        match &fold.one {
            None if fold.subtracts(m) => {
                std::mem::swap(&mut x.digits, &mut x.kept);
                self.combine_less(x, 1.0, None, m);
            }
            Some(one) if m < 1 << 20 => {
                std::mem::swap(&mut x.digits, &mut x.kept);
                self.combine(x, 1.0, Some((one, -(m as f64))));
            }
            _ => {
                let value = self.to_integer(x) - m;
                self.replace(x, value);
            }
        }
    }

    /// Whether `factor` times any product that is accepted at all stays exact.
    pub(crate) fn allows(&self, factor: u32) -> bool {
        match &self.fold {
            None => self.limits.allows(factor),
            Some(fold) => fold.allows(factor),
        }
    }

    /// Whether m is subtracted in a pass.
    fn subtracts(&self, m: u64) -> bool {
        match &self.fold {
            Some(fold) => fold.subtracts(m),
            None => m < 1 << 20 && self.words.less(m).is_some(),
        }
    }

    /// What the ends of the row have besides, if m is subtracted.
    fn ends_less(&self, m: u64) -> Ends {
        Ends {
            top: self.words.less(m).unwrap_or(0),
            ..Ends::default()
        }
    }

    /// What a product, times a factor and less m, has at its ends.
    fn ends(&self, x: &Buffer, y: &Buffer, factor: u32, m: u64) -> Ends {
        match &self.fold {
            Some(fold) => fold.ends(x.view(), y.view(), factor, m),
            None => self.ends_less(m),
        }
    }

    /// Whether what a pass met says that its digits are right.
    fn accepts(&self, x: &mut Digits, watch: Watch, factor: u32) -> bool {
        x.roundoff = x.roundoff.max(watch.roundoff);
        // Padded rows are multiplied after they are cut.
        let factor = if self.fold.is_some() { 1 } else { factor };
        // Written so that a NaN is refused.
        watch.roundoff < ROUNDOFF && watch.largest < self.limits.largest(factor)
    }

    /// The exact result of a product, of either sign and any size, as the new digits.
    fn replace(&self, x: &mut Digits, value: Integer) {
        self.load(x, &value.rem_euc(&self.modulus));
        x.age = x.age.saturating_add(1);
    }

    /// What the vertical part leaves over.
    fn real_part(&self, x: &mut Buffer, y: Option<&mut Buffer>) {
        if let Some(plan) = &self.real_plan {
            let shape = &self.plan.shape;
            let count = 2 * shape.segment;
            let gain = 8.0 * (shape.segment / shape.leaf()) as f64;
            self.isa.run(Multiply {
                plan,
                x: &mut x.view_mut()[..count],
                y: y.map(|y| &mut y.view_mut()[..count]),
                gain,
            });
        }
    }

    /// Products to digits; those that were become `kept`.
    fn carry(&self, x: &mut Digits, factor: u32, ends: Ends) -> Watch {
        std::mem::swap(&mut x.digits, &mut x.kept);
        self.pass(x, ends, |_| Start::Products(factor.into()))
    }

    /// digits = a*kept + b*y.
    fn combine(&self, x: &mut Digits, a: f64, y: Option<(&Buffer, f64)>) -> Watch {
        self.combine_less(x, a, y, 0)
    }

    /// digits = a*kept + b*y, less an m that a pass [subtracts](Self::subtracts).
    fn combine_less(&self, x: &mut Digits, a: f64, y: Option<(&Buffer, f64)>, m: u64) -> Watch {
        let ends = match &self.fold {
            Some(fold) => {
                let y = y.map(|(y, b)| (y.view(), b));
                fold.ends_of_sum(x.kept.view(), a, y, m)
            }
            None => self.ends_less(m),
        };
        self.pass(x, ends, |kept| Start::Combination { x: kept, a, y })
    }

    fn pass<'a>(
        &'a self,
        x: &'a mut Digits,
        ends: Ends,
        from: impl FnOnce(&'a Buffer) -> Start<'a>,
    ) -> Watch {
        let memory = Memory {
            data: &mut x.data,
            real: &mut x.real,
            digits: Some(&mut x.digits),
        };
        self.sweep(from(&x.kept), ends, &mut x.waiting, memory, None)
    }
}

mod careful;
#[cfg(test)]
mod extremes;
mod kernels;
#[cfg(test)]
mod long;
mod norms;
mod rows;
mod spread;
mod stages;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vertical;

use careful::Scratch;
use kernels::{Start, Way};
use rows::Rows;
use spread::{Memory, Spread};
pub(crate) use stages::{Factor, Stored};
