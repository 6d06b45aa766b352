//! What the tests of test proofs share: rings, finished tests, and a server that reads, builds and compares.

mod bytes;
mod forged;
mod made;
mod published;
mod roots;

use darkreach_arith::{Modulus, Options, Ring};
use rug::Integer;

use super::*;
use crate::strong::Done;

const NONCE: [u8; 32] = [7; 32];
const SECRET: u128 = 0x1234_5678_9abc_def0_0fed_cba9_8765_4321;

fn ring(k: u64, b: u32, n: u32, c: i64) -> Ring {
    Ring::new(&Modulus::kbnc(k, b, n, c).unwrap(), Options::default()).unwrap()
}

fn plain(n: Integer) -> Ring {
    Ring::new(&Modulus::integer(n).unwrap(), Options::default()).unwrap()
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
