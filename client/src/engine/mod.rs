//! All cores at work on the held blocks.
//!
//! A rayon pool runs one endless loop per thread. Each loop takes the next unit of the first block
//! (in claim order) that has one to give, so when a block runs out of units while its last ones are
//! still computing, the next block's sieve and tests are already taken: no core idles at a block's
//! end. The blocks' search states stand behind one lock that is held only to hand out a unit or to
//! take back a result, never while computing.
//!
//! Whatever goes wrong inside a unit stays inside: a panic marks its block as failed, and a failed
//! block can not be reported.

mod control;
mod cpu_time;
mod happening;
mod scheduler;
mod slot;

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use darkreach_primes::search::{Progress, Search, Unit};

pub use happening::{Happening, Sink};
pub use slot::Spent;

use scheduler::Scheduler;

/// Processor seconds that the calling thread has used so far.
pub fn thread_seconds() -> f64 {
    cpu_time::of_this_thread().as_secs_f64()
}

/// Looks at each unit before it runs; a test can make one fail by panicking here.
pub type Probe = Arc<dyn Fn(i64, &Unit) + Send + Sync>;

/// How an engine is set up.
#[derive(Clone)]
pub struct Options {
    /// Computing threads, at least 1.
    pub threads: usize,
    /// Report every tested candidate, not just primes.
    pub report_all: bool,
    /// See [`Probe`]; none outside tests.
    pub probe: Option<Probe>,
}

/// Why there are no threads.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {threads} computing threads: {source}")]
pub struct EngineError {
    threads: usize,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// A running pool and the blocks it works on.
pub struct Engine {
    shared: Arc<Scheduler>,
    threads: Mutex<Option<JoinHandle<()>>>,
}

/// A block's state between two steps.
#[derive(Clone, Debug)]
pub struct Saved {
    /// What [`Search::resume`] takes.
    pub bytes: Vec<u8>,
    /// Time spent on the block so far, earlier runs included.
    pub spent: Spent,
    /// How far the state is.
    pub progress: Progress,
}

/// Where a block stands.
#[derive(Clone, Copy, Debug)]
pub struct BlockProgress {
    /// The assignment.
    pub id: i64,
    /// How far it is.
    pub progress: Progress,
    /// Units of it that are computing now.
    pub running: usize,
}

impl Engine {
    /// Starts the threads; they wait until a block is added.
    ///
    /// # Errors
    /// [`EngineError`] if the system gives no threads.
    pub fn start(options: Options, sink: Sink) -> Result<Self, EngineError> {
        let threads = options.threads.max(1);
        let refused =
            |source: Box<dyn std::error::Error + Send + Sync>| EngineError { threads, source };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("compute-{i}"))
            .build()
            .map_err(|e| refused(e.into()))?;
        let shared = Arc::new(Scheduler::new(options, sink));
        let inside = Arc::clone(&shared);
        let threads = std::thread::Builder::new()
            .name("compute".to_owned())
            .spawn(move || {
                pool.broadcast(|_| inside.work());
            })
            .map_err(|e| refused(e.into()))?;
        Ok(Self {
            shared,
            threads: Mutex::new(Some(threads)),
        })
    }

    /// Adds a block behind those already there.
    pub fn add(&self, id: i64, search: Search, before: Spent) {
        self.shared.add(id, search, before);
    }

    /// Takes a block out: its units stop at their next safe point and their partial results are
    /// kept in the state. `None` if the block is not there (any more). Blocks the caller meanwhile.
    pub fn remove(&self, id: i64) -> Option<Saved> {
        self.shared.remove(id)
    }

    /// The block's whole state now; [`Happening::Saved`] is sent at that very point, so what the
    /// sink heard before it is contained in the state.
    pub fn save(&self, id: i64) -> Option<Saved> {
        self.shared.save(id)
    }

    /// Asks every running unit for a snapshot and waits until each has left one or has come back,
    /// at most `patience`.
    pub fn snapshot(&self, patience: Duration) {
        self.shared.snapshot(patience);
    }

    /// Where every block stands, in claim order.
    pub fn progress(&self) -> Vec<BlockProgress> {
        self.shared.progress()
    }

    /// Stops all units at their next safe point and ends the threads. The blocks stay, to be saved.
    pub fn stop(&self) {
        self.shared.stop();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(threads) = threads.take()
            && threads.join().is_err()
        {
            tracing::error!("a computing thread ended with a panic");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}
