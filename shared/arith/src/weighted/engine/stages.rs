//! Products by kept transforms, and a product in its stages, for rings that put several convolutions together (`crate::any`): factors
//! that are kept as transforms, products that share a way back, and digits that go over
//! from one modulus to another of the same places.
//!
//! Between `begin_*` and [`Engine::finish`] a residue holds products, not digits: nothing else may be
//! done with it. The gate is the caller's: `finish` says what it met, and the caller keeps or discards.

use super::spread::Target;
use super::*;
use crate::simd::{Line, seen, typed};

/// A factor as its transform, computed once.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    data: Buffer,
    real: Buffer,
}

/// A factor to multiply by again and again.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    stored: Stored,
    /// For products by GMP.
    digits: Buffer,
    /// The sum of its squared digits.
    norm: f64,
    /// The norm of its weighted digits by that of random ones, rounded up.
    scale: u32,
}

impl Engine {
    /// A residue to multiply by again and again.
    pub(crate) fn factor(&self, y: &Digits) -> Factor {
        Factor {
            stored: self.store(y),
            digits: y.digits.clone(),
            norm: self.norm(&y.digits),
            scale: self.scale(y),
        }
    }

    /// How many times as large the digits of a factor are as random ones: 1 for what comes from the middle of
    /// a computation, where to measure it would cost more than many products.
    pub(crate) fn scale(&self, y: &Digits) -> u32 {
        if y.age >= CAREFUL {
            return 1;
        }
        self.ratio(y).ceil().max(1.0) as u32
    }

    /// x = x*y. A residue that looks random does so afterwards, whatever the factor: the round-off of
    /// such a product is that of two random ones of the same norms.
    pub(crate) fn mul_factor(&self, x: &mut Digits, y: &Factor) {
        let by_transform = if x.age < CAREFUL {
            self.limits.admits(self.norm(&x.digits), y.norm)
        } else {
            y.scale <= 2
        };
        let age = x.age;
        let mut done = false;
        if by_transform {
            self.begin_product(x, &y.stored);
            let ends = self.ends(&x.digits, &y.digits, 1, 0);
            let watch = self.carry(x, 1, ends);
            done = self.accepts(x, watch, y.scale);
            if !done {
                x.redone += 1;
                self.restore(x);
            }
        }
        // (A refused product has spoilt the transform of x.)
        done |= !by_transform && self.in_pieces(x, Some(&y.digits));
        if !done {
            let product = self.to_integer(x) * self.value_of(&y.digits);
            self.replace(x, product);
        }
        x.age = age.saturating_add(1);
    }

    /// The transform of a residue, to multiply by it again and again.
    pub(crate) fn store(&self, x: &Digits) -> Stored {
        let mut stored = Stored {
            data: x.data.clone(),
            real: x.real.clone(),
        };
        self.turn(&mut stored.data, Way::Forward, None);
        stored
    }

    /// The same into memory that is there already.
    pub(crate) fn store_into(&self, x: &Digits, stored: &mut Stored) {
        stored.data.view_mut::<f64>().copy_from_slice(x.data.view());
        stored.real.view_mut::<f64>().copy_from_slice(x.real.view());
        self.turn(&mut stored.data, Way::Forward, None);
    }

    /// The products of x with itself.
    pub(crate) fn begin_square(&self, x: &mut Digits) {
        self.turn(&mut x.data, Way::Square, Some((&mut x.real, None)));
    }

    /// The products of x with a factor.
    pub(crate) fn begin_product(&self, x: &mut Digits, y: &Stored) {
        // The multiplication of what is left over works on its second operand, too.
        let rest = self.real_plan.is_some().then(|| {
            let (_, real) = x
                .other
                .get_or_insert_with(|| (y.data.clone(), y.real.clone()));
            real.view_mut::<f64>().copy_from_slice(y.real.view());
            (&mut x.real, Some(real))
        });
        self.turn(&mut x.data, Way::Product(&y.data), rest);
    }

    /// The products of x with a factor, to be added to others by [`Engine::begin_square_and`] or
    /// [`Engine::begin_product_and`] and for nothing else: the transform does not go back. (For negacyclic
    /// convolutions.)
    pub(crate) fn begin_part(&self, x: &mut Digits, y: &Stored) {
        assert!(self.real_plan.is_none(), "cyclic products are never added");
        self.turn(&mut x.data, Way::ProductOnly(&y.data), None);
    }

    /// The products of x with itself, and those of a part.
    pub(crate) fn begin_square_and(&self, x: &mut Digits, part: &Digits) {
        self.turn(&mut x.data, Way::SquareAnd(&part.data), None);
    }

    /// The products of x with a factor, and those of a part.
    pub(crate) fn begin_product_and(&self, x: &mut Digits, y: &Stored, part: &Digits) {
        self.turn(&mut x.data, Way::ProductAnd(&y.data, &part.data), None);
    }

    /// Adds `scale` times the products that `y` holds to those that `x` holds.
    pub(crate) fn add_products(&self, x: &mut Digits, y: &Digits, scale: f64) {
        self.on_parts(x.data.lines_mut(), y.data.lines(), |x, y| {
            self.isa.run(Add { x, y, scale });
        });
        for (x, y) in x.real.view_mut::<f64>().iter_mut().zip(y.real.view()) {
            *x += scale * y;
        }
    }

    /// Products to digits, of which only the transform is kept.
    pub(crate) fn finish(&self, x: &mut Digits) -> Watch {
        let memory = Memory {
            data: &mut x.data,
            real: &mut x.real,
            digits: None,
        };
        let from = Start::Products(1.0);
        self.sweep(from, Ends::default(), &mut x.waiting, memory, None)
    }

    /// Products, times a factor, to the digits of a number, whose residue modulo the N of `other` (an
    /// engine with the same places; both negacyclic) becomes `y`. They stay as the digits of `x`, too, and those
    /// that were become the kept ones.
    ///
    /// Of `y` only the transform is set: its digits are those of `x` and not written down twice.
    pub(crate) fn finish_both(
        &self,
        x: &mut Digits,
        factor: u32,
        other: &Engine,
        y: &mut Digits,
    ) -> Watch {
        std::mem::swap(&mut x.digits, &mut x.kept);
        let to = Memory {
            data: &mut y.data,
            real: &mut y.real,
            digits: None,
        };
        self.hand_over(x, factor, other, Some(to))
    }

    /// Products to the digits of a number, of whose residue modulo the N of `other` the transform takes their place:
    /// only `other` can do anything with `x` then.
    pub(crate) fn finish_over(&self, x: &mut Digits, other: &Engine) -> Watch {
        self.hand_over(x, 1, other, None)
    }

    fn hand_over(
        &self,
        x: &mut Digits,
        factor: u32,
        other: &Engine,
        to: Option<Memory<'_>>,
    ) -> Watch {
        assert!(!self.words.shape.cyclic, "digits only go over as they lie");
        self.sweep(
            Start::Products(factor.into()),
            Ends::default(),
            &mut x.waiting,
            Memory {
                data: &mut x.data,
                real: &mut x.real,
                digits: to.is_some().then_some(&mut x.digits),
            },
            Some(Target {
                engine: other,
                memory: to,
            }),
        )
    }

    /// Whether what a pass met says that its digits are right, for products whose norm is at most
    /// `scale` times that of a random square.
    pub(crate) fn trusts(&self, watch: Watch, scale: u32) -> bool {
        // Written so that a NaN is refused.
        watch.roundoff < ROUNDOFF && watch.largest < self.limits.largest(scale)
    }

    /// x = the residue, modulo this engine's N, of the number that the digits `row` of an engine with
    /// the same places stand for; only its transform is set.
    pub(crate) fn take(&self, x: &mut Digits, row: &Digits) {
        let from = Start::Combination {
            x: &row.digits,
            a: 1.0,
            y: None,
        };
        let memory = Memory {
            data: &mut x.data,
            real: &mut x.real,
            digits: None,
        };
        self.sweep(from, Ends::default(), &mut x.waiting, memory, None);
    }

    /// x = a*x + b*y, for |a| and |b| below 2^20. The digits that were become the kept ones. Returns
    /// whether the carries came to rest, so that every digit is at most twice its radix.
    pub(crate) fn combination(&self, x: &mut Digits, a: f64, y: Option<(&Digits, f64)>) -> bool {
        std::mem::swap(&mut x.digits, &mut x.kept);
        let watch = self.combine(x, a, y.map(|(y, b)| (&y.digits, b)));
        watch.largest.is_finite()
    }

    /// The digits as they were before the last operation; the transform is left as it is.
    pub(crate) fn restore(&self, x: &mut Digits) {
        std::mem::swap(&mut x.digits, &mut x.kept);
    }

    /// The very number that the digits stand for, of either sign, not reduced (for k = 1).
    pub(crate) fn row(&self, x: &Digits) -> Integer {
        let digits = &x.digits.view()[..self.length()];
        convert::to_integer(&self.words, &self.powers, digits)
    }

    /// Whether the digits are the same, one by one. (They need not be for equal values.)
    pub(crate) fn same_digits(&self, x: &Digits, y: &Digits) -> bool {
        x.digits.view::<i32>() == y.digits.view::<i32>()
    }

    /// The topmost digits, as many as count `bits` bits together: where each lies, and its unit by N.
    pub(crate) fn top(&self, bits: u32) -> Vec<(usize, f64)> {
        let places = self.words.form.places();
        let unit =
            |j: usize| f64::from(self.words.form.b).powf(f64::from(self.words.places[j]) - places);
        let least = -f64::from(bits);
        let from = (0..self.length())
            .rev()
            .find(|&j| unit(j).log2() <= least)
            .unwrap_or(0);
        self.words
            .positions()
            .enumerate()
            .skip(from)
            .map(|(j, at)| (at, unit(j)))
            .collect()
    }

    /// What some digits stand for together, by N.
    pub(crate) fn part(&self, x: &Digits, units: &[(usize, f64)]) -> f64 {
        let digits: &[i32] = x.digits.view();
        units
            .iter()
            .map(|&(at, unit)| f64::from(digits[at]) * unit)
            .sum()
    }

    /// The norm of a residue's weighted digits by that of random ones: what the round-off of a product
    /// with it is multiplied by.
    pub(crate) fn ratio(&self, x: &Digits) -> f64 {
        (self.norm(&x.digits) / self.limits.random).sqrt()
    }
}

/// x += scale*y, for products.
struct Add<'a> {
    x: &'a mut [Line],
    y: &'a [Line],
    scale: f64,
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let scale = s.splat(self.scale);
        let (x, y): (&mut [S::V], &[S::V]) = (typed(self.x), seen(self.y));
        for (x, &y) in x.iter_mut().zip(y) {
            *x = s.fma(scale, y, *x);
        }
    }
}

#[cfg(test)]
impl Engine {
    /// Products to digits that are kept.
    pub(crate) fn finish_here(&self, x: &mut Digits) -> Watch {
        self.carry(x, 1, Ends::default())
    }

    /// A fault in the middle of a transform.
    pub(crate) fn plant(&self, x: &mut Digits, fault: f64) {
        x.data.view_mut::<f64>()[7] = fault;
    }

    /// x = y.
    pub(crate) fn take_same(&self, x: &mut Digits, y: &Digits) {
        x.clone_from(y);
    }
}
