//! Against GMP, from digits on: what steps with integers would hide.

use rug::{Integer, integer::Order, ops::Pow};

use super::engine::{Engine, Residues};
use crate::{Isa, Modulus, batch::LANES, transform::Shape, weighted::limits::CAREFUL};

/// A number that looks random.
fn number(bits: u32, seed: u64) -> Integer {
    let mut state = seed;
    let words: Vec<u64> = (0..bits.div_ceil(64))
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        })
        .collect();
    Integer::from_digits(&words, Order::Lsf).keep_bits(bits)
}

/// The signs that all candidates of a batch have in common.
const SIGNS: [i64; 2] = [1, -1];

/// Candidates with different k and n.
fn moduli(n: u32, count: usize, c: i64) -> Vec<Modulus> {
    let all = [
        (3, 0),
        (1, 1),
        (5, 30),
        (3, 77),
        (7, 2),
        (9, 99),
        (1, 64),
        (3, 0),
    ];
    all[..count]
        .iter()
        .map(|&(k, less)| Modulus::kbnc(k, 2, n - less, c).unwrap())
        .collect()
}

fn values(moduli: &[Modulus]) -> Vec<Integer> {
    let lanes = (1..).zip(moduli);
    lanes
        .map(|(seed, m)| number(m.value().significant_bits(), seed) % m.value())
        .collect()
}

/// The values as digits, without the steps in integers before.
fn as_digits(engine: &Engine, values: &[Integer]) -> Residues {
    let mut x = engine.residues(values);
    engine.skip_careful_steps(&mut x);
    assert_eq!(engine.to_integers(&x), values, "there and back");
    x
}

fn squared(values: &mut [Integer], moduli: &[Modulus], m: &[u32; LANES]) {
    for ((value, modulus), &m) in values.iter_mut().zip(moduli).zip(m) {
        value.square_mut();
        *value *= m;
        *value %= modulus.value();
    }
}

/// Factors that differ by lane and step.
fn factors(step: u32) -> [u32; LANES] {
    std::array::from_fn(|lane| (step >> (lane % 3) & 1) * 2 + 1)
}

#[test]
fn squares_at_every_length_and_on_every_kernel() {
    let lengths = crate::weighted::engine::lengths()
        .take_while(|&l| l <= 4096)
        .filter(|&l| Shape::new(l, 1, false).is_some());
    for (length, c) in lengths.flat_map(|l| SIGNS.map(|c| (l, c))) {
        // The most bits that this length takes, about.
        let fits = |moduli: &Vec<Modulus>| {
            Engine::new(moduli, Isa::best()).is_some_and(|engine| engine.length() == length)
        };
        let moduli = (40..100)
            .map(|quarters| {
                let n = (length * (140 - quarters) / 4) as u32;
                moduli(n, 1 + length / 32 % 8, c)
            })
            .find(fits)
            .unwrap();
        for isa in Isa::available() {
            let engine = Engine::new(&moduli, isa).unwrap();
            let mut expected = values(&moduli);
            let mut x = as_digits(&engine, &expected);
            for step in 0..12 {
                engine.square_mul(&mut x, &factors(step));
                squared(&mut expected, &moduli, &factors(step));
                assert_eq!(
                    engine.to_integers(&x),
                    expected,
                    "{isa:?} {length} {c} {step}"
                );
            }
            assert_eq!(x.redone(), 0, "{isa:?} {length} {c}");
        }
    }
}

#[test]
fn multipliers_bases_and_sizes_of_many_kinds_share_a_batch() {
    let forms: [&[(u64, u32, u32)]; 7] = [
        &[
            (10_223, 2, 5000),
            (10_225, 2, 5000),
            (3, 2, 5000),
            (1, 2, 4992),
            (999_999, 2, 4900),
        ],
        &[
            (3, 2, 9000),
            (3, 2, 7001),
            (5, 2, 6001),
            (7, 2, 5003),
            (12_345, 2, 5100),
        ],
        &[
            (12_346, 3, 3000),
            (2, 3, 3001),
            (4, 3, 2900),
            (3, 2, 4700),
            (6, 10, 1400),
        ],
        &[(1, 70_906, 256), (1, 70_904, 256)],
        &[(3, 2, 2500), (5, 2, 2400)],
        &[
            (8, 2, 6000),
            (1 << 12, 2, 6000),
            (3 << 9, 2, 5990),
            (1, 2, 6004),
        ],
        &[(1_048_575, 2, 20_000); 8],
    ];
    for (forms, c) in forms.into_iter().flat_map(|f| SIGNS.map(|c| (f, c))) {
        let moduli: Vec<Modulus> = forms
            .iter()
            .map(|&(k, b, n)| Modulus::kbnc(k, b, n, c).unwrap())
            .collect();
        for isa in Isa::available() {
            let engine = Engine::new(&moduli, isa).unwrap();
            let mut expected = values(&moduli);
            let mut x = as_digits(&engine, &expected);
            for step in 0..40 {
                engine.square_mul(&mut x, &factors(step));
                squared(&mut expected, &moduli, &factors(step));
            }
            assert_eq!(engine.to_integers(&x), expected, "{isa:?} {forms:?}");
            // Larger factors than fit into the pass, and up to what does.
            for m in [engine.max_factor(), engine.max_factor() + 1, u32::MAX] {
                engine.square_mul(&mut x, &[m; LANES]);
                squared(&mut expected, &moduli, &[m; LANES]);
                assert_eq!(engine.to_integers(&x), expected, "{isa:?} {forms:?} {m}");
            }
            assert!(engine.max_factor() >= 4);
        }
    }
}

#[test]
fn values_that_do_not_look_random() {
    let two = Integer::from(2);
    for n in [2900, 5000, 9900, 18_000] {
        for moduli in [
            moduli(n, 8, 1),
            moduli(n, 8, -1),
            vec![Modulus::kbnc(10_223, 2, n, 1).unwrap(); 3],
            vec![Modulus::kbnc(10_223, 2, n, -1).unwrap(); 3],
        ] {
            for isa in Isa::available() {
                let engine = Engine::new(&moduli, isa).unwrap();
                for which in 0..9 {
                    let mut expected: Vec<Integer> = (which..)
                        .zip(&moduli)
                        .map(|(which, m)| {
                            let n = m.value();
                            let bits = n.significant_bits();
                            match which % 9 {
                                0 => Integer::new(),
                                1 => Integer::from(1),
                                2 => Integer::from(n - 1u32),
                                3 => Integer::from(n >> 1u32),
                                4 => Integer::from((&two).pow(bits - 2)),
                                5 => Integer::from((&two).pow(bits - 2)) - 1u32,
                                6 => n / Integer::from(3),
                                7 => Integer::from((&two).pow(bits / 2)),
                                _ => Integer::from(n / 19u32) * 7u32,
                            }
                        })
                        .collect();
                    let mut x = as_digits(&engine, &expected);
                    for step in 0..4 {
                        engine.square_mul(&mut x, &factors(step));
                        squared(&mut expected, &moduli, &factors(step));
                        assert_eq!(engine.to_integers(&x), expected, "{isa:?} {n} {which}");
                    }
                }
            }
        }
    }
}

#[test]
fn digits_at_their_extremes_are_right_or_made_again() {
    let patterns: [fn(usize) -> f64; 5] = [
        |_| 0.5,
        |_| -0.5,
        |j| if j % 2 == 0 { 0.5 } else { -0.5 },
        |j| if j % 3 == 0 { 0.5 } else { 0.0 },
        |j| if (j / 100) % 2 == 0 { 0.5 } else { -0.5 },
    ];
    let mut redone = 0;
    for (n, c) in [2500, 9900, 40_000]
        .into_iter()
        .flat_map(|n| SIGNS.map(|c| (n, c)))
    {
        let moduli = moduli(n, 5, c);
        for isa in Isa::available() {
            let engine = Engine::new(&moduli, isa).unwrap();
            for first in 0..patterns.len() {
                let mut x = as_digits(&engine, &values(&moduli));
                engine.set_digits(&mut x, |lane, j, radix| {
                    (patterns[(first + lane) % patterns.len()](j) * radix as f64) as i32
                });
                let mut expected = engine.to_integers(&x);
                for step in 0..3 {
                    engine.square_mul(&mut x, &factors(step));
                    squared(&mut expected, &moduli, &factors(step));
                    assert_eq!(engine.to_integers(&x), expected, "{isa:?} {n} {c} {first}");
                }
                redone += x.redone();
            }
        }
    }
    assert!(redone > 0, "none of these looks random");
}

#[test]
fn a_fault_in_one_lane_is_met_and_the_others_stand() {
    for (isa, c) in Isa::available()
        .into_iter()
        .flat_map(|isa| SIGNS.map(|c| (isa, c)))
    {
        let moduli = moduli(6000, 8, c);
        let engine = Engine::new(&moduli, isa).unwrap();
        for fault in [f64::NAN, f64::INFINITY, 1e9, 1e40] {
            for lane in 0..8 {
                let mut expected = values(&moduli);
                let mut x = as_digits(&engine, &expected);
                engine.square_mul(&mut x, &factors(3));
                squared(&mut expected, &moduli, &factors(3));
                engine.spoil(&mut x, lane, fault);
                engine.square_mul(&mut x, &factors(5));
                squared(&mut expected, &moduli, &factors(5));
                assert_eq!(engine.to_integers(&x), expected, "{isa:?} {lane} {fault}");
                assert_eq!(x.redone(), 1, "{isa:?} {lane} {fault}");
                engine.square_mul(&mut x, &factors(1));
                squared(&mut expected, &moduli, &factors(1));
                assert_eq!(engine.to_integers(&x), expected, "{isa:?} {lane} {fault}");
                assert_eq!(x.redone(), 1, "the transform is right again");
            }
        }
    }
}

#[test]
fn lanes_are_taken_for_random_only_after_their_own_products() {
    let moduli = moduli(4000, 3, 1);
    let engine = Engine::new(&moduli, Isa::best()).unwrap();
    let mut expected = vec![Integer::from(5), Integer::from(7), Integer::from(1)];
    let mut x = engine.residues(&expected);
    for _ in 0..2 * CAREFUL {
        engine.square_mul(&mut x, &[1; LANES]);
        squared(&mut expected, &moduli, &[1; LANES]);
        assert!(!x.is_digits(), "a lane is 1");
    }
    let last = [1, 1, 3, 1, 1, 1, 1, 1];
    engine.square_mul(&mut x, &last);
    squared(&mut expected, &moduli, &last);
    for step in 0..CAREFUL {
        assert!(!x.is_digits(), "{step}");
        engine.square_mul(&mut x, &[1; LANES]);
        squared(&mut expected, &moduli, &[1; LANES]);
    }
    assert!(x.is_digits());
    assert_eq!(engine.to_integers(&x), expected);
    // What is made of a young residue is young.
    let young = engine.one();
    engine.add(&mut x, &young);
    assert!(!x.is_digits());
}

#[test]
fn only_one_shape_is_taken() {
    let engine = |forms: &[(u64, u32, u32, i64)]| {
        let moduli: Vec<Modulus> = forms
            .iter()
            .map(|&(k, b, n, c)| Modulus::kbnc(k, b, n, c).unwrap())
            .collect();
        Engine::new(&moduli, Isa::best()).is_some()
    };
    assert!(engine(&[(3, 2, 5000, 1), (5, 2, 5000, 1)]));
    assert!(engine(&[(3, 2, 5000, -1), (5, 2, 5000, -1)]));
    assert!(!engine(&[(3, 2, 5000, 1), (5, 2, 5000, -1)]));
    assert!(!engine(&[(3, 2, 5000, 3)]));
    assert!(!engine(&[(u64::MAX, 2, 5000, 1)]));
    assert!(!engine(&[]));
    let other = Modulus::integer(number(5000, 1) | Integer::from(1)).unwrap();
    assert!(Engine::new(&[other], Isa::best()).is_none());
}
