//! What `run` tells, one event at a time. As JSON an event is one line with its name in `event`;
//! names and fields, once released, keep their meaning.

use darkreach_primes::{
    certificate::Proof,
    search::{Phase, Progress},
};
use darkreach_protocol::work::ReleaseReason;
use serde::Serialize;
use uuid::Uuid;

/// Where one held block stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeldProgress {
    /// The lease.
    pub assignment: i64,
    /// What it searches, in words.
    #[serde(skip)]
    pub description: String,
    /// Its estimated cost in reference core seconds.
    #[serde(skip)]
    pub cost: f64,
    /// How far it is.
    #[serde(flatten)]
    pub progress: Progress,
}

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The worker is at work.
    Started {
        /// This program.
        version: &'static str,
        /// The server.
        server: String,
        /// The node there.
        node: String,
        /// Computing threads.
        threads: usize,
        /// This process.
        pid: u32,
    },
    /// A block is held: new, or resumed after a restart.
    Claimed {
        /// The lease.
        assignment: i64,
        /// Its job.
        job: i64,
        /// Its block.
        block: i64,
        /// What it searches.
        description: String,
        /// The share that was already done by a checkpoint, 0 to 1.
        done: f64,
        /// Whether it was held before this start.
        resumed: bool,
    },
    /// A block entered a phase.
    Phase {
        /// The lease.
        assignment: i64,
        /// The phase.
        phase: Phase,
    },
    /// A candidate was tested (only with `--log-candidates`). A later `checkpoint` of the same
    /// assignment contains it.
    Tested {
        /// The lease.
        assignment: i64,
        /// The candidate.
        expression: String,
        /// `composite`, `prime`, `probable_prime`, `algebraic` or `below_two`.
        outcome: &'static str,
        /// RES64 of a composite.
        #[serde(skip_serializing_if = "Option::is_none")]
        res64: Option<String>,
    },
    /// A prime was found and proved.
    Prime {
        /// The lease.
        assignment: i64,
        /// The prime.
        expression: String,
        /// Its decimal digits.
        digits: u64,
        /// Its proof, of a pair that of the first number.
        proof: Option<Proof>,
        /// Of a pair the proof of the second number.
        #[serde(skip_serializing_if = "Option::is_none")]
        second: Option<Proof>,
    },
    /// The state is safely on disk.
    Checkpoint {
        /// The lease.
        assignment: i64,
        /// Counts up by one per checkpoint.
        generation: u64,
    },
    /// The server heard of us.
    Heartbeat {
        /// The blocks told.
        assignments: Vec<HeldProgress>,
    },
    /// Every candidate is decided, and the result is safely on disk.
    Reported {
        /// The lease.
        assignment: i64,
        /// The report's key.
        key: Uuid,
        /// Candidates.
        candidates: u64,
        /// Of these, removed by a factor.
        sieved: u64,
        /// Tested.
        tested: u64,
        /// Primes.
        primes: u64,
        /// Processor seconds.
        cpu_seconds: f64,
        /// Seconds from the first unit to the last.
        wall_seconds: f64,
    },
    /// The server has the result.
    Receipt {
        /// The lease.
        assignment: i64,
        /// The report's key.
        key: Uuid,
        /// The result there.
        result: i64,
    },
    /// The server will never take the result; it was set aside.
    Refused {
        /// The lease.
        assignment: i64,
        /// The report's key.
        key: Uuid,
        /// The server's words.
        reason: String,
    },
    /// A lease was handed back.
    Released {
        /// The lease.
        assignment: i64,
        /// Why.
        reason: ReleaseReason,
    },
    /// A block was dropped because the server says that its lease is over.
    Abandoned {
        /// The lease.
        assignment: i64,
    },
    /// A block's computation failed; nothing of it is reported.
    Failed {
        /// The lease.
        assignment: i64,
        /// How.
        reason: String,
    },
    /// Something must wait; what can go on goes on.
    Waiting {
        /// For what.
        reason: String,
        /// How long, until the next attempt.
        seconds: f64,
    },
    /// Something is not as it should be, but work goes on.
    Warning {
        /// What.
        message: String,
    },
    /// A new version of this program is tried on the work.
    Trying {
        /// The version.
        version: String,
    },
    /// The new version is this program now; the process goes on as it.
    Updated {
        /// The version.
        version: String,
    },
    /// The new version was not installed; this program goes on.
    NotUpdated {
        /// The version.
        version: String,
        /// `rolled_back` (it does not work here and is not tried again), `postponed` or `failed`.
        attempt: &'static str,
        /// Why.
        reason: String,
    },
    /// The worker ends.
    Stopped {
        /// `idle`, `signal` or `error`.
        reason: &'static str,
        /// Blocks still held.
        held: usize,
        /// Results without a receipt.
        outbox: usize,
    },
}
