//! Deciding single numbers: exact decisions for the small and trivial, the Fermat test, and the
//! proofs that fit a number's shape.

pub(crate) mod batch;
mod bls;
mod certify;
pub(crate) mod decide;
mod ecpp;
mod factor;
mod fermat;
mod lucas;
mod minus;
mod plus;
mod ring;
pub(crate) mod run;
mod sample;
pub(crate) mod term;

pub use certify::{Caller, Certified, LARGEST_CURVE_BITS, certify};
pub use ecpp::{Alone, Workers};
pub use sample::sample;

use darkreach_arith::Modulus;
use rug::Integer;

use crate::{
    certificate::Proof,
    digits::decimal_digits,
    expression::Expression,
    forms::{Candidate, Structure},
    journal::{self, Forgetful, Journal},
    strong::WORTHWHILE_BITS,
    word::{is_prime, primes_up_to},
};
use decide::{Decision, Theorem, decide, is_possible, small_res64};
use run::{Halt, Monitor, Partial, Stage, steps_per_look};

/// What a test says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Proved.
    Prime,
    /// Passed a probable prime test, neither proved nor refuted.
    ProbablePrime,
    /// Composite (or below 2: then the method is `exact`).
    Composite,
}

/// Which test to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// The cheapest that decides: a proof where the shape admits one.
    #[default]
    Auto,
    /// The Fermat test to base 3, whatever the shape.
    Prp,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// The verdict.
    pub verdict: Verdict,
    /// The test that decided, for example `proth`, `fermat`, `exact`.
    pub method: &'static str,
    /// RES64 of 3^(N-1) mod N, where that test ran.
    pub res64: Option<u64>,
    /// The proof of a prime.
    pub proof: Option<Proof>,
    /// Decimal digits of N.
    pub digits: u64,
    /// How often the strong check failed on the way and a part was computed again; the result is right
    /// nevertheless, but the computer is not.
    pub mismatches: u32,
}

/// What a long test asks of its surroundings.
pub trait Watch: Sync {
    /// True when it should give up.
    fn should_stop(&self) -> bool;
    /// Told now and then: squarings done and in all.
    fn progress(&self, done: u64, total: u64);
}

/// Why there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// It was asked to stop.
    #[error("stopped before the test was finished")]
    Stopped,
    /// The expression has no value that can be tested.
    #[error("{0}")]
    Expression(#[from] crate::expression::ExpressionError),
    /// The strong check failed again and again.
    #[error("{0}")]
    Miscalculates(#[from] crate::strong::Miscalculation),
}

/// Tests of numbers of fewer bits are not kept in a journal.
const LONG_BITS: u32 = 2000;

/// Primes that a number without a shape is divided by before it is tested.
const TRIAL_LIMIT: u64 = 2000;

/// Tests one number.
///
/// # Errors
/// [`TestError`].
pub fn test(
    expression: &Expression,
    method: Method,
    watch: &dyn Watch,
) -> Result<Tested, TestError> {
    let mut tested = examine(expression, method, watch, &Forgetful)?;
    if method == Method::Auto && tested.verdict == Verdict::ProbablePrime {
        let n = expression.value()?;
        let proved = certify::quickly(expression, &n, watch);
        if let Some((verdict, theorem)) = proved.map_err(|bls::Stopped| TestError::Stopped)? {
            (tested.verdict, tested.method) = (verdict, theorem);
        }
    }
    Ok(tested)
}

/// The test alone: a number whose shape shows no proof is a probable prime at most.
fn examine(
    expression: &Expression,
    method: Method,
    watch: &dyn Watch,
    journal: &dyn Journal,
) -> Result<Tested, TestError> {
    let n = expression.value()?;
    let digits = decimal_digits(&Integer::from(n.abs_ref()));
    let candidate = expression.as_kbn();
    // States of one way to a verdict are none of another.
    let way = match (method, &candidate) {
        (method, Some(candidate)) => format!("{method:?} test of {candidate}"),
        (method, None) => format!("{method:?} test"),
    };
    let mut watcher = Watcher::new(watch, &n, &way, journal);
    let from = watcher.kept(&n);
    let from = from.as_ref();
    let conclusion = match exact(&n, method) {
        Some(conclusion) => conclusion,
        None => match (method, candidate) {
            (Method::Auto, Some(candidate)) => by_shape(&candidate, from, &mut watcher),
            (Method::Auto, None) => general(n, from, &mut watcher),
            (Method::Prp, candidate) => fermat(candidate.as_ref(), n, from, &mut watcher),
        }
        .map_err(|halt| match halt {
            Halt::Stopped(_) => TestError::Stopped,
            Halt::Miscalculates(error) => TestError::Miscalculates(error),
        })?,
    };
    Ok(Tested {
        verdict: conclusion.verdict,
        method: conclusion.method,
        res64: conclusion.res64,
        proof: conclusion.proof,
        digits,
        mismatches: watcher.mismatches,
    })
}

/// A verdict with its evidence.
struct Conclusion {
    verdict: Verdict,
    method: &'static str,
    res64: Option<u64>,
    proof: Option<Proof>,
}

impl Conclusion {
    fn composite(method: &'static str) -> Self {
        Self {
            verdict: Verdict::Composite,
            method,
            res64: None,
            proof: None,
        }
    }

    fn prime(method: &'static str, proof: Proof) -> Self {
        Self {
            verdict: Verdict::Prime,
            method,
            res64: None,
            proof: Some(proof),
        }
    }
}

/// What needs no test: N < 2, multiples of 2 and of the base 3, and words, unless the Fermat test
/// is asked for.
fn exact(n: &Integer, method: Method) -> Option<Conclusion> {
    if *n < 2 {
        return Some(Conclusion::composite("exact"));
    }
    if *n == 2 || *n == 3 {
        return Some(Conclusion::prime("exact", Proof::Small));
    }
    if n.is_even() || n.is_divisible_u(3) {
        return Some(Conclusion::composite("exact"));
    }
    let word = n.to_u64()?;
    Some(match method {
        Method::Auto if is_prime(word) => Conclusion::prime("exact", Proof::Small),
        Method::Auto => Conclusion::composite("exact"),
        Method::Prp => fermat_conclusion(&Integer::from(small_res64(word, 3))),
    })
}

fn fermat_conclusion(residue: &Integer) -> Conclusion {
    Conclusion {
        verdict: if *residue == 1 {
            Verdict::ProbablePrime
        } else {
            Verdict::Composite
        },
        method: "fermat",
        res64: Some(residue.to_u64_wrapping()),
        proof: None,
    }
}

/// The proof that the shape admits. Where it is long and has no strong check of its own, a Fermat test
/// under it comes first, so that composites are told by checked steps.
fn by_shape(
    candidate: &Candidate,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Conclusion, Halt> {
    if crate::forms::algebraic_kbnc(candidate) {
        return Ok(Conclusion::composite("algebraic"));
    }
    let theorem = Theorem::of(candidate);
    let fermat_first =
        theorem != Theorem::Proth && candidate.value().significant_bits() >= WORTHWHILE_BITS;
    let from = from.filter(|partial| is_possible(candidate, partial));
    Ok(match decide(candidate, fermat_first, from, monitor)? {
        Decision::Prime(proof) => Conclusion::prime(theorem.name(), proof),
        Decision::Composite { res64: Some(res64) } if res64 != 1 => Conclusion {
            res64: Some(res64),
            ..Conclusion::composite("fermat")
        },
        Decision::BelowTwo | Decision::Composite { .. } => Conclusion::composite(theorem.name()),
        // The theorem found no witness: at least the probable prime tests can be run.
        Decision::ProbablePrime => general(candidate.value(), None, &mut Unkept(monitor))?,
    })
}

/// Trial division, then Fermat and Lucas.
fn general(
    n: Integer,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Conclusion, Halt> {
    if primes_up_to(TRIAL_LIMIT)
        .into_iter()
        .any(|p| n.is_divisible_u(p as u32))
    {
        return Ok(Conclusion::composite("trial division"));
    }
    let modulus = modulus(n);
    // Who is at the Lucas test has passed the other.
    let in_lucas = from.filter(|partial| matches!(partial.stage, Stage::Morrison { .. }));
    if in_lucas.is_none() {
        let residue = fermat::power(&modulus, 3, from, monitor)?;
        if residue != 1 {
            return Ok(fermat_conclusion(&residue));
        }
    }
    let passed = lucas::is_strong_probable_prime(&modulus, in_lucas, monitor)?;
    Ok(Conclusion {
        verdict: if passed {
            Verdict::ProbablePrime
        } else {
            Verdict::Composite
        },
        method: "fermat+lucas",
        res64: Some(1),
        proof: None,
    })
}

/// The Fermat test alone: as a chain where the shape is known, which gives the same residue faster.
fn fermat(
    candidate: Option<&Candidate>,
    n: Integer,
    from: Option<&Partial>,
    monitor: &mut dyn Monitor,
) -> Result<Conclusion, Halt> {
    let residue = match candidate {
        Some(candidate) => fermat::chain(candidate, &decide::ring(candidate), from, monitor)?,
        None => fermat::power(&modulus(n), 3, from, monitor)?,
    };
    Ok(fermat_conclusion(&residue))
}

fn modulus(n: Integer) -> Modulus {
    Modulus::integer(n).expect("words were decided exactly, so N is above 2^64")
}

/// A test after the one whose states the journal has: it starts again.
struct Unkept<'a>(&'a mut dyn Monitor);

impl Monitor for Unkept<'_> {
    fn step(&mut self, done: u64, total: u64, _: &dyn Fn() -> Partial) -> Result<(), Halt> {
        let nothing = || Partial {
            stage: Stage::General,
            position: 0,
            residues: Vec::new(),
        };
        self.0.step(done, total, &nothing)
    }

    fn mismatches(&mut self, count: u32) {
        self.0.mismatches(count);
    }
}

/// Passes on what a [`Watch`] says, about every millisecond, and keeps a long test in a journal.
struct Watcher<'a> {
    watch: &'a dyn Watch,
    /// With the name of the test, if it is long.
    journal: Option<(&'a dyn Journal, journal::Name)>,
    interval: u32,
    until_look: u32,
    mismatches: u32,
}

impl<'a> Watcher<'a> {
    fn new(watch: &'a dyn Watch, n: &Integer, way: &str, journal: &'a dyn Journal) -> Self {
        let bits = n.significant_bits();
        Self {
            watch,
            journal: (bits >= LONG_BITS).then(|| (journal, journal::name(way, &[n]))),
            interval: steps_per_look(bits.into()),
            until_look: 1,
            mismatches: 0,
        }
    }

    /// Where the journal has this test, if that can be a state of it.
    fn kept(&self, n: &Integer) -> Option<Partial> {
        let (journal, name) = self.journal.as_ref()?;
        let bytes = journal.kept(name)?;
        let (total, partial) = postcard::from_bytes::<(u64, Partial)>(&bytes).ok()?;
        let fits = partial.position <= u64::from(n.significant_bits())
            && partial.stage.residues().contains(&partial.residues.len())
            && partial.residues.iter().all(|residue| residue < n);
        if !fits {
            return None;
        }
        journal.resumed("test", partial.position, total);
        Some(partial)
    }
}

impl Monitor for Watcher<'_> {
    fn step(&mut self, done: u64, total: u64, save: &dyn Fn() -> Partial) -> Result<(), Halt> {
        self.until_look -= 1;
        if self.until_look > 0 && done < total {
            return Ok(());
        }
        self.until_look = self.interval;
        self.watch.progress(done, total);
        if let Some((journal, name)) = &self.journal
            && journal.is_due()
        {
            let bytes = postcard::to_stdvec(&(total, save()))
                .expect("numbers and bytes can always be written");
            journal.keep(name, bytes);
        }
        if self.watch.should_stop() {
            return Err(Halt::Stopped(Box::new(save())));
        }
        Ok(())
    }

    fn mismatches(&mut self, count: u32) {
        self.mismatches += count;
    }
}
