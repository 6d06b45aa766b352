//! Leases: claiming blocks, reporting on them, checkpoints, handing back, reclaiming.

use darkreach_protocol::work::{
    ClaimRequest, ClaimResponse, HeartbeatRequest, HeartbeatResponse, ReleaseRequest,
};

use super::{Db, DbError};

/// Leases blocks to a node; its live leases that it does not hold come first.
///
/// # Errors
/// [`DbError::Invalid`] for a number of blocks or a speed out of bounds.
pub async fn claim(db: &Db, node: &str, request: &ClaimRequest) -> Result<ClaimResponse, DbError> {
    let _ = (db, node, request);
    todo!()
}

/// Takes note of progress, extends the leases that go on, and says what to do with each.
///
/// # Errors
/// [`DbError`].
pub async fn heartbeat(
    db: &Db,
    node: &str,
    request: &HeartbeatRequest,
) -> Result<HeartbeatResponse, DbError> {
    let _ = (db, node, request);
    todo!()
}

/// Stores the newest checkpoint of an assignment.
///
/// # Errors
/// [`DbError::NotLeased`].
pub async fn put_checkpoint(
    db: &Db,
    node: &str,
    assignment: i64,
    bytes: &[u8],
) -> Result<(), DbError> {
    let _ = (db, node, assignment, bytes);
    todo!()
}

/// The checkpoint from which an assignment is to go on.
///
/// # Errors
/// [`DbError::NotLeased`]; [`DbError::NotFound`] where there is none.
pub async fn get_checkpoint(db: &Db, node: &str, assignment: i64) -> Result<Vec<u8>, DbError> {
    let _ = (db, node, assignment);
    todo!()
}

/// Takes a lease back; the block becomes available. A failure counts against block and node.
///
/// # Errors
/// [`DbError::NotLeased`].
pub async fn release(
    db: &Db,
    node: &str,
    assignment: i64,
    request: &ReleaseRequest,
) -> Result<(), DbError> {
    let _ = (db, node, assignment, request);
    todo!()
}

/// Ends every lease whose deadline has passed. Returns how many blocks became available. Several
/// processes may call it at once.
///
/// # Errors
/// [`DbError`].
pub async fn reclaim_stale(db: &Db) -> Result<u64, DbError> {
    let _ = db;
    todo!()
}
