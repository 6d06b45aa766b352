//! What the engine tells its owner.

use std::sync::Arc;

use darkreach_primes::search::{Phase, report::BlockReport, report::Decided};

use super::Spent;

/// Something happened to a block.
#[derive(Clone, Debug)]
pub enum Happening {
    /// It entered a phase.
    Phase {
        /// The block.
        id: i64,
        /// The phase.
        phase: Phase,
    },
    /// A test decided a candidate, and the result is in the block's state.
    Decided {
        /// The block.
        id: i64,
        /// The candidate.
        decided: Decided,
    },
    /// The state was saved: all that was told before is in it, nothing that is told after.
    Saved {
        /// The block.
        id: i64,
    },
    /// Every candidate is decided. The engine has let go of the block.
    Finished {
        /// The block.
        id: i64,
        /// Its results.
        report: BlockReport,
        /// Candidates: all, sieved, tested, primes.
        progress: darkreach_primes::search::Progress,
        /// Time spent.
        spent: Spent,
    },
    /// The computation failed. The engine has let go of the block; there is no result.
    Failed {
        /// The block.
        id: i64,
        /// How.
        message: String,
    },
}

/// Where happenings go. Called with the engine's lock held: it must neither block nor call back.
pub type Sink = Arc<dyn Fn(Happening) + Send + Sync>;
