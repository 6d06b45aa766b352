//! What the tests share: reproducible random numbers, the operands where arithmetic goes wrong, and the
//! comparison of every operation with GMP.

use darkreach_arith::{Backend, Isa, Modulus, Options, Residue, Ring};
use rug::{Integer, integer::Order, ops::RemRounding};

/// A reproducible stream of 64-bit numbers (splitmix64).
pub(crate) fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

pub(crate) fn random_below(n: &Integer, state: &mut u64) -> Integer {
    let limbs: Vec<u64> = (0..n.significant_digits::<u64>() + 1)
        .map(|_| random(state))
        .collect();
    Integer::from_digits(&limbs, Order::Lsf) % n
}

pub(crate) fn modulo(x: Integer, n: &Integer) -> Integer {
    x.rem_euc(n)
}

/// The ring by transform, if it has one for this modulus and length.
pub(crate) fn ring(modulus: &Modulus, isa: Isa, length: Option<usize>) -> Option<Ring> {
    let mut options = Options::default()
        .with_backend(Backend::Transform)
        .with_isa(isa);
    if let Some(length) = length {
        options = options.with_length(length);
    }
    Ring::new(modulus, options).ok()
}

/// Values whose digits are extreme, sparse or alike.
pub(crate) fn extremes(n: &Integer) -> Vec<Integer> {
    let bits = n.significant_bits();
    let one = Integer::from(1);
    let ones = Integer::from(&one << (bits - 1)) - 1u32;
    let thirds = Integer::from(&ones / 3u32);
    let mut values = vec![
        Integer::new(),
        one.clone(),
        Integer::from(2),
        Integer::from(n - 1u32),
        Integer::from(n - 2u32),
        Integer::from(n >> 1u32),
        Integer::from(n / 3u32),
        ones,
        Integer::from(&thirds << 1u32) % n,
        thirds,
    ];
    for j in [1, bits / 3, bits / 2, bits / 2 + 1, bits - 1] {
        values.push(Integer::from(&one << j) % n);
        values.push(((Integer::from(&one << j) - 1u32) << (bits / 5)) % n);
    }
    values
}

pub(crate) fn y_note(ring: &Ring, y: &Residue) -> String {
    format!(
        "round-off {}, made again {}",
        ring.roundoff(y),
        ring.redone(y)
    )
}

/// Every operation on every pair of some operands, and chains of squarings.
pub(crate) fn check(modulus: &Modulus, ring: &Ring, state: &mut u64, chain: usize) {
    let n = modulus.value();
    let what = ring.describe();
    let mut values = extremes(n);
    if chain < 40 {
        // The longer rings take fewer operands, chosen anew for each.
        let mut turn = random(state) % 3;
        values.retain(|_| {
            turn += 1;
            turn.is_multiple_of(3)
        });
    }
    values.push(random_below(n, state));
    let y_value = random_below(n, state);
    for a in &values {
        let mut x = ring.residue(a);
        assert_eq!(ring.to_integer(&x), *a, "conversion: {what}");
        let mut expected = a.clone();
        for step in 0..3 {
            ring.square(&mut x);
            expected = modulo(expected.square(), n);
            assert_eq!(
                ring.to_integer(&x),
                expected,
                "square {step} of {a:x}: {what}"
            );
        }
        ring.square_mul(&mut x, 3);
        expected = modulo(expected.square() * 3u32, n);
        assert_eq!(ring.to_integer(&x), expected, "3 times a square: {what}");
        for m in [0u64, 2, 1 << 19, u64::MAX] {
            let mut x = ring.residue(a);
            ring.mul_small(&mut x, m);
            assert_eq!(
                ring.to_integer(&x),
                modulo(Integer::from(a * m), n),
                "times {m}: {what}"
            );
            let mut x = ring.residue(a);
            ring.sub_small(&mut x, m);
            assert_eq!(
                ring.to_integer(&x),
                modulo(Integer::from(a - m), n),
                "minus {m}: {what}"
            );
            ring.square(&mut x);
            let expected = modulo(Integer::from(a - m).square(), n);
            assert_eq!(
                ring.to_integer(&x),
                expected,
                "square after minus {m}: {what}"
            );
        }
        for b in [a, &y_value] {
            let y = ring.residue(b);
            let mut x = ring.residue(a);
            ring.mul(&mut x, &y);
            assert_eq!(
                ring.to_integer(&x),
                modulo(Integer::from(a * b), n),
                "product: {what}"
            );
            ring.add(&mut x, &y);
            ring.sub(&mut x, &ring.residue(a));
            let expected = modulo(Integer::from(a * b) + b - a, n);
            assert_eq!(ring.to_integer(&x), expected, "sum: {what}");
            // By a stored factor; and whatever was in x before does not matter.
            let mut z = ring.residue(a);
            ring.mul_factor(&mut z, &ring.factor(&y));
            let product = modulo(Integer::from(a * b), n);
            assert_eq!(ring.to_integer(&z), product, "by a factor: {what}");
            ring.square_sub(&mut z, 2);
            let expected = modulo(product.square() - 2u32, n);
            assert_eq!(ring.to_integer(&z), expected, "a Lucas step: {what}");
            ring.square_mul_sub(&mut z, 2, 1);
            let expected = modulo(expected.square() * 2u32 - 1u32, n);
            assert_eq!(ring.to_integer(&z), expected, "2 squares less 1: {what}");
            ring.mul_scaled(&mut z, &y, 5);
            let expected = modulo(expected * b * 5u32, n);
            assert_eq!(ring.to_integer(&z), expected, "5 products: {what}");
            let read = ring.from_bytes(&ring.to_bytes(&z)).expect("just written");
            assert!(ring.equal(&read, &z), "bytes: {what}");
            assert_eq!(
                ring.equal(&x, &z),
                ring.to_integer(&x) == ring.to_integer(&z)
            );
        }
    }
    // Chains, long enough that the digits are taken for random, with mixed operations.
    let mut x = ring.residue(&Integer::from(3));
    let mut y = ring.residue(&y_value);
    let factor_value = random_below(n, state);
    let factor = ring.factor(&ring.residue(&factor_value));
    let (mut a, mut b) = (Integer::from(3), y_value);
    for step in 0..chain {
        ring.square(&mut x);
        a = modulo(a.square(), n);
        ring.square_sub(&mut y, 2);
        b = modulo(b.square() - 2u32, n);
        if step % 4 == 2 {
            ring.mul_factor(&mut x, &factor);
            a = modulo(a * &factor_value, n);
            ring.mul_small(&mut y, 12_345);
            b = modulo(b * 12_345u32, n);
        }
        if step % 4 == 1 {
            // More than the tail of a special modulus may count, and as much as one pass takes.
            ring.square_mul_sub(&mut y, 2, (1 << 20) - 1);
            b = modulo(b.square() * 2u32 - ((1u32 << 20) - 1), n);
            ring.mul_scaled(&mut x, &y, 2);
            a = modulo(a * &b * 2u32, n);
        }
        if step % 8 == 7 {
            ring.mul(&mut x, &y);
            a = modulo(a * &b, n);
            ring.sub(&mut y, &x);
            b = modulo(b - &a, n);
        }
        assert_eq!(ring.to_integer(&x), a, "step {step}: {what}");
        assert_eq!(
            ring.to_integer(&y),
            b,
            "step {step}: {what}, {}",
            y_note(ring, &y)
        );
    }
    assert_eq!(ring.to_integer(&x), a, "end of the chain: {what}");
    assert_eq!(ring.to_integer(&y), b, "end of the chain: {what}");
}
