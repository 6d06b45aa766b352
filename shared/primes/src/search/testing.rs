//! Runs the tests of a unit: small candidates several at a time where the processor has use for it,
//! the others one after the other. The results are the same.

use std::sync::Arc;

use super::{
    Control,
    ledger::Outcome,
    report::{Decided, digits},
    unit::{Found, Task, UnitResult, UnitSnapshot},
};
use crate::{
    certificate::Proof,
    forms::{Candidate, Term},
    primality::{
        batch,
        run::{Halt, Monitor, Partial, Standing, steps_per_look},
        term::{self, Verdict, decide, decide_passed},
    },
    spec::SearchSpec,
    strong::Miscalculation,
};

/// The tests of a unit, with what they have decided so far.
pub(super) struct Tests<'a> {
    id: u64,
    spec: &'a Arc<SearchSpec>,
    control: &'a dyn Control,
    indices: Vec<u32>,
    decided: Vec<Decided>,
    mismatches: u32,
    miscalculation: Option<Miscalculation>,
}

/// What was stopped and is left to do.
struct Stopped(Vec<Task>);

impl<'a> Tests<'a> {
    /// Nothing decided.
    pub(super) fn new(id: u64, spec: &'a Arc<SearchSpec>, control: &'a dyn Control) -> Self {
        Self {
            id,
            spec,
            control,
            indices: Vec::new(),
            decided: Vec::new(),
            mismatches: 0,
            miscalculation: None,
        }
    }

    /// Runs them in order, until stopped.
    pub(super) fn run(mut self, tasks: Vec<Task>) -> UnitResult {
        let mut rest = tasks
            .into_iter()
            .filter_map(|task| Some((self.term(&task)?, task)))
            .collect::<Vec<_>>()
            .into_iter();
        let mut left = Vec::new();
        while !rest.as_slice().is_empty() {
            // A test that was stopped in the middle goes on alone.
            let fresh = rest
                .as_slice()
                .iter()
                .take_while(|(_, task)| task.from.is_none());
            // Of pairs the first members: those that pass go on alone.
            let shapes = fresh.map_while(|(term, _)| term.first().kbnc());
            let together = batch::group(shapes);
            let result = if together > 0 {
                self.together(rest.by_ref().take(together).collect())
            } else {
                rest.by_ref()
                    .take(1)
                    .try_for_each(|(term, task)| self.alone(&term, &task))
            };
            if let Err(Stopped(tasks)) = result {
                left = tasks;
                left.extend(rest.map(|(_, task)| task));
                break;
            }
        }
        let found = Found::Tested {
            decided: self.indices,
            left,
        };
        UnitResult {
            id: self.id,
            spec: self.spec.clone(),
            found,
            decided: self.decided,
            mismatches: self.mismatches,
            miscalculation: self.miscalculation,
        }
    }

    fn term(&self, task: &Task) -> Option<Term> {
        self.spec
            .term(self.spec.range.start + u64::from(task.index))
    }

    /// One test, from the start or from where it was stopped.
    fn alone(&mut self, term: &Term, task: &Task) -> Result<(), Stopped> {
        let mut watcher = self.watcher(term, task.index);
        let verdict = decide(term, task.from.as_ref(), &mut watcher);
        self.mismatches = self.mismatches.saturating_add(watcher.mismatches);
        self.finish(term, task.index, verdict)
    }

    /// Fermat tests in one batch, then the proofs of those that pass.
    fn together(&mut self, tasks: Vec<(Term, Task)>) -> Result<(), Stopped> {
        let candidates: Vec<Candidate> = tasks
            .iter()
            .filter_map(|(term, _)| term.first().kbnc())
            .collect();
        let control = self.control;
        let residues = match batch::residues(&candidates, &mut || !control.should_stop()) {
            Some(batch::Outcome::Residues(residues)) => residues,
            Some(batch::Outcome::Halted(partials)) => {
                let tasks = tasks.into_iter().zip(partials);
                return Err(Stopped(
                    tasks
                        .map(|((_, task), from)| Task {
                            from: from.map(Standing::single),
                            ..task
                        })
                        .collect(),
                ));
            }
            None => {
                let mut tasks = tasks.into_iter();
                while let Some((term, task)) = tasks.next() {
                    self.alone(&term, &task).map_err(|Stopped(mut left)| {
                        left.extend(tasks.by_ref().map(|(_, task)| task));
                        Stopped(left)
                    })?;
                }
                return Ok(());
            }
        };
        let mut left = Vec::new();
        for ((term, task), residue) in tasks.into_iter().zip(residues) {
            let proof = residue.proof.filter(|_| term.len() == 1);
            let result = if residue.power != 1 {
                let res64 = residue.power.to_u64_wrapping();
                self.finish(&term, task.index, Ok(Verdict::Composite { res64 }))
            } else if let Some(proof) = proof {
                self.finish(&term, task.index, Ok(Verdict::Prime(vec![proof])))
            } else if left.is_empty() {
                let mut watcher = self.watcher(&term, task.index);
                let verdict = decide_passed(&term, &mut watcher);
                self.mismatches = self.mismatches.saturating_add(watcher.mismatches);
                self.finish(&term, task.index, verdict)
            } else {
                Err(Stopped(vec![task]))
            };
            if let Err(Stopped(tasks)) = result {
                left.extend(tasks);
            }
        }
        if left.is_empty() {
            Ok(())
        } else {
            Err(Stopped(left))
        }
    }

    /// Takes down a verdict.
    fn finish(
        &mut self,
        term: &Term,
        index: u32,
        verdict: Result<Verdict, term::Stopped>,
    ) -> Result<(), Stopped> {
        let (outcome, proofs) = match verdict {
            Ok(Verdict::BelowTwo) => (Outcome::BelowTwo, Vec::new()),
            Ok(Verdict::Prime(proofs)) => (Outcome::Prime, proofs),
            Ok(Verdict::ProbablePrime) => (Outcome::ProbablePrime, Vec::new()),
            Ok(Verdict::Composite { res64 }) => (Outcome::Composite { res64 }, Vec::new()),
            Err(term::Stopped::Asked(standing)) => {
                let from = Some(*standing);
                return Err(Stopped(vec![Task { index, from }]));
            }
            Err(term::Stopped::Miscalculates(error)) => {
                self.miscalculation = Some(error);
                return Err(Stopped(vec![Task { index, from: None }]));
            }
        };
        let digits = match outcome {
            Outcome::Prime | Outcome::ProbablePrime => digits(term),
            _ => 0,
        };
        self.indices.push(index);
        self.decided.push(Decided {
            expression: term.to_string(),
            outcome,
            digits,
            proofs,
        });
        Ok(())
    }

    fn watcher(
        &self,
        term: &Term,
        index: u32,
    ) -> Watcher<'a, impl Fn(Standing) -> UnitSnapshot + Send + use<'a>> {
        let (id, spec) = (self.id, self.spec);
        Watcher {
            control: self.control,
            interval: steps_per_look(term.bits()),
            until_look: 1,
            mismatches: 0,
            member: 0,
            proofs: Vec::new(),
            snapshot: move |standing| UnitSnapshot {
                id,
                spec: spec.clone(),
                index,
                standing,
            },
        }
    }
}

/// Asks the surroundings about every millisecond, and before the first step of each test.
struct Watcher<'a, S> {
    control: &'a dyn Control,
    interval: u32,
    until_look: u32,
    mismatches: u32,
    /// What the states of the stage at work stand for.
    member: u8,
    proofs: Vec<Option<Proof>>,
    snapshot: S,
}

impl<S: Fn(Standing) -> UnitSnapshot + Send> Monitor for Watcher<'_, S> {
    #[inline]
    fn step(&mut self, _: u64, _: u64, save: &dyn Fn() -> Partial) -> Result<(), Halt> {
        self.until_look -= 1;
        if self.until_look > 0 {
            return Ok(());
        }
        self.until_look = self.interval;
        if self.control.should_stop() {
            return Err(Halt::Stopped(Box::new(save())));
        }
        if self.control.wants_snapshot() {
            self.control.snapshot((self.snapshot)(Standing {
                member: self.member,
                proofs: self.proofs.clone(),
                partial: save(),
            }));
        }
        Ok(())
    }

    fn enter(&mut self, member: u8, proofs: &[Option<Proof>]) {
        self.member = member;
        self.proofs = proofs.to_vec();
        self.until_look = 1;
    }

    fn mismatches(&mut self, count: u32) {
        self.mismatches += count;
    }
}
