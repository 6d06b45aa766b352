//! What a search tells while it runs, and in which order: what a checkpoint contains is told before
//! the checkpoint is on disk, so that a search that is killed and goes on has told every prime.

use darkreach_primes::search::ledger::Outcome;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{BLOCK, End, Keeper};
use crate::{
    display::{self, Display, Event, Overview},
    engine::{Engine, Happening},
    error::Error,
    run,
};

/// The events on their way to the display.
pub(super) struct Teller {
    display: Box<dyn Display>,
    happenings: UnboundedReceiver<Happening>,
    /// For programs: phases and checkpoints are told as well.
    json: bool,
    /// Every tested candidate is told.
    candidates: bool,
}

impl Teller {
    pub(super) fn new(
        happenings: UnboundedReceiver<Happening>,
        json: bool,
        candidates: bool,
    ) -> Self {
        Self {
            display: display::choose(json),
            happenings,
            json,
            candidates,
        }
    }

    /// Waits for the next happening. Cancelling loses none.
    pub(super) async fn next(&mut self) -> Option<Happening> {
        self.happenings.recv().await
    }

    /// Tells what happened; says so if it was the end.
    pub(super) fn hear(&mut self, happening: Happening) -> Result<Option<End>, Error> {
        match happening {
            Happening::Decided { id, decided } => {
                if self.candidates {
                    let tested = run::tested_event(id, &decided.expression, decided.outcome);
                    self.display.event(&tested)?;
                }
                if !self.candidates || decided.outcome == Outcome::Prime {
                    self.display.event(&run::prime_event(id, decided))?;
                }
            }
            Happening::Phase { id, phase } if self.json => {
                let assignment = id;
                self.display.event(&Event::Phase { assignment, phase })?;
            }
            Happening::Finished {
                report,
                progress,
                spent,
                ..
            } => return Ok(Some(Ok((report, progress, spent)))),
            Happening::Failed { message, .. } => {
                let hint =
                    "this is a bug or broken hardware: nothing of this run should be trusted";
                return Ok(Some(Err(Error::other(message, hint))));
            }
            Happening::Phase { .. } | Happening::Saved { .. } => {}
        }
        Ok(None)
    }

    /// Tells all that happened until now, or until the state was saved; says so if it was the end.
    pub(super) fn catch_up(&mut self) -> Result<Option<End>, Error> {
        while let Ok(happening) = self.happenings.try_recv() {
            let saved = matches!(happening, Happening::Saved { .. });
            let end = self.hear(happening)?;
            if saved || end.is_some() {
                return Ok(end);
            }
        }
        Ok(None)
    }

    /// Writes a checkpoint, unless the search has just ended; says so if it has.
    pub(super) fn save(
        &mut self,
        engine: &Engine,
        keeper: &Keeper,
        generation: &mut u64,
    ) -> Result<Option<End>, Error> {
        let saved = engine.save(BLOCK);
        let end = self.catch_up()?;
        if let (Some(saved), None) = (saved, &end) {
            *generation += 1;
            keeper.write(*generation, saved.bytes, saved.spent)?;
            if self.json {
                self.display.event(&Event::Checkpoint {
                    assignment: BLOCK,
                    generation: *generation,
                })?;
            }
        }
        Ok(end)
    }

    pub(super) fn overview(&mut self, overview: &Overview<'_>) {
        self.display.overview(overview);
    }

    pub(super) fn finish(&mut self) {
        self.display.finish();
    }
}
