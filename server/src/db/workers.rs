//! The fleet: what each worker last said of itself, and commands for it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{query_as, types::Json};

use super::{Db, DbError, Role};

/// A worker.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Worker {
    /// The node's identifier.
    pub worker_id: String,
    /// Its cores.
    pub cores: Option<i32>,
    /// The form that it searches.
    pub search_type: Option<String>,
    /// Candidates tested in the blocks it holds, by its own word.
    pub tested: i64,
    /// When it was last heard of.
    pub last_heartbeat: DateTime<Utc>,
}

/// The workers heard of since a moment, the latest first.
///
/// # Errors
/// [`DbError`].
pub async fn seen_since(db: &Db, since: DateTime<Utc>, limit: u32) -> Result<Vec<Worker>, DbError> {
    let workers = || {
        query_as(
            "SELECT worker_id, cores, search_type, tested, last_heartbeat FROM workers
         WHERE last_heartbeat >= $1 ORDER BY last_heartbeat DESC LIMIT $2",
        )
        .bind(since)
        .bind(i64::from(limit))
    };
    db.rows(Role::Service, workers).await
}

/// Leaves a command for a worker; its next heartbeat takes it along. One that still waits is
/// replaced.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn command(db: &Db, worker: &str, command: &str) -> Result<(), DbError> {
    let leave = || {
        query_as("UPDATE workers SET pending_command = $2 WHERE worker_id = $1 RETURNING 1")
            .bind(worker)
            .bind(command)
    };
    let row: Option<(i32,)> = db.row(Role::Service, leave).await?;
    row.map(|_| ()).ok_or(DbError::NotFound("worker"))
}

/// What a worker says of itself.
#[derive(Clone, Debug, Serialize)]
pub struct Heartbeat<'a> {
    /// The node's identifier.
    pub worker_id: &'a str,
    /// Its cores.
    pub cores: Option<i32>,
    /// The form that it searches.
    pub search_type: Option<&'a str>,
    /// Candidates tested in the blocks it holds.
    pub tested: i64,
    /// Primes found in the blocks it holds.
    pub found: i64,
}

/// Heartbeats of many workers in one round trip. Returns the commands that waited, by worker.
///
/// # Errors
/// [`DbError::Invalid`] for a number out of bounds; nothing is noted then.
pub async fn heartbeats(
    db: &Db,
    heartbeats: &[Heartbeat<'_>],
) -> Result<Vec<(String, String)>, DbError> {
    let beat =
        || query_as("SELECT worker_id, command FROM worker_heartbeats($1)").bind(Json(heartbeats));
    db.rows(Role::Service, beat).await
}
