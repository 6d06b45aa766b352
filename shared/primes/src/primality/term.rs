//! The decision of a term of a search: one number, or two that count only if both are prime.
//!
//! The Fermat tests come first, member by member, because most terms fail there; then the proofs.
//! What a ledger says of a pair is defined here, see [`crate::search::ledger`].

use std::sync::{Mutex, PoisonError};

use darkreach_arith::{Modulus, Ring};
use rug::Integer;

use super::{
    Watch,
    bls::{self, Factors},
    decide::{self, Decision, decide_small, small_res64},
    fermat, lucas,
    run::{Halt, Monitor, Partial, Stage, Standing},
};
use crate::{
    certificate::Proof,
    forms::{Number, Term},
    journal::Forgetful,
    strong::Miscalculation,
};

/// What a term is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A member is less than 2.
    BelowTwo,
    /// Every member is prime; a proof for each.
    Prime(Vec<Proof>),
    /// A member is composite.
    Composite {
        /// RES64 of the first member with a residue other than 1, or 1.
        res64: u64,
    },
    /// Every member passed the Fermat test; some are not proved.
    ProbablePrime,
}

/// Why a term was not decided.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It was asked to stop; its state.
    Asked(Box<Standing>),
    /// This computer cannot be trusted.
    Miscalculates(Miscalculation),
}

/// Decides a term whose members are odd and not divisible by 3, or small.
pub(crate) fn decide(
    term: &Term,
    from: Option<&Standing>,
    monitor: &mut dyn Monitor,
) -> Result<Verdict, Stopped> {
    if term.below_two() {
        return Ok(Verdict::BelowTwo);
    }
    let proving = from.is_some_and(|standing| !standing.partial.stage.is_fermat());
    if !proving {
        let first = from.map_or(0, |standing| standing.member);
        if let Some(verdict) = fermat_tests(term, first, from, monitor)? {
            return Ok(verdict);
        }
    }
    prove(term, from.filter(|_| proving), monitor)
}

/// Decides a term whose first member is known to have passed the Fermat test.
pub(crate) fn decide_passed(term: &Term, monitor: &mut dyn Monitor) -> Result<Verdict, Stopped> {
    if let Some(verdict) = fermat_tests(term, 1, None, monitor)? {
        return Ok(verdict);
    }
    prove(term, None, monitor)
}

/// The Fermat tests from a member on; a verdict if one fails.
fn fermat_tests(
    term: &Term,
    first: u8,
    from: Option<&Standing>,
    monitor: &mut dyn Monitor,
) -> Result<Option<Verdict>, Stopped> {
    for (member, number) in (0u8..).zip(term.members()).skip(first.into()) {
        monitor.enter(member, &[]);
        let from = from
            .filter(|standing| standing.member == member)
            .map(|standing| &standing.partial);
        let residue = residue(number, from, monitor).map_err(stopped(member, &[]))?;
        if residue != 1 {
            let res64 = residue.to_u64_wrapping();
            return Ok(Some(Verdict::Composite { res64 }));
        }
    }
    Ok(None)
}

/// The proofs of a term whose members have all passed the Fermat test.
fn prove(
    term: &Term,
    from: Option<&Standing>,
    monitor: &mut dyn Monitor,
) -> Result<Verdict, Stopped> {
    let mut proofs = from.map_or_else(Vec::new, |standing| standing.proofs.clone());
    for (member, number) in (0u8..).zip(term.members()).skip(proofs.len()) {
        monitor.enter(member, &proofs);
        let from = from
            .filter(|standing| standing.member == member)
            .map(|standing| &standing.partial);
        match prove_number(number, from, monitor).map_err(stopped(member, &proofs))? {
            Decision::Prime(proof) => proofs.push(Some(proof)),
            Decision::ProbablePrime => proofs.push(None),
            Decision::Composite { .. } | Decision::BelowTwo => {
                return Ok(Verdict::Composite { res64: 1 });
            }
        }
    }
    Ok(proofs
        .into_iter()
        .collect::<Option<Vec<Proof>>>()
        .map_or(Verdict::ProbablePrime, Verdict::Prime))
}

/// The state of a term whose member was stopped.
fn stopped(member: u8, proofs: &[Option<Proof>]) -> impl FnOnce(Halt) -> Stopped {
    let proofs = proofs.to_vec();
    move |halt| match halt {
        Halt::Stopped(partial) => Stopped::Asked(Box::new(Standing {
            member,
            proofs,
            partial: *partial,
        })),
        Halt::Miscalculates(error) => Stopped::Miscalculates(error),
    }
}

/// a^(N-1) mod N, canonical, with the number's base a of the Fermat test, which is 3 for nearly all; 1
/// for the primes 2 and 3, of which this says nothing.
fn residue(
    number: &Number,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Integer, Halt> {
    if let Some(small) = number.small() {
        return Ok(Integer::from(match small {
            0..=3 => 1,
            _ => small_res64(small, number.fermat_base()),
        }));
    }
    match number {
        Number::Kbnc(candidate) => {
            fermat::chain(candidate, &decide::ring(candidate), from, monitor)
        }
        Number::Other(_) => fermat::power(&modulus(number), number.fermat_base(), from, monitor),
    }
}

/// The proof of a number that has passed the Fermat test.
fn prove_number(
    number: &Number,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Decision, Halt> {
    if let Some(small) = number.small() {
        return Ok(decide_small(small));
    }
    match number {
        Number::Kbnc(candidate) => {
            let ring: Ring = decide::ring(candidate);
            decide::prove(candidate, &ring, true, from, monitor)
        }
        Number::Other(_) => {
            let modulus = modulus(number);
            match by_factors(number, &modulus, monitor)? {
                bls::Outcome::Step(step) => {
                    return Ok(Decision::Prime(Proof::General {
                        step: Box::new(step),
                    }));
                }
                bls::Outcome::Composite => return Ok(Decision::Composite { res64: Some(1) }),
                bls::Outcome::Open => {}
            }
            Ok(
                if lucas::is_strong_probable_prime(&modulus, None, monitor)? {
                    Decision::ProbablePrime
                } else {
                    Decision::Composite { res64: Some(1) }
                },
            )
        }
    }
}

/// A proof from the factors of N-1 and N+1 that the form knows.
fn by_factors(
    number: &Number,
    modulus: &Modulus,
    monitor: &mut dyn Monitor,
) -> Result<bls::Outcome, Halt> {
    let integers = |primes: Vec<u64>| primes.into_iter().map(Integer::from).collect();
    let factors = Factors {
        minus: integers(number.factors_below()),
        plus: integers(number.factors_above()),
    };
    if factors.minus.is_empty() && factors.plus.is_empty() {
        return Ok(bls::Outcome::Open);
    }
    let bridge = Bridge(Mutex::new(monitor));
    bls::prove(modulus, &factors, &bridge, &Forgetful)
        .map_err(|bls::Stopped| Halt::Stopped(Box::new(GENERAL)))
}

/// The state of a proof by known factors: it starts again.
const GENERAL: Partial = Partial {
    stage: Stage::General,
    position: 0,
    residues: Vec::new(),
};

/// A [`Monitor`] for those who ask a [`Watch`].
struct Bridge<'a>(Mutex<&'a mut dyn Monitor>);

impl Watch for Bridge<'_> {
    fn should_stop(&self) -> bool {
        let mut monitor = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        monitor.step(0, 1, &|| GENERAL).is_err()
    }

    fn progress(&self, _: u64, _: u64) {}
}

/// The modulus of a number above 2^64.
fn modulus(number: &Number) -> Modulus {
    number
        .modulus()
        .expect("a validated candidate above 2^64 is a modulus")
}

/// RES64 of a term, from the start, with Fermat residues that `power` computes of large numbers:
/// that of the first member whose residue is not 1, or 1.
pub(crate) fn res64(term: &Term, power: &mut dyn FnMut(&Number) -> u64) -> u64 {
    term.members()
        .map(|number| match number.small() {
            Some(0..=3) => 1,
            Some(small) => small_res64(small, number.fermat_base()),
            None => power(number),
        })
        .find(|&residue| residue != 1)
        .unwrap_or(1)
}

/// RES64 of a number above 2^64 as a search computes it.
pub(crate) fn number_res64(number: &Number, monitor: &mut dyn Monitor) -> Result<u64, Halt> {
    residue(number, None, monitor).map(|residue| residue.to_u64_wrapping())
}

/// The verdict of a term all of whose members are below 2^64, exactly.
pub(crate) fn decide_words(term: &Term) -> Option<Verdict> {
    let words: Option<Vec<u64>> = term.members().map(Number::small).collect();
    let words = words?;
    if words.iter().any(|&word| word < 2) {
        return Some(Verdict::BelowTwo);
    }
    let decisions: Vec<Decision> = words.into_iter().map(decide_small).collect();
    if decisions
        .iter()
        .all(|decision| matches!(decision, Decision::Prime(_)))
    {
        return Some(Verdict::Prime(vec![Proof::Small; decisions.len()]));
    }
    Some(Verdict::Composite {
        res64: res64(term, &mut |_| 1),
    })
}

/// Whether a saved state can belong to a test of this term.
pub(crate) fn is_possible(term: &Term, standing: &Standing) -> bool {
    let Some(number) = term.members().nth(standing.member.into()) else {
        return false;
    };
    let fermat = standing.partial.stage.is_fermat();
    if standing.proofs.len() != if fermat { 0 } else { standing.member.into() } {
        return false;
    }
    let partial = &standing.partial;
    match number {
        Number::Kbnc(candidate) => decide::is_possible(candidate, partial),
        Number::Other(_) => {
            let n = number.value();
            let known = fermat || matches!(partial.stage, Stage::Morrison { .. } | Stage::General);
            known
                && number.small().is_none()
                && partial.position <= u64::from(n.significant_bits())
                && partial.stage.residues().contains(&partial.residues.len())
                && partial.residues.iter().all(|r| *r >= 0 && *r < n)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{forms::Structure, primality::run::Unwatched};

    /// A composite number that nobody may factor.
    #[derive(Debug)]
    struct Untouchable(Integer);

    impl Structure for Untouchable {
        fn value(&self) -> Integer {
            self.0.clone()
        }
        fn bits(&self) -> f64 {
            self.0.significant_bits().into()
        }
        fn modulo(&self, m: u64) -> u64 {
            Integer::from(&self.0 % m).to_u64_wrapping()
        }
        fn expression(&self) -> String {
            self.0.to_string()
        }
        fn factors_below(&self) -> Vec<u64> {
            panic!("factored before the test")
        }
        fn factors_above(&self) -> Vec<u64> {
            panic!("factored before the test")
        }
    }

    #[test]
    fn nothing_is_factored_before_the_fermat_test_is_passed() {
        for bits in [70u32, 300, 3000] {
            let n = ((Integer::from(1) << bits) - 5) * 1_000_003u32;
            let term = Term::single(Number::other(Untouchable(n)));
            let verdict = decide(&term, None, &mut Unwatched).unwrap();
            assert!(matches!(verdict, Verdict::Composite { res64 } if res64 != 1));
        }
    }
}
