//! What a running unit may ask: should it stop, is a snapshot wanted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use darkreach_primes::search::{Control, UnitSnapshot};

use super::scheduler::Scheduler;

/// The engine's side of one running unit.
pub(super) struct UnitControl<'a> {
    pub(super) scheduler: &'a Scheduler,
    pub(super) block: i64,
    /// The unit's number, never used twice.
    pub(super) serial: u64,
    pub(super) stop: Arc<AtomicBool>,
    /// The snapshot round that this unit has answered.
    pub(super) answered: AtomicU64,
}

impl Control for UnitControl<'_> {
    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.scheduler.is_stopping()
    }

    fn wants_snapshot(&self) -> bool {
        self.answered.load(Ordering::Relaxed) < self.scheduler.round()
    }

    fn snapshot(&self, snapshot: UnitSnapshot) {
        let round = self.scheduler.round();
        self.answered.store(round, Ordering::Relaxed);
        self.scheduler
            .note(self.block, self.serial, round, snapshot);
    }
}
