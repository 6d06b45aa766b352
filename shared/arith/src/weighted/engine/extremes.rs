//! Digits at their extremes where sums of products pass 2^53: there every double is an integer, so that
//! the round-off looks like none whatever it is, and only the size of the products can tell.

use rug::{Integer, ops::Pow};

use super::*;

/// Ways to fill digits with extremes.
const PATTERNS: [fn(usize) -> f64; 6] = [
    |_| 0.5,
    |_| -0.5,
    |j| if j % 2 == 0 { 0.5 } else { -0.5 },
    |j| if j % 3 == 0 { 0.5 } else { 0.0 },
    // Random signs, and one long run after another.
    |j| {
        if j.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60 & 1 == 1 {
            0.5
        } else {
            -0.5
        }
    },
    |j| if (j / 1000) % 2 == 0 { 0.5 } else { -0.5 },
];

/// Squares and products of extreme digits in one engine; returns the largest sum of squared digits, and how many
/// products were made in pieces.
fn check(engine: &Engine) -> (f64, usize) {
    let n = engine.modulus.clone();
    let what = format!(
        "{:?}, {:?}, {}",
        engine.words.form,
        engine.isa,
        engine.length()
    );
    let length = engine.length();
    let radix = engine.words.radix[0];
    let mut largest = 0f64;
    let mut in_pieces = 0;
    let mut x = engine.residue(&Integer::new());
    let mut y = engine.residue(&Integer::new());
    for pattern in PATTERNS {
        for age in [0, CAREFUL] {
            let positions: Vec<usize> = engine.words.positions().collect();
            let digits: &mut [i32] = x.kept.view_mut();
            for (j, &at) in positions[..length].iter().enumerate() {
                digits[at] = (radix * pattern(j)) as i32;
            }
            engine.combine(&mut x, 1.0, None);
            x.age = age;
            largest = largest.max(engine.norm(&x.digits));
            let value = engine.to_integer(&x);
            y.clone_from(&x);
            engine.square(&mut x, 1);
            let square = Integer::from(value.square_ref()).rem_euc(&n);
            assert!(engine.to_integer(&x) == square, "square: {what}");
            engine.mul(&mut x, &y, 1);
            let cube = Integer::from(&square * &value).rem_euc(&n);
            assert!(engine.to_integer(&x) == cube, "product: {what}");
            // In pieces, whatever the length: by itself, and by other digits.
            for other in [None, Some(&y.digits)] {
                x.clone_from(&y);
                if engine.in_pieces_at_any_length(&mut x, other) {
                    in_pieces += 1;
                    assert!(engine.to_integer(&x) == square, "in pieces: {what}");
                    // The transform belongs to the digits.
                    x.age = CAREFUL;
                    engine.mul(&mut x, &y, 1);
                    assert!(engine.to_integer(&x) == cube, "after pieces: {what}");
                }
            }
            x.clone_from(&y);
            engine.mul_factor(&mut x, &engine.factor(&y));
            let square = value.square().rem_euc(&n);
            assert!(engine.to_integer(&x) == square, "factor: {what}");
        }
    }
    (largest, in_pieces)
}

/// The engine whose digits lie in the lower half of rows.
fn padded(form: Form, modulus: &Integer, isa: Isa) -> Engine {
    Rows::padded(form, modulus, isa, None, limits::DEVIATION)
        .expect("the form suits")
        .engine(modulus, isa)
}

#[test]
fn squares_beyond_two_to_the_53_are_right_or_made_again() {
    let mut largest = 0f64;
    for (k, b, n, c) in [
        (1u64, 2u32, 1_200_000, 1),
        (3, 2, 300_000, -1),
        (1_023, 2, 300_000, 1),
        (1, 10, 80_000, 1),
        (1, 2, 300_017, 2),
    ] {
        let form = Form { k, b, n, c };
        let modulus = Integer::from(b).pow(n) * k + c;
        let isa = Isa::best();
        let safe = Engine::new(form, &modulus, isa, None).expect("the form suits");
        let (norm, in_pieces) = check(&safe);
        assert_eq!(in_pieces, 4 * PATTERNS.len(), "{form:?}");
        largest = largest.max(norm);
        largest = largest.max(check(&padded(form, &modulus, isa)).0);
        // A length too short for random digits as well.
        let short = lengths().filter(|&l| l < safe.length()).last();
        if let Some(engine) = Engine::with_limit(form, &modulus, isa, short, f64::INFINITY) {
            largest = largest.max(check(&engine).0);
        }
    }
    assert!(largest > 2f64.powi(53), "only {}", largest.log2());
}

#[test]
fn shorter_extremes_are_right_on_every_instruction_set() {
    for isa in Isa::available() {
        for (k, b, n, c) in [
            (1u64, 2u32, 40_000, 1),
            (3, 2, 39_000, -1),
            (113_983, 2, 30_000, 1),
            (1, 60_000, 1_024, 1),
            (7, 10, 5_000, -1),
            (1, 2, 40_001, 2),
        ] {
            let form = Form { k, b, n, c };
            let modulus = Integer::from(b).pow(n) * k + c;
            let engine = Engine::new(form, &modulus, isa, None).expect("the form suits");
            let (_, in_pieces) = check(&engine);
            assert_eq!(in_pieces, 4 * PATTERNS.len(), "{form:?}");
            let (_, in_pieces) = check(&padded(form, &modulus, isa));
            assert_eq!(in_pieces, 4 * PATTERNS.len(), "padded {form:?}");
        }
    }
}
