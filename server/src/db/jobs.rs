//! Jobs and their blocks: creating, reading, pausing, resuming, cancelling.

use darkreach_primes::spec::SearchSpec;
use darkreach_protocol::read::{Block, Job, Page};

use super::{Db, DbError};

/// Creates a running job and cuts its range into blocks. Without `block_size` a block costs about
/// a minute of a reference core.
///
/// # Errors
/// [`DbError::Invalid`] if the spec does not validate or would give too many blocks.
pub async fn create(db: &Db, spec: &SearchSpec, block_size: Option<u64>) -> Result<Job, DbError> {
    let _ = (db, spec, block_size);
    todo!()
}

/// One page of jobs, newest first.
///
/// # Errors
/// [`DbError::Invalid`] for a cursor that is not one of ours.
pub async fn list(db: &Db, cursor: Option<&str>, limit: u32) -> Result<Page<Job>, DbError> {
    let _ = (db, cursor, limit);
    todo!()
}

/// One job.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn show(db: &Db, id: i64) -> Result<Job, DbError> {
    let _ = (db, id);
    todo!()
}

/// Stops handing out blocks; running ones are told to stop at their next heartbeat.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if the job is already at an end.
pub async fn pause(db: &Db, id: i64) -> Result<Job, DbError> {
    let _ = (db, id);
    todo!()
}

/// Hands out blocks again.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if the job is already at an end.
pub async fn resume(db: &Db, id: i64) -> Result<Job, DbError> {
    let _ = (db, id);
    todo!()
}

/// Ends a job before it is finished. What was validated stays.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if the job is already validated.
pub async fn cancel(db: &Db, id: i64) -> Result<Job, DbError> {
    let _ = (db, id);
    todo!()
}

/// One page of a job's blocks, ascending.
///
/// # Errors
/// [`DbError::NotFound`] for the job; [`DbError::Invalid`] for the cursor.
pub async fn blocks_page(
    db: &Db,
    job: i64,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Block>, DbError> {
    let _ = (db, job, cursor, limit);
    todo!()
}
