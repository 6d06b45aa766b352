//! One block inside the engine.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use darkreach_primes::search::{Phase, Search};
use serde::{Deserialize, Serialize};

/// Time spent on a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Processor time in seconds.
    pub cpu_seconds: f64,
    /// Time from the first unit to the last in seconds, summed over runs.
    pub wall_seconds: f64,
}

pub(super) struct Slot {
    pub(super) id: i64,
    pub(super) search: Search,
    /// Units out.
    pub(super) running: usize,
    /// Set to call the units of this block back.
    pub(super) stop: Arc<AtomicBool>,
    /// No more units are handed out.
    pub(super) closing: bool,
    pub(super) phase: Option<Phase>,
    before: Spent,
    cpu: Duration,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Slot {
    pub(super) fn new(id: i64, search: Search, before: Spent) -> Self {
        Self {
            id,
            search,
            running: 0,
            stop: Arc::new(AtomicBool::new(false)),
            closing: false,
            phase: None,
            before,
            cpu: Duration::ZERO,
            first: None,
            last: None,
        }
    }

    pub(super) fn started(&mut self, at: Instant) {
        self.running += 1;
        self.first.get_or_insert(at);
    }

    pub(super) fn ended(&mut self, cpu: Duration) {
        self.running -= 1;
        self.cpu += cpu;
        self.last = Some(Instant::now());
    }

    pub(super) fn spent(&self) -> Spent {
        let wall = match (self.first, self.last) {
            (Some(first), Some(last)) => last.saturating_duration_since(first),
            _ => Duration::ZERO,
        };
        Spent {
            cpu_seconds: self.before.cpu_seconds + self.cpu.as_secs_f64(),
            wall_seconds: self.before.wall_seconds + wall.as_secs_f64(),
        }
    }
}
