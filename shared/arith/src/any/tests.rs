//! The stages of a product, one by one.

use rug::{
    Integer,
    ops::{Pow, RemRounding},
};

use super::*;
use crate::simd::Isa;

#[test]
fn every_stage_is_what_the_formulas_say() {
    for bits in [2_777u32, 20_000] {
        let n = Integer::from(3).pow((f64::from(bits) / 3f64.log2()) as u32);
        for isa in Isa::available() {
            let g = General::new(&n, isa, None).expect("odd");
            let r = (Integer::from(1) << g.m) + 1u32;
            let q = (Integer::from(1) << g.m) - 1u32;
            let mut x = g.residue(&Integer::from(7).pow(bits / 3));
            let number = g.second.row(x.second());
            let [first, second] = x.both();
            g.first.begin_square(first);
            g.first.finish(first, 1);
            let t = g.first.row(first).rem_euc(&r);
            assert_eq!(
                t,
                Integer::from(number.square_ref()).rem_euc(&r),
                "xy mod R, {isa:?}"
            );
            g.first.begin_product(first, &g.inverse_stored);
            g.first.finish(first, 1);
            let u = g.first.row(first);
            assert_eq!(
                Integer::from((&u).rem_euc(&r)),
                (t * &g.inverse).rem_euc(&r),
                "u, {isa:?}"
            );
            let mut work = second.clone();
            g.second.take(&mut work, first);
            assert_eq!(
                g.second.row(&work).rem_euc(&q),
                Integer::from((&u).rem_euc(&q)),
                "u mod Q, {isa:?}"
            );
            let mut copy = work.clone();
            g.second.begin_product(&mut copy, &g.modulus_stored);
            g.second.finish(&mut copy, 1);
            assert_eq!(
                g.second.row(&copy).rem_euc(&q),
                Integer::from(&u * &n).rem_euc(&q),
                "uN mod Q, {isa:?}"
            );
            let mut copy = second.clone();
            g.second.begin_square(&mut copy);
            g.second.finish(&mut copy, 1);
            assert_eq!(
                g.second.row(&copy).rem_euc(&q),
                Integer::from(number.square_ref()).rem_euc(&q),
                "xx mod Q, {isa:?}"
            );
            g.second.begin_product(&mut work, &g.modulus_stored);
            g.second.begin_square(second);
            g.second.add_products(second, &work, 1.0);
            g.second.finish(second, 1);
            assert_eq!(
                g.second.row(second).rem_euc(&q),
                Integer::from(number.square_ref() + u * &n).rem_euc(&q),
                "sum mod Q, {isa:?}"
            );
        }
    }
}
