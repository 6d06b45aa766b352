//! Known numbers of the identities, faults planted at every kind of place, and states that are saved,
//! damaged and resumed.

use std::cell::Cell;

use darkreach_arith::{Backend, Modulus, Options, Ring};
use proptest::prelude::*;
use rug::{Integer, rand::RandState};

use super::{
    chain::digit_sum,
    check::{Run, Stop},
    faulty::{Faulty, Target},
    *,
};

fn ring(k: u64, b: u32, n: u32, c: i64) -> Ring {
    Ring::new(&Modulus::kbnc(k, b, n, c).unwrap(), Options::default()).unwrap()
}

fn cube() -> Start {
    Start::Power { a: 3, k: 7 }
}

/// Runs to the end without anybody asking.
fn finish<C: Chain>(chain: &C) -> Done {
    Run::new(chain)
        .unwrap()
        .finish(|_| Ok::<(), ()>(()))
        .unwrap()
}

/// One fault, by place: it is caught once, and the result is that of a computer that does not err.
fn is_caught<C: Chain>(inner: &C, right: &Verified, target: Target, at: u64, bit: u32) {
    let faulty = Faulty::new(inner, target, at, bit);
    let done = finish(&faulty);
    assert_eq!(faulty.left.get(), 0, "the fault was never planted");
    assert_eq!(done.errors, 1, "{target:?} {at}, bit {bit}");
    assert_eq!(done.end, *right, "{target:?} {at}, bit {bit}");
}

/// Iterations to hit: the first and the last hundred, and others at random, `count` in all.
fn places(total: u64, count: u64, random: &mut RandState<'_>) -> Vec<u64> {
    let between = (0..count - 200).map(|_| {
        let place = Integer::from(total - 200).random_below(random);
        101 + place.to_u64().expect("it is below a word")
    });
    (1..=100)
        .chain(total - 99..=total)
        .chain(between.collect::<Vec<_>>())
        .collect()
}

fn bit(random: &mut RandState<'_>) -> u32 {
    random.bits(31)
}

#[test]
fn the_identities_have_the_published_numbers() {
    let ring = ring(7, 2, 42, 1);
    let chain = EqualPowers::new(&ring, cube(), 2, 40);
    let block = Block {
        start: 0,
        segment: 5,
        segments: 8,
    };
    let (x, d) = walk(&chain, &block);
    assert_eq!(chain.value(&d), [21_617_547_095_264u64]);
    assert_eq!(chain.value(&x), [8_898_905_273_275u64]);
    both_sides(&chain, &block, &x, &d, 20_913_455_026_683);

    let n = Integer::from(10u64.pow(15) + 27);
    let ring = Ring::new(&Modulus::integer(n.clone()).unwrap(), Options::default()).unwrap();
    let exponent = Integer::from(&n - 1);
    let chain = strong::Digits::new(&ring, 3, &exponent);
    let block = Block {
        start: 0,
        segment: 6,
        segments: 8,
    };
    assert_eq!(digit_sum(&exponent, chain.total(), 1, &block), 260);
    let (x, d) = walk(&chain, &block);
    assert_eq!(chain.value(&d), [21_514_010_798_452u64]);
    assert_eq!(chain.value(&x), [184_994_804_797_336u64]);
    both_sides(&chain, &block, &x, &d, 299_097_936_366_063);
}

use crate::strong;

/// X and D at the end of a block at the start of a chain.
fn walk<C: Chain>(chain: &C, block: &Block) -> (C::Element, C::Element) {
    let mut x = chain.start();
    let mut d = x.clone();
    for position in 0..block.end() {
        chain.step(&mut x, position);
        if block.is_joint(position + 1) {
            chain.mul(&mut d, &x);
        }
    }
    (x, d)
}

fn both_sides<C: Chain>(chain: &C, block: &Block, x: &C::Element, d: &C::Element, value: u64) {
    let raised = chain.value(&chain.raise(d, block));
    assert_eq!(chain.product(&chain.start_again(), &raised), [value]);
    assert_eq!(chain.product(&chain.value(d), &chain.value(x)), [value]);
}

#[test]
fn a_thousand_flipped_bits_are_caught_in_a_chain_of_squares() {
    let mut random = RandState::new();
    let ring = ring(3, 2, 1501, 1);
    let chain = EqualPowers::new(&ring, Start::Power { a: 3, k: 3 }, 2, 1501);
    let right = finish(&chain).end;
    let fermat = Integer::from(3).pow_mod(&Integer::from(ring.modulus() - 1), ring.modulus());
    assert_eq!(right.value(), [fermat.unwrap()]);
    for at in places(1501, 1000, &mut random) {
        is_caught(&chain, &right, Target::Step, at, bit(&mut random));
    }
}

#[test]
fn a_thousand_flipped_bits_are_caught_in_a_power_with_any_exponent() {
    let mut random = RandState::new();
    let n: Integer = Integer::from(Integer::factorial(170)) + 1;
    let ring = Ring::new(&Modulus::integer(n.clone()).unwrap(), Options::default()).unwrap();
    let exponent = Integer::from(&n - 1);
    let chain = strong::Digits::new(&ring, 3, &exponent);
    let right = finish(&chain).end;
    assert_eq!(
        right.value(),
        [Integer::from(3).pow_mod(&exponent, &n).unwrap()]
    );
    for at in places(chain.total(), 1000, &mut random) {
        is_caught(&chain, &right, Target::Step, at, bit(&mut random));
    }
}

#[test]
fn flipped_bits_are_caught_in_other_chains_and_in_the_check_itself() {
    let mut random = RandState::new();
    // Base 5; a transform; Lucas pairs.
    let fives = ring(2, 5, 400, -1);
    let fives = EqualPowers::new(&fives, cube(), 5, 400);
    let options = Options::default().with_backend(Backend::Transform);
    let large = Ring::new(&Modulus::kbnc(27, 2, 4000, -1).unwrap(), options).unwrap();
    let large = EqualPowers::new(&large, Start::Power { a: 3, k: 27 }, 2, 4000);
    let pairs = ring(15, 2, 500, -1);
    let pairs = LucasPowers::new(&pairs, 2, Integer::from(pairs.modulus() + 1)).unwrap();
    hit_everywhere(&fives, 120, &mut random);
    hit_everywhere(&large, 60, &mut random);
    hit_everywhere(&pairs, 120, &mut random);

    fn hit_everywhere<C: Chain>(chain: &C, count: u64, random: &mut RandState<'_>) {
        let right = finish(chain).end;
        let total = chain.total();
        let mut products = 0;
        let mut blocks = 0;
        let mut at = 0;
        while at < total {
            let block = Block::at(at, total, chain.weight());
            products += block.segments - 1;
            blocks += 1;
            at = block.end();
        }
        for i in 0..count {
            let at = 1 + i * (total - 1) / (count - 1);
            is_caught(chain, &right, Target::Step, at, bit(random));
        }
        for at in 1..=products.min(count) {
            is_caught(chain, &right, Target::Product, at, bit(random));
        }
        for at in 1..=blocks {
            is_caught(chain, &right, Target::Raise, at, bit(random));
        }
    }
}

#[test]
fn three_mismatches_in_a_row_end_the_run() {
    let ring = ring(3, 2, 1000, 1);
    let inner = EqualPowers::new(&ring, cube(), 2, 1000);
    let faulty = Faulty {
        again: 1,
        ..Faulty::new(&inner, Target::Raise, 1, 5)
    };
    let run = Run::new(&faulty).unwrap();
    let Err(Stop::Miscalculates(error)) = run.finish(|_| Ok::<(), ()>(())) else {
        panic!("it never ends well");
    };
    assert_eq!((error.in_a_row, error.total, error.from), (3, 3, 0));
    assert!(error.to_string().contains("miscalculates"), "{error}");
    // Two are not three: the third time the block is right.
    let twice = Faulty {
        left: Cell::new(1),
        again: 2,
        ..faulty
    };
    let wrong_twice = |at: u64| Faulty::new(&inner, Target::Raise, at, 5);
    assert_eq!(finish(&wrong_twice(1)).errors, 1);
    assert_eq!(finish(&twice).end, finish(&inner).end);
}

#[test]
fn a_wrong_start_value_is_seen_and_zero_is_no_value() {
    let ring = ring(3, 2, 300, 1);
    let inner = EqualPowers::new(&ring, cube(), 2, 300);
    let done = finish(&Faulty::new(&inner, Target::Start, 1, 5));
    assert_eq!((done.errors, done.end), (1, finish(&inner).end));
    let always = Faulty {
        again: 1,
        ..Faulty::new(&inner, Target::Start, 1, 5)
    };
    assert!(Run::new(&always).is_err());
    // Zero satisfies every identity.
    let zero = EqualPowers::new(&ring, Start::Value(Integer::ZERO), 2, 300);
    let run = Run::new(&zero).unwrap();
    assert!(matches!(
        run.finish(|_| Ok::<(), ()>(())),
        Err(Stop::Miscalculates(_))
    ));
}

#[test]
fn a_ring_of_another_modulus_is_seen() {
    let ring = ring(3, 2, 400, 1);
    let inner = EqualPowers::new(&ring, cube(), 2, 400);
    // Steps modulo 3*2^400+1, while the number at stake is 5*2^400+1.
    let mistaken = Faulty {
        modulus: Some((Integer::from(5) << 400) + 1),
        ..Faulty::new(&inner, Target::Step, 0, 0)
    };
    let run = Run::new(&mistaken).map(|run| run.finish(|_| Ok::<(), ()>(())));
    assert!(matches!(run, Ok(Err(Stop::Miscalculates(_)))), "{run:?}");
}

#[test]
fn a_lucas_chain_is_the_sequence() {
    // V_m and U_m by their recurrence, P = 6.
    let ring = ring(3, 2, 80, -1);
    let n = ring.modulus();
    let (mut v, mut u) = (
        (Integer::from(2), Integer::from(6)),
        (Integer::ZERO, Integer::from(1)),
    );
    for m in 1..400u32 {
        let chain = LucasPowers::new(&ring, 3, m.into()).unwrap();
        let end = finish(&chain).end;
        assert_eq!(Integer::from(&end.value()[0] * 2) % n, v.1, "V_{m}");
        assert_eq!(end.value()[1], u.1, "U_{m}");
        let next = |s: (Integer, Integer)| {
            let mut third = Integer::from(&s.1 * 6) - &s.0;
            third %= n;
            if third < 0 {
                third += n;
            }
            (s.1, third)
        };
        (v, u) = (next(v), next(u));
    }
    // A prime 5*2^248-1 with (12/N) = -1: alpha^(N+1) = 1.
    let ring = self::ring(5, 2, 248, -1);
    let chain = LucasPowers::new(&ring, 2, Integer::from(ring.modulus() + 1)).unwrap();
    assert_eq!(finish(&chain).end.value(), [1, 0]);
    assert!(LucasPowers::new(&ring, 1, 5.into()).is_none());
}

/// Stops after some steps and returns the state.
fn stopped<C: Chain>(run: Run<'_, C>, mut steps: u32) -> Checkpoint {
    let end = run.finish(|run| {
        steps -= 1;
        if steps == 0 {
            Err(Box::new(run.checkpoint()))
        } else {
            Ok(())
        }
    });
    match end {
        Err(Stop::Asked(state)) => *state,
        other => panic!("{other:?}"),
    }
}

#[test]
fn states_resume_anywhere_and_damaged_ones_are_refused_or_found_out() {
    let ring = ring(3, 2, 700, 1);
    let chain = EqualPowers::new(&ring, cube(), 2, 700);
    let right = finish(&chain);
    for steps in 1..=700 {
        let state = stopped(Run::new(&chain).unwrap(), steps);
        let run = Run::resume(&chain, state).unwrap();
        assert_eq!(run.position(), u64::from(steps));
        assert_eq!(run.finish(|_| Ok::<(), ()>(())).unwrap(), right);
    }
    let state = stopped(Run::new(&chain).unwrap(), 300);
    let running = state.running.clone().unwrap();
    let (value, product) = (running.value().to_vec(), running.product().to_vec());
    // A bit that flipped in what nobody had checked costs a block.
    for (value, product) in [
        (vec![Integer::from(&value[0] ^ 1)], product.clone()),
        (value.clone(), vec![Integer::from(&product[0] ^ 1)]),
    ] {
        let running = Unverified::restore(&chain, 300, value, product).unwrap();
        let state = Checkpoint {
            running: Some(running),
            ..state.clone()
        };
        let done = Run::resume(&chain, state)
            .unwrap()
            .finish(|_| Ok::<(), ()>(()))
            .unwrap();
        assert_eq!((done.errors, done.end), (1, right.end.clone()));
    }
    // A state says so if it belongs to another test, and a verified value if it was changed.
    let other = EqualPowers::new(&ring, cube(), 2, 701);
    assert_eq!(
        Run::resume(&other, state.clone()).err(),
        Some(StateError::Seal)
    );
    let (seal, verified) = (state.verified.seal(), state.verified.value().to_vec());
    let restore = |position, value, seal| Verified::restore(&chain, position, value, seal);
    assert_eq!(restore(0, verified.clone(), seal), Ok(state.verified));
    assert_eq!(restore(1, verified.clone(), seal), Err(StateError::Seal));
    assert_eq!(
        restore(701, verified.clone(), seal),
        Err(StateError::Impossible)
    );
    assert_eq!(restore(0, vec![], seal), Err(StateError::Impossible));
    assert_eq!(
        restore(0, vec![Integer::from(&verified[0] ^ 2)], seal),
        Err(StateError::Seal)
    );
    assert_eq!(
        Unverified::restore(&chain, 300, vec![ring.modulus().clone()], product),
        Err(StateError::Impossible)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever the chain: the end is GMP's power, and a fault at any place is caught.
    #[test]
    fn any_chain_ends_right(
        k in 1u64..1000, b in 2u32..40, n in 20u32..160, at in 0f64..1.0, place: u32, whole: bool,
    ) {
        let Ok(modulus) = Modulus::kbnc(2 * k, b, n, 1) else { return Ok(()) };
        prop_assume!(!modulus.value().is_divisible_u(3));
        let ring = Ring::new(&modulus, Options::default()).unwrap();
        let exponent = Integer::from(modulus.value() - 1);
        let right = Integer::from(3).pow_mod(&exponent, modulus.value()).unwrap();
        if whole {
            let chain = EqualPowers::new(&ring, Start::Power { a: 3, k: 2 * k }, b, n.into());
            one_fault(&chain, &right, at, place)?;
        } else {
            one_fault(&strong::Digits::new(&ring, 3, &exponent), &right, at, place)?;
        }
    }
}

fn one_fault<C: Chain>(chain: &C, right: &Integer, at: f64, bit: u32) -> Result<(), TestCaseError> {
    let end = finish(chain).end;
    prop_assert_eq!(&end.value()[0], right);
    let at = 1 + (at * (chain.total() - 1) as f64) as u64;
    is_caught(chain, &end, Target::Step, at, bit);
    Ok(())
}
