//! What a ring is given and gives away: refusals are typed and come before memory is taken; bytes go from
//! one kind of ring to another and nowhere else; a divisor of a special number is computed modulo the
//! multiple and seen modulo itself.

use darkreach_arith::{
    Backend, Isa, Modulus, ModulusError, Options, ResidueError, Ring, RingError,
};
use rug::{Integer, ops::Pow};

use crate::support::{check, random_below};

#[test]
fn what_is_too_large_is_refused_with_the_bytes_it_needs() {
    let modulus = Modulus::kbnc(3, 2, 2_000_000_000, 1).expect("below 2^31 bits");
    match Ring::new(&modulus, Options::default()) {
        Err(RingError::TooLarge { bits, bytes, limit }) => {
            assert_eq!((bits, limit), (2_000_000_002, 4 << 30));
            assert!(bytes > limit);
        }
        other => panic!("{other:?}"),
    }
    let modulus = Modulus::kbnc(3, 2, 1_000_000, 1).expect("valid");
    let tight = Options::default().with_memory(1 << 20);
    for options in [
        tight,
        tight.with_backend(Backend::Gmp),
        tight.without_form(),
    ] {
        let error = Ring::new(&modulus, options).expect_err("1 MB is too little");
        assert!(error.to_string().contains("1048576 are allowed"), "{error}");
    }
    let needed = Ring::bytes_needed(1_000_002);
    assert!(Ring::new(&modulus, Options::default().with_memory(needed)).is_ok());
}

#[test]
fn what_a_transform_cannot_do_is_refused_only_when_demanded() {
    let even = Modulus::kbnc(4, 3, 5_000, 2).expect("valid");
    let demanded = Options::default().with_backend(Backend::Transform);
    assert_eq!(
        Ring::new(&even, demanded).err(),
        Some(RingError::Even { bits: 7_927 })
    );
    assert_eq!(
        Ring::new(&even, Options::default()).map(|r| r.length()),
        Ok(None)
    );
    let tiny = Modulus::integer(Integer::from(101)).expect("above 1");
    assert_eq!(
        Ring::new(&tiny, demanded).err(),
        Some(RingError::NoTransform {
            bits: 7,
            length: None
        })
    );
    assert!(Ring::new(&tiny, Options::default()).is_ok());
}

#[test]
fn an_instruction_set_that_is_missing_is_refused() {
    let modulus = Modulus::kbnc(3, 2, 20_000, 1).expect("valid");
    for isa in [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable] {
        let ring = Ring::new(&modulus, Options::default().with_isa(isa));
        if Isa::available().contains(&isa) {
            assert!(ring.is_ok());
        } else {
            assert_eq!(ring.err(), Some(RingError::NoInstructionSet { isa }));
        }
    }
}

#[test]
fn short_forms_take_fewer_lanes_where_those_need_fewer_words() {
    let mut state = 8;
    for (k, b, n, c) in [
        (3, 2, 2_600, 1),
        (10_223, 2, 2_600, 1),
        (3, 2, 3_300, -1),
        (7, 10, 800, -1),
    ] {
        let modulus = Modulus::kbnc(k, b, n, c).expect("valid");
        let ring = Ring::new(&modulus, Options::default()).expect("every modulus has a ring");
        if Isa::Avx2.is_available() {
            assert!(ring.length().expect("a transform") < 256, "{modulus:?}");
        }
        check(&modulus, &ring, &mut state, 60);
        if Isa::Avx512.is_available() {
            let options = Options::default().with_isa(Isa::Avx512);
            let asked = Ring::new(&modulus, options).expect("it exists");
            assert!(asked.length() >= Some(256), "{modulus:?}");
        }
    }
}

#[test]
fn long_multipliers_and_other_addends_have_a_transform_too() {
    let mut state = 21;
    for (k, b, n, c) in [
        (1 << 40, 3, 4_000, 1),
        (0xFF_FFFF_FFFF, 2, 6_000, -1),
        (12_345_678_901, 10, 2_000, 1),
        (7, 2, 6_000, 31),
        (5, 6, 2_500, -1_001),
        (1, 2, 6_000, i64::MIN + 1),
    ] {
        let modulus = Modulus::kbnc(k, b, n, c).expect("valid");
        if modulus.value().is_even() {
            continue;
        }
        let options = Options::default().with_backend(Backend::Transform);
        let ring = Ring::new(&modulus, options).expect("odd");
        check(&modulus, &ring, &mut state, 60);
    }
}

#[test]
fn long_forms_lie_in_padded_rows_whatever_k_and_c() {
    let mut state = 22;
    for (k, b, n, c) in [
        ((1 << 40) - 87, 2, 23_000, 1),
        ((1 << 40) + 15, 2, 23_000, -1),
        ((1 << 33) + 1, 3, 15_000, -1),
        (98_765_432_101, 10, 7_000, 1),
        (33_554_433, 1_000_000, 1_024, 1),
        (1, 999_999, 1_024, 3),
        (7, 2, 23_000, 31),
        (5, 6, 9_000, -1_001),
        // Even numbers, too.
        (7, 2, 23_000, 6),
        (1, 10, 7_000, -10_000),
    ] {
        let modulus = Modulus::kbnc(k, b, n, c).expect("valid");
        for isa in Isa::available() {
            let options = Options::default()
                .with_backend(Backend::Transform)
                .with_isa(isa);
            let ring = Ring::new(&modulus, options).expect("a form");
            // Two transforms for any modulus would need as many words for each, and say so.
            assert!(ring.describe().contains("padded"), "{}", ring.describe());
            check(&modulus, &ring, &mut state, 56);
        }
    }
}

#[test]
fn digits_that_would_be_too_long_are_refused() {
    // A few more places than words: now and then two places of 20 bits in a digit.
    let mut state = 23;
    for (b, c) in [(999_999, 3), (1_000_000, 1), (1_000_000, -1)] {
        let modulus = Modulus::kbnc(1, b, 1_024, c).expect("valid");
        for length in [896, 960, 1_792, 1_920] {
            let options = Options::default()
                .with_backend(Backend::Transform)
                .with_length(length);
            match Ring::new(&modulus, options) {
                // The transforms for any modulus have other digits.
                Ok(ring) => check(&modulus, &ring, &mut state, 8),
                Err(error) => assert!(
                    matches!(
                        error,
                        RingError::NoTransform { .. } | RingError::Even { .. }
                    ),
                    "{b}, {c}, {length}: {error}"
                ),
            }
        }
    }
}

#[test]
fn a_divisor_is_seen_modulo_itself() {
    let mut state = 31;
    for (k, b, n, c, d) in [
        (1, 2, 6_001, 1, 3u64),
        (1, 10, 2_000, -1, 9),
        (1, 10, 2_000, -1, 99 * 101),
        (1, 3, 4_001, -1, 2),
        (1, 2, 6_000, -1, 3 * 5 * 7),
    ] {
        let whole = Modulus::kbnc(k, b, n, c).expect("valid");
        let modulus = whole.divided_by(&Integer::from(d)).expect("a divisor");
        assert_eq!(Integer::from(modulus.value() * d), *whole.value());
        for backend in [Backend::Transform, Backend::Gmp] {
            let options = Options::default().with_backend(backend);
            let ring = Ring::new(&modulus, options).expect("there is one");
            assert_eq!(ring.length().is_some(), backend == Backend::Transform);
            check(&modulus, &ring, &mut state, 60);
            // Numbers that differ by N are the same, though not modulo the multiple.
            let x = random_below(modulus.value(), &mut state);
            let y = Integer::from(&x + modulus.value());
            assert!(ring.equal(&ring.residue(&x), &ring.residue(&y)));
            let mut difference = ring.residue(&x);
            ring.sub(&mut difference, &ring.residue(&y));
            assert_eq!(ring.to_integer(&difference), 0);
        }
    }
    // Twice divided is divided by the product.
    let twice = Modulus::kbnc(1, 2, 6_000, -1)
        .and_then(|m| m.divided_by(&Integer::from(3)))
        .and_then(|m| m.divided_by(&Integer::from(5)))
        .expect("15 divides it");
    let ring = Ring::new(&twice, Options::default()).expect("there is one");
    check(&twice, &ring, &mut state, 60);
}

#[test]
fn what_does_not_divide_is_refused() {
    let whole = Modulus::kbnc(1, 2, 61, 1).expect("valid");
    for divisor in [0, -3, 5, 7] {
        let divisor = Integer::from(divisor);
        assert_eq!(
            whole.divided_by(&divisor),
            Err(ModulusError::NotDivisible { divisor, bits: 62 })
        );
    }
    let value = whole.value().clone();
    assert_eq!(
        whole.divided_by(&value),
        Err(ModulusError::TooSmall(Integer::from(1)))
    );
    assert_eq!(whole.divided_by(&Integer::from(1)), Ok(whole));
}

/// Rings of every kind for one number.
fn kinds(modulus: &Modulus) -> Vec<Ring> {
    let mut rings = Vec::new();
    for isa in Isa::available() {
        let options = Options::default()
            .with_isa(isa)
            .with_backend(Backend::Transform);
        rings.push(Ring::new(modulus, options).expect("special"));
        rings.push(Ring::new(modulus, options.without_form()).expect("general"));
    }
    rings.push(Ring::new(modulus, Options::default().with_backend(Backend::Gmp)).expect("GMP"));
    rings.push(Ring::new(modulus, Options::plain()).expect("plain"));
    rings
}

#[test]
fn bytes_are_the_same_from_every_ring_and_read_by_every_ring() {
    let modulus = Modulus::kbnc(10_223, 2, 9_000, 1).expect("valid");
    let rings = kinds(&modulus);
    let written: Vec<Vec<u8>> = rings
        .iter()
        .map(|ring| {
            let mut x = ring.residue(&Integer::from(3));
            for _ in 0..70 {
                ring.square_sub(&mut x, 2);
            }
            ring.to_bytes(&x)
        })
        .collect();
    for bytes in &written {
        assert_eq!(bytes, &written[0]);
    }
    for ring in &rings {
        let x = ring.from_bytes(&written[0]).expect("just written");
        assert_eq!(ring.to_bytes(&x), written[0]);
    }
}

#[test]
fn damaged_and_foreign_bytes_are_refused() {
    let modulus = Modulus::kbnc(3, 2, 700, 1).expect("valid");
    let ring = Ring::new(&modulus, Options::default()).expect("a ring");
    let value = Integer::from(7).pow(200);
    let good = ring.to_bytes(&ring.residue(&value));
    assert!(ring.from_bytes(&good).is_ok());
    // Any one bit.
    for bit in 0..8 * good.len() {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(ring.from_bytes(&bad).is_err(), "bit {bit}");
    }
    // Any length.
    for length in 0..good.len() {
        let error = ring.from_bytes(&good[..length]).expect_err("cut");
        assert!(matches!(error, ResidueError::Malformed { .. }), "{error}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert!(ring.from_bytes(&longer).is_err());
    // A newer format says so.
    let mut newer = good.clone();
    newer[4] = 9;
    assert_eq!(
        ring.from_bytes(&newer).err(),
        Some(ResidueError::Format { found: 9, known: 1 })
    );
    // Another modulus of the same size, and the same modulus written otherwise.
    let other = Modulus::kbnc(3, 2, 700, -1).expect("valid");
    let other = Ring::new(&other, Options::default()).expect("a ring");
    assert!(matches!(
        other.from_bytes(&good),
        Err(ResidueError::OtherModulus { .. })
    ));
    let same = Modulus::integer(modulus.value().clone()).expect("above 1");
    let same = Ring::new(&same, Options::default()).expect("a ring");
    let x = same.from_bytes(&good).expect("the same number");
    assert_eq!(same.to_integer(&x), value % modulus.value());
}

#[test]
fn factors_and_residues_are_shared_between_threads() {
    let modulus = Modulus::kbnc(3, 2, 12_000, 1).expect("valid");
    for ring in &kinds(&modulus) {
        let factor = ring.factor(&ring.residue(&Integer::from(5)));
        let values: Vec<Integer> = std::thread::scope(|scope| {
            let work = || {
                let mut x = ring.residue(&Integer::from(3));
                for _ in 0..60 {
                    ring.square(&mut x);
                    ring.mul_factor(&mut x, &factor);
                }
                ring.to_integer(&x)
            };
            let threads: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .collect()
        });
        let mut expected = Integer::from(3);
        for _ in 0..60 {
            expected = expected.square() * 5u32 % modulus.value();
        }
        assert!(values.iter().all(|v| *v == expected), "{}", ring.describe());
    }
}
