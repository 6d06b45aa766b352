//! Forgers: every field, signs, other numbers and powers, residues of other iterations, work that was not done,
//! and guessed challenges.

use rug::{Integer, ops::Pow};

use super::{
    super::{build::last_claim, *},
    NONCE, SECRET, accepted, end, ring, statements, tested,
};

#[test]
fn forged_proofs_are_refused() {
    for (ring, statement) in statements() {
        let statement = statement(&ring);
        let plan = Plan::with_power(statement.steps(), statement.weight(), 4).unwrap();
        let (done, mut points) = tested(&statement, &plan);
        let proof = prove(&statement, &plan, &NONCE, &end(&done), &mut points).unwrap();
        let refused = |proof: &Proof| !accepted(&statement, &plan, NONCE, proof);
        assert!(!refused(&proof));
        let n = ring.modulus();
        // Every number changed: a bit, the sign, another one's.
        for field in 0..=proof.products.len() {
            for change in 0..4 {
                let mut forged = proof.clone();
                let other = proof.products[(field + 1) % 4].clone();
                let value = match field {
                    0 => &mut forged.result,
                    i => &mut forged.products[i - 1],
                };
                *value = match change {
                    0 => Integer::from(&*value ^ 2),
                    1 => Integer::from(n - &*value),
                    2 => other,
                    _ => Integer::from(1),
                };
                assert!(refused(&forged), "field {field}, change {change}");
            }
        }
        // Too many, too few, in another order.
        for edit in [
            |products: &mut Vec<Integer>| products.swap(0, 1),
            |products: &mut Vec<Integer>| drop(products.pop()),
            |products: &mut Vec<Integer>| products.push(Integer::from(1)),
        ] {
            let mut forged = proof.clone();
            edit(&mut forged.products);
            assert!(refused(&forged));
        }
        // Another nonce, another plan.
        assert!(!accepted(&statement, &plan, [8; 32], &proof));
        let longer = Plan::with_power(statement.steps(), statement.weight(), 5).unwrap();
        assert!(!accepted(&statement, &longer, NONCE, &proof));
        // The residue of another iteration, proved honestly from there.
        for shift in [1u64, 7] {
            let mut late = points.clone();
            let mut last = end(&done);
            for number in 1..=plan.points() {
                let value = late.get(number).unwrap();
                let power = Integer::from(statement.base()).pow(shift as u32);
                let value = value.pow_mod(&power, n).unwrap();
                late.put(number, &value).unwrap();
                last = value;
            }
            let forged = prove(&statement, &plan, &NONCE, &last, &mut late).unwrap();
            assert!(refused(&forged), "{shift} late");
        }
        // A host that made numbers up, or computed half and made the rest up.
        let mut lazy = points.clone();
        for number in plan.points() / 2..=plan.points() {
            let value = Integer::from(number + 5).pow_mod(&Integer::from(n - 2), n);
            lazy.put(number, &value.unwrap()).unwrap();
        }
        let result = lazy.get(plan.points()).unwrap();
        let forged = prove(&statement, &plan, &NONCE, &result, &mut lazy).unwrap();
        assert!(refused(&forged));
        // One that guessed the challenges: products that fit a guess, and the result that follows.
        let guess: Vec<Integer> = (1..=4).map(Integer::from).collect();
        let products: Vec<Integer> = (11..15).map(Integer::from).collect();
        let mut forged = Proof {
            result: Integer::from(1),
            products,
        };
        let claim = last_claim(&statement, &plan, &forged, &guess);
        let power = Integer::from(statement.base()).pow(plan.certify_steps() as u32);
        let mut right = claim.x.pow_mod(&power, n).unwrap();
        if let Some(exponent) = &claim.exponent {
            right *= Integer::from(3).pow_mod(exponent, n).unwrap();
        }
        forged.result = right * claim.y.invert(n).unwrap() % n;
        let fits = last_claim(&statement, &plan, &forged, &guess);
        let mut left = fits.x.pow_mod(&power, n).unwrap();
        if let Some(exponent) = &fits.exponent {
            left = left * Integer::from(3).pow_mod(exponent, n).unwrap() % n;
        }
        assert_eq!(left, fits.y, "the forgery fits its guess");
        // The other sign, of the result or of a value on the way, proved as if it were right.
        for number in 1..=plan.points() {
            let mut points = points.clone();
            let negative = n - points.get(number).unwrap();
            points.put(number, &negative).unwrap();
            let last = points.get(plan.points()).unwrap();
            let forged = prove(&statement, &plan, &NONCE, &last, &mut points).unwrap();
            assert!(forged == proof || refused(&forged), "value {number}");
            assert!(forged.result == proof.result || refused(&forged));
        }
        // Signs: the result's with any of the products'.
        for signs in 0..16 {
            let mut forged = proof.clone();
            forged.result = Integer::from(n - &forged.result);
            for (bit, product) in forged.products.iter_mut().enumerate() {
                if signs >> bit & 1 == 1 {
                    *product = Integer::from(n - &*product);
                }
            }
            let guard = RootGuard::new(&statement).unwrap();
            if let Ok(built) = build(&statement, &plan, &guard, &NONCE, SECRET, &forged) {
                let answer = certify(&ring, &built.task).unwrap();
                assert!(!built.expected.accepts(&answer), "signs {signs:b}");
            }
        }
        assert!(refused(&forged));
    }
}

#[test]
fn a_proof_of_another_number_or_power_is_refused() {
    let (here, there) = (ring(27, 2, 700, 1), ring(31, 2, 700, 1));
    let statement = Statement::equal_powers(&here, 3, 27, 2, 700);
    let plan = Plan::with_power(700, 1.0, 3).unwrap();
    let proof_of = |statement: &Statement<'_>| {
        let (done, mut points) = tested(statement, &plan);
        prove(statement, &plan, &NONCE, &end(&done), &mut points).unwrap()
    };
    assert!(accepted(&statement, &plan, NONCE, &proof_of(&statement)));
    for other in [
        Statement::equal_powers(&there, 3, 31, 2, 700),
        Statement::equal_powers(&here, 5, 27, 2, 700),
    ] {
        let mut proof = proof_of(&other);
        assert!(accepted(&other, &plan, NONCE, &proof));
        proof.result %= here.modulus();
        assert!(!accepted(&statement, &plan, NONCE, &proof));
    }
}

#[test]
fn numbers_with_a_common_factor_are_refused() {
    let (steps, p) = (700..900u32)
        .find_map(|n| {
            let value = (Integer::from(27) << n) + 1u32;
            Some((n, (5..2000u32).find(|p| value.is_divisible_u(*p))?))
        })
        .expect("one of them has a small factor");
    let ring = ring(27, 2, steps, 1);
    let statement = Statement::equal_powers(&ring, 3, 27, 2, steps.into());
    let plan = Plan::with_power(steps.into(), 1.0, 3).unwrap();
    let guard = RootGuard::new(&statement).unwrap();
    let (done, mut points) = tested(&statement, &plan);
    let mut forged = prove(&statement, &plan, &NONCE, &end(&done), &mut points).unwrap();
    forged.products[1] = Integer::from(p);
    assert!(matches!(
        build(&statement, &plan, &guard, &NONCE, SECRET, &forged),
        Err(Refused::Divisor(divisor)) if divisor.is_divisible_u(p) || divisor > 1
    ));
}
