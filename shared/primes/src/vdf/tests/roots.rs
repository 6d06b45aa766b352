//! Elements of small order, by which a prime could be hidden.

use rug::{Integer, ops::Pow};

use super::{
    super::{build::last_claim, *},
    NONCE, SECRET, accepted, end, plain, ring, tested,
};

#[test]
fn primes_cannot_be_hidden_by_roots_of_unity() {
    // 3*2^189+1 is prime and has elements of order 3. A host that multiplies its values by powers of one
    // gets past the challenges for a third of them, level by level.
    let ring = ring(3, 2, 189, 1);
    let n = ring.modulus();
    let root = Integer::from(2)
        .pow_mod(&(Integer::from(1) << 189u32), n)
        .unwrap();
    assert_eq!(
        Integer::from(root.pow_mod_ref(&Integer::from(3), n).unwrap()),
        1
    );
    for (statement, base) in [
        // The Proth residue of the literature's example, and the Fermat residue.
        (Statement::equal_powers(&ring, 5, 3, 2, 188), 188),
        (Statement::equal_powers(&ring, 3, 3, 2, 189), 189),
    ] {
        let plan = Plan::with_power(base, 1.0, 2).unwrap().keeping(2);
        let (done, points) = tested(&statement, &plan);
        let guard = RootGuard::new(&statement).unwrap();
        let (mut fooled, mut forged) = (0, 0);
        for pattern in 0..81u32 {
            let mut points = points.clone();
            for number in 1..=4 {
                let times = pattern / 3u32.pow(number - 1) % 3;
                let factor = root.clone().pow(times);
                let value = points.get(number).unwrap() * factor % n;
                points.put(number, &value).unwrap();
            }
            let result = points.get(4).unwrap();
            if result == end(&done) {
                continue;
            }
            forged += 1;
            let proof = prove(&statement, &plan, &NONCE, &result, &mut points).unwrap();
            let mut transcript = transcript::Transcript::new(&statement, &plan, &NONCE, &result);
            let challenges: Vec<Integer> = proof
                .products
                .iter()
                .map(|d| transcript.challenge(d))
                .collect();
            let claim = last_claim(&statement, &plan, &proof, &challenges);
            let power = Integer::from(1) << plan.certify_steps() as u32;
            fooled += u32::from(claim.x.pow_mod(&power, n).unwrap() == claim.y);
            assert_eq!(
                build(&statement, &plan, &guard, &NONCE, SECRET, &proof),
                Err(Refused::SmallOrder)
            );
        }
        assert!(fooled > 0 && forged == 54, "{fooled} of {forged}");
        // The true result is a prime's, and passes.
        let proof = prove(&statement, &plan, &NONCE, &end(&done), &mut points.clone()).unwrap();
        assert!(accepted(&statement, &plan, NONCE, &proof));
    }
}

#[test]
fn guards_know_the_small_factors_and_refuse_smooth_numbers() {
    // N-1 = n!: every element is of small order.
    let smooth = plain(Integer::from(Integer::factorial(3000)) + 1);
    let statement = Statement::any_power(&smooth, 3, Integer::from(smooth.modulus() - 1));
    assert!(matches!(
        RootGuard::new(&statement),
        Err(NoGuard::Smooth { .. })
    ));
    // Riesel primes: hidden by -1, by order 5, by both. 3*2^43-1 is prime.
    let ring = ring(3, 2, 43, -1);
    let n = ring.modulus();
    let statement = Statement::equal_powers(&ring, 3, 3, 2, 43);
    let guard = RootGuard::new(&statement).unwrap();
    assert!(!guard.refuses(&statement, &Integer::from(9)));
    let group = Integer::from(n - 1);
    let mut orders = 0;
    for q in [2u32, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31] {
        if !group.is_divisible_u(q) {
            continue;
        }
        orders += 1;
        let root = (2..=50u32)
            .map(|x| {
                Integer::from(x)
                    .pow_mod(&Integer::from(&group / q), n)
                    .unwrap()
            })
            .find(|root| *root != 1)
            .unwrap();
        assert!(guard.refuses(&statement, &(root * 9u32 % n)), "order {q}");
    }
    assert!(orders >= 1);
    assert!(!guard.refuses(&statement, &Integer::from(12345)));
    // Exponents that say nothing.
    let ring = self::ring(27, 2, 700, 1);
    let odd = Statement::any_power(&ring, 3, Integer::from(ring.modulus() / 3));
    assert_eq!(RootGuard::new(&odd), Err(NoGuard::Exponent));
}
