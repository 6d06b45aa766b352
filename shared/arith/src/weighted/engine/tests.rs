//! The gate: with faults planted in the transform and with lengths far too short, every result is
//! still right, and the fault is seen.

use rug::{Integer, ops::Pow};

use super::*;

const FORMS: [Form; 6] = [
    Form {
        k: 3,
        b: 2,
        n: 6000,
        c: 1,
    },
    Form {
        k: 3,
        b: 2,
        n: 6000,
        c: -1,
    },
    Form {
        k: 113_983,
        b: 2,
        n: 7000,
        c: 1,
    },
    Form {
        k: 7,
        b: 10,
        n: 2000,
        c: -1,
    },
    Form {
        k: 1,
        b: 60_000,
        n: 512,
        c: 1,
    },
    Form {
        k: 1,
        b: 2,
        n: 6017,
        c: 2,
    },
];

fn modulus(form: Form) -> Integer {
    Integer::from(form.b).pow(form.n) * form.k + form.c
}

/// A residue that has been squared often enough to be taken for random, and its value.
fn aged(engine: &Engine) -> (Digits, Integer) {
    let mut x = engine.residue(&(Integer::from(3).pow(5000) % &engine.modulus));
    for _ in 0..CAREFUL {
        engine.square(&mut x, 1);
    }
    let value = engine.to_integer(&x);
    (x, value)
}

#[test]
fn a_length_that_is_too_short_is_never_wrong() {
    let mut total = 0;
    for form in FORMS {
        let n = modulus(form);
        for isa in Isa::available() {
            let safe = Engine::new(form, &n, isa, None).expect("the form suits");
            let mut tried = 0;
            for length in lengths().filter(|&l| 5 * l <= 4 * safe.length()) {
                let Some(engine) = Engine::with_limit(form, &n, isa, Some(length), f64::INFINITY)
                else {
                    continue;
                };
                // Just above the limit errors are too rare for so few squarings.
                if engine.limits.deviation < 0.5 {
                    continue;
                }
                tried += 1;
                let (mut x, mut value) = aged(&engine);
                for _ in 0..20 {
                    engine.square(&mut x, 1);
                    value = value.square() % &n;
                    assert_eq!(engine.to_integer(&x), value, "{form:?}, {isa:?}, {length}");
                }
                assert!(
                    x.redone() > 0,
                    "{form:?}, {isa:?}, {length}: nothing was noticed"
                );
            }
            total += tried;
        }
    }
    assert!(total >= 10, "only {total} lengths were too short");
}

#[test]
fn faults_in_the_transform_are_seen_and_made_good() {
    for form in FORMS {
        let n = modulus(form);
        for isa in Isa::available() {
            let engine = Engine::new(form, &n, isa, None).expect("the form suits");
            for fault in [
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                1e300,
                -1e17,
                3e7,
            ] {
                // In the first block and in the third (a cyclic one's very first lane is not used).
                let shape = &engine.plan.shape;
                for at in [3, 7, 4 * shape.stride() * shape.lanes + 1] {
                    let (mut x, mut value) = aged(&engine);
                    assert_eq!(x.redone(), 0, "{form:?}, {isa:?}");
                    x.data.view_mut::<f64>()[at] = fault;
                    engine.square(&mut x, 1);
                    value = value.square() % &n;
                    assert_eq!(
                        x.redone(),
                        1,
                        "{form:?}, {isa:?}: {fault} at {at} was not seen"
                    );
                    assert_eq!(
                        engine.to_integer(&x),
                        value,
                        "{form:?}, {isa:?}: {fault} at {at}"
                    );
                    engine.square(&mut x, 1);
                    value = value.square() % &n;
                    assert_eq!(
                        engine.to_integer(&x),
                        value,
                        "{form:?}: after {fault} at {at}"
                    );
                }
            }
        }
    }
}

#[test]
fn digits_that_are_all_alike_are_refused_or_right_at_any_age() {
    for form in FORMS {
        let n = modulus(form);
        for isa in Isa::available() {
            let engine = Engine::new(form, &n, isa, None).expect("the form suits");
            let (mut x, _) = aged(&engine);
            for digit in [-1.0, -0.5, 0.5, 1.0] {
                // Every digit at its extreme: nothing that a chain of squarings meets.
                let extreme = (engine.words.radix[0] * digit) as i32;
                let length = engine.length();
                x.kept.view_mut::<i32>()[..length].fill(extreme);
                engine.combine(&mut x, 1.0, None);
                let value = engine.to_integer(&x);
                x.age = CAREFUL;
                engine.square(&mut x, 1);
                assert_eq!(
                    engine.to_integer(&x),
                    value.square() % &n,
                    "{form:?}, {isa:?}, {digit}"
                );
            }
        }
    }
}

#[test]
fn conversions_are_exact_for_any_digits() {
    for form in FORMS {
        let n = modulus(form);
        let engine = Engine::new(form, &n, Isa::Portable, None).expect("the form suits");
        let length = engine.length();
        for extreme in [
            engine.words.radix[0] as i32,
            -(engine.words.radix[0] as i32),
            -1,
        ] {
            let mut digits = Buffer::zeroed::<i32>(length);
            digits.view_mut::<i32>()[..length].fill(extreme);
            let mut sum = Integer::new();
            for j in 0..length {
                sum += Integer::from(form.b).pow(engine.words.places[j]) * extreme;
            }
            let expected = (sum * form.k).rem_euc(&n);
            assert_eq!(engine.value_of(&digits), expected, "{form:?}, {extreme}");
        }
    }
}

/// Forms whose residues lie in padded rows, k and c of every size.
fn padded_forms() -> impl Iterator<Item = Form> {
    let short = (0..44).map(|bits| {
        let k = (1u64 << bits) | 0x2_5A5A_5A5B & ((1 << bits) - 1) | 1;
        let c = if bits % 2 == 0 { 1 } else { -1 };
        let b = [2, 3, 10, 255, 70_906, 1_000_000][bits % 6];
        (k, b, c)
    });
    let others = [
        (1, 2, 5),
        (1, 2, -999),
        (1, 10, 7),
        (12_345, 2, 101),
        (1_234_567, 3, -50),
        ((1 << 30) + 3, 2, 127),
        (9, 10, -4_096),
        (1, 7, 1_000_003),
    ];
    short.chain(others).map(|(k, b, c)| {
        // Digits of long bases have one place each.
        let n = if b < 10_000 {
            (20_000.0 / f64::from(b).log2()) as u32
        } else {
            1_024
        };
        Form { k, b, n, c }
    })
}

#[test]
fn padded_rows_agree_with_gmp_for_k_and_c_of_every_size() {
    let mut without = Vec::new();
    for (turn, form) in padded_forms().enumerate() {
        let n = modulus(form);
        let isas = Isa::available();
        let isa = isas[turn % isas.len()];
        let Some(rows) = Rows::padded(form, &n, isa, None, limits::DEVIATION) else {
            without.push(form);
            continue;
        };
        let engine = rows.engine(&n, isa);
        let what = format!("{form:?}, {isa:?}, {} words", engine.length());
        let mut x = engine.residue(&Integer::from(3));
        let mut y = engine.residue(&Integer::from(&n - 2u32));
        let mut a = Integer::from(3);
        let mut b = Integer::from(&n - 2u32);
        let factor = engine.factor(&y);
        for step in 0..90u32 {
            let m = 1 + step % 7;
            engine.square(&mut x, m);
            a = (a.square() * m).rem_euc(&n);
            engine.square_sub(&mut y, 1, u64::from(step) << (step % 40));
            b = (b.square() - (u64::from(step) << (step % 40))).rem_euc(&n);
            match step % 5 {
                1 => {
                    engine.mul(&mut y, &x, 1);
                    b = (b * &a).rem_euc(&n);
                }
                2 => {
                    engine.add(&mut x, &y, -1.0);
                    a = (a - &b).rem_euc(&n);
                }
                3 => {
                    engine.mul_small(&mut x, 1_000_003);
                    a = (a * 1_000_003u32).rem_euc(&n);
                }
                4 => {
                    engine.mul_factor(&mut x, &factor);
                    a = (a * (Integer::from(&n - 2u32))).rem_euc(&n);
                    engine.sub_small(&mut y, 77);
                    b = (b - 77u32).rem_euc(&n);
                }
                _ => {}
            }
            assert!(engine.to_integer(&x) == a, "step {step}: {what}");
            assert!(engine.to_integer(&y) == b, "step {step}: {what}");
        }
        assert_eq!((x.redone, y.redone), (0, 0), "{what}");
    }
    assert!(without.len() <= 4, "no padded rows for {without:?}");
}
