//! The Fermat test to base 3 of several small candidates k*2^n+-1 at once.
//!
//! For c = 1 the last squaring is left out and made by itself: what is squared there is 3^((N-1)/2), and if
//! that is -1, and 3 no square modulo N, then that is the proof by Proth's theorem; so it is for half of the primes.
//!
//! Residues are those of [`super::fermat::chain`], and so are the states in the middle: from the top
//! bit down, the power 3^(k*2^n) passes through 3^(k*2^i) for every i, which is the chain.

use darkreach_arith::{BatchIsa, BatchOptions, BatchRing, LANES, Modulus};
use rug::Integer;

use super::{
    decide::Theorem,
    run::{Partial, Stage, steps_per_look},
};
use crate::{
    certificate::Proof,
    forms::{Candidate, Structure},
};

/// Above this many bits a candidate is faster alone, in a transform,
const MAX_BITS: f64 = 10_000.0;

/// unless batches have a transform for its shape: k*2^n+1 with k of some 20 bits. Then above this many.
const MAX_BITS_OF_TRANSFORMS: f64 = 35_000.0;

/// Fewer candidates than this are faster one after the other,
const FEWEST: usize = 3;

/// and above [`MANY`] bits, where a candidate alone takes little more than its part of a batch, fewer
/// than this.
const FEWEST_OF_MANY: usize = 6;

/// See [`FEWEST_OF_MANY`].
const MANY: f64 = 6_000.0;

/// Exponents of one batch lie closer together than this: then the reduction by the shape costs the
/// same as for equal ones, or a little more.
const SPREAD: u32 = 100;

/// What came out.
pub(crate) enum Outcome {
    /// What each candidate's test left.
    Residues(Vec<Residue>),
    /// It was stopped; where each candidate stands, if its chain had begun.
    Halted(Vec<Option<Partial>>),
}

/// The end of a test.
#[derive(Debug)]
pub(crate) struct Residue {
    /// 3^(N-1) mod N, canonical.
    pub(crate) power: Integer,
    /// The proof that N is prime, if the test was one.
    pub(crate) proof: Option<Proof>,
}

/// Whether a candidate is better tested in a batch, if there are others of its size, on this processor.
pub(crate) fn fits(candidate: &Candidate) -> bool {
    let by_transform = candidate.c == 1 && candidate.k < 1 << 20;
    let most = if by_transform {
        MAX_BITS_OF_TRANSFORMS
    } else {
        MAX_BITS
    };
    candidate.b == 2
        && candidate.bits() <= most
        && candidate.small().is_none()
        && BatchIsa::best() != BatchIsa::Separate
}

/// How many of the first candidates are best tested together; 0 if none.
pub(crate) fn group(candidates: impl Iterator<Item = Candidate>) -> usize {
    let mut range: Option<(u32, u32)> = None;
    let mut fewest = FEWEST;
    let joined = candidates.take(LANES).take_while(|candidate| {
        let (low, high) = range.unwrap_or((candidate.n, candidate.n));
        let (low, high) = (low.min(candidate.n), high.max(candidate.n));
        range = Some((low, high));
        let joins = fits(candidate) && high - low < SPREAD;
        if joins && candidate.bits() > MANY {
            fewest = FEWEST_OF_MANY;
        }
        joins
    });
    let count = joined.count();
    if count < fewest { 0 } else { count }
}

/// Tests candidates, none divisible by 3, that [`group`] has put together. `go_on` is asked about
/// every millisecond. `None` if they cannot be a batch after all.
pub(crate) fn residues(
    candidates: &[Candidate],
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Outcome> {
    let moduli = candidates.iter().map(Candidate::modulus);
    let moduli: Vec<Modulus> = moduli.collect::<Result<_, _>>().ok()?;
    let ring = BatchRing::new(&moduli, BatchOptions::default()).ok()?;
    let exponents: Vec<Integer> = candidates
        .iter()
        .map(|candidate| Integer::from(candidate.k) << steps(candidate))
        .collect();
    let every = steps_per_look(candidates[0].bits());
    let (power, left) = ring.pow_while(3, &exponents, every, go_on).ok()?;
    let lanes = candidates.iter().zip(ring.to_integers(&power));
    Some(if left == 0 {
        Outcome::Residues(
            lanes
                .map(|(candidate, power)| residue(candidate, power))
                .collect(),
        )
    } else {
        Outcome::Halted(
            lanes
                .map(|(candidate, power)| {
                    Some(Partial {
                        stage: Stage::Fermat,
                        position: steps(candidate).checked_sub(left)?.into(),
                        residues: vec![power],
                    })
                })
                .collect(),
        )
    })
}

/// Squarings from 3^k on: all to 3^(N+1) for c = -1, all but one to 3^(N-1) for c = 1.
fn steps(candidate: &Candidate) -> u32 {
    candidate.n - u32::from(candidate.c > 0)
}

/// The end of the test from that of the squarings.
fn residue(candidate: &Candidate, power: Integer) -> Residue {
    let n = candidate.value();
    if candidate.c > 0 {
        let proves = Theorem::of(candidate) == Theorem::Proth
            && Integer::from(&power + 1u32) == n
            && Integer::from(3).jacobi(&n) == -1;
        return Residue {
            power: power.square() % n,
            proof: proves.then_some(Proof::Proth { a: 3 }),
        };
    }
    let ninth = Integer::from(9)
        .invert(&n)
        .expect("N is not divisible by 3");
    Residue {
        power: power * ninth % n,
        proof: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primality::{decide, fermat, run::Unwatched};

    /// Candidates not divisible by 2 or 3, over k or over n.
    fn candidates(k: u64, n: u32, c: i32, over_n: bool) -> Vec<Candidate> {
        (0..200)
            .map(|i| Candidate {
                k: if over_n { k } else { k + i },
                b: 2,
                n: if over_n { n + i as u32 } else { n },
                c,
            })
            .filter(|candidate| candidate.modulo(2) == 1 && candidate.modulo(3) != 0)
            .collect()
    }

    #[test]
    fn batches_leave_the_residues_of_the_chain() {
        for (k, n, c, over_n) in [
            (1, 100, 1, false),
            (1, 333, -1, false),
            (5, 200, 1, true),
            (5, 1000, -1, true),
            (u64::from(u32::MAX), 2000, 1, false),
            (3, 4000, -1, true),
            // By transforms.
            (3, 9000, 1, true),
            (1001, 12_500, 1, false),
        ] {
            let all = candidates(k, n, c, over_n);
            for batch in all.chunks(8).take(3) {
                let Some(Outcome::Residues(residues)) = super::residues(batch, &mut || true) else {
                    panic!("no residues");
                };
                for (candidate, residue) in batch.iter().zip(residues) {
                    let ring = decide::ring(candidate);
                    let chain = fermat::chain(candidate, &ring, None, &mut Unwatched)
                        .unwrap_or_else(|_| panic!("halted"));
                    assert_eq!(residue.power, chain, "{candidate}");
                }
            }
        }
    }

    #[test]
    fn proofs_are_those_of_the_theorem() {
        let (mut proved, mut left) = (0, 0);
        for n in [70, 80, 90, 100, 110, 120, 150, 200] {
            for batch in candidates(1, n, 1, false).chunks(8) {
                let Some(Outcome::Residues(residues)) = super::residues(batch, &mut || true) else {
                    panic!("no residues");
                };
                for (candidate, residue) in batch.iter().zip(residues) {
                    let decision = decide::decide(candidate, true, None, &mut Unwatched);
                    let proof = match decision.unwrap_or_else(|_| panic!("halted")) {
                        decide::Decision::Prime(proof) => Some(proof),
                        _ => None,
                    };
                    match (residue.proof, proof) {
                        (Some(here), right) => {
                            proved += 1;
                            assert_eq!(Some(here), right, "{candidate}");
                        }
                        (None, Some(_)) => {
                            left += 1;
                            assert_eq!(residue.power, 1, "{candidate}");
                        }
                        (None, None) => assert_ne!(residue.power, 1, "{candidate}"),
                    }
                }
            }
        }
        assert!(proved > 3 && left > 3, "{proved} proved, {left} left");
    }

    #[test]
    fn a_chain_goes_on_where_a_batch_was_stopped() {
        for (k, n, c, over_n) in [
            (7, 4000, 1, true),
            (u64::MAX >> 20, 4000, -1, false),
            (7, 10_000, 1, true),
        ] {
            let batch: Vec<Candidate> = candidates(k, n, c, over_n).into_iter().take(8).collect();
            let Some(Outcome::Residues(expected)) = super::residues(&batch, &mut || true) else {
                panic!("no residues");
            };
            let mut went_on = 0;
            for polls in [0, 1, 2, 4] {
                let mut asked = 0;
                let outcome = super::residues(&batch, &mut || {
                    asked += 1;
                    asked <= polls
                });
                let Some(Outcome::Halted(partials)) = outcome else {
                    panic!("not stopped");
                };
                for ((candidate, partial), expected) in batch.iter().zip(partials).zip(&expected) {
                    let Some(partial) = partial else { continue };
                    went_on += 1;
                    assert!(decide::is_possible(candidate, &partial), "{candidate}");
                    let ring = decide::ring(candidate);
                    let chain = fermat::chain(candidate, &ring, Some(&partial), &mut Unwatched)
                        .unwrap_or_else(|_| panic!("halted"));
                    assert_eq!(
                        chain, expected.power,
                        "{candidate} from {}",
                        partial.position
                    );
                }
            }
            assert!(went_on >= 16, "{went_on} chains went on");
        }
    }

    #[test]
    fn groups_are_of_one_size() {
        let at = |k, n| Candidate { k, b: 2, n, c: 1 };
        let count = |candidates: &[Candidate]| group(candidates.iter().copied());
        let together = if BatchIsa::best() == BatchIsa::Separate {
            0
        } else {
            1
        };
        assert_eq!(count(&[at(3, 1000); 20]), 8 * together);
        assert_eq!(count(&[at(3, 1000); 3]), 3 * together);
        assert_eq!(count(&[at(3, 1000); 2]), 0);
        assert_eq!(count(&[at(3, 7000); 5]), 0);
        assert_eq!(count(&[at(3, 7000); 6]), 6 * together);
        assert_eq!(count(&[at(3, 33_000); 8]), 8 * together);
        assert_eq!(count(&[at(3, 40_000); 8]), 0);
        let minus = |k, n| Candidate { c: -1, ..at(k, n) };
        assert_eq!(count(&[minus(3, 9000); 8]), 8 * together);
        assert_eq!(count(&[minus(3, 11_000); 8]), 0);
        assert_eq!(count(&[at(1 << 30 | 1, 11_000); 8]), 0);
        assert_eq!(count(&[at(3, 10); 8]), 0);
        let mut mixed = [at(3, 1000); 8];
        mixed[5] = at(3, 1200);
        assert_eq!(count(&mixed), 5 * together);
        mixed[1] = Candidate { b: 3, ..mixed[1] };
        assert_eq!(count(&mixed), 0);
    }
}
