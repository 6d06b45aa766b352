//! Powers: exponents that differ by lane, powers that are stopped, and published primes.

use darkreach_arith::{BatchIsa, BatchOptions, LANES, Modulus};
use rug::Integer;

use super::support::*;

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
