//! Batches against GMP: every operation on every kernel, all small sizes and some large ones, special
//! and any moduli, equal and mixed, and the operands where reductions go wrong.

use darkreach_arith::{
    BatchError, BatchIsa, BatchOptions, BatchResidue, BatchRing, Isa, LANES, Modulus,
};
use proptest::prelude::*;
use rug::{Integer, integer::Order, ops::RemRounding};

/// A ring of these moduli.
fn new_ring(moduli: &[Modulus], options: BatchOptions) -> BatchRing {
    BatchRing::new(moduli, options).expect("the moduli fit into a batch")
}

/// The residues of these values.
fn residues(ring: &BatchRing, values: &[Integer]) -> BatchResidue {
    ring.residues(values).expect("one value for each modulus")
}

/// A reproducible stream of 64-bit numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn bits(&mut self, bits: u32) -> Integer {
        let words: Vec<u64> = (0..bits.div_ceil(64)).map(|_| self.next()).collect();
        Integer::from_digits(&words, Order::Lsf).keep_bits(bits)
    }

    /// An odd number of exactly so many bits.
    fn odd(&mut self, bits: u32) -> Integer {
        let mut value = match self.below(4) {
            // Runs of ones and of zeros.
            0 => (Integer::from(1) << bits) - 1u32,
            1 => Integer::from(1) << (bits - 1),
            _ => self.bits(bits),
        };
        value.set_bit(bits - 1, true).set_bit(0, true);
        value
    }
}

/// Operands that break reductions; number `which` of them.
fn operand(n: &Integer, which: usize, random: &mut Random) -> Integer {
    let bits = n.significant_bits();
    let value = match which % 11 {
        0 => Integer::new(),
        1 => Integer::from(1),
        2 => Integer::from(n - 1u32),
        3 => Integer::from(n - 2u32),
        4 => Integer::from(n >> 1u32),
        // All limbs at their largest.
        5 => (Integer::from(1) << (bits - 1)) - 1u32,
        6 => Integer::from(1) << (bits - 1),
        // Sparse: single bits of limbs.
        7 => Integer::from(1) << (bits / 104 * 52),
        8 => (Integer::from(n >> 52u32)) << 52u32,
        9 => n - (Integer::from(1) << (bits / 2)),
        _ => random.bits(bits + 7),
    };
    value.rem_euc(n)
}

/// Rings of all kernels for the same moduli, with and without the use of their shape.
fn rings(moduli: &[Modulus]) -> Vec<BatchRing> {
    let mut rings = Vec::new();
    for isa in BatchIsa::available() {
        for options in [
            BatchOptions::default(),
            BatchOptions::default().without_special_form(),
        ] {
            let ring = new_ring(moduli, options.with_isa(isa));
            assert_eq!(ring.isa(), isa);
            assert!(ring.max_factor() >= 4);
            if rings
                .iter()
                .all(|r: &BatchRing| r.describe() != ring.describe())
            {
                rings.push(ring);
            }
        }
    }
    rings
}

/// Each lane's value of a function of the operands and the modulus.
fn map<const K: usize>(
    ring: &BatchRing,
    operands: [&[Integer]; K],
    f: impl Fn(usize, [&Integer; K]) -> Integer,
) -> Vec<Integer> {
    let lane = |(l, n): (usize, &Integer)| f(l, operands.map(|o| &o[l])).rem_euc(n);
    ring.moduli().iter().enumerate().map(lane).collect()
}

/// Every operation, with operands `which` and `other` of each lane (another one in each).
fn check(moduli: &[Modulus], which: usize, other: usize, random: &mut Random) {
    let pick = |which: usize, random: &mut Random| -> Vec<Integer> {
        let lanes = moduli.iter().enumerate();
        lanes
            .map(|(l, m)| operand(m.value(), which + l, random))
            .collect()
    };
    let (a, b) = (pick(which, random), pick(other, random));
    let small: [u32; LANES] = std::array::from_fn(|_| match random.below(4) {
        0 => random.below(5) as u32,
        1 => u32::MAX - random.below(3) as u32,
        _ => random.next() as u32,
    });
    let few: [u32; LANES] = std::array::from_fn(|_| random.below(5) as u32);
    for ring in rings(moduli) {
        let about = ring.describe();
        let x0 = residues(&ring, &a);
        let y = residues(&ring, &b);
        assert_eq!(ring.to_integers(&x0), a, "there and back: {about}");

        let mut x = x0.clone();
        let mut expected = a.clone();
        for round in 0..4 {
            ring.square(&mut x);
            expected = map(&ring, [&expected], |_, [a]| Integer::from(a.square_ref()));
            assert_eq!(ring.to_integers(&x), expected, "square {round}: {about}");
        }
        // Goes on from a value that is not canonical.
        for m in [&few, &small, &[3; LANES], &[1; LANES]] {
            ring.square_mul(&mut x, m);
            expected = map(&ring, [&expected], |l, [a]| {
                Integer::from(a.square_ref()) * m[l]
            });
            assert_eq!(ring.to_integers(&x), expected, "square_mul {m:?}: {about}");
        }
        ring.mul(&mut x, &y);
        expected = map(&ring, [&expected, &b], |_, [a, b]| Integer::from(a * b));
        assert_eq!(ring.to_integers(&x), expected, "mul: {about}");
        ring.add(&mut x, &y);
        expected = map(&ring, [&expected, &b], |_, [a, b]| Integer::from(a + b));
        assert_eq!(ring.to_integers(&x), expected, "add: {about}");
        ring.mul_small(&mut x, &small);
        expected = map(&ring, [&expected], |l, [a]| Integer::from(a * small[l]));
        assert_eq!(ring.to_integers(&x), expected, "mul_small: {about}");
        ring.sub(&mut x, &y);
        expected = map(&ring, [&expected, &b], |_, [a, b]| Integer::from(a - b));
        assert_eq!(ring.to_integers(&x), expected, "sub: {about}");
        ring.sub_small(&mut x, &small);
        expected = map(&ring, [&expected], |l, [a]| Integer::from(a - small[l]));
        assert_eq!(ring.to_integers(&x), expected, "sub_small: {about}");

        // From the values themselves, which may be 0, N-1 and the like.
        for (name, result) in [
            ("mul", {
                let mut x = x0.clone();
                ring.mul(&mut x, &y);
                x
            }),
            ("add", {
                let mut x = x0.clone();
                ring.add(&mut x, &y);
                x
            }),
            ("sub", {
                let mut x = x0.clone();
                ring.sub(&mut x, &y);
                x
            }),
        ] {
            let expected = map(&ring, [&a, &b], |_, [a, b]| match name {
                "mul" => Integer::from(a * b),
                "add" => Integer::from(a + b),
                _ => Integer::from(a - b),
            });
            assert_eq!(ring.to_integers(&result), expected, "{name}: {about}");
        }
        let equal = ring.equal(&x0, &y);
        for l in 0..ring.lanes() {
            assert_eq!(equal[l], a[l] == b[l], "equal in lane {l}: {about}");
        }
        // x-y+y need not have the limbs of x.
        let mut x = x0.clone();
        ring.sub(&mut x, &y);
        ring.add(&mut x, &y);
        assert_eq!(ring.equal(&x, &x0), [true; LANES], "{about}");
        assert_eq!(ring.equal(&x0, &x), [true; LANES], "{about}");
    }
}

/// Moduli that fill this many limbs, `lanes` of them.
fn any_moduli(limbs: u32, lanes: usize, random: &mut Random) -> Vec<Modulus> {
    let lanes = 0..lanes;
    lanes
        .map(|_| {
            let bits = (52 * limbs - 4 - random.below(40) as u32).max(2);
            Modulus::integer(random.odd(bits)).expect("at least 2")
        })
        .collect()
}

/// k*2^n+-1 with multipliers of any length, and n that differ by up to two limbs.
fn special_moduli(limbs: u32, lanes: usize, random: &mut Random) -> Vec<Modulus> {
    let kind = random.below(3);
    let length = random.below(64) as u32 + 1;
    let lanes = 0..lanes;
    lanes
        .map(|_| {
            let k = random.next() >> (64 - length);
            let spread = if kind == 2 { 100 } else { 20 };
            let n = 52 * (limbs - 1) + random.below(spread) as u32;
            let c = match kind {
                0 => 1,
                1 => -1,
                _ => 1 - 2 * random.below(2) as i64,
            };
            Modulus::kbnc(k.max(1), 2, n.max(2), c).expect("at least 2")
        })
        .collect()
}

/// Sizes from one limb up: all the small ones, then around steps of blocks and of algorithms.
fn sizes() -> impl Iterator<Item = u32> {
    (1..=44).chain([
        47, 48, 49, 55, 56, 57, 63, 64, 65, 66, 71, 79, 80, 81, 95, 96, 97, 99, 100, 127, 128, 129,
        160, 191, 192, 199, 200, 201,
    ])
}

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

#[test]
fn powers_with_exponents_of_different_lengths() {
    let mut random = Random(6);
    for moduli in [
        any_moduli(6, 8, &mut random),
        special_moduli(9, 8, &mut random),
    ] {
        let exponents: Vec<Integer> = [0, 1, 2, 3, 17, 64, 200, 333]
            .map(|bits| random.bits(bits))
            .into();
        for ring in rings(&moduli) {
            for base in [0, 1, 2, 3, 4, 5, 10223, u32::MAX] {
                let power = ring.to_integers(&ring.pow(base, &exponents).expect("not negative"));
                let expected = map(&ring, [&exponents], |l, [e]| {
                    Integer::from(base)
                        .pow_mod(e, &ring.moduli()[l])
                        .expect("the exponent is not negative")
                });
                assert_eq!(power, expected, "{base}^e: {}", ring.describe());
            }
        }
    }
}

#[test]
fn a_power_that_is_stopped_is_the_power_of_the_upper_bits() {
    let mut random = Random(8);
    let moduli = special_moduli(7, 5, &mut random);
    let exponents: Vec<Integer> = [100, 90, 99, 3, 0]
        .map(|bits| random.bits(bits) << 60)
        .into();
    for ring in rings(&moduli) {
        for stop_at in [0, 1, 2, 3, 20, 1000] {
            let mut asked = 0;
            let mut go_on = || {
                asked += 1;
                asked <= stop_at
            };
            let result = ring.pow_while(3, &exponents, 7, &mut go_on);
            let (power, left) = result.expect("not negative");
            let all = exponents.iter().map(|e| e.significant_bits()).max();
            assert_eq!(left, all.unwrap_or(0).saturating_sub(7 * stop_at));
            let expected = map(&ring, [&exponents], |l, [e]| {
                Integer::from(3)
                    .pow_mod(&Integer::from(e >> left), &ring.moduli()[l])
                    .expect("not negative")
            });
            assert_eq!(ring.to_integers(&power), expected, "{left} bits left");
        }
    }
}

/// Exponents n for which k*2^n+c is prime, by k and c.
const PRIMES: &[(u64, i64, &[u32])] = &[
    // OEIS A002253, A002254, A032353, A002256.
    (
        3,
        1,
        &[
            1, 2, 5, 6, 8, 12, 18, 30, 36, 41, 66, 189, 201, 209, 276, 353, 408, 438, 534, 2208,
        ],
    ),
    (
        5,
        1,
        &[1, 3, 7, 13, 15, 25, 39, 55, 75, 85, 127, 1947, 3313],
    ),
    (
        7,
        1,
        &[
            2, 4, 6, 14, 20, 26, 50, 52, 92, 120, 174, 180, 190, 290, 320, 390, 432, 616, 830,
            1804, 2256,
        ],
    ),
    (
        9,
        1,
        &[
            1, 2, 3, 6, 7, 11, 14, 17, 33, 42, 43, 63, 65, 67, 81, 134, 162, 206, 211, 366, 663,
            782, 1305, 1411, 1494, 2297,
        ],
    ),
    // OEIS A002235, A001770, A001771.
    (
        3,
        -1,
        &[
            1, 2, 3, 4, 6, 7, 11, 18, 34, 38, 43, 55, 64, 76, 94, 103, 143, 206, 216, 306, 324,
            391, 458, 470, 827, 1274,
        ],
    ),
    (
        5,
        -1,
        &[
            2, 4, 8, 10, 12, 14, 18, 32, 48, 54, 72, 148, 184, 248, 270, 274, 420, 1340, 1438,
            1522, 1638, 1754, 1884, 2014,
        ],
    ),
    (7, -1, &[1, 5, 9, 17, 21, 29, 45, 177]),
    // OEIS A000043.
    (
        1,
        -1,
        &[
            3, 5, 7, 13, 17, 19, 31, 61, 89, 107, 127, 521, 607, 1279, 2203, 2281,
        ],
    ),
];

/// n for which n!+c is prime, by c: OEIS A002981, A002982.
const FACTORIAL_PRIMES: &[(i32, &[u32])] = &[
    (
        1,
        &[2, 3, 11, 27, 37, 41, 73, 77, 116, 154, 320, 340, 399, 427],
    ),
    (
        -1,
        &[4, 6, 7, 12, 14, 30, 32, 33, 38, 94, 166, 324, 379, 469],
    ),
];

/// Base 3 unless it divides N.
fn assert_fermat(moduli: &[Modulus], prime: bool) {
    let exponents: Vec<Integer> = moduli
        .iter()
        .map(|m| Integer::from(m.value() - 1))
        .collect();
    let base = if moduli.iter().any(|m| m.value().is_divisible_u(3)) {
        11
    } else {
        3
    };
    for isa in BatchIsa::available() {
        let ring = new_ring(moduli, BatchOptions::default().with_isa(isa));
        let residues = ring.to_integers(&ring.pow(base, &exponents).expect("not negative"));
        for (m, r) in moduli.iter().zip(residues) {
            let expected = Integer::from(base).pow_mod(&Integer::from(m.value() - 1), m.value());
            assert_eq!(Ok(&r), expected.as_ref(), "{}", m.value());
            assert_eq!(prime, r == 1, "{}", m.value());
        }
    }
}

#[test]
fn known_primes_have_fermat_residue_one_and_their_neighbours_have_not() {
    let mut count = 0;
    for &(k, c, exponents) in PRIMES {
        let moduli: Vec<Modulus> = exponents
            .iter()
            .map(|&n| Modulus::kbnc(k, 2, n, c).unwrap())
            .filter(|m| *m.value() > 13)
            .collect();
        for batch in moduli.chunks(LANES) {
            // Sizes grow fast at the end of the lists: in halves where they differ too much.
            for batch in batch.chunks(
                if batch.iter().any(|m| m.value().significant_bits() > 800) {
                    1
                } else {
                    LANES
                },
            ) {
                assert_fermat(batch, true);
                count += batch.len();
            }
        }
        // Between two neighbours of the complete lists there is no other.
        let composite: Vec<Modulus> = (exponents[exponents.len() - 2] + 1
            ..*exponents.last().unwrap())
            .rev()
            .take(LANES)
            .map(|n| Modulus::kbnc(k, 2, n, c).unwrap())
            .collect();
        assert_fermat(&composite, false);
    }
    for &(c, list) in FACTORIAL_PRIMES {
        for &n in list {
            let value = Integer::from(Integer::factorial(n)) + c;
            if value > 13 {
                assert_fermat(&[Modulus::integer(value).unwrap()], true);
                count += 1;
            }
        }
    }
    assert!(count > 150, "{count} primes");
}

#[test]
fn what_a_batch_cannot_hold_is_refused() {
    let odd = |bits: u32| Modulus::integer((Integer::from(1) << (bits - 1)) + 1u32).unwrap();
    let new = |moduli: &[Modulus]| BatchRing::new(moduli, BatchOptions::default()).map(|_| ());
    assert_eq!(new(&[]), Err(BatchError::Empty));
    assert_eq!(
        new(&vec![odd(99); 9]),
        Err(BatchError::TooMany { given: 9 })
    );
    let even = Modulus::kbnc(3, 10, 20, 2).unwrap();
    assert_eq!(new(&[odd(99), even]), Err(BatchError::Even { lane: 1 }));
    assert_eq!(
        new(&[odd(2000), odd(900)]),
        Err(BatchError::Mixed {
            smallest: 900,
            largest: 2000
        })
    );
    let huge = new(&[Modulus::kbnc(3, 2, 100_000, 1).unwrap()]).unwrap_err();
    assert_eq!(
        huge,
        BatchError::TooLarge {
            lane: 0,
            bits: 100_002,
            limit: 40_000,
        }
    );
    assert!(huge.to_string().contains("use a ring"), "{huge}");
    let ring = BatchRing::new(&[odd(99), odd(98)], BatchOptions::default()).unwrap();
    let one = [Integer::from(1)];
    let values = BatchError::Values {
        given: 1,
        expected: 2,
    };
    assert_eq!(ring.residues(&one).map(|_| ()), Err(values.clone()));
    assert_eq!(ring.pow(3, &one).map(|_| ()), Err(values));
    let negative = ring.pow(3, &[Integer::from(1), Integer::from(-1)]);
    assert_eq!(
        negative.map(|_| ()),
        Err(BatchError::NegativeExponent { lane: 1 })
    );
}

#[test]
fn the_largest_moduli_of_all() {
    let mut random = Random(7);
    let bits = 52 * 496;
    let any = vec![Modulus::integer((Integer::from(1) << bits) - 1u32).unwrap(); 2];
    check(&any, 2, 5, &mut random);
    let special = vec![Modulus::kbnc(1, 2, bits, -1).unwrap(); 2];
    check(&special, 2, 5, &mut random);
}

#[test]
#[should_panic(expected = "another batch")]
fn a_residue_of_a_batch_of_another_size_is_refused() {
    let modulus = |n| [Modulus::kbnc(3, 2, n, 1).unwrap()];
    let ring = |n| BatchRing::new(&modulus(n), BatchOptions::default()).unwrap();
    let mut x = ring(300).one();
    ring(1000).square(&mut x);
}

#[test]
fn batches_and_their_residues_cross_threads() {
    let modulus = [Modulus::kbnc(3, 2, 353, 1).unwrap()];
    let ring = BatchRing::new(&modulus, BatchOptions::default()).unwrap();
    let mut x = ring.residues(&[Integer::from(5)]).unwrap();
    let values = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            ring.square(&mut x);
            ring.to_integers(&x)
        });
        thread.join().unwrap()
    });
    assert_eq!(values, [25]);
    assert!(
        ring.describe().contains("batch of 1"),
        "{}",
        ring.describe()
    );
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

#[test]
fn powers_by_transforms_are_those_of_rings_apart() {
    for (forms, c) in [
        (
            vec![
                (3, 3000),
                (5, 3001),
                (7, 3050),
                (1, 3008),
                (9, 3000),
                (11, 2990),
                (3, 2999),
                (13, 3007),
            ],
            1,
        ),
        (vec![(10_223, 6000), (10_225, 6000), (99, 5999)], 1),
        (vec![(10_223, 13_000); 2], 1),
    ] {
        let moduli: Vec<Modulus> = forms
            .iter()
            .map(|&(k, n)| Modulus::kbnc(k, 2, n, c).unwrap())
            .collect();
        let exponents: Vec<Integer> = moduli
            .iter()
            .map(|m| Integer::from(m.value() - 1u32))
            .collect();
        let apart = BatchOptions::default().with_isa(BatchIsa::Separate);
        let apart = new_ring(&moduli, apart);
        let expected = apart.to_integers(&apart.pow(3, &exponents).unwrap());
        for isa in Isa::available() {
            let ring = new_ring(&moduli, BatchOptions::default().with_transform(isa));
            assert_eq!(ring.transform().map(|(isa, _)| isa), Some(isa));
            assert!(ring.is_special());
            let power = ring.pow(3, &exponents).unwrap();
            assert_eq!(ring.to_integers(&power), expected, "{}", ring.describe());
            // Stopped on the way, and with exponents of different length.
            let mut looks = 0;
            let (power, left) = ring
                .pow_while(3, &exponents, 100, &mut || {
                    looks += 1;
                    looks < 20
                })
                .unwrap();
            assert!(left > 0);
            for ((power, e), m) in ring.to_integers(&power).iter().zip(&exponents).zip(&moduli) {
                let e = Integer::from(e >> left);
                let expected = Integer::from(3).pow_mod(&e, m.value()).unwrap();
                assert_eq!(*power, expected, "{}", ring.describe());
            }
        }
    }
}

#[test]
fn every_operation_on_residues_of_transforms() {
    let mut random = Random(77);
    let forms = [(3, 4000), (10_223, 3990), (1, 4032), (5, 4001), (77, 3900)];
    let moduli = forms.map(|(k, n)| Modulus::kbnc(k, 2, n, 1).unwrap());
    for isa in Isa::available() {
        let ring = new_ring(&moduli, BatchOptions::default().with_transform(isa));
        let a: Vec<Integer> = moduli
            .iter()
            .map(|m| random.bits(5000) % m.value())
            .collect();
        let b: Vec<Integer> = moduli
            .iter()
            .map(|m| random.bits(5000) % m.value())
            .collect();
        let (mut x, mut y) = (residues(&ring, &a), residues(&ring, &b));
        let (mut v, mut w) = (a, b);
        // Before the transform takes over, and long after.
        for step in 0..150u32 {
            ring.square_times(&mut x, 1);
            v = map(&ring, [&v], |_, [v]| Integer::from(v.square_ref()));
            ring.square_mul(&mut y, &[3; LANES]);
            w = map(&ring, [&w], |_, [w]| Integer::from(w.square_ref()) * 3u32);
            let m: [u32; LANES] = std::array::from_fn(|_| random.next() as u32);
            match step % 25 {
                7 => {
                    ring.mul(&mut x, &y);
                    v = map(&ring, [&v, &w], |_, [v, w]| Integer::from(v * w));
                }
                8 => {
                    ring.add(&mut x, &y);
                    v = map(&ring, [&v, &w], |_, [v, w]| Integer::from(v + w));
                }
                9 => {
                    ring.sub(&mut y, &x);
                    w = map(&ring, [&w, &v], |_, [w, v]| Integer::from(w - v));
                }
                10 => {
                    ring.mul_small(&mut y, &m);
                    w = map(&ring, [&w], |l, [w]| Integer::from(w * m[l]));
                }
                11 => {
                    ring.sub_small(&mut x, &m);
                    v = map(&ring, [&v], |l, [v]| Integer::from(v - m[l]));
                }
                12 => {
                    ring.square_mul(&mut x, &m);
                    v = map(&ring, [&v], |l, [v]| Integer::from(v.square_ref()) * m[l]);
                }
                _ => {}
            }
            assert_eq!(ring.to_integers(&x), v, "{isa:?} {step}");
            assert_eq!(ring.to_integers(&y), w, "{isa:?} {step}");
            assert_eq!(ring.equal(&x, &x.clone()), [true; LANES]);
            let equal = ring.equal(&x, &y);
            assert_eq!(equal[..5], [false; 5]);
        }
    }
}

#[test]
fn what_no_transform_suits_is_computed_otherwise() {
    let ring = |forms: &[(u64, u32, i64)], options: BatchOptions| {
        let moduli: Vec<Modulus> = forms
            .iter()
            .map(|&(k, n, c)| Modulus::kbnc(k, 2, n, c).unwrap())
            .collect();
        BatchRing::new(&moduli, options)
    };
    let wanted = BatchOptions::default().with_transform(Isa::Portable);
    assert!(
        ring(&[(3, 3000, 1); 2], wanted)
            .unwrap()
            .transform()
            .is_some()
    );
    for forms in [[(3, 3000, 1), (3, 3000, -1)], [(3, 3000, 5), (3, 3000, 1)]] {
        assert_eq!(ring(&forms, wanted).unwrap().transform(), None);
    }
    let any = wanted.without_special_form();
    assert_eq!(ring(&[(3, 3000, 1); 2], any).unwrap().transform(), None);
    let auto = BatchOptions::default();
    assert_eq!(ring(&[(3, 1000, 1); 8], auto).unwrap().transform(), None);
    assert_eq!(ring(&[(3, 20_000, 1); 2], auto).unwrap().transform(), None);
    let together = ring(&[(3, 20_000, 1); 8], auto).unwrap().transform();
    assert_eq!(together.is_some(), Isa::best() == Isa::Avx512);
    // Larger than integers in vectors may be.
    assert!(ring(&[(3, 35_000, 1); 8], wanted).is_ok());
    for (n, c) in [(35_000, -1), (50_000, 1)] {
        assert!(matches!(
            ring(&[(3, n, c); 8], wanted),
            Err(BatchError::TooLarge { lane: 0, .. })
        ));
    }
}
