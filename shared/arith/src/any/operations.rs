//! Operations on values kept as numbers of either sign that are known exactly, and the gate around them.

use rug::{Integer, ops::RemRounding};

use super::{General, LIMIT};
use crate::weighted::{
    engine::{Digits, Stored},
    limits::{CAREFUL, DEVIATION},
    pass::Watch,
};

/// Small multipliers that one pass over digits can take.
const SMALL: u64 = 1 << 20;

/// The most that a squaring subtracts in its pass.
const LESS: u64 = 1 << 10;

/// What the digits below those looked at, and the rounding of their sum, may amount to.
const LOOSE: f64 = 1.0 / (1u64 << 36) as f64;

/// A value: a number of either sign as digits, in the first steps of both transforms.
#[derive(Debug)]
pub(crate) struct Value {
    /// The number. Its digits modulo Q are the ones that count.
    pub(super) second: Digits,
    /// The same modulo R, as a transform only; in the middle of a product, xy and u modulo R, and u*N modulo Q.
    pub(super) first: Digits,
    /// For the transforms of another operand.
    other: Option<Box<[Stored; 2]>>,
    /// The number is at most this times 2^m in size.
    pub(super) bound: f64,
    /// Products since the value came from outside.
    pub(super) age: u32,
    /// The largest round-off met.
    roundoff: f64,
    /// Products that were made again.
    redone: u64,
}

impl Clone for Value {
    fn clone(&self) -> Self {
        Self {
            second: self.second.clone(),
            first: self.first.clone(),
            other: None,
            ..*self
        }
    }
}

impl Value {
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

/// A factor as its two transforms.
#[derive(Clone, Debug)]
pub(crate) struct Factor {
    stored: [Stored; 2],
    /// The number kept, for products by GMP.
    number: Integer,
    bound: f64,
    /// The norm of its digits by that of random ones, rounded up.
    norm: u32,
}

/// The second operand of a product.
#[derive(Clone, Copy)]
enum Operand<'a> {
    Itself,
    Stored(&'a [Stored; 2], f64),
}

/// What is done to a product besides.
#[derive(Clone, Copy)]
enum Extra {
    /// It is multiplied by this.
    Times(u32),
    /// This value is taken from it: so many times what is kept for 1.
    Less(u64),
}

impl General {
    /// The residue of any integer.
    pub(crate) fn residue(&self, value: &Integer) -> Value {
        let number = self.scaled(value);
        Value {
            second: self.second.residue(&number),
            first: self.first.residue(&number),
            other: None,
            bound: self.size,
            age: 0,
            roundoff: 0.0,
            redone: 0,
        }
    }

    /// The canonical value.
    pub(crate) fn to_integer(&self, x: &Value) -> Integer {
        self.unscaled(self.second.row(&x.second))
    }

    /// Whether two values are equal modulo N.
    pub(crate) fn equal(&self, x: &Value, y: &Value) -> bool {
        // The scale is invertible, so the numbers kept tell.
        self.second.same_digits(&x.second, &y.second)
            || (self.second.row(&x.second) - self.second.row(&y.second)).is_divisible(&self.modulus)
    }

    /// A value to multiply by again and again.
    pub(crate) fn factor(&self, y: &Value) -> Factor {
        Factor {
            stored: [self.first.store(&y.first), self.second.store(&y.second)],
            number: self.second.row(&y.second),
            bound: y.bound,
            norm: if y.age >= CAREFUL {
                1
            } else {
                self.second.scale(&y.second)
            },
        }
    }

    /// x = factor*x^2 for a factor of at most 2^16.
    pub(crate) fn square(&self, x: &mut Value, factor: u32) {
        if !self.fits(factor, x.bound, x.bound) {
            self.square(x, 1);
            return self.mul_small(x, factor.into());
        }
        if x.age < CAREFUL || !self.by_transform(x, Operand::Itself, Extra::Times(factor), 1) {
            let value = self.second.row(&x.second);
            let product = self.exact_product(&value, None, factor);
            self.replace(x, &product);
        }
        x.age = x.age.saturating_add(1);
    }

    /// Whether a product, with numbers of these sizes, may be multiplied by a factor as it is made: where the
    /// products, and the size of the number, leave room for it.
    fn fits(&self, factor: u32, x: f64, y: f64) -> bool {
        let bound = f64::from(factor) * self.product_bound(x, y);
        factor == 1 || bound <= LIMIT && self.second.allows(factor * (1 + self.norms[1]))
    }

    /// x = factor*x^2-m for a factor of at most 2^16.
    pub(crate) fn square_sub(&self, x: &mut Value, factor: u32, m: u64) {
        let bound = self.product_bound(x.bound, x.bound) + self.one_bound * m as f64;
        if factor != 1 || m > LESS || bound > LIMIT {
            self.square(x, factor);
            return self.sub_small(x, m);
        }
        if x.age < CAREFUL || !self.by_transform(x, Operand::Itself, Extra::Less(m), 1) {
            let value = self.second.row(&x.second);
            let square = self.exact_product(&value, None, 1);
            self.replace(x, &(square - Integer::from(&self.scale * m)));
        }
        x.age = x.age.saturating_add(1);
    }

    /// x = factor*x*y for a factor of at most 2^16.
    pub(crate) fn mul(&self, x: &mut Value, y: &Value, factor: u32) {
        if !self.fits(factor, x.bound, y.bound) {
            self.mul(x, y, 1);
            return self.mul_small(x, factor.into());
        }
        let age = x.age.min(y.age);
        let mut done = false;
        if age >= CAREFUL {
            let stored = match x.other.take() {
                Some(mut stored) => {
                    self.first.store_into(&y.first, &mut stored[0]);
                    self.second.store_into(&y.second, &mut stored[1]);
                    stored
                }
                None => Box::new([self.first.store(&y.first), self.second.store(&y.second)]),
            };
            let operand = Operand::Stored(&stored, y.bound);
            done = self.by_transform(x, operand, Extra::Times(factor), 1);
            x.other = Some(stored);
        }
        if !done {
            let [a, b] = [&*x, y].map(|x| self.second.row(&x.second));
            let product = self.exact_product(&a, Some(&b), factor);
            self.replace(x, &product);
        }
        x.age = age.saturating_add(1);
    }

    /// x = x*y for a stored y. A residue that looks random does so afterwards, whatever the factor.
    pub(crate) fn mul_factor(&self, x: &mut Value, y: &Factor) {
        let room = self.deviation * f64::from(y.norm) <= 2.0 * DEVIATION;
        let operand = Operand::Stored(&y.stored, y.bound);
        if x.age < CAREFUL || !room || !self.by_transform(x, operand, Extra::Times(1), y.norm) {
            let value = self.second.row(&x.second);
            let product = self.exact_product(&value, Some(&y.number), 1);
            self.replace(x, &product);
        }
        x.age = x.age.saturating_add(1);
    }

    /// x = m*x.
    pub(crate) fn mul_small(&self, x: &mut Value, m: u64) {
        let bound = x.bound * m as f64;
        if m < SMALL && bound <= LIMIT {
            let rests = self.second.combination(&mut x.second, m as f64, None);
            self.settle(x, rests, bound, |kept| kept * m);
        } else {
            let value = self.second.row(&x.second) * m;
            self.replace(x, &value);
        }
    }

    /// x = x+y, or x-y with sign -1.
    pub(crate) fn add(&self, x: &mut Value, y: &Value, sign: f64) {
        let sum = |a: Integer, b: Integer| if sign < 0.0 { a - b } else { a + b };
        let bound = x.bound + y.bound;
        if bound <= LIMIT {
            let rests = self
                .second
                .combination(&mut x.second, 1.0, Some((&y.second, sign)));
            self.settle(x, rests, bound, |kept| {
                sum(kept, self.second.row(&y.second))
            });
        } else {
            let [a, b] = [&*x, y].map(|x| self.second.row(&x.second));
            self.replace(x, &sum(a, b));
        }
        x.age = x.age.min(y.age);
    }

    /// x = x-m.
    pub(crate) fn sub_small(&self, x: &mut Value, m: u64) {
        let less = |number: Integer| number - Integer::from(&self.scale * m);
        let bound = x.bound + self.one_bound * m as f64;
        if m < SMALL && bound <= LIMIT {
            let rests = self
                .second
                .combination(&mut x.second, 1.0, Some((&self.one, -(m as f64))));
            self.settle(x, rests, bound, less);
        } else {
            let value = less(self.second.row(&x.second));
            self.replace(x, &value);
        }
    }

    /// The bound on w.
    fn product_bound(&self, x: f64, y: f64) -> f64 {
        x * y + 2.0 * self.size
    }

    /// x = x*y, and something besides, by the transforms. If the gate refuses the result, x is as it was but for its
    /// transforms, and the answer is no. `norm` bounds the norm of y's digits by that of random ones.
    fn by_transform(&self, x: &mut Value, y: Operand<'_>, extra: Extra, norm: u32) -> bool {
        let product = match y {
            Operand::Itself => self.product_bound(x.bound, x.bound),
            Operand::Stored(_, bound) => self.product_bound(x.bound, bound),
        };
        let (factor, less) = match extra {
            Extra::Times(factor) => (factor, 0.0),
            Extra::Less(m) => (1, m as f64),
        };
        let bound = f64::from(factor) * product + less * self.one_bound;
        let [norm_u, norm_n] = self.norms;
        let (first, second) = (&self.first, &self.second);
        let mut met = 0f64;
        let mut trusted = true;
        let mut look = |watch: Watch, trusts: bool| {
            met = met.max(watch.roundoff);
            trusted &= trusts;
        };
        // xy modulo R, then u.
        match y {
            Operand::Itself => first.begin_square(&mut x.first),
            Operand::Stored([y, _], _) => first.begin_product(&mut x.first, y),
        }
        let watch = first.finish(&mut x.first);
        look(watch, first.trusts(watch, norm));
        first.begin_product(&mut x.first, &self.inverse_stored);
        let watch = first.finish_over(&mut x.first, second);
        look(watch, first.trusts(watch, norm_u));
        // xy + u*N modulo Q.
        second.begin_part(&mut x.first, &self.modulus_stored);
        match y {
            Operand::Itself => second.begin_square_and(&mut x.second, &x.first),
            Operand::Stored([_, y], _) => second.begin_product_and(&mut x.second, y, &x.first),
        }
        if less > 0.0 {
            second.add_products(&mut x.second, &self.one_products, -less);
        }
        let watch = second.finish_both(&mut x.second, factor, first, &mut x.first);
        look(watch, second.trusts(watch, factor * (norm + norm_n)));
        x.roundoff = x.roundoff.max(met);
        if trusted && self.is_within(x, bound) {
            x.bound = bound;
            return true;
        }
        x.redone += 1;
        second.restore(&mut x.second);
        false
    }

    /// Whether the topmost digits agree with a bound on the number.
    fn is_within(&self, x: &Value, bound: f64) -> bool {
        // Lower digits are at most twice their radix, so count less than 4 * 2^-LOOK together.
        self.second.part(&x.second, &self.top).abs() <= bound * 1.001 + LOOSE
    }

    /// After digits modulo Q have changed to those of a number of at most `bound`; if they have not, or
    /// their carries are not at rest, that number is made from the one before by `exact`.
    fn settle(
        &self,
        x: &mut Value,
        rests: bool,
        bound: f64,
        exact: impl FnOnce(Integer) -> Integer,
    ) {
        if rests && self.is_within(x, bound) {
            x.bound = bound;
            self.first.take(&mut x.first, &x.second);
        } else {
            self.second.restore(&mut x.second);
            let value = exact(self.second.row(&x.second));
            self.replace(x, &value);
        }
    }

    /// The number, of either sign and any size, as the new one, reduced.
    fn replace(&self, x: &mut Value, number: &Integer) {
        let number = Integer::from(number.rem_euc(&self.modulus));
        self.second.load(&mut x.second, &number);
        self.first.load(&mut x.first, &number);
        x.bound = self.size;
    }
}
