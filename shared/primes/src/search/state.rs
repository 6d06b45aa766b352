//! The saved state of a search, and reading it back.
//!
//! Layout: the envelope of [`super::seal`] with the magic `DRKSRCH\n`, around a body in postcard. A
//! state can come from a stranger, so beyond the digests everything that can be checked by arithmetic is.

use rug::{Integer, integer::Order};
use serde::{Deserialize, Serialize};

use super::{
    Chunk, ResumeError, Search, Stand, ledger::Outcome, plan::MAX_CHUNKS, report::verify_number,
    seal,
};
use crate::{
    certificate::{Proof, Witness},
    cost,
    primality::{
        run::{Partial, Stage, Standing},
        term::{Verdict, decide_words, is_possible},
    },
    spec::SearchSpec,
    strong::Errors,
    word::is_prime,
};

const MAGIC: [u8; 8] = *b"DRKSRCH\n";
const FORMAT: u32 = 3;

/// What is saved.
#[derive(Serialize, Deserialize)]
struct Body {
    spec: SearchSpec,
    /// For each interval of primes: its end, and whether it is done. The ends are saved because the
    /// plan is made with floating-point numbers, which may differ on the host that resumes.
    chunks: Vec<(u64, bool)>,
    /// For each index the smallest factor found so far, or 0.
    factors: Vec<u64>,
    /// For each survivor, once the sieve is complete.
    outcomes: Vec<SavedOutcome>,
    /// Index and proofs of each prime.
    proofs: Vec<(u32, Vec<SavedProof>)>,
    /// The half-done tests.
    partials: Vec<SavedPartial>,
    /// How often the strong check has failed in the tests that are done.
    mismatches: u32,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum SavedOutcome {
    Open,
    Composite(u64),
    Prime,
    BelowTwo,
    ProbablePrime,
}

/// [`Proof`] without the tags that JSON wants and postcard cannot read.
#[derive(Serialize, Deserialize)]
enum SavedProof {
    Small,
    Proth(u64),
    Llr(u64),
    Pocklington(Vec<(u64, u64)>),
    Morrison(u64, Vec<u64>),
    /// In JSON.
    General(String),
}

#[derive(Serialize, Deserialize)]
enum SavedStage {
    Fermat,
    Proth(u64),
    Llr(u64),
    Pocklington(u64, Vec<(u64, u64)>),
    Morrison(u64),
    Checked {
        verified: u64,
        seal: [u8; 32],
        /// In all, and in a row.
        errors: (u32, u32),
    },
    General,
}

#[derive(Serialize, Deserialize)]
struct SavedPartial {
    index: u32,
    /// The member of the term at work, and the proofs of those before it.
    member: u8,
    proofs: Vec<Option<SavedProof>>,
    stage: SavedStage,
    position: u64,
    /// Little-endian bytes.
    residues: Vec<Vec<u8>>,
}

/// See [`Search::save`].
pub(super) fn save(search: &Search) -> Vec<u8> {
    let body = Body {
        spec: SearchSpec::clone(&search.spec),
        chunks: search
            .chunks
            .iter()
            .map(|chunk| (chunk.primes.end, chunk.stand == Stand::Done))
            .collect(),
        factors: search.factors.clone(),
        outcomes: search
            .tests
            .iter()
            .map(|test| save_outcome(test.outcome))
            .collect(),
        proofs: search
            .proofs
            .iter()
            .map(|(&index, proofs)| (index, proofs.iter().map(save_proof).collect()))
            .collect(),
        partials: search
            .partials
            .iter()
            .map(|(&index, standing)| save_partial(index, standing))
            .collect(),
        mismatches: search.mismatches,
    };
    let body = postcard::to_stdvec(&body).expect("the body has nothing that postcard cannot write");
    seal::seal(MAGIC, FORMAT, &search.spec, &body)
}

/// See [`Search::resume`].
pub(super) fn resume(spec: &SearchSpec, bytes: &[u8], own: bool) -> Result<Search, ResumeError> {
    let mut search = Search::new(spec)
        .map_err(|error| ResumeError::Impossible(format!("the search itself: {error}")))?;
    let body = seal::open(MAGIC, FORMAT, spec, bytes)?;
    let (body, rest) = postcard::take_from_bytes::<Body>(body)
        .map_err(|error| ResumeError::Unreadable(error.to_string()))?;
    if !rest.is_empty() {
        return Err(ResumeError::Unreadable("bytes are left over".into()));
    }
    if body.spec != *spec {
        return Err(ResumeError::OtherSearch("the descriptions differ".into()));
    }
    search.restore(body, own).map_err(ResumeError::Impossible)?;
    Ok(search)
}

impl Search {
    /// Takes over a body after checking it; the error says what is impossible in it.
    fn restore(&mut self, body: Body, own: bool) -> Result<(), String> {
        if body.factors.len() != self.factors.len() {
            return Err("the count of factors does not fit the search".into());
        }
        for (index, &factor) in body.factors.iter().enumerate() {
            if factor != 0 {
                self.check_factor(index, factor)?;
                self.sieved += 1;
            }
        }
        self.factors = body.factors;
        self.restore_chunks(&body.chunks)?;
        if self.sieved() {
            self.start_tests();
        }
        self.restore_outcomes(&body.outcomes, body.proofs, own)?;
        self.restore_partials(body.partials, own)?;
        // A stranger's computer says nothing of this one.
        self.mismatches = if own { body.mismatches } else { 0 };
        self.tally.advance(self.half_done());
        Ok(())
    }

    fn restore_chunks(&mut self, saved: &[(u64, bool)]) -> Result<(), String> {
        let mut start = 2;
        let ascending = saved
            .iter()
            .all(|&(end, _)| std::mem::replace(&mut start, end) < end);
        let whole = start == self.spec.sieve_limit + 1 || (saved.is_empty() && self.sieved());
        if !ascending || !whole || saved.len() as u64 > 2 * MAX_CHUNKS {
            return Err("the intervals of primes are not those of a sieve".into());
        }
        self.chunks.clear();
        self.open_chunks = 0;
        start = 2;
        for &(end, done) in saved {
            let seconds = cost::sieve_seconds(&self.spec, start, end);
            self.chunks.push(Chunk {
                primes: start..end,
                seconds,
                stand: if done { Stand::Done } else { Stand::Open },
            });
            if done {
                self.tally.done += seconds;
            } else {
                self.open_chunks += 1;
            }
            start = end;
        }
        Ok(())
    }

    fn check_factor(&self, index: usize, factor: u64) -> Result<(), String> {
        let at = self.spec.range.start + index as u64;
        let Some(term) = self.spec.term(at) else {
            return Err(format!("a factor at {at}, where there is no candidate"));
        };
        if factor > self.spec.sieve_limit || !is_prime(factor) || !term.has_factor(factor) {
            return Err(format!("{factor} as a factor of {term}"));
        }
        Ok(())
    }

    fn restore_outcomes(
        &mut self,
        outcomes: &[SavedOutcome],
        proofs: Vec<(u32, Vec<SavedProof>)>,
        own: bool,
    ) -> Result<(), String> {
        if outcomes.len() != self.tests.len() {
            return Err("the number of outcomes is not that of the survivors".into());
        }
        let mut proofs = proofs.into_iter();
        for (place, saved) in outcomes.iter().enumerate() {
            let index = self.tests[place].index;
            let at = self.spec.range.start + u64::from(index);
            let Some(term) = self.spec.term(at) else {
                return Err(format!("no candidate at {at}"));
            };
            // The tests rely on the sieve for these.
            if let Some(p) = [2, 3].into_iter().find(|&p| term.has_factor(p)) {
                return Err(format!("{term} survived the sieve, but {p} divides it"));
            }
            let (outcome, proofs) = match *saved {
                SavedOutcome::Open => continue,
                SavedOutcome::Composite(res64) => (Outcome::Composite { res64 }, Vec::new()),
                SavedOutcome::BelowTwo => (Outcome::BelowTwo, Vec::new()),
                SavedOutcome::ProbablePrime => (Outcome::ProbablePrime, Vec::new()),
                SavedOutcome::Prime => match proofs.next() {
                    Some((of, proofs)) if of == index && proofs.len() == term.len() => {
                        let proofs: Option<Vec<Proof>> =
                            proofs.into_iter().map(load_proof).collect();
                        let unreadable = || format!("the proof of {term} cannot be read");
                        (Outcome::Prime, proofs.ok_or_else(unreadable)?)
                    }
                    _ => return Err(format!("{term} is called prime without a proof")),
                },
            };
            if let Some(right) = decide_words(&term) {
                let fits = match (right, outcome) {
                    (Verdict::Composite { res64: right }, Outcome::Composite { res64 }) => {
                        right == res64
                    }
                    (Verdict::Prime(_), Outcome::Prime)
                    | (Verdict::BelowTwo, Outcome::BelowTwo) => true,
                    _ => false,
                };
                if !fits {
                    return Err(format!("the outcome of {term}"));
                }
            } else if outcome == Outcome::BelowTwo && !term.below_two() {
                return Err(format!("{term} is called less than 2"));
            }
            if !own {
                for (number, proof) in term.members().zip(&proofs) {
                    verify_number(number, proof).map_err(|error| error.to_string())?;
                }
            }
            self.decide(index, outcome, proofs);
        }
        match proofs.next() {
            Some((index, _)) => Err(format!("a proof at index {index}, where no prime is")),
            None => Ok(()),
        }
    }

    fn restore_partials(&mut self, partials: Vec<SavedPartial>, own: bool) -> Result<(), String> {
        // What a stranger left half done proves nothing of itself, so it starts again.
        if !own {
            return Ok(());
        }
        for saved in partials {
            let index = saved.index;
            let open = self
                .place(index)
                .is_some_and(|place| self.tests[place].outcome.is_none());
            let at = self.spec.range.start + u64::from(index);
            let standing = load_partial(saved);
            match self.spec.term(at) {
                Some(term) if open && is_possible(&term, &standing) => {
                    self.partials.insert(index, standing);
                }
                _ => return Err(format!("a half-done test at {at}")),
            }
        }
        Ok(())
    }
}

fn save_outcome(outcome: Option<Outcome>) -> SavedOutcome {
    match outcome {
        // A survivor has no factor of either kind, so these never arise; open is the safe reading.
        None | Some(Outcome::Factor(_) | Outcome::Algebraic) => SavedOutcome::Open,
        Some(Outcome::Composite { res64 }) => SavedOutcome::Composite(res64),
        Some(Outcome::Prime) => SavedOutcome::Prime,
        Some(Outcome::BelowTwo) => SavedOutcome::BelowTwo,
        Some(Outcome::ProbablePrime) => SavedOutcome::ProbablePrime,
    }
}

fn save_witnesses(witnesses: &[Witness]) -> Vec<(u64, u64)> {
    witnesses
        .iter()
        .map(|witness| (witness.q, witness.a))
        .collect()
}

fn load_witnesses(saved: Vec<(u64, u64)>) -> Vec<Witness> {
    saved.into_iter().map(|(q, a)| Witness { q, a }).collect()
}

fn save_proof(proof: &Proof) -> SavedProof {
    match proof {
        Proof::Small => SavedProof::Small,
        Proof::Proth { a } => SavedProof::Proth(*a),
        Proof::Llr { p1 } => SavedProof::Llr(*p1),
        Proof::Pocklington { witnesses } => SavedProof::Pocklington(save_witnesses(witnesses)),
        Proof::Morrison { p, primes } => SavedProof::Morrison(*p, primes.clone()),
        Proof::General { step } => SavedProof::General(
            serde_json::to_string(step).expect("numbers and lists can always be written"),
        ),
    }
}

/// None if it is no proof at all.
fn load_proof(saved: SavedProof) -> Option<Proof> {
    Some(match saved {
        SavedProof::Small => Proof::Small,
        SavedProof::Proth(a) => Proof::Proth { a },
        SavedProof::Llr(p1) => Proof::Llr { p1 },
        SavedProof::Pocklington(witnesses) => Proof::Pocklington {
            witnesses: load_witnesses(witnesses),
        },
        SavedProof::Morrison(p, primes) => Proof::Morrison { p, primes },
        SavedProof::General(text) => Proof::General {
            step: serde_json::from_str(&text).ok()?,
        },
    })
}

fn save_partial(index: u32, standing: &Standing) -> SavedPartial {
    let partial = &standing.partial;
    let proofs = standing.proofs.iter();
    SavedPartial {
        index,
        member: standing.member,
        proofs: proofs.map(|proof| proof.as_ref().map(save_proof)).collect(),
        stage: match &partial.stage {
            Stage::Fermat => SavedStage::Fermat,
            Stage::Checked {
                verified,
                seal,
                errors,
            } => SavedStage::Checked {
                verified: *verified,
                seal: *seal,
                errors: (errors.total, errors.in_a_row),
            },
            Stage::Proth { a } => SavedStage::Proth(*a),
            Stage::Llr { p1 } => SavedStage::Llr(*p1),
            Stage::Pocklington { a, witnesses } => {
                SavedStage::Pocklington(*a, save_witnesses(witnesses))
            }
            Stage::Morrison { p } => SavedStage::Morrison(*p),
            Stage::General => SavedStage::General,
        },
        position: partial.position,
        residues: partial
            .residues
            .iter()
            .map(|residue| residue.to_digits(Order::Lsf))
            .collect(),
    }
}

fn load_partial(saved: SavedPartial) -> Standing {
    let proofs = saved.proofs.into_iter();
    // One that cannot be read counts as left open: a probable prime at worst.
    let proofs = proofs.map(|proof| proof.and_then(load_proof)).collect();
    let partial = Partial {
        stage: match saved.stage {
            SavedStage::Fermat => Stage::Fermat,
            SavedStage::Checked {
                verified,
                seal,
                errors: (total, in_a_row),
            } => Stage::Checked {
                verified,
                seal,
                errors: Errors { total, in_a_row },
            },
            SavedStage::Proth(a) => Stage::Proth { a },
            SavedStage::Llr(p1) => Stage::Llr { p1 },
            SavedStage::Pocklington(a, witnesses) => Stage::Pocklington {
                a,
                witnesses: load_witnesses(witnesses),
            },
            SavedStage::Morrison(p) => Stage::Morrison { p },
            SavedStage::General => Stage::General,
        },
        position: saved.position,
        residues: saved
            .residues
            .iter()
            .map(|digits| Integer::from_digits(digits, Order::Lsf))
            .collect(),
    };
    Standing {
        member: saved.member,
        proofs,
        partial,
    }
}

#[cfg(test)]
mod tests;
