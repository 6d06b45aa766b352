//! Known numbers of another program's proofs, true proofs of every kind of chain, and forgers.

use std::cell::Cell;

use darkreach_arith::{Modulus, Options, Ring};
use proptest::prelude::*;
use rug::{Integer, ops::Pow};

use super::{build::last_claim, plan::place, prove::products, statement::run, *};
use crate::strong::{
    Done, EqualPowers, Start,
    tests::{Faulty, Target},
};

const NONCE: [u8; 32] = [7; 32];
const SECRET: u128 = 0x1234_5678_9abc_def0_0fed_cba9_8765_4321;

fn ring(k: u64, b: u32, n: u32, c: i64) -> Ring {
    Ring::new(&Modulus::kbnc(k, b, n, c).unwrap(), Options::default()).unwrap()
}

fn plain(n: Integer) -> Ring {
    Ring::new(&Modulus::integer(n).unwrap(), Options::default()).unwrap()
}

fn hex(text: &str) -> Integer {
    Integer::from_str_radix(text, 16).unwrap()
}

/// A finished test with its kept values.
fn tested(statement: &Statement<'_>, plan: &Plan) -> (Done, MemoryPoints) {
    let mut points = MemoryPoints::default();
    let mut recorder = Recorder::new(plan, &mut points);
    let done = statement.test(None, |place| recorder.note(place)).unwrap();
    (done, points)
}

fn end(done: &Done) -> Integer {
    done.end.value()[0].clone()
}

/// The products and the last claim under given challenges.
fn with_challenges(
    statement: &Statement<'_>,
    plan: &Plan,
    challenges: &[Integer],
) -> (Vec<Integer>, build::Claim) {
    let (done, mut points) = tested(statement, plan);
    let mut given = challenges.iter().cloned();
    let challenge = |product| (product, given.next().unwrap());
    let products = products(statement, plan, &mut points, challenge).unwrap();
    let proof = Proof {
        result: end(&done),
        products: products.clone(),
    };
    let claim = last_claim(statement, plan, &proof, challenges);
    (products, claim)
}

#[test]
fn values_are_kept_where_halvings_end() {
    let places = |steps, levels: u32| -> Vec<u64> {
        (0..=1 << levels).map(|i| place(steps, levels, i)).collect()
    };
    assert_eq!(places(41, 2), [0, 11, 21, 31, 41]);
    assert_eq!(places(49, 2), [0, 13, 25, 37, 49]);
    assert_eq!(places(160, 4), (0..=16).map(|i| 10 * i).collect::<Vec<_>>());
    for steps in 64..300 {
        for levels in 1..5 {
            let places = places(steps, levels);
            let gaps = places.windows(2).map(|pair| pair[1] - pair[0]);
            for gap in gaps {
                let least = steps >> levels;
                assert!(
                    (least..=least + u64::from(levels)).contains(&gap),
                    "{places:?}"
                );
            }
            // The values of a shorter plan are among those of a longer one.
            let half: Vec<u64> = places.iter().copied().step_by(2).collect();
            assert_eq!(half, self::places_of(steps, levels - 1));
        }
    }
}

fn places_of(steps: u64, levels: u32) -> Vec<u64> {
    (0..=1 << levels).map(|i| place(steps, levels, i)).collect()
}

#[test]
fn products_and_claims_are_those_of_another_program() {
    // PRST's, for its challenges.
    let ring = ring(7, 2, 42, 1);
    let statement = Statement::equal_powers(&ring, 3, 7, 2, 41);
    let challenges = [10_210_638_675_831_893_881u64, 542_436_980_233_093_657].map(Integer::from);
    let plan = Plan::with_power(41, 1.0, 2).unwrap();
    for kept in 1..=2 {
        let (products, claim) = with_challenges(&statement, &plan.keeping(kept), &challenges);
        assert_eq!(products, [3_310_191_615_715u64, 14_508_372_770_421]);
        assert_eq!(claim.x, 10_535_617_675_670u64);
        assert_eq!(claim.y, 22_470_310_736_226u64);
        assert_eq!(claim.y.to_u64_wrapping(), 0x0000_146F_C6E3_B162);
        assert_eq!((plan.certify_steps(), claim.exponent), (10, None));
    }

    let ring = self::ring(3, 2, 161, 1);
    let statement = Statement::equal_powers(&ring, 5, 3, 2, 160);
    let challenges = [
        "938DE29915C8813B",
        "2A59F5CE1BAB29E7",
        "65EF088026398BAB",
        "F93004511DC2EBDF",
    ]
    .map(hex);
    let plan = Plan::with_power(160, 1.0, 4).unwrap();
    for kept in 1..=4 {
        let (products, claim) = with_challenges(&statement, &plan.keeping(kept), &challenges);
        let right = [
            "4342A251EE709B591E4A1B967891FF0D370FAA12B",
            "4C82E3F00CDACD9DCCCF15983FF1ED18E0F7C5E23",
            "32C7321D88A6CACDE00C5D6E56736BEC1685BD131",
            "3C0A50239D9ECAFBB238881363BB8F3DB1F3C57A5",
        ];
        assert_eq!(products, right.map(hex));
        assert_eq!(claim.x, hex("54AA5917180F72969D352F29E5D733A9C4FAF1B6F"));
        assert_eq!(claim.y, hex("0CF3761532B4B99348679A0A12CA007067A74222E"));
    }

    let ring = plain(Integer::from(10u64.pow(15) + 27));
    let exponent = Integer::from(ring.modulus() - 1);
    let statement = Statement::any_power(&ring, 3, exponent);
    let challenges = [1_947_913_536_233_863_963u64, 2_197_078_329_665_392_421].map(Integer::from);
    let plan = Plan::with_power(49, 1.0, 2).unwrap();
    assert_eq!(statement.parts(2).unwrap(), [6359, 3748, 3176, 26]);
    for kept in 1..=2 {
        let (products, claim) = with_challenges(&statement, &plan.keeping(kept), &challenges);
        assert_eq!(products, [897_698_316_363_598u64, 655_209_991_041_108]);
        assert_eq!(claim.x, 387_153_379_692_446u64);
        assert_eq!(claim.y, 295_498_457_984_185u64);
        let exponent: Integer = "27214730695176982914887249503130710568303".parse().unwrap();
        assert_eq!(claim.exponent, Some(exponent));
    }
}

/// What is claimed of a ring's number.
type About = fn(&Ring) -> Statement<'_>;

/// Numbers of several shapes with what proves their tests.
fn statements() -> Vec<(Ring, About)> {
    fn square(ring: &Ring) -> Statement<'_> {
        Statement::equal_powers(ring, 3, 27, 2, 700)
    }
    fn riesel(ring: &Ring) -> Statement<'_> {
        Statement::equal_powers(ring, 3, 33, 2, 651)
    }
    fn fives(ring: &Ring) -> Statement<'_> {
        Statement::equal_powers(ring, 3, 4, 5, 333)
    }
    fn any(ring: &Ring) -> Statement<'_> {
        Statement::any_power(ring, 3, Integer::from(ring.modulus() - 1))
    }
    vec![
        (ring(27, 2, 700, 1), square),
        (ring(33, 2, 651, -1), riesel),
        (ring(4, 5, 333, -1), fives),
        (ring(4, 5, 333, -1), any),
        (plain(Integer::from(Integer::factorial(120)) - 1), any),
    ]
}

/// What the server makes of a proof that it reads, and whether the task's answer is the one it expects.
fn accepted(statement: &Statement<'_>, plan: &Plan, nonce: [u8; 32], proof: &Proof) -> bool {
    let guard = RootGuard::new(statement).unwrap();
    let Ok(proof) = Proof::read(&proof.to_bytes(), statement.modulus()) else {
        return false;
    };
    match build(statement, plan, &guard, &nonce, SECRET, &proof) {
        Ok(built) => {
            let task = Task::read(&built.task.to_bytes(), statement.modulus()).unwrap();
            assert_eq!(task, built.task);
            let answer = certify(statement.ring, &task).unwrap();
            built.expected.accepts(&answer)
        }
        Err(_) => false,
    }
}

#[test]
fn true_proofs_of_every_chain_are_accepted_however_much_was_kept() {
    for (ring, statement) in statements() {
        let statement = statement(&ring);
        let weight = statement.weight();
        for power in 1..=6 {
            let plan = Plan::with_power(statement.steps(), weight, power).unwrap();
            let mut proofs = Vec::new();
            for kept in 1..=power {
                let plan = plan.keeping(kept);
                let (done, mut points) = tested(&statement, &plan);
                let proof = prove(&statement, &plan, &NONCE, &end(&done), &mut points).unwrap();
                proofs.push(proof);
            }
            let proof = proofs.pop().unwrap();
            assert!(proofs.iter().all(|other| *other == proof));
            let bytes = proof.to_bytes();
            let bits = ring.modulus().significant_bits();
            assert!(bytes.len() as u64 <= plan.proof_bytes(bits));
            assert_eq!(Proof::read(&bytes, ring.modulus()).as_ref(), Ok(&proof));
            assert!(accepted(&statement, &plan, NONCE, &proof));
            let right = Integer::from(3).pow_mod(&statement.exponent(), ring.modulus());
            assert_eq!(*proof.result(), right.unwrap());
        }
    }
}

#[test]
fn a_proof_is_made_also_after_a_mismatch() {
    let ring = ring(27, 2, 700, 1);
    let statement = Statement::equal_powers(&ring, 3, 27, 2, 700);
    let plan = Plan::with_power(700, 1.0, 4).unwrap().keeping(4);
    let chain = EqualPowers::new(&ring, Start::Power { a: 3, k: 27 }, 2, 700);
    for at in [1, 40, 44, 350, 699, 700] {
        let faulty = Faulty {
            inner: &chain,
            target: Target::Step,
            left: Cell::new(at),
            again: 0,
            bit: 77,
        };
        let mut points = MemoryPoints::default();
        let mut recorder = Recorder::new(&plan, &mut points);
        let done = run(&faulty, None, |place| recorder.note(place)).unwrap();
        assert_eq!(done.errors, 1);
        let proof = prove(&statement, &plan, &NONCE, &end(&done), &mut points).unwrap();
        assert!(accepted(&statement, &plan, NONCE, &proof), "{at}");
    }
    // A storage that lost a value says so.
    let (done, _) = tested(&statement, &plan);
    let nothing = &mut MemoryPoints::default();
    assert_eq!(
        prove(&statement, &plan, &NONCE, &end(&done), nothing),
        Err(ProveError::Points(MissingPoint(8)))
    );
}

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

#[test]
fn secrets_change_the_answer() {
    let ring = ring(27, 2, 700, 1);
    let statement = Statement::equal_powers(&ring, 3, 27, 2, 700);
    let plan = Plan::with_power(700, 1.0, 3).unwrap();
    let guard = RootGuard::new(&statement).unwrap();
    let (done, mut points) = tested(&statement, &plan);
    let proof = prove(&statement, &plan, &NONCE, &end(&done), &mut points).unwrap();
    let built = |secret| build(&statement, &plan, &guard, &NONCE, secret, &proof).unwrap();
    let (one, two) = (built(1), built(2));
    assert_ne!(one, two);
    for built in [&one, &two, &built(0)] {
        let answer = certify(&ring, &built.task).unwrap();
        assert!(built.expected.accepts(&answer));
        // RES64 alone is not the answer.
        assert!(
            !built
                .expected
                .accepts(&Integer::from(answer.to_u64_wrapping()))
        );
    }
    assert!(!one.expected.accepts(two.expected.value()));
}

#[test]
fn plans_say_what_they_take() {
    let plan = Plan::for_chain(1_000_000, 1.0).unwrap();
    assert_eq!((plan.power(), plan.points()), (8, 128));
    assert_eq!(plan.certify_steps(), 3906);
    assert!(plan.disk_bytes(1_000_000) < 17 << 20);
    assert!(plan.proof_bytes(1_000_000) < 9 * 125_100);
    assert!(plan.memory_bytes(1_000_000) < 1 << 25);
    assert_eq!(Plan::for_chain(4_000_000, 1.0).unwrap().power(), 9);
    assert_eq!(Plan::for_chain(100_000_000, 1.0).unwrap().power(), 11);
    assert_eq!(plan.places().len(), 128);
    assert_eq!(plan.places().last(), Some(&1_000_000));
    assert!(Plan::with_power(100, 1.0, 5).is_err());
    assert!(Plan::with_power(100, 1.0, 0).is_err());
    assert!(Plan::with_power(u64::MAX, 1.0, 20).is_err());
    assert!(Plan::for_chain(20, 1.0).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Bytes from anybody are read or refused, and what is read is written the same again.
    #[test]
    fn bytes_are_read_or_refused(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        tail in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let ring = ring(27, 2, 100, 1);
        let n = ring.modulus();
        let statement = Statement::any_power(&ring, 3, Integer::from(n - 1));
        let plan = Plan::with_power(statement.steps(), 1.0, 3).unwrap();
        let (done, mut points) = tested(&statement, &plan);
        let proof = prove(&statement, &plan, &NONCE, &end(&done), &mut points).unwrap();
        let guard = RootGuard::new(&statement).unwrap();
        let built = build(&statement, &plan, &guard, &NONCE, SECRET, &proof).unwrap();
        let damage = |mut bytes: Vec<u8>| {
            for (place, bit) in &flips {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            if let Some(cut) = &cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes.extend_from_slice(&tail);
            bytes
        };
        let bytes = damage(proof.to_bytes());
        if let Ok(read) = Proof::read(&bytes, n) {
            prop_assert_eq!(read.to_bytes(), bytes);
            prop_assert!(read == proof || !accepted(&statement, &plan, NONCE, &read));
        }
        let bytes = damage(built.task.to_bytes());
        if let Ok(read) = Task::read(&bytes, n) {
            prop_assert_eq!(read.to_bytes(), bytes);
            let answer = certify(&ring, &read).unwrap();
            prop_assert!(read == built.task || !built.expected.accepts(&answer));
        }
    }
}

#[test]
fn bytes_longer_than_any_proof_are_not_even_read() {
    let n = Integer::from(1) << 100;
    let error = Proof::read(&vec![0; 5000], &n).unwrap_err();
    assert!(
        matches!(error, DataError::TooLong { found: 5000, .. }),
        "{error}"
    );
    assert!(matches!(
        Proof::read(&[9, 9, 0], &n),
        Err(DataError::Version { found: 0x0909 })
    ));
    assert!(matches!(
        Task::read(&[1], &n),
        Err(DataError::Unreadable(_))
    ));
    // The same content with a length of two bytes where one is enough.
    assert!(Proof::read(&[1, 0, 1, 5, 1, 1, 7], &n).is_ok());
    assert!(matches!(
        Proof::read(&[1, 0, 0x81, 0, 5, 1, 1, 7], &n),
        Err(DataError::Unreadable(_))
    ));
}
