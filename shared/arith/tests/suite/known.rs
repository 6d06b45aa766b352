//! Published numbers: primes of many shapes, for which 3^(N-1) is 1, and residues of composites that
//! other programs report.
//!
//! The lists are those of the OEIS (numbers beside each) and of the Proth, Riesel and generalised Fermat
//! searches, cut where a test would take long. They run by the transform wherever there is one.

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::{Complete, Integer, ops::Pow};

/// k*2^n+1 by k.
const PROTH: &[(u64, &[u32])] = &[
    (
        3,
        &[
            66, 189, 201, 209, 276, 353, 408, 438, 534, 2208, 2816, 3168, 3189, 3912, 20909, 34350,
            42294,
        ],
    ),
    (
        5,
        &[75, 85, 127, 1947, 3313, 4687, 5947, 13165, 23473, 26607],
    ),
    (
        7,
        &[
            174, 180, 190, 290, 320, 390, 432, 616, 830, 1804, 2256, 6614, 13496, 15494, 16696,
            22386,
        ],
    ),
    (9, &[134, 162, 206, 211, 366, 663, 782, 1305, 1411, 1494]),
    (11, &[125, 127, 209, 211]),
    (13, &[188, 308, 316, 1000]),
    (15, &[168, 229, 297, 339, 517, 522, 654, 900, 1518]),
];

/// k*2^n-1 by k.
const RIESEL: &[(u64, &[u32])] = &[
    (
        1,
        &[
            107, 127, 521, 607, 1279, 2203, 2281, 3217, 4253, 4423, 9689, 9941, 11213, 19937, 21701,
        ],
    ),
    (
        3,
        &[
            143, 206, 216, 306, 324, 391, 458, 470, 827, 1274, 3276, 4204, 5134, 7559, 12676,
            14898, 18123, 18819, 25690, 26459,
        ],
    ),
    (
        5,
        &[
            148, 184, 248, 270, 274, 420, 1340, 1438, 1522, 1638, 1754, 1884,
        ],
    ),
    (9, &[159, 211, 309, 343, 415, 469, 781, 871, 939, 1551]),
    (11, &[126, 134, 246, 354, 362, 950, 1310]),
    (13, &[287, 291, 795]),
    (
        15,
        &[
            116, 125, 145, 157, 172, 202, 224, 266, 289, 293, 463, 1004, 1246,
        ],
    ),
];

/// Cullen n*2^n+1 (A005849) and Woodall n*2^n-1 (A002234).
const CULLEN: &[u32] = &[141, 4713, 5795, 6611, 18496];
const WOODALL: &[u32] = &[
    115, 123, 249, 362, 384, 462, 512, 751, 822, 5312, 7755, 9531, 12379, 15822, 18885,
];

/// b^(2^m)+1.
const FERMAT: &[(u32, &[u32])] = &[
    (5, &[30, 54, 96, 112, 114, 132, 156, 332]),
    (6, &[102, 162, 274, 300, 412, 562, 592, 728]),
    (7, &[120, 190, 234, 506, 532, 548, 960]),
    (8, &[278, 614, 892, 898]),
    (9, &[46, 1036, 1318]),
    (10, &[824, 1476]),
    (11, &[150, 2558]),
];

/// n!+1 (A002981), n!-1 (A002982).
const FACTORIAL: [(i32, &[u32]); 2] = [
    (1, &[73, 77, 116, 154, 320, 340, 399, 427, 872, 1477]),
    (-1, &[94, 166, 324, 379, 469, 546, 974, 1963, 3507]),
];

/// p#+1 (A005234), p#-1 (A006794).
const PRIMORIAL: [(i32, &[u32]); 2] = [
    (1, &[379, 1019, 1021, 2657, 3229, 4547, 4787, 11549, 13649]),
    (
        -1,
        &[
            317, 337, 991, 1873, 2053, 2377, 4093, 4297, 4583, 6569, 13033,
        ],
    ),
];

/// Carol (2^n-1)^2-2 (A091515), Kynea (2^n+1)^2-2 (A091513).
const CAROL: &[u32] = &[
    129, 132, 159, 171, 175, 315, 324, 358, 393, 435, 786, 1459, 1707, 2923, 6462,
];
const KYNEA: &[u32] = &[
    87, 180, 242, 467, 491, 501, 507, 555, 591, 680, 800, 1070, 1650, 2813, 3281, 4217,
];

/// Wagstaff (2^p+1)/3 (A000978), repunits (10^n-1)/9 (A004023).
const WAGSTAFF: &[u32] = &[
    127, 167, 191, 199, 313, 347, 701, 1709, 2617, 3539, 5807, 10501, 10691, 11279, 12391, 14479,
];
const REPUNIT: &[u32] = &[317, 1031];

/// Near-repdigit palindromes: digit, digit in the middle, and how many digits on each side.
const PALINDROMES: &[(u32, u32, &[u32])] = &[
    (1, 0, &[1]),
    (1, 3, &[97]),
    (1, 5, &[115]),
    (1, 6, &[59, 160]),
    (1, 9, &[187, 226]),
    (3, 1, &[90, 92, 269, 298]),
    (3, 5, &[79, 118, 162, 177, 185, 240]),
    (3, 7, &[77]),
    (3, 8, &[85, 94, 273]),
];

/// How many primes the lists hold.
fn count() -> usize {
    let by_k = |list: &[(u64, &[u32])]| list.iter().map(|(_, n)| n.len()).sum::<usize>();
    let signed = |list: &[(i32, &[u32])]| list.iter().map(|(_, n)| n.len()).sum::<usize>();
    by_k(PROTH)
        + by_k(RIESEL)
        + CULLEN.len()
        + WOODALL.len()
        + FERMAT.iter().map(|(_, b)| b.len()).sum::<usize>()
        + signed(&FACTORIAL)
        + signed(&PRIMORIAL)
        + CAROL.len()
        + KYNEA.len()
        + WAGSTAFF.len()
        + REPUNIT.len()
        + PALINDROMES.iter().map(|(_, _, n)| n.len()).sum::<usize>()
}

/// The ring for a modulus, by transform where that is possible.
fn ring(modulus: &Modulus, isa: Isa) -> Ring {
    let options = Options::default().with_isa(isa);
    Ring::new(modulus, options.with_backend(Backend::Transform))
        .or_else(|_| Ring::new(modulus, options))
        .expect("every number has a ring")
}

/// 3^(N-1) mod N.
fn fermat(ring: &Ring) -> Integer {
    let exponent = Integer::from(ring.modulus() - 1u32);
    let mut x = ring.residue(&Integer::from(3));
    for bit in (0..exponent.significant_bits() - 1).rev() {
        ring.square_mul(&mut x, if exponent.get_bit(bit) { 3 } else { 1 });
    }
    ring.to_integer(&x)
}

/// The best instruction set, and every other in turn for the small ones.
fn assert_prime(modulus: &Modulus, what: &str) {
    let bits = modulus.value().significant_bits();
    let all = Isa::available();
    let isas = if bits < 3_000 { &all[..] } else { &all[..1] };
    for &isa in isas {
        let ring = ring(modulus, isa);
        assert_eq!(fermat(&ring), 1, "{what}: {}", ring.describe());
        // Below, digits would be shorter than a bit.
        assert!(
            bits < 400 || ring.length().is_some(),
            "{what}: no transform"
        );
    }
}

fn power(k: u64, b: u32, n: u32, c: i64) -> Modulus {
    Modulus::kbnc(k, b, n, c).expect("a valid form")
}

fn integer(value: Integer) -> Modulus {
    Modulus::integer(value).expect("above 1")
}

#[test]
fn there_are_at_least_two_hundred_known_primes() {
    assert!(count() >= 200, "{}", count());
}

#[test]
fn proth_primes_give_one() {
    for &(k, exponents) in PROTH {
        for &n in exponents {
            assert_prime(&power(k, 2, n, 1), &format!("{k}*2^{n}+1"));
        }
    }
}

#[test]
fn riesel_and_mersenne_primes_give_one() {
    for &(k, exponents) in RIESEL {
        for &n in exponents {
            assert_prime(&power(k, 2, n, -1), &format!("{k}*2^{n}-1"));
        }
    }
}

#[test]
fn cullen_woodall_and_generalised_fermat_primes_give_one() {
    for (list, c) in [(CULLEN, 1), (WOODALL, -1)] {
        for &n in list {
            assert_prime(&power(n.into(), 2, n, c), &format!("{n}*2^{n}{c:+}"));
        }
    }
    for &(m, bases) in FERMAT {
        for &b in bases {
            assert_prime(&power(1, b, 1 << m, 1), &format!("{b}^{}+1", 1 << m));
        }
    }
}

#[test]
fn factorial_and_primorial_primes_give_one() {
    for (c, list) in FACTORIAL {
        for &n in list {
            let value = Integer::factorial(n).complete() + c;
            assert_prime(&integer(value), &format!("{n}!{c:+}"));
        }
    }
    for (c, list) in PRIMORIAL {
        for &p in list {
            let value = Integer::primorial(p).complete() + c;
            assert_prime(&integer(value), &format!("{p}#{c:+}"));
        }
    }
}

#[test]
fn carol_kynea_and_palindromic_primes_give_one() {
    for (list, sign) in [(CAROL, -1), (KYNEA, 1)] {
        for &n in list {
            let root: Integer = (Integer::from(1) << n) + sign;
            let value = root.square() - 2u32;
            assert_prime(&integer(value), &format!("(2^{n}{sign:+})^2-2"));
        }
    }
    for &(d, e, list) in PALINDROMES {
        for &n in list {
            let ones = (Integer::from(10).pow(2 * n + 1) - 1u32) / 9u32;
            let value = if e >= d {
                ones * d + Integer::from(10).pow(n) * (e - d)
            } else {
                ones * d - Integer::from(10).pow(n) * (d - e)
            };
            assert_prime(
                &integer(value),
                &format!("{n} digits {d}, {e}, {n} digits {d}"),
            );
        }
    }
}

#[test]
fn wagstaff_and_repunit_primes_give_one_modulo_the_quotient() {
    for &p in WAGSTAFF {
        let modulus = power(1, 2, p, 1)
            .divided_by(&Integer::from(3))
            .expect("p is odd");
        assert_prime(&modulus, &format!("(2^{p}+1)/3"));
        if p < 4_000 {
            // The same number without its shape.
            assert_prime(
                &integer(modulus.value().clone()),
                &format!("(2^{p}+1)/3 as any number"),
            );
        }
    }
    for &n in REPUNIT {
        let modulus = power(1, 10, n, -1)
            .divided_by(&Integer::from(9))
            .expect("9 divides 10^n-1");
        assert_prime(&modulus, &format!("(10^{n}-1)/9"));
    }
}

#[test]
fn published_residues_of_composites_come_out() {
    // As PFGW and PRST report them.
    let third = |p: u32| {
        power(1, 2, p, 1)
            .divided_by(&Integer::from(3))
            .expect("p is odd")
    };
    for (modulus, res64) in [
        (power(3, 2, 188, 1), 0xE362_E521_8682_A016_u64),
        (power(3, 2, 106, -1), 0x4119_195A_AC28_9097),
        (power(2, 5, 117, 1), 0x8AA4_CF2C_74EA_BD69),
        (power(6, 7, 120, 1), 0xA820_44FA_698C_F54B),
        (
            integer(Integer::from(5).pow(97) - 4u32),
            0x66EC_38AD_4D9C_148B,
        ),
        (
            integer(Integer::factorial(100).complete() + 1u32),
            0xBEDC_1A74_20A1_E92D,
        ),
        (third(97), 0xBEC6_6DD7_632F_C9AD),
        (third(89), 0x3E09_E550_A943_F76C),
    ] {
        for isa in Isa::available() {
            let ring = ring(&modulus, isa);
            let residue = fermat(&ring).to_u64_wrapping();
            assert_eq!(residue, res64, "{residue:016X}: {}", ring.describe());
        }
    }
}

#[test]
fn a_long_published_residue_comes_out() {
    let ring = ring(&power(27, 2, 100_000, -1), Isa::best());
    assert_eq!(fermat(&ring).to_u64_wrapping(), 0xB750_78F2_9D81_5E01);
}

#[test]
fn a_long_published_residue_of_another_base_comes_out() {
    let ring = ring(&power(1, 11_030, 8_192, 1), Isa::best());
    assert_eq!(fermat(&ring).to_u64_wrapping(), 0x26B6_3A2F_F162_9EBB);
}
