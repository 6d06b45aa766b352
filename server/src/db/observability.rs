//! Samples and logs of the running system, and the upkeep of their tables.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sqlx::{query_as, query_scalar, types::Json};

use super::{Db, DbError, Role};

/// A sample.
#[derive(Clone, Debug, Serialize)]
pub struct Sample<'a> {
    /// What was measured; the unit belongs to the name.
    pub metric_name: &'a str,
    /// How much.
    pub value: f64,
    /// When; `None`: now.
    pub recorded_at: Option<DateTime<Utc>>,
}

/// A log entry.
#[derive(Clone, Debug, Serialize)]
pub struct Entry<'a> {
    /// `trace`, `debug`, `info`, `warn` or `error`.
    pub level: &'a str,
    /// Which part says it.
    pub source: &'a str,
    /// What.
    pub message: &'a str,
}

/// A metric over a span of time.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Bucket {
    /// Start of the span.
    pub bucket: DateTime<Utc>,
    /// How many samples.
    pub samples: i64,
    /// The smallest.
    pub minimum: f64,
    /// Their mean.
    pub average: f64,
    /// The largest.
    pub maximum: f64,
}

/// What the upkeep of the tables did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Upkeep {
    /// Partitions made.
    pub created: i64,
    /// Partitions whose time was over.
    pub dropped: i64,
}

/// Stores samples of one source in one round trip. Returns how many.
///
/// # Errors
/// [`DbError::Invalid`] for a value that is not finite, or a time outside of what is kept.
pub async fn record_metrics(db: &Db, source: &str, samples: &[Sample<'_>]) -> Result<i64, DbError> {
    let record = || {
        query_scalar("SELECT record_metrics($1, $2)")
            .bind(Json(samples))
            .bind(source)
    };
    db.scalar(Role::Service, record).await
}

/// Stores log entries. Returns how many.
///
/// # Errors
/// [`DbError::Invalid`] for an unknown level or a message that is too long.
pub async fn record_logs(db: &Db, entries: &[Entry<'_>]) -> Result<i64, DbError> {
    let record = || query_scalar("SELECT record_logs($1)").bind(Json(entries));
    db.scalar(Role::Service, record).await
}

/// A metric over `from..to` in buckets of so many seconds, without the empty ones.
///
/// # Errors
/// [`DbError`].
pub async fn series(
    db: &Db,
    metric: &str,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    bucket_seconds: i32,
) -> Result<Vec<Bucket>, DbError> {
    let series = || {
        query_as(
            "SELECT bucket, samples, minimum, average, maximum FROM metric_series($1, $2, $3, $4)",
        )
        .bind(metric)
        .bind(from)
        .bind(to)
        .bind(bucket_seconds)
    };
    db.rows(Role::Service, series).await
}

/// Rolls a UTC day up, by default yesterday. Returns how many series it had.
///
/// # Errors
/// [`DbError`].
pub async fn roll_up(db: &Db, day: Option<NaiveDate>) -> Result<i64, DbError> {
    let roll = || query_scalar("SELECT compute_daily_rollups($1)").bind(day);
    db.scalar(Role::ServiceAtLength, roll).await
}

/// Makes the partitions of the weeks to come and drops those whose time is over. To be called
/// daily.
///
/// # Errors
/// [`DbError`].
pub async fn maintain(db: &Db, now: DateTime<Utc>) -> Result<Upkeep, DbError> {
    let maintain = || query_as("SELECT created, dropped FROM maintain_time_series($1)").bind(now);
    db.row(Role::Service, maintain)
        .await?
        .ok_or_else(|| DbError::Internal("maintain_time_series answered nothing".to_owned()))
}
