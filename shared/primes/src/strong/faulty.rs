//! Chains on a computer that errs, for tests: one wrapper for every kind of error.

use std::cell::Cell;

use rug::Integer;

use super::{Block, Chain};

/// What can be hit.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// The working value after a step.
    Step,
    /// A factor on its way into the product D.
    Product,
    /// The check's own power.
    Raise,
    /// The start value.
    Start,
}

/// A chain that errs: after so many operations of a kind, it flips a bit of the value.
pub(crate) struct Faulty<'a, C> {
    pub(crate) inner: &'a C,
    pub(crate) target: Target,
    /// Operations until the fault.
    pub(crate) left: Cell<u64>,
    /// Then every so many operations again; 0 for never.
    pub(crate) again: u64,
    pub(crate) bit: u32,
    /// The number at stake, where that is not the one that steps are made modulo.
    pub(crate) modulus: Option<Integer>,
}

impl<'a, C: Chain> Faulty<'a, C> {
    /// One fault after `left` operations; none for 0.
    pub(crate) fn new(inner: &'a C, target: Target, left: u64, bit: u32) -> Self {
        Self {
            inner,
            target,
            left: Cell::new(left),
            again: 0,
            bit,
            modulus: None,
        }
    }

    fn hit(&self, target: Target, x: &mut C::Element) {
        if target as u8 != self.target as u8 || self.left.get() == 0 {
            return;
        }
        self.left.set(self.left.get() - 1);
        if self.left.get() > 0 {
            return;
        }
        self.left.set(self.again);
        let mut value = self.inner.value(x);
        let part = self.bit as usize % value.len();
        let bit = self.bit % (self.inner.modulus().significant_bits() - 1);
        value[part].toggle_bit(bit);
        *x = self.inner.element(&value);
    }
}

impl<C: Chain> Chain for Faulty<'_, C> {
    type Element = C::Element;
    fn modulus(&self) -> &Integer {
        let theirs = || self.inner.modulus();
        self.modulus.as_ref().unwrap_or_else(theirs)
    }
    fn total(&self) -> u64 {
        self.inner.total()
    }
    fn weight(&self) -> f64 {
        self.inner.weight()
    }
    fn width(&self) -> usize {
        self.inner.width()
    }
    fn name(&self) -> Vec<u8> {
        self.inner.name()
    }
    fn start(&self) -> C::Element {
        let mut x = self.inner.start();
        self.hit(Target::Start, &mut x);
        x
    }
    fn start_again(&self) -> Vec<Integer> {
        self.inner.start_again()
    }
    fn element(&self, value: &[Integer]) -> C::Element {
        self.inner.element(value)
    }
    fn value(&self, x: &C::Element) -> Vec<Integer> {
        self.inner.value(x)
    }
    fn step(&self, x: &mut C::Element, position: u64) {
        self.inner.step(x, position);
        self.hit(Target::Step, x);
    }
    fn mul(&self, x: &mut C::Element, y: &C::Element) {
        self.inner.mul(x, y);
        self.hit(Target::Product, x);
    }
    fn raise(&self, d: &C::Element, block: &Block) -> C::Element {
        let mut y = self.inner.raise(d, block);
        self.hit(Target::Raise, &mut y);
        y
    }
    fn product(&self, x: &[Integer], y: &[Integer]) -> Vec<Integer> {
        let product = self.inner.product(x, y);
        match &self.modulus {
            Some(n) => vec![Integer::from(&x[0] * &y[0]) % n],
            None => product,
        }
    }
}
