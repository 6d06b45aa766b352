//! The agents' queue, their feed and their budgets.
//!
//! Money is in US dollars; the database keeps it exact to a hundredth of a cent.

use chrono::{DateTime, Utc};
use sqlx::{query, query_as, query_scalar};

use super::{Db, DbError, Role};

/// A task to queue.
#[derive(Clone, Debug)]
pub struct NewTask<'a> {
    /// One line.
    pub title: &'a str,
    /// The rest.
    pub description: &'a str,
    /// 0 to 9, 9 the most urgent.
    pub priority: i16,
    /// What it may cost; `None`: only the budgets limit it.
    pub max_cost_usd: Option<f64>,
}

/// A task.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Task {
    /// Its number.
    pub id: i64,
    /// One line.
    pub title: String,
    /// `pending`, `in_progress`, `waiting` (for its parts), `completed`, `failed`, `cancelled`.
    pub status: String,
    /// 0 to 9, 9 the most urgent.
    pub priority: i16,
    /// The agent that works on it or did.
    pub agent: Option<String>,
    /// What it has cost.
    pub cost_usd: f64,
    /// The task that it is a part of.
    pub parent_task_id: Option<i64>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What a task used since it was last asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Language model tokens that went in.
    pub input_tokens: i64,
    /// Language model tokens that came out.
    pub output_tokens: i64,
    /// Exchanges with the language model.
    pub turns: i32,
    /// Tools used.
    pub tool_calls: i32,
    /// Cost.
    pub cost_usd: f64,
}

/// A budget and how much of it is used.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Budget {
    /// `daily`, `weekly` or `monthly`, of UTC.
    pub period: String,
    /// What may be spent in a period.
    pub limit_usd: f64,
    /// What is spent in the current one.
    pub spent_usd: f64,
}

/// An entry of the feed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Event {
    /// Its number; larger is later.
    pub id: i64,
    /// The task that it is about.
    pub task_id: Option<i64>,
    /// For example `created` or `budget_alert`.
    pub event_type: String,
    /// One line.
    pub summary: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Queues a task.
///
/// # Errors
/// [`DbError::Invalid`] for a title, priority or limit out of bounds.
pub async fn create(db: &Db, task: &NewTask<'_>) -> Result<i64, DbError> {
    let create = || {
        query_scalar("SELECT create_agent_task($1, $2, $3, 'manual', $4::float8::numeric)")
            .bind(task.title)
            .bind(task.description)
            .bind(task.priority)
            .bind(task.max_cost_usd)
    };
    db.scalar(Role::Service, create).await
}

/// Gives an agent the most urgent pending task; `None` if there is none or a budget is used up.
///
/// # Errors
/// [`DbError`].
pub async fn claim(db: &Db, agent: &str) -> Result<Option<Task>, DbError> {
    let claim = || {
        query_as(
        "SELECT id, title, status, priority, agent, cost_usd::float8 AS cost_usd, parent_task_id,
                created_at, finished_at
         FROM claim_agent_task($1)",
    )
    .bind(agent)
    };
    db.row(Role::Service, claim).await
}

/// Divides a task into parts; it ends when the last of them does. Returns the parts.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if it is finished, or there are too many or none.
pub async fn decompose(db: &Db, task: i64, titles: &[String]) -> Result<Vec<i64>, DbError> {
    let decompose = || {
        query_as("SELECT decompose_agent_task($1, $2)")
            .bind(task)
            .bind(titles)
    };
    let parts: Vec<(i64,)> = db.rows(Role::Service, decompose).await?;
    Ok(parts.into_iter().map(|(id,)| id).collect())
}

/// Adds what a task used. `false`: its limit or a budget is used up, the agent must stop.
///
/// # Errors
/// [`DbError::NotFound`] if the agent does not work on it; [`DbError::Invalid`] below zero.
pub async fn record_usage(db: &Db, task: i64, agent: &str, usage: Usage) -> Result<bool, DbError> {
    let record = || {
        query_scalar("SELECT record_agent_usage($1, $2, $3, $4, $5, $6, $7::float8::numeric)")
            .bind(task)
            .bind(agent)
            .bind(usage.input_tokens)
            .bind(usage.output_tokens)
            .bind(usage.turns)
            .bind(usage.tool_calls)
            .bind(usage.cost_usd)
    };
    db.scalar(Role::Service, record).await
}

/// Ends a task that the agent works on: well, or with an error.
///
/// # Errors
/// [`DbError::NotFound`] if the agent does not work on it.
pub async fn finish(
    db: &Db,
    task: i64,
    agent: &str,
    outcome: Result<&serde_json::Value, &str>,
) -> Result<(), DbError> {
    let (status, result, error) = match outcome {
        Ok(result) => ("completed", Some(result), None),
        Err(error) => ("failed", None, Some(error)),
    };
    let finish = || {
        query("SELECT finish_agent_task($1, $2, $3, $4, $5)")
            .bind(task)
            .bind(agent)
            .bind(status)
            .bind(result)
            .bind(error)
    };
    db.execute(Role::Service, finish).await
}

/// Ends a task, and its parts, before it is finished.
///
/// # Errors
/// [`DbError::NotFound`] if there is no unfinished one.
pub async fn cancel(db: &Db, task: i64) -> Result<(), DbError> {
    let cancel = || query("SELECT cancel_agent_task($1)").bind(task);
    db.execute(Role::Service, cancel).await
}

/// The newest tasks, of one status or of all.
///
/// # Errors
/// [`DbError`].
pub async fn tasks(db: &Db, status: Option<&str>, limit: u32) -> Result<Vec<Task>, DbError> {
    let tasks = || {
        query_as(
        "SELECT id, title, status, priority, agent, cost_usd::float8 AS cost_usd, parent_task_id,
                created_at, finished_at
         FROM agent_tasks WHERE $1::text IS NULL OR status = $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(status)
    .bind(i64::from(limit))
    };
    db.rows(Role::Service, tasks).await
}

/// The newest entries of the feed, of one task or of all.
///
/// # Errors
/// [`DbError`].
pub async fn events(db: &Db, task: Option<i64>, limit: u32) -> Result<Vec<Event>, DbError> {
    let events = || {
        query_as(
            "SELECT id, task_id, event_type, summary, created_at
         FROM agent_events WHERE $1::bigint IS NULL OR task_id = $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(task)
        .bind(i64::from(limit))
    };
    db.rows(Role::Service, events).await
}

/// The budgets; what an ended period has spent is shown until the next cost.
///
/// # Errors
/// [`DbError`].
pub async fn budgets(db: &Db) -> Result<Vec<Budget>, DbError> {
    let budgets = || {
        query_as(
            "SELECT period, limit_usd::float8 AS limit_usd, spent_usd::float8 AS spent_usd
         FROM agent_budgets ORDER BY id",
        )
    };
    db.rows(Role::Service, budgets).await
}

/// Changes what may be spent in a period.
///
/// # Errors
/// [`DbError::NotFound`] for the period; [`DbError::Invalid`] below zero.
pub async fn set_budget(db: &Db, period: &str, limit_usd: f64) -> Result<(), DbError> {
    let set = || {
        query_as(
        "UPDATE agent_budgets SET limit_usd = $2::float8::numeric, alerted_at = NULL, updated_at = now()
         WHERE period = $1 RETURNING id",
    )
    .bind(period)
    .bind(limit_usd)
    };
    let changed: Option<(i64,)> = db.row(Role::Service, set).await?;
    changed.map(|_| ()).ok_or(DbError::NotFound("budget"))
}
