//! The ring of residues modulo N: every operation takes canonical residues and leaves canonical
//! residues, so that what is saved, compared or printed never depends on how it was computed.

use rug::{
    Assign, Integer,
    ops::{RemRounding, RemRoundingAssign},
};

use crate::{Modulus, Residue, reduce::Reduction};

/// How a ring may compute. The default is the fastest known; the results never differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Whether the shape of N may be used for reduction.
    pub special_form: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { special_form: true }
    }
}

impl Options {
    /// Reduction by a general remainder, whatever the shape of N: the slow way, to compare with.
    pub fn plain() -> Self {
        Self {
            special_form: false,
        }
    }
}

/// Residues modulo N.
#[derive(Debug)]
pub struct Ring {
    modulus: Integer,
    reduction: Reduction,
}

impl Ring {
    /// A ring for a modulus.
    pub fn new(modulus: &Modulus, options: Options) -> Self {
        Self {
            modulus: modulus.to_value(),
            reduction: Reduction::new(modulus, options.special_form),
        }
    }

    /// N.
    pub fn modulus(&self) -> &Integer {
        &self.modulus
    }

    /// The residue of any integer, of either sign.
    pub fn residue(&self, value: &Integer) -> Residue {
        Residue::with_bits(
            Integer::from(value.rem_euc(&self.modulus)),
            self.modulus.significant_bits(),
        )
    }

    /// x = x^2.
    pub fn square(&self, x: &mut Residue) {
        x.wide.assign(x.value.square_ref());
        self.reduce(x);
    }

    /// x = x*y.
    pub fn mul(&self, x: &mut Residue, y: &Residue) {
        x.wide.assign(&x.value * &y.value);
        self.reduce(x);
    }

    /// x = x*m.
    pub fn mul_small(&self, x: &mut Residue, m: u64) {
        x.wide.assign(&x.value * m);
        self.reduce(x);
    }

    /// x = x+y.
    pub fn add(&self, x: &mut Residue, y: &Residue) {
        x.value += &y.value;
        if x.value >= self.modulus {
            x.value -= &self.modulus;
        }
    }

    /// x = x-y.
    pub fn sub(&self, x: &mut Residue, y: &Residue) {
        x.value -= &y.value;
        if x.value.is_negative() {
            x.value += &self.modulus;
        }
    }

    /// x = x-m.
    pub fn sub_small(&self, x: &mut Residue, m: u64) {
        x.value -= m;
        if x.value.is_negative() {
            // One addition is enough unless N itself is a word.
            x.value += &self.modulus;
            if x.value.is_negative() {
                x.value.rem_euc_assign(&self.modulus);
            }
        }
    }

    /// x = x^e, by squarings and products from the top bit of e; 0^0 is 1.
    pub fn pow_small(&self, x: &mut Residue, e: u64) {
        if e == 0 {
            x.value.assign(1);
            return;
        }
        if e == 1 {
            return;
        }
        let base = if e.is_power_of_two() {
            None
        } else {
            Some(x.clone())
        };
        for bit in (0..e.ilog2()).rev() {
            self.square(x);
            if let Some(base) = &base
                && e >> bit & 1 == 1
            {
                self.mul(x, base);
            }
        }
    }

    /// The canonical value, 0 <= r < N.
    pub fn to_integer(&self, x: &Residue) -> Integer {
        x.value.clone()
    }

    /// A line for logs: the kind of reduction and the size.
    pub fn describe(&self) -> String {
        let bits = self.modulus.significant_bits();
        match self.reduction {
            Reduction::Binary { k, n, c } => {
                format!("GMP, {bits} bits, shift and word division for {k}*2^{n}{c:+}")
            }
            Reduction::Plain => format!("GMP, {bits} bits, general remainder"),
        }
    }

    fn reduce(&self, x: &mut Residue) {
        self.reduction
            .reduce(&self.modulus, &mut x.value, &mut x.wide, &mut x.high);
    }
}
