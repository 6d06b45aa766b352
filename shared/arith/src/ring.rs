//! The ring of residues modulo N: every operation takes canonical residues and leaves canonical
//! residues, so that what is saved, compared or printed never depends on how it was computed.

use rug::{Assign, Integer, ops::SubFrom};

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
    /// 1 and 2 in the form that is kept.
    one: Integer,
    two: Integer,
}

impl Ring {
    /// A ring for a modulus.
    pub fn new(modulus: &Modulus, options: Options) -> Self {
        let mut ring = Self {
            modulus: modulus.value().clone(),
            reduction: Reduction::new(modulus, options.special_form),
            one: Integer::new(),
            two: Integer::new(),
        };
        ring.one = ring.residue(&Integer::from(1)).value;
        ring.two = ring.residue(&Integer::from(2)).value;
        ring
    }

    /// N.
    pub fn modulus(&self) -> &Integer {
        &self.modulus
    }

    /// The residue of any integer, of either sign.
    pub fn residue(&self, value: &Integer) -> Residue {
        let mut x = Residue::with_bits(Integer::new(), self.modulus.significant_bits());
        self.assign(&mut x, value);
        x
    }

    /// Puts an integer of either sign into the form that is kept.
    fn assign(&self, x: &mut Residue, value: &Integer) {
        match self.reduction.shifted() {
            Some(shifted) => x.wide.assign(value << shifted.shift()),
            None => x.wide.assign(value),
        }
        self.reduce(x);
    }

    /// x = x^2.
    pub fn square(&self, x: &mut Residue) {
        x.wide.assign(x.value.square_ref());
        self.reduce_product(x);
    }

    /// x = x*y.
    pub fn mul(&self, x: &mut Residue, y: &Residue) {
        x.wide.assign(&x.value * &y.value);
        self.reduce_product(x);
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

    /// x = x^e, by squarings and products from the top bit of e; 0^0 is 1.
    pub fn pow_small(&self, x: &mut Residue, e: u64) {
        if e == 0 {
            x.value.assign(&self.one);
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
        let mut value = Integer::new();
        match self.reduction.shifted() {
            Some(shifted) => shifted.reduce(&mut value, &x.value, &mut Vec::new()),
            None => value.assign(&x.value),
        }
        value
    }

    /// A line for logs: the kind of reduction and the size.
    pub fn describe(&self) -> String {
        let bits = self.modulus.significant_bits();
        match self.reduction {
            Reduction::Binary {
                k,
                n,
                c,
                ref shifted,
            } => {
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
    fn reduce_product(&self, x: &mut Residue) {
        match self.reduction.shifted() {
            Some(shifted) => shifted.reduce(&mut x.value, &x.wide, &mut x.words),
            None => self.reduce(x),
        }
    }

    /// Reduces any number that is congruent to a kept residue.
    fn reduce(&self, x: &mut Residue) {
        self.reduction
            .reduce(&self.modulus, &mut x.value, &mut x.wide, &mut x.high);
    }
}
