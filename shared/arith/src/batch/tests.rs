//! What cannot be seen from outside: kernels leave the same limbs, and the numbers stay in range.

use rug::{Integer, integer::Order};

use super::{BatchIsa, BatchOptions, BatchResidue, BatchRing, LANES, convert};
use crate::Modulus;

/// Numbers that look random but for runs of ones.
fn number(bits: u32, seed: u64) -> Integer {
    let mut state = seed;
    let words: Vec<u64> = (0..bits.div_ceil(64))
        .map(|i| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            if i % 5 == 4 {
                u64::MAX
            } else {
                state ^ state >> 31
            }
        })
        .collect();
    Integer::from_digits(&words, Order::Lsf).keep_bits(bits)
}

fn any(bits: u32) -> Vec<Modulus> {
    (0..LANES as u64)
        .map(|l| {
            let mut value = number(bits, l + 1);
            value.set_bit(bits - 1, true).set_bit(0, true);
            Modulus::integer(value).unwrap()
        })
        .collect()
}

fn special(n: u32, k: u64) -> Vec<Modulus> {
    (0..LANES as u32)
        .map(|l| {
            let c = if l % 3 == 0 { 1 } else { -1 };
            Modulus::kbnc(k - u64::from(l), 2, n + l, c).unwrap()
        })
        .collect()
}

/// Limbs above those of the numbers must be zero, and every residue below 2N.
fn assert_in_range(ring: &BatchRing, x: &BatchResidue) {
    let rows = x.rows();
    let limbs = ring.limbs().unwrap();
    let above = &rows[limbs..];
    assert!(above.iter().all(|row| row.0 == [0; LANES]));
    for (lane, n) in ring.moduli().iter().enumerate() {
        let value = convert::get(lane, &rows[..limbs]);
        assert!(value < Integer::from(n << 1u32), "lane {lane}");
    }
}

#[test]
fn every_kernel_leaves_the_same_limbs() {
    for limbs in [1, 2, 3, 4, 5, 8, 13, 20, 39, 40, 41, 64, 83, 160, 201] {
        let bits = 52 * limbs - 6;
        for moduli in [any(bits), special(bits, 9), special(bits, u64::MAX)] {
            let ring = |isa| BatchRing::new(&moduli, BatchOptions::default().with_isa(isa));
            let portable = ring(BatchIsa::Portable).unwrap();
            let values: Vec<Integer> = moduli
                .iter()
                .map(|m| number(bits + 9, 7) % m.value())
                .collect();
            let m = [0, 1, 2, 3, 4, 3, 2, 1];
            let run = |ring: &BatchRing| {
                let mut states = Vec::new();
                let mut x = ring.residues(&values).unwrap();
                let y = x.clone();
                let steps: [&dyn Fn(&mut BatchResidue); 8] = [
                    &|x| ring.square(x),
                    &|x| ring.square_times(x, 5),
                    &|x| ring.square_mul(x, &m),
                    &|x| ring.mul(x, &y),
                    &|x| ring.mul_small(x, &m.map(|m| m + 1_000_000_007)),
                    &|x| ring.add(x, &y),
                    &|x| ring.sub_small(x, &m),
                    &|x| ring.sub(x, &y),
                ];
                for step in steps {
                    step(&mut x);
                    assert_in_range(ring, &x);
                    states.push(x.rows().to_vec());
                }
                states
            };
            let expected = run(&portable);
            let isas = BatchIsa::available().into_iter();
            for isa in isas.filter(|isa| *isa != BatchIsa::Separate) {
                assert!(
                    run(&ring(isa).unwrap()) == expected,
                    "{isa:?}, {limbs} limbs"
                );
            }
        }
    }
}

#[test]
fn integers_survive_the_way_into_limbs_and_back() {
    for bits in [1, 51, 52, 53, 63, 64, 65, 103, 104, 105, 1000, 5000] {
        let value = number(bits, u64::from(bits));
        let mut limbs = vec![Default::default(); bits.div_ceil(208) as usize];
        for lane in [0, 3, 7] {
            convert::put(&value, lane, &mut limbs);
            assert_eq!(
                convert::get(lane, limbs.as_flattened()),
                value,
                "{bits} bits"
            );
        }
        let rows = limbs.as_flattened();
        assert!(
            rows.iter()
                .all(|row| row.0.iter().all(|limb| limb >> 52 == 0))
        );
        assert_eq!(convert::get(1, rows), 0);
    }
}
