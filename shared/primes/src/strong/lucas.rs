//! Lucas sequences under the strong check, in the ring Z/N[sqrt(d)].
//!
//! V alone is not multiplicative, so a chain of V cannot check itself. With P = 2A, Q = 1 and
//! d = A^2-1 the root alpha = A + sqrt(d) of x^2-Px+1 has norm 1 and alpha^m = (V_m/2) + U_m*sqrt(d):
//! as a pair (x, y) it doubles by (2x^2-1, 2xy), a squaring and a product. Everything else of the check
//! is products of pairs.

use darkreach_arith::{Residue, Ring};
use rug::Integer;

use super::{
    chain::{Chain, digit_sum},
    plan::Block,
};

/// The largest A: its square still fits a word.
pub const LARGEST_A: u64 = 1 << 31;

/// alpha^exponent: in the end (V/2, U) of the sequences with P = 2A, Q = 1.
#[derive(Clone, Debug)]
pub struct LucasPowers<'a> {
    ring: &'a Ring,
    /// A.
    a: u64,
    /// A^2-1.
    d: u64,
    exponent: Integer,
}

/// x + y*sqrt(d).
#[derive(Clone, Debug)]
pub struct Pair {
    x: Residue,
    y: Residue,
}

impl<'a> LucasPowers<'a> {
    /// The sequences with P = 2A at an index >= 1; `None` if A is below 2 or above [`LARGEST_A`].
    pub fn new(ring: &'a Ring, a: u64, exponent: Integer) -> Option<Self> {
        (2..=LARGEST_A).contains(&a).then(|| Self {
            ring,
            a,
            d: a * a - 1,
            exponent,
        })
    }

    /// z = z^2 for z of norm 1.
    fn double(&self, z: &mut Pair) {
        let ring = self.ring;
        ring.mul_scaled(&mut z.y, &z.x, 2);
        ring.square_mul_sub(&mut z.x, 2, 1);
    }

    /// z = z^2, whatever its norm: a value that went wrong may have another one than 1, and the check
    /// has to see it as it is.
    fn square(&self, z: &mut Pair) {
        let ring = self.ring;
        let mut low = z.y.clone();
        ring.square(&mut low);
        ring.mul_small(&mut low, self.d);
        ring.mul_scaled(&mut z.y, &z.x, 2);
        ring.square(&mut z.x);
        ring.add(&mut z.x, &low);
    }

    /// z = z * alpha.
    fn advance(&self, z: &mut Pair) {
        let ring = self.ring;
        let (mut low, mut high) = (z.y.clone(), z.x.clone());
        ring.mul_small(&mut low, self.d);
        ring.mul_small(&mut z.x, self.a);
        ring.add(&mut z.x, &low);
        ring.mul_small(&mut z.y, self.a);
        ring.add(&mut high, &z.y);
        z.y = high;
    }

    fn alpha(&self) -> Pair {
        Pair {
            x: self.ring.residue(&Integer::from(self.a)),
            y: self.ring.residue(&Integer::from(1)),
        }
    }
}

impl Chain for LucasPowers<'_> {
    type Element = Pair;

    fn modulus(&self) -> &Integer {
        self.ring.modulus()
    }

    fn total(&self) -> u64 {
        u64::from(self.exponent.significant_bits()) - 1
    }

    fn weight(&self) -> f64 {
        2.4
    }

    fn width(&self) -> usize {
        2
    }

    fn name(&self) -> Vec<u8> {
        format!("lucas {} {:x}", self.a, self.exponent).into_bytes()
    }

    fn start(&self) -> Pair {
        self.alpha()
    }

    fn start_again(&self) -> Vec<Integer> {
        vec![Integer::from(self.a) % self.modulus(), Integer::from(1)]
    }

    fn element(&self, value: &[Integer]) -> Pair {
        Pair {
            x: self.ring.residue(&value[0]),
            y: self.ring.residue(&value[1]),
        }
    }

    fn value(&self, z: &Pair) -> Vec<Integer> {
        vec![self.ring.to_integer(&z.x), self.ring.to_integer(&z.y)]
    }

    fn step(&self, z: &mut Pair, position: u64) {
        self.double(z);
        if self.exponent.get_bit((self.total() - 1 - position) as u32) {
            self.advance(z);
        }
    }

    fn mul(&self, z: &mut Pair, w: &Pair) {
        let ring = self.ring;
        let (mut low, mut high) = (z.y.clone(), z.x.clone());
        ring.mul(&mut low, &w.y);
        ring.mul_small(&mut low, self.d);
        ring.mul(&mut high, &w.y);
        ring.mul(&mut z.y, &w.x);
        ring.add(&mut z.y, &high);
        ring.mul(&mut z.x, &w.x);
        ring.add(&mut z.x, &low);
    }

    fn raise(&self, d: &Pair, block: &Block) -> Pair {
        let sum = digit_sum(&self.exponent, self.total(), 1, block);
        let high = Integer::from(&sum >> block.segment as u32);
        // alpha^high * d, then the lower digits.
        let mut power = Pair {
            x: self.ring.residue(&Integer::from(1)),
            y: self.ring.residue(&Integer::from(0)),
        };
        for place in (0..high.significant_bits()).rev() {
            self.square(&mut power);
            if high.get_bit(place) {
                self.advance(&mut power);
            }
        }
        let mut y = d.clone();
        self.mul(&mut y, &power);
        for place in (0..block.segment).rev() {
            self.square(&mut y);
            if sum.get_bit(place as u32) {
                self.advance(&mut y);
            }
        }
        y
    }

    fn product(&self, z: &[Integer], w: &[Integer]) -> Vec<Integer> {
        let n = self.modulus();
        let x = Integer::from(&z[0] * &w[0]) + Integer::from(&z[1] * &w[1]) * self.d;
        let y = Integer::from(&z[0] * &w[1]) + Integer::from(&z[1] * &w[0]);
        vec![x % n, y % n]
    }
}
