//! Results: stored at once, believed only after the check.

use darkreach_primes::{
    search::report::{BlockReport, Checked, Rejection},
    spec::SearchSpec,
};
use darkreach_protocol::{
    read::{CandidateOutcome, CandidateResult, Page},
    work::{Receipt, ResultReport},
};

use super::{Db, DbError};

/// A stored result that nobody has checked yet.
#[derive(Clone, Debug)]
pub struct Unchecked {
    /// The result.
    pub result_id: i64,
    /// Its job.
    pub job_id: i64,
    /// Its block.
    pub block_id: i64,
    /// The search over the block that it claims to answer.
    pub spec: SearchSpec,
    /// What the node reported.
    pub report: BlockReport,
    /// The node that reported it.
    pub node: String,
}

/// Which candidates to read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this form.
    pub form: Option<String>,
    /// Only this job.
    pub job: Option<i64>,
    /// Only this outcome.
    pub outcome: Option<CandidateOutcome>,
}

/// Stores a result. The same key again gives the same receipt and stores nothing.
///
/// # Errors
/// [`DbError::NotLeased`], [`DbError::ResultConflict`].
pub async fn store(
    db: &Db,
    node: &str,
    assignment: i64,
    report: &ResultReport,
) -> Result<Receipt, DbError> {
    let _ = (db, node, assignment, report);
    todo!()
}

/// The oldest result that nobody is checking. It is reserved for the caller for some minutes; if
/// the caller dies, another one gets it afterwards.
///
/// # Errors
/// [`DbError`].
pub async fn next_unchecked(db: &Db) -> Result<Option<Unchecked>, DbError> {
    let _ = db;
    todo!()
}

/// Marks a result as validated: its counts, its primes, its block, and the job if that was the
/// last one. Accepting it again changes nothing.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if it was rejected.
pub async fn accept(db: &Db, result_id: i64, checked: &Checked) -> Result<(), DbError> {
    let _ = (db, result_id, checked);
    todo!()
}

/// Marks a result as not believed; its block is handed out again and starts from nothing.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if it was validated.
pub async fn reject(db: &Db, result_id: i64, rejection: &Rejection) -> Result<(), DbError> {
    let _ = (db, result_id, rejection);
    todo!()
}

/// One page of candidates of validated results, by job, block and value.
///
/// # Errors
/// [`DbError::Invalid`] for a cursor that is not one of ours.
pub async fn candidates_page(
    db: &Db,
    filter: &Filter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<CandidateResult>, DbError> {
    let _ = (db, filter, cursor, limit);
    todo!()
}
