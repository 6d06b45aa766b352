//! The strategy engine: how it may decide, what it proposed, and what became of it.

use chrono::{DateTime, Utc};
use sqlx::{query, query_as, query_scalar, types::Json};

use super::{Db, DbError, Role};

/// How the engine behaves.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Config {
    /// Whether it decides at all.
    pub enabled: bool,
    /// Whether a person approves each proposal before it is carried out.
    pub needs_approval: bool,
    /// Jobs that may run at once.
    pub max_running_jobs: i32,
    /// US dollars a month.
    pub max_monthly_usd: f64,
    /// Forms that it may choose from; empty: all.
    pub forms: Vec<String>,
    /// Seconds between two rounds.
    pub interval_seconds: i64,
}

/// What the engine proposes to do.
#[derive(Clone, Debug)]
pub struct Proposal<'a> {
    /// `create_job`, `pause_job`, `resume_job` or `cancel_job`.
    pub decision: &'a str,
    /// The form, where it is about one.
    pub form: Option<&'a str>,
    /// The search, for a new job.
    pub params: &'a serde_json::Value,
    /// Why, for people.
    pub reason: &'a str,
    /// What it expects of it, in its own measure; higher is better.
    pub score: Option<f64>,
    /// The job that it is about; none for a new one.
    pub job: Option<i64>,
    /// The campaign that it serves.
    pub project: Option<i64>,
}

/// A proposal and what became of it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Decision {
    /// Its number.
    pub id: i64,
    /// What is to be done.
    pub decision: String,
    /// The form.
    pub form: Option<String>,
    /// Why.
    pub reason: String,
    /// `proposed`, `approved`, `rejected`, `executed` or `failed`.
    pub status: String,
    /// The job that it is about, or that came of it.
    pub job_id: Option<i64>,
    /// What came of it, in words.
    pub outcome: Option<String>,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it was rejected, executed or failed.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// How the engine behaves now.
///
/// # Errors
/// [`DbError`].
pub async fn config(db: &Db) -> Result<Config, DbError> {
    let config = || {
        query_as(
            "SELECT enabled, needs_approval, max_running_jobs, max_monthly_usd::float8 AS max_monthly_usd,
                    forms, interval_seconds FROM strategy_config",
        )
    };
    db.row(Role::Service, config)
        .await?
        .ok_or_else(|| DbError::Internal("strategy_config has no row".to_owned()))
}

/// Changes how the engine behaves.
///
/// # Errors
/// [`DbError::Invalid`] for a number out of bounds.
pub async fn set_config(db: &Db, config: &Config) -> Result<(), DbError> {
    let set = || {
        query(
            "UPDATE strategy_config SET enabled = $1, needs_approval = $2, max_running_jobs = $3,
                 max_monthly_usd = $4::float8::numeric, forms = $5, interval_seconds = $6, updated_at = now()",
        )
        .bind(config.enabled)
        .bind(config.needs_approval)
        .bind(config.max_running_jobs)
        .bind(config.max_monthly_usd)
        .bind(&config.forms)
        .bind(config.interval_seconds)
    };
    db.execute(Role::Service, set).await
}

/// Writes a proposal down; approved at once where no person needs to. Returns its number.
///
/// # Errors
/// [`DbError::Invalid`] if the engine is switched off, may not choose the form, or the proposal
/// breaks a rule.
pub async fn propose(db: &Db, proposal: &Proposal<'_>) -> Result<i64, DbError> {
    let propose = || {
        query_scalar("SELECT propose_decision($1, $2, $3, $4, $5, $6, $7)")
            .bind(proposal.decision)
            .bind(proposal.form)
            .bind(Json(proposal.params))
            .bind(proposal.reason)
            .bind(proposal.score)
            .bind(proposal.job)
            .bind(proposal.project)
    };
    db.scalar(Role::Service, propose).await
}

/// Approves or rejects a proposal, or notes that an approved one was executed or failed, with the
/// job that came of it.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] where a decision does not go that way.
pub async fn resolve(
    db: &Db,
    decision: i64,
    status: &str,
    outcome: Option<&str>,
    job: Option<i64>,
) -> Result<(), DbError> {
    let resolve = || {
        query("SELECT resolve_decision($1, $2, $3, $4)")
            .bind(decision)
            .bind(status)
            .bind(outcome)
            .bind(job)
    };
    db.execute(Role::Service, resolve).await
}

/// What waits for approval or execution, oldest first.
///
/// # Errors
/// [`DbError`].
pub async fn open(db: &Db, limit: u32) -> Result<Vec<Decision>, DbError> {
    let open = || {
        query_as(
            "SELECT id, decision, form, reason, status, job_id, outcome, created_at, resolved_at
             FROM strategy_decisions WHERE status IN ('proposed', 'approved') ORDER BY id LIMIT $1",
        )
        .bind(i64::from(limit))
    };
    db.rows(Role::Service, open).await
}

/// One decision.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn show(db: &Db, decision: i64) -> Result<Decision, DbError> {
    let show = || {
        query_as(
            "SELECT id, decision, form, reason, status, job_id, outcome, created_at, resolved_at
             FROM strategy_decisions WHERE id = $1",
        )
        .bind(decision)
    };
    db.row(Role::Service, show)
        .await?
        .ok_or(DbError::NotFound("decision"))
}
