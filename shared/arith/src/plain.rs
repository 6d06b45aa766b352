//! The ring by GMP: every operation takes canonical integers and leaves canonical integers. It serves
//! small moduli and those of no special shape.

use rug::{
    Assign, Integer,
    ops::{RemRounding, RemRoundingAssign},
};

use crate::{Modulus, reduce::Reduction, residue::Reduced};

/// Integers modulo N.
#[derive(Debug)]
pub(crate) struct Plain {
    modulus: Integer,
    reduction: Reduction,
}

impl Plain {
    /// The integers modulo N; `special` allows the use of its shape.
    pub(crate) fn new(modulus: &Modulus, special: bool) -> Self {
        Self {
            modulus: modulus.value().clone(),
            reduction: Reduction::new(modulus, special),
        }
    }

    /// The residue of any integer, of either sign.
    pub(crate) fn residue(&self, value: &Integer) -> Reduced {
        Reduced::with_bits(
            Integer::from(value.rem_euc(&self.modulus)),
            self.modulus.significant_bits(),
        )
    }

    /// x = m*x^2.
    pub(crate) fn square(&self, x: &mut Reduced, m: u32) {
        x.wide.assign(x.value.square_ref());
        if m != 1 {
            x.wide *= m;
        }
        self.reduce(x);
    }

    /// x = x*y.
    pub(crate) fn mul(&self, x: &mut Reduced, y: &Reduced) {
        x.wide.assign(&x.value * &y.value);
        self.reduce(x);
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
        x.value -= m;
        if x.value.is_negative() {
            // One addition is enough unless N itself is a word.
            x.value += &self.modulus;
            if x.value.is_negative() {
                x.value.rem_euc_assign(&self.modulus);
            }
        }
    }

    /// How products are reduced.
    pub(crate) fn reduction(&self) -> &Reduction {
        &self.reduction
    }

    fn reduce(&self, x: &mut Reduced) {
        self.reduction
            .reduce(&self.modulus, &mut x.value, &mut x.wide, &mut x.high);
    }
}
