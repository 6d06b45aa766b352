//! The bound counts every digit with its own weight, and pieces of digits put together are the digits.

use std::sync::Arc;

use rug::{Integer, ops::Pow};

use super::*;
use crate::threads::Pool;

fn engine((k, b, n, c): (u64, u32, u32, i64), isa: Isa) -> Engine {
    let modulus = Integer::from(b).pow(n) * k + c;
    Engine::new(Form { k, b, n, c }, &modulus, isa, None).expect("the form suits")
}

/// A residue with digits of full size.
fn full(engine: &Engine) -> Digits {
    engine.residue(&(Integer::from(7).pow(engine.modulus.significant_bits()) % &engine.modulus))
}

/// Looks at the pieces of digits of full size, and at what is said of them.
fn check(engine: &Engine) {
    let what = format!("{:?}, {:?}", engine.words.modulo, engine.isa);
    let x = full(engine);
    let positions: Vec<usize> = engine.words.positions().collect();
    let digits: &[i32] = x.digits.view();
    for pieces in 2..=PIECES {
        let split = Split::new(engine.words.radix[1], pieces);
        let norms = engine.norms(&x.digits, split);
        let mut sum = vec![0.0; digits.len()];
        for i in (0..pieces).rev() {
            let mut piece = Buffer::zeroed::<i32>(digits.len());
            engine.take_piece(&x.digits, split, i, &mut piece);
            let piece: &[i32] = piece.view();
            let mut norm = 0.0;
            for (j, &at) in positions.iter().enumerate() {
                let digit = f64::from(piece[at]);
                assert!(
                    i + 1 == pieces || digit.abs() <= split.step() / 2.0,
                    "{what}"
                );
                sum[at] = split.step() * sum[at] + digit;
                norm += (digit * engine.words.weight(j)[0]).powi(2);
            }
            let said = norms[i as usize];
            assert!((said - norm).abs() <= 1e-9 * norm, "{what}: {said}, {norm}");
        }
        assert!(norms[pieces as usize..].iter().all(|&norm| norm == 0.0));
        assert!(
            digits
                .iter()
                .zip(&sum)
                .all(|(&d, &sum)| f64::from(d) == sum),
            "{what}"
        );
    }
    let [low, high] = [engine.norm(&x.digits), engine.limits.random].map(f64::sqrt);
    assert!((low / high - 1.0).abs() < 0.05, "{what}: {low} {high}");
}

#[test]
fn pieces_and_their_norms_are_those_of_the_digits() {
    for form in [
        (3, 2, 60_001, 1),
        (10_223, 2, 60_000, -1),
        (7, 10, 18_000, 1),
        (1, 60_000, 4_096, 1),
        (1, 2, 60_001, 2),
        (98_765_432_101, 10, 18_000, -1),
    ] {
        for isa in Isa::available() {
            check(&engine(form, isa));
        }
    }
    // Shared out among threads.
    let pool = Arc::new(Pool::new(3).expect("a few threads can be had"));
    let engine = engine((3, 2, 400_000, -1), Isa::best()).with_pool(&pool);
    assert!(engine.stretches() > 1);
    check(&engine);
}

#[test]
fn two_pieces_are_enough_at_a_million_bits() {
    for form in [(3, 2, 1_000_000, 1), (1_234_567, 2, 1_000_000, 1)] {
        let engine = engine(form, Isa::best());
        let x = full(&engine);
        let split = engine.split(&x.digits, &x.digits);
        assert_eq!(split.map(|split| split.pieces), Some(2), "{form:?}");
    }
}
