//! Runs the tests of a unit: small candidates several at a time where the processor has use for it,
//! the others one after the other. The results are the same.

use std::sync::Arc;

use super::{
    Control,
    ledger::Outcome,
    report::Decided,
    unit::{Found, Task, UnitSnapshot},
};
use crate::{
    forms::Candidate,
    primality::{
        batch,
        decide::{Decision, decide, decide_passed},
        run::{Halt, Monitor, Partial, steps_per_look},
    },
    spec::SearchSpec,
};

/// The tests of a unit, with what they have decided so far.
pub(super) struct Tests<'a> {
    id: u64,
    spec: &'a Arc<SearchSpec>,
    control: &'a dyn Control,
    indices: Vec<u32>,
    decided: Vec<Decided>,
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
        }
    }

    /// Runs them in order, until stopped.
    pub(super) fn run(mut self, tasks: Vec<Task>) -> (Found, Vec<Decided>) {
        let mut rest = tasks
            .into_iter()
            .filter_map(|task| Some((self.candidate(&task)?, task)))
            .collect::<Vec<_>>()
            .into_iter();
        let mut left = Vec::new();
        while !rest.as_slice().is_empty() {
            // A test that was stopped in the middle goes on alone.
            let fresh = rest
                .as_slice()
                .iter()
                .take_while(|(_, task)| task.from.is_none());
            let together = batch::group(fresh.map(|(candidate, _)| *candidate));
            let result = if together > 0 {
                self.together(rest.by_ref().take(together).collect())
            } else {
                rest.by_ref()
                    .take(1)
                    .try_for_each(|(candidate, task)| self.alone(&candidate, &task))
            };
            if let Err(Stopped(tasks)) = result {
                left = tasks;
                left.extend(rest.map(|(_, task)| task));
                break;
            }
        }
        let decided = self.indices;
        (Found::Tested { decided, left }, self.decided)
    }

    fn candidate(&self, task: &Task) -> Option<Candidate> {
        self.spec
            .candidate(self.spec.range.start + u64::from(task.index))
    }

    /// One test, from the start or from where it was stopped.
    fn alone(&mut self, candidate: &Candidate, task: &Task) -> Result<(), Stopped> {
        let mut watcher = self.watcher(candidate, task.index);
        let decision = decide(candidate, true, task.from.as_ref(), &mut watcher);
        self.finish(candidate, task.index, decision)
    }

    /// Fermat tests in one batch, then the proofs of those that pass.
    fn together(&mut self, tasks: Vec<(Candidate, Task)>) -> Result<(), Stopped> {
        let candidates: Vec<Candidate> = tasks.iter().map(|(candidate, _)| *candidate).collect();
        let control = self.control;
        let residues = match batch::residues(&candidates, &mut || !control.should_stop()) {
            Some(batch::Outcome::Residues(residues)) => residues,
            Some(batch::Outcome::Halted(partials)) => {
                let tasks = tasks.into_iter().zip(partials);
                return Err(Stopped(
                    tasks
                        .map(|((_, task), from)| Task { from, ..task })
                        .collect(),
                ));
            }
            None => {
                let mut tasks = tasks.into_iter();
                while let Some((candidate, task)) = tasks.next() {
                    self.alone(&candidate, &task).map_err(|Stopped(mut left)| {
                        left.extend(tasks.by_ref().map(|(_, task)| task));
                        Stopped(left)
                    })?;
                }
                return Ok(());
            }
        };
        let mut left = Vec::new();
        for ((candidate, task), residue) in tasks.into_iter().zip(residues) {
            let result = if residue != 1 {
                let res64 = Some(residue.to_u64_wrapping());
                self.finish(&candidate, task.index, Ok(Decision::Composite { res64 }))
            } else if left.is_empty() {
                let mut watcher = self.watcher(&candidate, task.index);
                let decision = decide_passed(&candidate, &mut watcher);
                self.finish(&candidate, task.index, decision)
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

    /// Takes down a decision.
    fn finish(
        &mut self,
        candidate: &Candidate,
        index: u32,
        decision: Result<Decision, Halt>,
    ) -> Result<(), Stopped> {
        let (outcome, proof) = match decision {
            Ok(Decision::BelowTwo) => (Outcome::BelowTwo, None),
            Ok(Decision::Prime(proof)) => (Outcome::Prime, Some(proof)),
            Ok(Decision::ProbablePrime) => (Outcome::ProbablePrime, None),
            Ok(Decision::Composite { res64 }) => {
                let res64 = res64.expect("a search runs the Fermat test first");
                (Outcome::Composite { res64 }, None)
            }
            Err(Halt(partial)) => {
                let from = Some(*partial);
                return Err(Stopped(vec![Task { index, from }]));
            }
        };
        self.indices.push(index);
        self.decided.push(Decided {
            expression: candidate.to_string(),
            outcome,
            proof,
        });
        Ok(())
    }

    fn watcher(
        &self,
        candidate: &Candidate,
        index: u32,
    ) -> Watcher<'a, impl Fn(Partial) -> UnitSnapshot + use<'a>> {
        let (id, spec) = (self.id, self.spec);
        Watcher {
            control: self.control,
            interval: steps_per_look(candidate.bits()),
            until_look: 1,
            snapshot: move |partial| UnitSnapshot {
                id,
                spec: spec.clone(),
                index,
                partial,
            },
        }
    }
}

/// Asks the surroundings about every millisecond, and before the first step of each test.
struct Watcher<'a, S> {
    control: &'a dyn Control,
    interval: u32,
    until_look: u32,
    snapshot: S,
}

impl<S: Fn(Partial) -> UnitSnapshot> Monitor for Watcher<'_, S> {
    #[inline]
    fn step(&mut self, _: u64, _: u64, save: &dyn Fn() -> Partial) -> Result<(), Halt> {
        self.until_look -= 1;
        if self.until_look > 0 {
            return Ok(());
        }
        self.until_look = self.interval;
        if self.control.should_stop() {
            return Err(Halt(Box::new(save())));
        }
        if self.control.wants_snapshot() {
            self.control.snapshot((self.snapshot)(save()));
        }
        Ok(())
    }
}
