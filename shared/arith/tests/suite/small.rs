//! The ring against plain GMP: random shapes, and the operands where reductions go wrong.

use darkreach_arith::{Modulus, Options, Ring};
use proptest::prelude::*;
use rug::{Integer, integer::Order, ops::Pow};

/// The operands that break reductions, and one random one.
fn operands(n: &Integer, random: &[u64]) -> Vec<Integer> {
    let bits = n.significant_bits();
    let ones = (Integer::from(1) << (bits - 1)) - 1u32;
    let half = Integer::from(1) << (bits / 2);
    let digits = Integer::from_digits(random, Order::Lsf) % n;
    vec![
        Integer::new(),
        Integer::from(1),
        Integer::from(n - 1u32),
        Integer::from(n - 2u32),
        Integer::from(n >> 1u32),
        ones % n,
        half % n,
        // Near multiples of powers of two, where carries run through all words.
        ((n.clone() >> 64u32) << 64u32) % n,
        (Integer::from(n >> (bits / 2)) << (bits / 2)) % n,
        digits,
    ]
}

fn check(modulus: &Modulus, options: Options, random: &[u64], small: u64) {
    let n = modulus.value();
    let ring = Ring::new(modulus, options).expect("every small modulus has a ring");
    let values = operands(n, random);
    let modulo = |x: Integer| {
        let r = x % n;
        if r < 0 { r + n } else { r }
    };
    for a in &values {
        let mut x = ring.residue(a);
        assert_eq!(ring.to_integer(&x), *a);
        // Many squarings in a row: each starts from the state that the last one left.
        let mut expected = a.clone();
        for _ in 0..5 {
            ring.square(&mut x);
            expected = modulo(Integer::from(expected.square_ref()));
            assert_eq!(ring.to_integer(&x), expected, "squares of {a} mod {n}");
        }
        for m in [0, 1, 3, small, u64::MAX] {
            let mut x = ring.residue(a);
            ring.mul_small(&mut x, m);
            assert_eq!(ring.to_integer(&x), modulo(Integer::from(a * m)));
            let mut x = ring.residue(a);
            ring.sub_small(&mut x, m);
            assert_eq!(ring.to_integer(&x), modulo(Integer::from(a - m)));
        }
        let mut x = ring.residue(a);
        ring.pow_small(&mut x, small % 100);
        let power = Integer::from(a.pow((small % 100) as u32));
        assert_eq!(ring.to_integer(&x), modulo(power));
        for b in &values {
            let y = ring.residue(b);
            let mut x = ring.residue(a);
            ring.mul(&mut x, &y);
            assert_eq!(ring.to_integer(&x), modulo(Integer::from(a * b)));
            let mut x = ring.residue(a);
            ring.add(&mut x, &y);
            assert_eq!(ring.to_integer(&x), modulo(Integer::from(a + b)));
            let mut x = ring.residue(a);
            ring.sub(&mut x, &y);
            assert_eq!(ring.to_integer(&x), modulo(Integer::from(a - b)));
        }
    }
    let negative = -(n.clone()) * 3 - 5;
    assert_eq!(
        ring.to_integer(&ring.residue(&negative)),
        modulo(negative.clone())
    );
}

/// k of every length, with the extremes.
fn multiplier() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(1),
        Just(u64::MAX),
        Just(1 << 63),
        1u64..100,
        any::<u64>().prop_map(|k| k.max(1)),
    ]
}

/// c with the two signs that searches use most.
fn addend() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(1),
        Just(-1),
        -1000i64..1000,
        Just(i64::MAX),
        Just(i64::MIN + 1)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn binary_shapes_agree_with_gmp(
        k in multiplier(), n in prop_oneof![1u32..700, 120u32..200], c in addend(),
        random in prop::collection::vec(any::<u64>(), 1..14), small: u64,
    ) {
        if let Ok(modulus) = Modulus::kbnc(k, 2, n, c) {
            prop_assert_eq!(modulus.value(), &((Integer::from(k) << n) + c));
            check(&modulus, Options::default(), &random, small);
        }
    }

    #[test]
    fn other_bases_agree_with_gmp(
        k in multiplier(), b in 2u32..1000, n in 0u32..60, c in addend(),
        random in prop::collection::vec(any::<u64>(), 1..14), small: u64,
    ) {
        if let Ok(modulus) = Modulus::kbnc(k, b, n, c) {
            prop_assert_eq!(modulus.value(), &(Integer::from(b).pow(n) * k + c));
            check(&modulus, Options::default(), &random, small);
        }
    }

    #[test]
    fn plain_reduction_agrees_with_gmp(
        value in prop::collection::vec(any::<u64>(), 1..12),
        random in prop::collection::vec(any::<u64>(), 1..14), small: u64,
    ) {
        if let Ok(modulus) = Modulus::integer(Integer::from_digits(&value, Order::Lsf)) {
            check(&modulus, Options::plain(), &random, small);
        }
    }
}

#[test]
fn moduli_that_do_not_exist_are_refused() {
    assert!(Modulus::kbnc(0, 2, 10, 1).is_err());
    assert!(Modulus::kbnc(3, 1, 10, 1).is_err());
    assert!(Modulus::kbnc(1, 2, 1, -1).is_err());
    assert!(Modulus::kbnc(3, 2, u32::MAX, 1).is_err());
    assert!(Modulus::kbnc(3, u32::MAX, 1 << 30, 1).is_err());
    assert!(Modulus::integer(Integer::from(1)).is_err());
    assert!(Modulus::integer(Integer::from(-7)).is_err());
}

#[test]
fn a_ring_and_its_residues_cross_threads() {
    let ring = Ring::new(&Modulus::kbnc(3, 2, 353, 1).unwrap(), Options::default()).unwrap();
    let mut x = ring.residue(&Integer::from(5));
    let value = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                ring.square(&mut x);
                ring.to_integer(&x)
            })
            .join()
            .unwrap()
    });
    assert_eq!(value, 25);
    assert!(ring.describe().contains("3*2^353+1"), "{}", ring.describe());
}
