//! Tasks that come by themselves: every so often, or when something happens.

use chrono::{DateTime, Utc};
use sqlx::{query, query_as, query_scalar};

use super::{Db, DbError, Role};

/// What makes a scheduled task come.
#[derive(Clone, Copy, Debug)]
pub enum Trigger<'a> {
    /// Every so many seconds, at least 60.
    Every(i64),
    /// Whenever an agent event of this type happens.
    On(&'a str),
}

/// A schedule.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Schedule {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// When it is due, if it goes by time.
    pub next_run_at: Option<DateTime<Utc>>,
    /// How often it ran.
    pub runs: i64,
}

/// Schedules a template.
///
/// # Errors
/// [`DbError::Invalid`] if the name is taken, the template does not exist or the interval is short.
pub async fn create(
    db: &Db,
    name: &str,
    template: i64,
    trigger: Trigger<'_>,
) -> Result<i64, DbError> {
    let (interval, event) = match trigger {
        Trigger::Every(seconds) => (Some(seconds), None),
        Trigger::On(event) => (None, Some(event)),
    };
    let create = || {
        query_scalar("SELECT create_agent_schedule($1, $2, $3, $4)")
            .bind(name)
            .bind(template)
            .bind(interval)
            .bind(event)
    };
    db.scalar(Role::Service, create).await
}

/// Switches a schedule on or off.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn enable(db: &Db, schedule: i64, enabled: bool) -> Result<(), DbError> {
    let enable = || {
        query("SELECT enable_agent_schedule($1, $2)")
            .bind(schedule)
            .bind(enabled)
    };
    db.execute(Role::Service, enable).await
}

/// Queues the tasks of all schedules that are due. Returns the tasks. Several processes may call it
/// at once.
///
/// # Errors
/// [`DbError`].
pub async fn run_due(db: &Db, now: DateTime<Utc>) -> Result<Vec<i64>, DbError> {
    let run = || query_as("SELECT run_due_agent_schedules($1)").bind(now);
    let tasks: Vec<(i64,)> = db.rows(Role::Service, run).await?;
    Ok(tasks.into_iter().map(|(id,)| id).collect())
}

/// All schedules by name.
///
/// # Errors
/// [`DbError`].
pub async fn list(db: &Db) -> Result<Vec<Schedule>, DbError> {
    let schedules = || {
        query_as("SELECT id, name, enabled, next_run_at, runs FROM agent_schedules ORDER BY name")
    };
    db.rows(Role::Service, schedules).await
}
