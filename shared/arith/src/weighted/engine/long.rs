//! Long transforms: one squaring each, at millions of words up to 2^25, checked modulo numbers that divide N
//! and are known to, so that no product of that size is made in any other way.

use std::sync::Arc;

use rug::integer::Order;

use super::*;
use crate::threads::Pool;

/// 2^n+c is divisible by 2^61+c and 2^127+c if n is an odd multiple of this.
const STEP: u32 = 61 * 127;

/// An odd multiple of [`STEP`] of at most so many bits.
fn exponent(bits: u32) -> u32 {
    let times = bits / STEP;
    STEP * (times - (1 - times % 2))
}

/// A number of n bits at most, the same in every run.
fn random(n: u32) -> Integer {
    let mut state = u64::from(n);
    let limbs: Vec<u64> = (0..n / 64)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        })
        .collect();
    Integer::from_digits(&limbs, Order::Lsf)
}

/// Squares by the transform, and compares.
fn check(bits: u32, c: i64, length: Option<usize>, threads: usize) -> usize {
    let n = exponent(bits);
    let form = Form { k: 1, b: 2, n, c };
    let modulus = (Integer::from(1) << n) + c;
    let engine = Engine::new(form, &modulus, Isa::best(), length).expect("the form suits");
    let pool = Arc::new(Pool::new(threads).expect("a few threads can be had"));
    let engine = engine.with_pool(&pool);
    assert_eq!(engine.threads(), threads);
    let value = random(n);
    let mut x = engine.residue(&value);
    x.age = CAREFUL;
    engine.square(&mut x, 1);
    assert_eq!(x.redone(), 0, "{form:?}: made by GMP");
    let square = engine.to_integer(&x);
    for p in [61u32, 127].map(|p| (Integer::from(1) << p) + c) {
        assert!(modulus.is_divisible(&p));
        let expected = Integer::from(&value % &p).square() % &p;
        assert_eq!(Integer::from(&square % &p), expected, "{form:?}");
    }
    engine.length()
}

#[test]
fn millions_of_words_of_full_digits() {
    for (c, threads) in [(1, 1), (-1, 2)] {
        let length = check(60_000_000, c, None, threads);
        assert!((3 << 20..5 << 20).contains(&length), "{length}");
    }
}

#[test]
fn the_longest_transform() {
    const LENGTH: usize = 1 << 25;
    // Short digits, so that the numbers themselves take little time.
    assert_eq!(check(3 * LENGTH as u32, 1, Some(LENGTH), 2), LENGTH);
}
