//! Proofs of numbers of some sizes, checked by the verifier.

use super::*;
use crate::certificate::check_steps;

struct Patient;

impl Watch for Patient {
    fn should_stop(&self) -> bool {
        false
    }
    fn progress(&self, done: u64, total: u64) {
        assert!(done <= total);
    }
}

fn around(save: &dyn Fn(&Progress)) -> Surroundings<'_> {
    Surroundings {
        watch: &Patient,
        workers: &Alone,
        save,
    }
}

fn steps(n: &Integer) -> Vec<Step> {
    match prove(n, Progress::default(), &around(&|_| {})) {
        Ok(Outcome::Steps(steps)) => steps,
        other => panic!("{n}: {other:?}"),
    }
}

#[test]
fn primes_just_above_a_word_and_longer() {
    for bits in [65, 66, 70, 80, 100, 150, 200, 300] {
        let mut n: Integer = Integer::from(1) << bits;
        for _ in 0..3 {
            n = n.next_prime();
            let steps = steps(&n);
            assert_eq!(check_steps(&n, &steps), Ok(()), "{n}");
        }
    }
}

#[test]
fn composites_are_never_proved() {
    for text in [
        "340282366920938463463374607431768211457",
        "147573952589676412927",
    ] {
        let n = Integer::from_str_radix(text, 10).unwrap_or_default();
        if let Ok(Outcome::Steps(steps)) = prove(&n, Progress::default(), &around(&|_| {})) {
            assert!(check_steps(&n, &steps).is_err(), "{n}");
        }
    }
}

#[test]
fn a_saved_state_is_gone_on_from() {
    let n = (Integer::from(1) << 260u32).next_prime();
    let states = std::sync::Mutex::new(Vec::new());
    let save = |progress: &Progress| {
        states.lock().expect("nobody panics").push(progress.clone());
    };
    let whole = prove(&n, Progress::default(), &around(&save));
    let states = states.into_inner().expect("nobody panics");
    assert!(states.len() > 8);
    for state in states {
        let resumed = prove(&n, state, &around(&|_| {}));
        assert_eq!(resumed, whole);
    }
}
