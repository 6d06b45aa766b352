//! Proofs as certificates, for any number: by its shape, by the factors of N-1 and N+1 that its
//! expression shows or that are easily found, and by elliptic curves where that takes bearable time.
//!
//! What comes out was verified by the code that shares nothing with the provers.

use std::collections::{BTreeMap, VecDeque};

use darkreach_arith::Modulus;
use rug::Integer;

use super::{
    Method, TestError, Tested, Verdict,
    bls::{self, Factors, Stopped},
    ecpp::{self, Progress, Surroundings, Workers},
    examine,
    factor::Factorer,
};
use crate::{
    certificate::{self, Certificate, Step},
    expression::Expression,
    journal::{self, Forgetful, Journal},
};

/// Numbers of more bits are not proved by elliptic curves: 1,000 digits take minutes, 3,000 would take
/// days.
pub const LARGEST_CURVE_BITS: u32 = 5000;

/// Numbers of so many bits are proved by elliptic curves in about a second, without being asked.
const QUICK_CURVE_BITS: u32 = 1000;

/// What a proof asks of its caller.
pub struct Caller<'a> {
    /// Stops it and is told how far it is.
    pub watch: &'a dyn super::Watch,
    /// The threads.
    pub workers: &'a dyn Workers,
    /// Where tests, proofs and verifications that take long are kept, and gone on from.
    pub journal: &'a dyn Journal,
    /// Numbers of more bits are not proved by elliptic curves; at most [`LARGEST_CURVE_BITS`].
    pub curve_bits: u32,
}

/// A tested number, with its certificate if it is proved prime.
#[derive(Clone, Debug, PartialEq)]
pub struct Certified {
    /// What the test says; a prime has the method by which it was proved.
    pub tested: Tested,
    /// The certificate of a prime, verified.
    pub certificate: Option<Certificate>,
}

/// Tests a number and proves it prime, if it is and if that is within reach.
///
/// # Errors
/// [`TestError`].
pub fn certify(expression: &Expression, caller: &Caller<'_>) -> Result<Certified, TestError> {
    let n = expression.value()?;
    let mut tested = examine(expression, Method::Auto, caller.watch, caller.journal)?;
    let text = expression.to_string();
    let certificate = match (tested.verdict, &tested.proof, expression.as_kbn()) {
        (Verdict::Composite, ..) => None,
        (Verdict::Prime, Some(_), _) if n.significant_bits() <= 64 => {
            Some(Certificate::new(text, vec![Step::Small { n }]))
        }
        (Verdict::Prime, Some(proof), Some(candidate)) => Some(Certificate::new(
            text,
            Certificate::of(&candidate, proof).steps,
        )),
        _ => match steps(expression, &n, caller).map_err(|Stopped| TestError::Stopped)? {
            Proved::Prime(steps) => Some(Certificate::new(text, steps)),
            Proved::Composite => {
                tested.verdict = Verdict::Composite;
                None
            }
            Proved::Open => None,
        },
    };
    let certificate = certificate
        .filter(|certificate| certificate::check_with(certificate, caller.journal).is_ok());
    if let Some(certificate) = &certificate {
        tested.verdict = Verdict::Prime;
        tested.method = certificate.theorem();
    }
    Ok(Certified {
        tested,
        certificate,
    })
}

/// What a proof of a probable prime above 2^64 that takes little time says: its theorem, or that the
/// number is composite after all.
pub(super) fn quickly(
    expression: &Expression,
    n: &Integer,
    watch: &dyn super::Watch,
) -> Result<Option<(Verdict, &'static str)>, Stopped> {
    let caller = Caller {
        watch,
        workers: &ecpp::Alone,
        journal: &Forgetful,
        curve_bits: QUICK_CURVE_BITS,
    };
    Ok(match steps(expression, n, &caller)? {
        Proved::Prime(steps) if certificate::check_steps(n, &steps).is_ok() => {
            Some((Verdict::Prime, steps[0].theorem()))
        }
        Proved::Composite => Some((Verdict::Composite, "bls75")),
        _ => None,
    })
}

/// What an attempt at a proof found.
enum Proved {
    Prime(Vec<Step>),
    Composite,
    Open,
}

/// The steps for a probable prime above 2^64, the largest number first.
fn steps(expression: &Expression, n: &Integer, caller: &Caller<'_>) -> Result<Proved, Stopped> {
    let curve_bits = caller.curve_bits.min(LARGEST_CURVE_BITS);
    let factorer = Factorer::new(curve_bits);
    let mut steps: BTreeMap<Integer, Step> = BTreeMap::new();
    let mut open = VecDeque::from([n.clone()]);
    while let Some(number) = open.pop_front() {
        if number.significant_bits() <= 64 || steps.contains_key(&number) {
            continue;
        }
        let factors = if number == *n {
            factors(expression, n, &factorer)
        } else {
            beside(&number, &factorer)
        };
        let found = match bls::prove(&modulus(&number), &factors, caller.watch, caller.journal)? {
            bls::Outcome::Composite if number == *n => return Ok(Proved::Composite),
            bls::Outcome::Composite => return Ok(Proved::Open),
            bls::Outcome::Step(step) => vec![step],
            bls::Outcome::Open if number.significant_bits() <= curve_bits => {
                match curves(&number, caller)? {
                    ecpp::Outcome::Steps(steps) => steps,
                    ecpp::Outcome::Failed => return Ok(Proved::Open),
                }
            }
            bls::Outcome::Open => return Ok(Proved::Open),
        };
        for step in found {
            open.extend(step.rests_on().into_iter().cloned());
            steps.entry(step.n().clone()).or_insert(step);
        }
    }
    // Every step rests on smaller numbers, so in falling order they come later.
    Ok(Proved::Prime(steps.into_values().rev().collect()))
}

/// A proof by elliptic curves, kept in the journal. What a damaged state leads to is seen by the
/// verification at the end.
fn curves(number: &Integer, caller: &Caller<'_>) -> Result<ecpp::Outcome, Stopped> {
    let journal = caller.journal;
    let name = journal::name("curves", &[number]);
    let kept = journal.kept(&name);
    let from: Option<Progress> = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(progress) = &from {
        let (done, total) = progress.bits(number);
        journal.resumed("proof by elliptic curves", done, total);
    }
    let around = Surroundings {
        watch: caller.watch,
        workers: caller.workers,
        save: &|progress| {
            if journal.is_due() {
                let bytes =
                    serde_json::to_vec(progress).expect("numbers and lists can always be written");
                journal.keep(&name, bytes);
            }
        },
    };
    ecpp::prove(number, from.unwrap_or_default(), &around)
}

fn modulus(n: &Integer) -> Modulus {
    Modulus::integer(n.clone()).expect("it is above 2^64")
}

/// Prime factors of N-1 and N+1: what the expression shows, and what is easily found in the rest.
fn factors(expression: &Expression, n: &Integer, factorer: &Factorer) -> Factors {
    let known = expression.known_factors().unwrap_or_default();
    let primes = |whole: Integer, divisors: Vec<Integer>| {
        let mut primes = Vec::new();
        let mut rest = whole;
        for divisor in divisors {
            for prime in factorer.primes_of(&divisor) {
                rest.remove_factor_mut(&prime);
                primes.push(prime);
            }
        }
        primes.extend(factorer.primes_of(&rest));
        primes
    };
    Factors {
        minus: primes(Integer::from(n - 1), known.minus),
        plus: primes(Integer::from(n + 1), known.plus),
    }
}

/// The same for a number without an expression.
fn beside(n: &Integer, factorer: &Factorer) -> Factors {
    Factors {
        minus: factorer.primes_of(&Integer::from(n - 1)),
        plus: factorer.primes_of(&Integer::from(n + 1)),
    }
}
