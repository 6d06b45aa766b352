//! What agents remember from one task to the next.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{query, query_scalar};

use super::{Db, DbError, Role};

/// Something to remember.
#[derive(Clone, Debug)]
pub struct Memory<'a> {
    /// Under which key; what was there is replaced.
    pub key: &'a str,
    /// What.
    pub value: &'a Value,
    /// A word to find it by.
    pub category: &'a str,
    /// The task in which it was learnt.
    pub task: Option<i64>,
    /// From when on it is not recalled any more.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Writes what an agent keeps.
///
/// # Errors
/// [`DbError::Invalid`] for a key or category out of bounds, or a task that does not exist.
pub async fn remember(db: &Db, agent: &str, memory: &Memory<'_>) -> Result<(), DbError> {
    let remember = || {
        query("SELECT remember($1, $2, $3, $4, $5, $6)")
            .bind(agent)
            .bind(memory.key)
            .bind(memory.value)
            .bind(memory.category)
            .bind(memory.task)
            .bind(memory.expires_at)
    };
    db.execute(Role::Service, remember).await
}

/// What an agent keeps under a key.
///
/// # Errors
/// [`DbError`].
pub async fn recall(db: &Db, agent: &str, key: &str) -> Result<Option<Value>, DbError> {
    let recall = || query_scalar("SELECT recall($1, $2)").bind(agent).bind(key);
    db.scalar(Role::Service, recall).await
}

/// Deletes what expired. Returns how many.
///
/// # Errors
/// [`DbError`].
pub async fn forget_expired(db: &Db) -> Result<i64, DbError> {
    let forget = || query_scalar("SELECT forget_expired_memories()");
    db.scalar(Role::Service, forget).await
}
