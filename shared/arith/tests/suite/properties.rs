//! Random programs on random rings, and the properties of single operations that hold for any operands.

use proptest::prelude::*;

use crate::program::{Random, run};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn random_programs_agree_with_gmp(seed: u64) {
        if let Some(Err(message)) = run(seed, 12_000) {
            prop_assert!(false, "{}", message);
        }
    }
}

#[test]
fn long_random_programs_agree_with_gmp() {
    let mut random = Random::new(2_026);
    let mut done = 0;
    while done < 30 {
        match run(random.next(), 300_000) {
            Some(Ok(_)) => done += 1,
            Some(Err(message)) => panic!("{message}"),
            None => {}
        }
    }
}
