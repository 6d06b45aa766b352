//! Operations on residues held as digits, and the gate that none of them can pass with a wrong result:
//! what a pass reports decides whether its digits stand or are made again by GMP from the digits that
//! were kept.

use rug::{Integer, ops::RemRounding};

use super::{
    convert::{self, Powers},
    limits::{self, CAREFUL, Limits, ROUNDOFF},
    pass::{self, Source, State, Watch},
    words::{Form, Words},
};
use crate::{
    simd::{Buffer, Isa, Kernel, Simd},
    transform::{Plan, Shape, inner, leaf::Middle, real::RealPlan},
};

/// The tables of one modulus, length and instruction set.
#[derive(Debug)]
pub(crate) struct Engine {
    isa: Isa,
    plan: Plan,
    real_plan: Option<RealPlan>,
    words: Words,
    limits: Limits,
    powers: Powers,
    modulus: Integer,
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

/// Lengths that a transform may have, ascending: 4, 5, 6 and 7 times powers of two.
pub(crate) fn lengths() -> impl Iterator<Item = usize> {
    (5..24).flat_map(|a| [4usize, 5, 6, 7].map(|t| t << a))
}

impl Engine {
    /// The engine with the smallest safe length, or with a given length if that is safe.
    pub(crate) fn new(
        form: Form,
        modulus: &Integer,
        isa: Isa,
        length: Option<usize>,
    ) -> Option<Self> {
        Self::with_limit(form, modulus, isa, length, limits::DEVIATION)
    }

    /// The engine with another limit on the expected deviation of the round-off.
    pub(crate) fn with_limit(
        form: Form,
        modulus: &Integer,
        isa: Isa,
        length: Option<usize>,
        limit: f64,
    ) -> Option<Self> {
        let cyclic = match form.c {
            1 => false,
            -1 => true,
            _ => return None,
        };
        // A quick look, before any tables: no length takes more than about 21.5 bits a word, of which
        // k costs half of its own.
        let bits = form.places() * f64::from(form.b).log2();
        let least = bits / (22.0 - 0.5 * (form.k as f64).log2()).max(1.0);
        lengths()
            .filter(|&l| length.map_or(l as f64 >= least, |length| l == length))
            .find_map(|l| {
                let shape = Shape::new(l, isa.lanes(), cyclic)?;
                let words = Words::new(form, shape)?;
                let limits = Limits::new(&words);
                (limits.deviation <= limit).then_some((words, limits))
            })
            .filter(|(words, limits)| limits.settles(words))
            .map(|(words, limits)| Self {
                isa,
                plan: Plan::new(words.shape),
                real_plan: cyclic.then(|| RealPlan::new(2 * words.shape.segment)),
                limits,
                powers: Powers::new(&words),
                modulus: modulus.clone(),
                words,
            })
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
        let shape = &self.words.shape;
        let points = shape.points() * 2 * shape.lanes;
        let real = if shape.cyclic { 2 * shape.segment } else { 0 };
        let mut x = Digits {
            digits: Buffer::zeroed::<i32>(shape.length()),
            kept: Buffer::zeroed::<i32>(shape.length()),
            data: Buffer::zeroed::<f64>(points),
            real: Buffer::zeroed::<f64>(real),
            other: None,
            age: 0,
            roundoff: 0.0,
            redone: 0,
        };
        self.load(&mut x, value);
        x
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
        // In one pass where the products leave room for it. (Their errors are gone before they are multiplied.)
        if factor != 1 && !self.limits.allows(factor) {
            self.square(x, 1);
            return self.mul_small(x, factor.into());
        }
        if x.age < CAREFUL {
            let norm = self.norm(&x.digits);
            if !self.limits.admits(norm, norm) {
                let value = self.to_integer(x);
                return self.replace(x, value.square() * factor);
            }
        }
        self.turn(&mut x.data, Way::Square);
        self.real_part(&mut x.real, None);
        let watch = self.carry(x, factor);
        if self.accepts(x, watch, factor) {
            x.age = x.age.saturating_add(1);
        } else {
            x.redone += 1;
            let value = self.value_of(&x.kept);
            self.replace(x, value.square() * factor);
        }
    }

    /// x = x*y.
    pub(crate) fn mul(&self, x: &mut Digits, y: &Digits) {
        let age = x.age.min(y.age);
        if age < CAREFUL
            && !self
                .limits
                .admits(self.norm(&x.digits), self.norm(&y.digits))
        {
            let product = self.to_integer(x) * self.to_integer(y);
            x.age = age;
            return self.replace(x, product);
        }
        let (mut data, mut real) = x
            .other
            .take()
            .unwrap_or_else(|| (y.data.clone(), y.real.clone()));
        data.view_mut::<f64>().copy_from_slice(y.data.view());
        real.view_mut::<f64>().copy_from_slice(y.real.view());
        self.turn(&mut data, Way::Forward);
        self.turn(&mut x.data, Way::Product(&data));
        self.real_part(&mut x.real, Some(&mut real));
        x.other = Some((data, real));
        let watch = self.carry(x, 1);
        x.age = age;
        if self.accepts(x, watch, 1) {
            x.age = x.age.saturating_add(1);
        } else {
            x.redone += 1;
            let product = self.value_of(&x.kept) * self.to_integer(y);
            self.replace(x, product);
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
        // m/k = -c*m*b^n, so c*m*b^(n-p) is added to the lowest digit of the tail, at place p; for k = 1 that is the
        // same as taking m from the first digit.
        let Form { k, b, n, c } = self.words.form;
        let low = self.length() - self.words.tail.len();
        let (word, change) = if k == 1 {
            (0, Some(-i128::from(m)))
        } else {
            let places = n - self.words.places[low];
            let unit = i128::from(b).checked_pow(places);
            (
                low,
                unit.and_then(|u| u.checked_mul(i128::from(m) * i128::from(c))),
            )
        };
        let at = self.words.positions().nth(word);
        if let (Some(change), Some(at)) = (change, at) {
            let digits: &mut [i32] = x.digits.view_mut();
            let digit = i128::from(digits[at]) + change;
            if digit.abs() <= i128::from(self.words.radix[0] as i64) {
                digits[at] = digit as i32;
                let column = word % self.words.shape.segment;
                self.pass(x, |_| Start::Column(column));
                return;
            }
        }
        let value = self.to_integer(x) - m;
        self.replace(x, value);
    }

    /// Whether what a pass met says that its digits are right.
    fn accepts(&self, x: &mut Digits, watch: Watch, factor: u32) -> bool {
        x.roundoff = x.roundoff.max(watch.roundoff);
        // Written so that a NaN is refused.
        watch.roundoff < ROUNDOFF && watch.largest < self.limits.largest(factor)
    }

    /// The exact result of a product, of either sign and any size, as the new digits.
    fn replace(&self, x: &mut Digits, value: Integer) {
        self.load(x, &value.rem_euc(&self.modulus));
        x.age = x.age.saturating_add(1);
    }

    /// The vertical part of the transform.
    fn turn(&self, data: &mut Buffer, way: Way<'_>) {
        self.isa.run(Turn {
            plan: &self.plan,
            data,
            way,
        });
    }

    /// What the vertical part leaves over.
    fn real_part(&self, x: &mut Buffer, y: Option<&mut Buffer>) {
        if let Some(plan) = &self.real_plan {
            let shape = &self.plan.shape;
            let count = 2 * shape.segment;
            let gain = 8.0 * (shape.segment / shape.leaf()) as f64;
            plan.multiply(
                &mut x.view_mut()[..count],
                y.map(|y| &mut y.view_mut()[..count]),
                gain,
            );
        }
    }

    /// Products to digits; those that were become `kept`.
    fn carry(&self, x: &mut Digits, factor: u32) -> Watch {
        std::mem::swap(&mut x.digits, &mut x.kept);
        self.pass(x, |_| Start::Products(factor.into()))
    }

    /// digits = a*kept + b*y.
    fn combine(&self, x: &mut Digits, a: f64, y: Option<(&Buffer, f64)>) {
        self.pass(x, |kept| Start::Combination { x: kept, a, y });
    }

    fn pass<'a>(&'a self, x: &'a mut Digits, from: impl FnOnce(&'a Buffer) -> Start<'a>) -> Watch {
        self.isa.run(Pass {
            engine: self,
            data: &mut x.data,
            real: &mut x.real,
            digits: &mut x.digits,
            from: from(&x.kept),
        })
    }

    /// The sum of squared digits.
    fn norm(&self, digits: &Buffer) -> f64 {
        digits
            .view::<i32>()
            .iter()
            .map(|&d| f64::from(d) * f64::from(d))
            .sum()
    }
}

/// The vertical part of the transform: forward only, or there and back.
struct Turn<'a> {
    plan: &'a Plan,
    data: &'a mut Buffer,
    way: Way<'a>,
}

/// What happens on the way.
enum Way<'a> {
    Forward,
    Square,
    Product(&'a Buffer),
}

impl Kernel for Turn<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let middle = match self.way {
            Way::Forward => Middle::Forward,
            Way::Square => Middle::Square,
            Way::Product(y) => Middle::Product(y.view()),
        };
        inner::run(s, self.plan, self.data.view_mut(), middle);
    }
}

/// The pass.
struct Pass<'a> {
    engine: &'a Engine,
    data: &'a mut Buffer,
    real: &'a mut Buffer,
    digits: &'a mut Buffer,
    from: Start<'a>,
}

/// What the pass starts from.
enum Start<'a> {
    /// Products, times a factor.
    Products(f64),
    /// a*x + b*y of digits.
    Combination {
        x: &'a Buffer,
        a: f64,
        y: Option<(&'a Buffer, f64)>,
    },
    /// One column of the digits, which changed.
    Column(usize),
}

impl Kernel for Pass<'_> {
    type Output = Watch;

    #[inline(always)]
    fn call<S: Simd>(self, s: S) -> Watch {
        let Engine { plan, words, .. } = self.engine;
        let source = match self.from {
            Start::Products(factor) => Source::Products(factor),
            Start::Combination { x, a, y } => Source::Combination {
                x: x.view(),
                a,
                y: y.map(|(y, b)| (y.view(), b)),
            },
            Start::Column(i) => Source::Column(i),
        };
        let state = State {
            data: self.data.view_mut(),
            real: self.real.view_mut(),
            digits: self.digits.view_mut(),
        };
        if plan.shape.cyclic {
            pass::run::<S, true, false>(s, plan, words, source, state, None)
        } else {
            pass::run::<S, false, false>(s, plan, words, source, state, None)
        }
    }
}

#[cfg(test)]
mod extremes;
mod stages;
#[cfg(test)]
mod tests;

pub(crate) use stages::{Factor, Stored};
