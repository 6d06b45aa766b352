//! The ring by GMP: every operation takes canonical residues and leaves canonical residues, in the form
//! that the reduction keeps. It serves small moduli and those of no special shape.

use rug::{Assign, Integer, ops::SubFrom};

use crate::{Modulus, reduce::Reduction, residue::Reduced};

/// Integers modulo N.
#[derive(Debug)]
pub(crate) struct Plain {
    modulus: Integer,
    reduction: Reduction,
    /// 1 and 2 in the form that is kept.
    one: Integer,
    two: Integer,
}

impl Plain {
    /// The integers modulo N; `special` allows the use of its shape.
    pub(crate) fn new(modulus: &Modulus, special: bool) -> Self {
        let mut ring = Self {
            modulus: modulus.value().clone(),
            reduction: Reduction::new(modulus, special),
            one: Integer::new(),
            two: Integer::new(),
        };
        ring.one = ring.residue(&Integer::from(1)).value;
        ring.two = ring.residue(&Integer::from(2)).value;
        ring
    }

    /// The residue of any integer, of either sign.
    pub(crate) fn residue(&self, value: &Integer) -> Reduced {
        let mut x = Reduced::with_bits(Integer::new(), self.modulus.significant_bits());
        // Puts it into the form that is kept.
        match self.reduction.shifted() {
            Some(shifted) => x.wide.assign(value << shifted.shift()),
            None => x.wide.assign(value),
        }
        self.reduce(&mut x);
        x
    }

    /// x = m*x^2.
    pub(crate) fn square(&self, x: &mut Reduced, m: u32) {
        x.wide.assign(x.value.square_ref());
        self.reduce_product(x);
        if m != 1 {
            self.mul_small(x, m.into());
        }
    }

    /// x = x*y.
    pub(crate) fn mul(&self, x: &mut Reduced, y: &Reduced) {
        x.wide.assign(&x.value * &y.value);
        self.reduce_product(x);
    }

    /// x = x*m.
    pub(crate) fn mul_small(&self, x: &mut Reduced, m: u64) {
        x.wide.assign(&x.value * m);
        self.reduce(x);
    }

    /// x = x+y.
    pub(crate) fn add(&self, x: &mut Reduced, y: &Reduced) {
        x.value += &y.value;
        if x.value >= self.modulus {
            x.value -= &self.modulus;
        }
    }

    /// x = x-y.
    pub(crate) fn sub(&self, x: &mut Reduced, y: &Reduced) {
        x.value -= &y.value;
        if x.value.is_negative() {
            x.value += &self.modulus;
        }
    }

    /// x = x-m.
    pub(crate) fn sub_small(&self, x: &mut Reduced, m: u64) {
        match m {
            2 => x.value -= &self.two,
            _ => {
                x.wide.assign(&self.one * m);
                x.wide.sub_from(&x.value);
                self.reduce(x);
            }
        }
        if x.value.is_negative() {
            x.value += &self.modulus;
        }
    }

    /// The canonical value, 0 <= r < N.
    pub(crate) fn to_integer(&self, x: &Reduced) -> Integer {
        let mut value = Integer::new();
        match self.reduction.shifted() {
            Some(shifted) => shifted.reduce(&mut value, &x.value, &mut Vec::new()),
            None => value.assign(&x.value),
        }
        value
    }

    /// The kind of reduction and the size, for logs.
    pub(crate) fn describe(&self) -> String {
        let bits = self.modulus.significant_bits();
        match &self.reduction {
            Reduction::Binary { k, n, c, shifted } => {
                let how = if shifted.is_some() {
                    "Montgomery without division"
                } else {
                    "shift and word division"
                };
                format!("GMP, {bits} bits, {how} for {k}*2^{n}{c:+}")
            }
            Reduction::Plain => format!("GMP, {bits} bits, general remainder"),
        }
    }

    /// Reduces the product of two kept residues.
    #[inline]
    fn reduce_product(&self, x: &mut Reduced) {
        match self.reduction.shifted() {
            Some(shifted) => shifted.reduce(&mut x.value, &x.wide, &mut x.words),
            None => self.reduce(x),
        }
    }

    /// Reduces any number that is congruent to a kept residue.
    fn reduce(&self, x: &mut Reduced) {
        self.reduction
            .reduce(&self.modulus, &mut x.value, &mut x.wide, &mut x.high);
    }
}
