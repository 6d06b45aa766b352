//! What researchers read: jobs, blocks, primes, candidates, statistics, in cursor pages.

use chrono::{DateTime, Utc};
use darkreach_primes::{certificate::Proof, spec::SearchSpec};
use serde::{Deserialize, Serialize};

/// One page. Follow `next` until it is absent; pages never overlap and never skip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Opaque: give it as `cursor=` to get the following page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The state of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Blocks are handed out.
    Running,
    /// No blocks are handed out until it is resumed.
    Paused,
    /// Ended before it was finished.
    Cancelled,
    /// Every block is validated.
    Validated,
}

/// A search over a range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Identifier.
    pub id: i64,
    /// State.
    pub status: JobStatus,
    /// What is searched.
    pub spec: SearchSpec,
    /// The same in words.
    pub description: String,
    /// Values of the running variable per block.
    pub block_size: u64,
    /// Blocks by state.
    pub blocks: BlockCounts,
    /// Candidates whose results are validated.
    pub candidates: u64,
    /// Of these, tested (not removed by a factor).
    pub tested: u64,
    /// Of these, primes.
    pub primes: u64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When its last block was validated.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether the union of its blocks is exactly its range, with no gap and no overlap.
    pub covered: bool,
}

/// Blocks of a job by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockCounts {
    /// All.
    pub total: u64,
    /// Waiting for a worker.
    pub available: u64,
    /// Leased.
    pub leased: u64,
    /// Reported, not checked yet.
    pub reported: u64,
    /// Checked and accepted.
    pub validated: u64,
    /// Given up after repeated failures; a maintainer must look.
    pub failed: u64,
}

/// A block of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Identifier.
    pub id: i64,
    /// First value of the running variable.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// `available`, `leased`, `reported`, `validated`, `failed` or `cancelled`.
    pub status: String,
    /// Estimated cost in reference core seconds.
    pub cost: f64,
    /// Share done as last reported, 0 to 1.
    pub progress: f64,
}

/// A prime that was found and whose proof was verified by the server, or a probable prime that
/// passed the server's own test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prime {
    /// Identifier.
    pub id: i64,
    /// Form, for example `kbn`.
    pub form: String,
    /// Expression in normal form.
    pub expression: String,
    /// Decimal digits.
    pub digits: u64,
    /// The proof, of a pair that of the first number; none for a probable prime.
    pub proof: Option<Proof>,
    /// Of a pair the proof of the second number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Proof>,
    /// The job that found it first.
    pub job_id: Option<i64>,
    /// When.
    pub found_at: DateTime<Utc>,
}

/// What became of one candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateResult {
    /// Its job.
    pub job_id: i64,
    /// Its block.
    pub block_id: i64,
    /// Form.
    pub form: String,
    /// Expression.
    pub expression: String,
    /// `factor`, `composite`, `prime`, `probable_prime`, `below_two` or `algebraic`.
    pub outcome: CandidateOutcome,
    /// The factor, where one removed it; a string, because JSON numbers end at 2^53.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// RES64, 16 hexadecimal digits, where a test decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub res64: Option<String>,
    /// The test that `res64` belongs to: `fermat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// Its base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_base: Option<u32>,
}

/// The kinds of outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CandidateOutcome {
    /// Removed by a factor.
    Factor,
    /// Composite by a test.
    Composite,
    /// Prime with a verified proof.
    Prime,
    /// Passed a probable prime test.
    ProbablePrime,
    /// N < 2.
    BelowTwo,
    /// Composite by an algebraic factorisation of its form; not tested.
    Algebraic,
}

/// Totals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Primes in the database.
    pub primes: u64,
    /// Of these, by form.
    pub primes_by_form: Vec<FormCount>,
    /// Digits of the largest.
    pub largest_digits: u64,
    /// Jobs.
    pub jobs: u64,
    /// Blocks validated.
    pub blocks_validated: u64,
    /// Candidates validated.
    pub candidates: u64,
    /// Nodes that reported at least one result.
    pub nodes: u64,
}

/// A count for one form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormCount {
    /// Form.
    pub form: String,
    /// Count.
    pub count: u64,
}
