//! A block that this node holds.

use std::time::Instant;

use darkreach_primes::search::Progress;
use darkreach_protocol::work::{Assignment, ReleaseReason};

use crate::{display::Event, engine::Spent};

/// What the worker knows of a held block.
pub(super) struct Held {
    pub(super) assignment: Assignment,
    /// Newest checkpoint generation.
    pub(super) generation: u64,
    /// Hash of the state in it, to save only what changed.
    pub(super) saved: Option<blake3::Hash>,
    pub(super) uploaded: Instant,
    pub(super) progress: Progress,
    pub(super) stage: Stage,
    /// Events that a checkpoint under way does not contain: told after it.
    pub(super) later: Option<Vec<Event>>,
}

/// Where a held block is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stage {
    /// In the engine.
    Computing,
    /// Being taken out of the engine.
    Leaving,
    /// Decided; the result could not be written yet (a full disk) and is tried again.
    Unsaved,
}

/// Why a block leaves the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// The job is paused: hand it back with its checkpoint.
    Ordered,
    /// The lease is over.
    Abandoned,
}

/// A lease to hand back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Release {
    pub(super) reason: ReleaseReason,
    pub(super) detail: Option<String>,
    /// The state to leave with the server.
    pub(super) state: Option<Vec<u8>>,
}

impl Release {
    /// Of a block that this host can not do.
    pub(super) fn failed(how: &str) -> Self {
        Self {
            reason: ReleaseReason::Failed,
            // The protocol's limit.
            detail: Some(how.chars().take(500).collect()),
            state: None,
        }
    }
}

/// A block on its way into the engine.
pub(super) struct Entering {
    pub(super) held: Held,
    pub(super) search: darkreach_primes::search::Search,
    pub(super) spent: Spent,
}

impl Held {
    pub(super) fn new(assignment: Assignment, progress: Progress) -> Self {
        Self {
            assignment,
            generation: 0,
            saved: None,
            uploaded: Instant::now(),
            progress,
            stage: Stage::Computing,
            later: None,
        }
    }

    pub(super) fn is_computing(&self) -> bool {
        self.stage == Stage::Computing
    }
}
