//! Which unit runs next, and what becomes of its result.
//!
//! Everything that a thread does to a search state happens here under the lock, and inside a guard
//! that turns a panic of the state machine into a failed block instead of a poisoned lock.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use darkreach_primes::search::{
    Next, Phase, Search, Unit, UnitResult, UnitSnapshot, ledger::Outcome, report::Decided,
};

use super::{
    BlockProgress, Happening, Options, Saved, Sink, Spent, control::UnitControl, cpu_time,
    slot::Slot,
};

/// The blocks, the units that are out, and the threads that wait.
pub(super) struct Scheduler {
    options: Options,
    sink: Sink,
    state: Mutex<State>,
    /// Threads without a unit wait here.
    work: Condvar,
    /// Those who wait for units to come back or to answer wait here.
    progress: Condvar,
    stopping: AtomicBool,
    round: AtomicU64,
}

#[derive(Default)]
struct State {
    slots: Vec<Slot>,
    /// The snapshot round that each running unit has answered, by serial number.
    running: HashMap<u64, u64>,
    serial: u64,
}

/// A unit on its way to a thread.
struct Handout {
    block: i64,
    serial: u64,
    round: u64,
    stop: Arc<AtomicBool>,
    unit: Unit,
}

impl Scheduler {
    pub(super) fn new(options: Options, sink: Sink) -> Self {
        Self {
            options,
            sink,
            state: Mutex::default(),
            work: Condvar::new(),
            progress: Condvar::new(),
            stopping: AtomicBool::new(false),
            round: AtomicU64::new(0),
        }
    }

    /// A panic under the lock is always caught before it could leave a half-changed state behind
    /// ([`guarded`] drops the block), so a poisoned lock is still a sound one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, happening: Happening) {
        (self.sink)(happening);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    pub(super) fn round(&self) -> u64 {
        self.round.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, id: i64, search: Search, before: Spent) {
        self.lock().slots.push(Slot::new(id, search, before));
        self.work.notify_all();
    }

    /// The loop of one computing thread.
    pub(super) fn work(&self) {
        while let Some(handout) = self.take() {
            let (block, serial) = (handout.block, handout.serial);
            let start = cpu_time::of_this_thread();
            let control = UnitControl {
                scheduler: self,
                block,
                serial,
                stop: handout.stop,
                answered: AtomicU64::new(handout.round),
            };
            let unit = handout.unit;
            let result = catch_unwind(AssertUnwindSafe(|| {
                if let Some(probe) = &self.options.probe {
                    probe(block, &unit);
                }
                unit.run(&control)
            }));
            let cpu = cpu_time::of_this_thread().saturating_sub(start);
            self.give_back(
                block,
                serial,
                result.map_err(|panic| panic_text(&*panic)),
                cpu,
            );
        }
    }

    /// The next unit; waits for one; `None` when the engine stops.
    fn take(&self) -> Option<Handout> {
        let mut state = self.lock();
        loop {
            if self.is_stopping() {
                return None;
            }
            if let Some(handout) = self.try_take(&mut state) {
                return Some(handout);
            }
            state = self
                .work
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn try_take(&self, state: &mut State) -> Option<Handout> {
        let mut index = 0;
        while index < state.slots.len() {
            let slot = &mut state.slots[index];
            if slot.closing {
                index += 1;
                continue;
            }
            match guarded(|| slot.search.next()) {
                Ok(Next::Unit(unit)) => {
                    slot.started(Instant::now());
                    let (block, stop) = (slot.id, Arc::clone(&slot.stop));
                    self.tell_phase(slot);
                    state.serial += 1;
                    let round = self.round();
                    state.running.insert(state.serial, round);
                    return Some(Handout {
                        block,
                        serial: state.serial,
                        round,
                        stop,
                        unit,
                    });
                }
                Ok(Next::Wait) => index += 1,
                Ok(Next::Done) => self.finish(state, index),
                Err(message) => self.fail(state, index, message),
            }
        }
        None
    }

    fn give_back(
        &self,
        block: i64,
        serial: u64,
        result: Result<UnitResult, String>,
        cpu: Duration,
    ) {
        let told = result
            .as_ref()
            .map_or_else(|_| Vec::new(), |r| self.worth_telling(r));
        let mut state = self.lock();
        state.running.remove(&serial);
        // A block that failed or was dropped meanwhile is not there any more: its units are void.
        if let Some(index) = state.slots.iter().position(|s| s.id == block) {
            let slot = &mut state.slots[index];
            slot.ended(cpu);
            let outcome = result.and_then(|result| match result.miscalculation() {
                Some(error) => Err(error.to_string()),
                None => guarded(|| slot.search.complete(result)),
            });
            match outcome {
                Ok(()) => {
                    for decided in told {
                        self.tell(Happening::Decided { id: block, decided });
                    }
                    self.tell_phase(slot);
                    let done = slot.running == 0 && !slot.closing;
                    // The last unit of a block: see at once whether the block is finished, also
                    // when no thread asks for more because the engine is about to stop.
                    if done && slot.phase == Some(Phase::Done) {
                        self.finish(&mut state, index);
                    }
                }
                Err(message) => self.fail(&mut state, index, message),
            }
        }
        drop(state);
        self.work.notify_all();
        self.progress.notify_all();
    }

    fn worth_telling(&self, result: &UnitResult) -> Vec<Decided> {
        result
            .decided()
            .iter()
            .filter(|d| {
                self.options.report_all
                    || matches!(d.outcome, Outcome::Prime | Outcome::ProbablePrime)
            })
            .cloned()
            .collect()
    }

    fn tell_phase(&self, slot: &mut Slot) {
        let phase = slot.search.progress().phase;
        if slot.phase != Some(phase) {
            slot.phase = Some(phase);
            self.tell(Happening::Phase { id: slot.id, phase });
        }
    }

    fn finish(&self, state: &mut State, index: usize) {
        let slot = state.slots.remove(index);
        let id = slot.id;
        let mismatches = slot.search.mismatches();
        if mismatches > 0 {
            tracing::warn!(
                assignment = id,
                mismatches,
                "this computer miscalculated; the check caught it and the parts were computed again. \
                 Look at its memory, its cooling and any overclocking"
            );
        }
        let report = guarded(|| slot.search.report());
        self.tell(match report {
            Ok(Some(report)) => Happening::Finished {
                id,
                report,
                progress: slot.search.progress(),
                spent: slot.spent(),
            },
            Ok(None) => Happening::Failed {
                id,
                message: "the search says it is done but has no report".to_owned(),
            },
            Err(message) => Happening::Failed { id, message },
        });
    }

    fn fail(&self, state: &mut State, index: usize, message: String) {
        let slot = state.slots.remove(index);
        slot.stop.store(true, Ordering::Relaxed);
        self.tell(Happening::Failed {
            id: slot.id,
            message,
        });
    }

    /// Stores a snapshot, if its unit is still out.
    pub(super) fn note(&self, block: i64, serial: u64, round: u64, snapshot: UnitSnapshot) {
        let mut state = self.lock();
        let Some(answered) = state.running.get_mut(&serial) else {
            return;
        };
        *answered = round;
        if let Some(index) = state.slots.iter().position(|s| s.id == block)
            && let Err(message) = guarded(|| state.slots[index].search.note(snapshot))
        {
            self.fail(&mut state, index, message);
        }
        drop(state);
        self.progress.notify_all();
    }

    pub(super) fn snapshot(&self, patience: Duration) {
        let state = self.lock();
        let round = self.round.fetch_add(1, Ordering::Relaxed) + 1;
        let waited = self.progress.wait_timeout_while(state, patience, |state| {
            state.running.values().any(|answered| *answered < round)
        });
        drop(waited);
    }

    pub(super) fn save(&self, id: i64) -> Option<Saved> {
        let mut state = self.lock();
        let index = state.slots.iter().position(|s| s.id == id)?;
        let slot = &state.slots[index];
        match guarded(|| saved(slot)) {
            Ok(saved) => {
                self.tell(Happening::Saved { id });
                Some(saved)
            }
            Err(message) => {
                self.fail(&mut state, index, message);
                None
            }
        }
    }

    pub(super) fn remove(&self, id: i64) -> Option<Saved> {
        let mut state = self.lock();
        let slot = state.slots.iter_mut().find(|s| s.id == id)?;
        slot.closing = true;
        slot.stop.store(true, Ordering::Relaxed);
        let mut state = self
            .progress
            .wait_while(state, |state| {
                state.slots.iter().any(|s| s.id == id && s.running > 0)
            })
            .unwrap_or_else(PoisonError::into_inner);
        let index = state.slots.iter().position(|s| s.id == id)?;
        let slot = state.slots.remove(index);
        guarded(|| saved(&slot)).ok()
    }

    pub(super) fn progress(&self) -> Vec<BlockProgress> {
        self.lock()
            .slots
            .iter()
            .map(|slot| BlockProgress {
                id: slot.id,
                progress: slot.search.progress(),
                running: slot.running,
            })
            .collect()
    }

    pub(super) fn stop(&self) {
        let state = self.lock();
        self.stopping.store(true, Ordering::Relaxed);
        drop(state);
        self.work.notify_all();
    }
}

fn saved(slot: &Slot) -> Saved {
    Saved {
        bytes: slot.search.save(),
        spent: slot.spent(),
        progress: slot.search.progress(),
    }
}

/// Runs a step of a state machine; a panic becomes its text.
fn guarded<T>(step: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(step)).map_err(|panic| panic_text(&*panic))
}

fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    format!(
        "the computation panicked: {}",
        text.as_deref().unwrap_or("no message")
    )
}
