//! The stages of a product, one by one; faults planted in each of them; digits at their extremes.

use rug::{
    Integer,
    ops::{Pow, RemRounding},
};

use super::*;
use crate::{
    simd::Isa,
    weighted::{engine::Digits, limits::CAREFUL},
};

impl Value {
    fn both(&mut self) -> [&mut Digits; 2] {
        [&mut self.first, &mut self.second]
    }

    fn second(&self) -> &Digits {
        &self.second
    }
}

impl General {
    /// A value that is kept as this number and taken for random.
    fn hold(&self, number: &Integer) -> Value {
        let mut x = self.residue(&Integer::new());
        let r = (Integer::from(1) << self.m) + 2u32;
        let q = (Integer::from(1) << self.m) + 1u32;
        self.first
            .load(&mut x.first, &Integer::from(number.rem_euc(&r)));
        self.second
            .load(&mut x.second, &Integer::from(number.rem_euc(&q)));
        x.bound = LIMIT;
        x.age = CAREFUL;
        assert_eq!(self.second.row(&x.second), *number);
        x
    }
}

#[test]
fn every_stage_is_what_the_formulas_say() {
    for bits in [2_777u32, 20_000] {
        let n = Integer::from(3).pow((f64::from(bits) / 3f64.log2()) as u32);
        for isa in Isa::available() {
            let g = General::new(&n, isa, None).expect("odd");
            let r = (Integer::from(1) << g.m) + 2u32;
            let q = (Integer::from(1) << g.m) + 1u32;
            let mut x = g.residue(&Integer::from(7).pow(bits / 3));
            let number = g.second.row(x.second());
            let [first, second] = x.both();
            g.first.begin_square(first);
            g.first.finish_here(first);
            let t = g.first.row(first).rem_euc(&r);
            assert_eq!(
                t,
                Integer::from(number.square_ref()).rem_euc(&r),
                "xy mod R, {isa:?}"
            );
            g.first.begin_product(first, &g.inverse_stored);
            g.first.finish_here(first);
            let u = g.first.row(first);
            assert_eq!(
                Integer::from((&u).rem_euc(&r)),
                (t * &g.inverse).rem_euc(&r),
                "u, {isa:?}"
            );
            let mut work = second.clone();
            g.second.take(&mut work, first);
            let mut copy = work.clone();
            g.second.begin_product(&mut copy, &g.modulus_stored);
            g.second.finish_here(&mut copy);
            assert_eq!(
                g.second.row(&copy).rem_euc(&q),
                Integer::from(&u * &n).rem_euc(&q),
                "uN mod Q, {isa:?}"
            );
            let mut copy = second.clone();
            g.second.begin_square(&mut copy);
            g.second.finish_here(&mut copy);
            assert_eq!(
                g.second.row(&copy).rem_euc(&q),
                Integer::from(number.square_ref()).rem_euc(&q),
                "xx mod Q, {isa:?}"
            );
            g.second.begin_part(&mut work, &g.modulus_stored);
            let stored = g.second.store(second);
            let mut copy = second.clone();
            g.second.begin_product_and(&mut copy, &stored, &work);
            g.second.begin_square_and(second, &work);
            let sum = (Integer::from(number.square_ref()) + u * &n).rem_euc(&q);
            for (products, how) in [(second, "square"), (&mut copy, "product")] {
                g.second.finish_here(products);
                let found = g.second.row(products).rem_euc(&q);
                assert_eq!(found, sum, "sum mod Q with the {how}, {isa:?}");
            }
        }
    }
}

/// What a product of the numbers kept must leave modulo N: xy/R.
fn product(g: &General, x: &Integer, y: &Integer) -> Integer {
    let r = (Integer::from(1) << g.m) + 2u32;
    let inverse = r.invert(&g.modulus).expect("coprime");
    (Integer::from(x * y) * inverse).rem_euc(&g.modulus)
}

/// A number whose digits below the topmost are at their extremes, by a pattern.
fn extreme(g: &General, pattern: impl Fn(usize) -> i32) -> Integer {
    let per_word = g.bits_per_word();
    let digits = ((f64::from(g.m) - 60.0) / per_word) as usize;
    let half = Integer::from(1) << (per_word as u32 - 1);
    let mut number = Integer::new();
    for j in (0..digits).rev() {
        number <<=
            ((j as f64 + 1.0) * per_word).ceil() as u32 - (j as f64 * per_word).ceil() as u32;
        number += Integer::from(&half * pattern(j));
    }
    number
}

#[test]
fn extreme_numbers_and_moduli_are_right_at_any_age() {
    for isa in Isa::available() {
        for bits in [6_000u32, 60_000] {
            let whole = (Integer::from(1) << bits) - 1u32;
            let first = General::new(&whole, isa, None).expect("odd");
            // A modulus whose own digits are all alike.
            let alike = extreme(&first, |_| 1) | 1u32;
            for n in [Integer::from(&whole / 3u32) | 1u32, alike] {
                let g = General::new(&n, isa, None).expect("odd");
                let signs: [fn(usize) -> i32; 4] = [
                    |_| 1,
                    |_| -1,
                    |j| 1 - 2 * (j as i32 % 2),
                    |j| i32::from(j % 3 == 0),
                ];
                for sign in signs {
                    let number = extreme(&g, sign);
                    let mut x = g.hold(&number);
                    let y = g.hold(&number);
                    let factor = g.factor(&y);
                    let square = product(&g, &number, &number);
                    for step in 0..3 {
                        match step {
                            0 => g.square(&mut x, 1),
                            1 => g.mul(&mut x, &y, 1),
                            _ => g.mul_factor(&mut x, &factor),
                        }
                        let kept = g.second.row(x.second()).rem_euc(&n);
                        assert!(kept == square, "{isa:?}, {bits}, step {step}");
                        x = g.hold(&number);
                    }
                }
            }
        }
    }
}

#[test]
fn faults_in_every_transform_are_seen_and_made_good() {
    let n = Integer::from(10).pow(1_500) + 9u32;
    for isa in Isa::available() {
        let g = General::new(&n, isa, None).expect("odd");
        let mut x = g.residue(&Integer::from(3).pow(2_000));
        for _ in 0..60 {
            g.square(&mut x, 1);
        }
        assert_eq!(x.redone(), 0, "{isa:?}");
        let number = g.second.row(x.second());
        let expected = product(&g, &number, &number);
        for fault in [f64::NAN, f64::INFINITY, 1e300, -1e17, 3e7] {
            for modulo_r in [true, false] {
                let mut y = x.clone();
                let [first, second] = y.both();
                if modulo_r {
                    g.first.plant(first, fault);
                } else {
                    g.second.plant(second, fault);
                }
                g.square(&mut y, 1);
                assert_eq!(y.redone(), 1, "{isa:?}, {fault}: not seen");
                assert_eq!(
                    g.second.row(y.second()).rem_euc(&n),
                    expected,
                    "{isa:?}, {fault}"
                );
            }
        }
        // Wrong digits that look like right ones: only the topmost digits of the result can tell.
        let mut y = x.clone();
        let [first, _] = y.both();
        let other = g.first.residue(&Integer::from(5).pow(1_000));
        g.first.take_same(first, &other);
        g.square(&mut y, 1);
        assert_eq!(y.redone(), 1, "{isa:?}: another number was not seen");
        assert_eq!(g.second.row(y.second()).rem_euc(&n), expected, "{isa:?}");
    }
}
