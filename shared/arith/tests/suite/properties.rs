//! Random programs on random rings: the same ones in every run.

use crate::program::{Random, run};

/// So many programs for moduli of up to `bits` bits.
fn programs(seed: u64, bits: u32, count: usize) {
    let mut random = Random::new(seed);
    let mut done = 0;
    while done < count {
        let case = random.next();
        match run(case, bits) {
            Some(Ok(_)) => done += 1,
            Some(Err(message)) => panic!("case {case} of up to {bits} bits: {message}"),
            // This number stands for no ring.
            None => {}
        }
    }
}

#[test]
fn short_random_programs_agree_with_gmp() {
    programs(2_025, 2_000, 1_000);
}

#[test]
fn random_programs_agree_with_gmp() {
    programs(2_026, 20_000, 500);
}

#[test]
fn long_random_programs_agree_with_gmp() {
    programs(2_027, 300_000, 30);
}
