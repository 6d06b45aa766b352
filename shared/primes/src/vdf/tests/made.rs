//! True proofs are accepted, whatever was kept and whatever happened on the way.

use rug::Integer;

use super::{
    super::{statement::run, *},
    NONCE, accepted, end, ring, statements, tested,
};
use crate::strong::{
    EqualPowers, Start,
    faulty::{Faulty, Target},
};

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
        let faulty = Faulty::new(&chain, Target::Step, at, 77);
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
