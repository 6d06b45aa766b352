//! The way of a block: claimed, reported on while it runs, its result handed in.

use chrono::{DateTime, Utc};
use darkreach_primes::{
    search::{
        Progress,
        report::{BlockReport, ProvedPrime},
    },
    spec::SearchSpec,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::problem::Problem;

/// A worker asks for blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRequest {
    /// How many new blocks it wants at most, 1 to 64.
    pub max_blocks: u32,
    /// The assignments it knows that it holds. Live leases of this node that are not listed are
    /// handed out again first, so that an answer lost on the way loses no block.
    pub holding: Vec<i64>,
    /// Measured speed in reference core seconds per second over the whole host, once known; the
    /// server computes deadlines from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
}

/// A leased block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The lease.
    pub id: i64,
    /// Its job.
    pub job_id: i64,
    /// Its block.
    pub block_id: i64,
    /// What to search: the job's search over the block's range.
    pub spec: SearchSpec,
    /// Estimated cost in reference core seconds.
    pub cost: f64,
    /// When the lease ends if no heartbeat extends it, by the server's clock.
    pub deadline: DateTime<Utc>,
    /// The same as seconds from now, for hosts whose clock is wrong.
    pub lease_seconds: u32,
    /// Whether a checkpoint lies ready at [`crate::paths::checkpoint`].
    pub checkpoint: Option<CheckpointInfo>,
}

/// A checkpoint that can be resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointInfo {
    /// Bytes.
    pub size: u64,
    /// Whether this node wrote it.
    pub own: bool,
}

/// What the server hands out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimResponse {
    /// The leases, possibly fewer than asked for.
    pub assignments: Vec<Assignment>,
    /// With no assignment: why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<NoWork>,
    /// With no assignment: ask again after this many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

/// Why there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoWork {
    /// No job is running.
    NoRunningJob,
    /// Every block of every running job is leased or finished.
    AllBlocksTaken,
}

impl std::fmt::Display for NoWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoRunningJob => "no job is running",
            Self::AllBlocksTaken => "every block of every running job is taken",
        })
    }
}

/// A sign of life, with the progress of everything held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatRequest {
    /// The worker program's version.
    pub client_version: String,
    /// Cores in use.
    pub cores: u32,
    /// One entry per assignment held.
    pub assignments: Vec<AssignmentProgress>,
}

/// Progress of one assignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentProgress {
    /// The lease.
    pub id: i64,
    /// How far it is.
    pub progress: Progress,
}

/// The server's answer to a heartbeat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeartbeatResponse {
    /// One entry per assignment of the request.
    pub orders: Vec<AssignmentOrder>,
    /// A command left for this worker by a maintainer; delivered once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// What to do with one assignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentOrder {
    /// The lease.
    pub id: i64,
    /// The order.
    pub order: Order,
    /// The new deadline in seconds from now, when it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_seconds: Option<u32>,
}

/// Orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Go on; the lease is extended.
    Continue,
    /// The job was paused: upload a checkpoint, release the assignment.
    Stop,
    /// The lease is over (reclaimed, cancelled, or never this node's): drop the work.
    Abandon,
}

/// The results of a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultReport {
    /// Made by the client, once per assignment: the same key is the same report.
    pub key: Uuid,
    /// The worker program's version.
    pub client_version: String,
    /// The packed outcomes ([`darkreach_primes::search::ledger`]), standard base64.
    #[serde(with = "base64_bytes")]
    pub ledger: Vec<u8>,
    /// The primes with their proofs, ascending.
    pub primes: Vec<ProvedPrime>,
    /// Processor time spent in seconds.
    pub cpu_seconds: f64,
    /// Time from the first unit to the last in seconds.
    pub wall_seconds: f64,
}

impl ResultReport {
    /// The part that a check needs.
    pub fn block_report(&self) -> BlockReport {
        BlockReport {
            ledger: self.ledger.clone(),
            primes: self.primes.clone(),
        }
    }
}

/// The server has the result on disk; the client may forget it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The key of the report.
    pub key: Uuid,
    /// The stored result.
    pub result_id: i64,
    /// When it was first received.
    pub received_at: DateTime<Utc>,
}

/// The results of several blocks of a node, at most [`MAX_REPORTS`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportBatch {
    /// The results; each is taken or refused by itself.
    pub reports: Vec<BlockResult>,
}

/// How many results one [`ReportBatch`] may have.
pub const MAX_REPORTS: usize = 64;

/// The result of one block of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockResult {
    /// The lease.
    pub assignment: i64,
    /// The results.
    pub report: ResultReport,
}

/// What became of the results of a [`ReportBatch`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// One entry per report, in the same order.
    pub answers: Vec<ReportAnswer>,
}

/// The answer to one report of several: what it would have been alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportAnswer {
    /// It is on disk.
    Receipt(Receipt),
    /// It was refused.
    Problem(Problem),
}

/// A node hands a lease back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseRequest {
    /// Why.
    pub reason: ReleaseReason,
    /// More for people, at most 500 characters; no secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Why a lease is handed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// The worker stops.
    Shutdown,
    /// The server ordered it.
    Ordered,
    /// The computation failed on this host; the detail says how. Counts against block and node.
    Failed,
}

/// Bytes as standard base64 in JSON.
mod base64_bytes {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        STANDARD.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}
