//! Every operation at every size, by integers, for special and any moduli, equal and mixed, and the
//! operands where reductions go wrong.

use darkreach_arith::{BatchIsa, BatchOptions, BatchRing, LANES, Modulus};
use proptest::prelude::*;
use rug::Integer;

use super::support::*;

#[test]
fn any_moduli_agree_with_gmp_at_every_size() {
    let mut random = Random(1);
    for limbs in sizes() {
        for round in 0..if limbs < 40 { 6 } else { 2 } {
            let lanes = 1 + random.below(8) as usize;
            let moduli = any_moduli(limbs, lanes, &mut random);
            check(&moduli, round, 3 * round + 1, &mut random);
        }
    }
}

#[test]
fn special_moduli_agree_with_gmp_at_every_size() {
    let mut random = Random(2);
    for limbs in sizes() {
        for round in 0..if limbs < 40 { 6 } else { 2 } {
            let lanes = 1 + random.below(8) as usize;
            let moduli = special_moduli(limbs, lanes, &mut random);
            check(&moduli, round, 3 * round + 1, &mut random);
        }
    }
}

#[test]
fn every_pair_of_extreme_operands() {
    let mut random = Random(3);
    for limbs in [1, 4, 5, 12, 50] {
        for moduli in [
            any_moduli(limbs, LANES, &mut random),
            special_moduli(limbs, LANES, &mut random),
            // The largest that this many limbs hold, and the smallest.
            vec![Modulus::integer((Integer::from(1) << (52 * limbs - 4)) - 1u32).unwrap(); LANES],
            vec![Modulus::integer((Integer::from(1) << (52 * limbs - 5)) + 1u32).unwrap(); LANES],
        ] {
            for which in 0..11 {
                for other in 0..11 {
                    check(&moduli, which, other, &mut random);
                }
            }
        }
    }
}

#[test]
fn small_and_large_moduli_share_a_batch() {
    let mut random = Random(4);
    let mut moduli: Vec<Modulus> = [3u64, 5, 65537, 0x1_0000_0000_000F]
        .map(|n| Modulus::integer(Integer::from(n)).unwrap())
        .into();
    for bits in [52, 104, 300, 800] {
        moduli.push(Modulus::integer(random.odd(bits)).expect("at least 2"));
    }
    for round in 0..20 {
        check(&moduli, round, round + 3, &mut random);
    }
}

#[test]
fn shapes_are_used_where_lanes_have_them_in_common() {
    let special = |forms: &[(u64, u32, u32, i64)]| {
        let moduli: Vec<Modulus> = forms
            .iter()
            .map(|&(k, b, n, c)| Modulus::kbnc(k, b, n, c).unwrap())
            .collect();
        let options = BatchOptions::default().with_isa(BatchIsa::Portable);
        BatchRing::new(&moduli, options).unwrap().is_special()
    };
    assert!(special(&[(3, 2, 1000, 1), (5, 2, 1001, -1)]));
    assert!(special(&[(u64::MAX, 4, 500, 1), (5, 2, 1100, -1)]));
    // Another base, too small, a large c, too different.
    assert!(!special(&[(3, 2, 1000, 1), (4, 3, 631, 1)]));
    assert!(!special(&[(3, 2, 100, 1)]));
    assert!(!special(&[(3, 2, 1000, 5)]));
    assert!(!special(&[(3, 2, 1000, 1), (3, 2, 1300, 1)]));
}

#[test]
fn hundreds_of_squarings_and_products_in_a_row() {
    let mut random = Random(5);
    for limbs in [1, 3, 7, 20, 39, 64, 97] {
        for moduli in [
            any_moduli(limbs, 8, &mut random),
            special_moduli(limbs, 7, &mut random),
        ] {
            let start: Vec<Integer> = moduli
                .iter()
                .map(|m| random.bits(999) % m.value())
                .collect();
            for ring in rings(&moduli) {
                let mut x = ring.residues(&start).unwrap();
                let y = x.clone();
                let mut expected = start.clone();
                for step in 0..300 {
                    let m = [step % 5; LANES];
                    if step % 7 == 0 {
                        ring.mul(&mut x, &y);
                        expected =
                            map(&ring, [&expected, &start], |_, [a, b]| Integer::from(a * b));
                    } else if m[0] == 0 {
                        ring.square(&mut x);
                        expected = map(&ring, [&expected], |_, [a]| Integer::from(a.square_ref()));
                    } else {
                        ring.square_mul(&mut x, &m);
                        expected = map(&ring, [&expected], |_, [a]| {
                            Integer::from(a.square_ref()) * m[0]
                        });
                    }
                }
                assert_eq!(ring.to_integers(&x), expected, "{}", ring.describe());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn random_batches_agree_with_gmp(
        seed: u64, limbs in 1u32..60, lanes in 1usize..=LANES, special: bool,
        which in 0usize..11, other in 0usize..11,
    ) {
        let mut random = Random(seed);
        let moduli = if special {
            special_moduli(limbs, lanes, &mut random)
        } else {
            any_moduli(limbs, lanes, &mut random)
        };
        check(&moduli, which, other, &mut random);
    }
}
