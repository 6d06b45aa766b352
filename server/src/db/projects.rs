//! Campaigns: jobs that serve one goal, in phases, with a budget.

use chrono::{DateTime, Utc};
use sqlx::{query, query_as, query_scalar};

use super::{Db, DbError, Role};

/// A campaign to create.
#[derive(Clone, Debug)]
pub struct NewProject<'a> {
    /// Its name in addresses: lower-case words with hyphens.
    pub slug: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What it is about.
    pub description: &'a str,
    /// `record`, `survey`, `verification` or `exploration`.
    pub objective: &'a str,
    /// The form that it searches.
    pub form: &'a str,
}

/// A campaign.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Project {
    /// Its number.
    pub id: i64,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// `draft`, `active`, `paused`, `completed` or `cancelled`.
    pub status: String,
    /// Why it is paused: `manual` or `budget`.
    pub pause_cause: Option<String>,
    /// Core hours of its validated results, by the cost model.
    pub core_hours: f64,
    /// The same in US dollars.
    pub cost_usd: f64,
    /// When it was created.
    pub created_at: DateTime<Utc>,
}

/// What a campaign may cost; `None`: no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    /// Core hours.
    pub core_hours: Option<f64>,
    /// US dollars.
    pub usd: Option<f64>,
    /// Price of a core hour in US dollars.
    pub usd_per_core_hour: f64,
}

/// When a phase is complete.
#[derive(Clone, Copy, Debug)]
pub enum Completion {
    /// All its jobs are validated.
    JobsValidated,
    /// Its jobs have found so many primes.
    PrimesFound(i64),
    /// Its jobs have tested so many candidates.
    CandidatesTested(i64),
}

/// What happened to a campaign.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Event {
    /// For example `paused` or `budget_alert`.
    pub event_type: String,
    /// One line.
    pub summary: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Creates a campaign as a draft.
///
/// # Errors
/// [`DbError::Invalid`] if the slug is taken or something is out of bounds.
pub async fn create(db: &Db, project: &NewProject<'_>) -> Result<i64, DbError> {
    let create = || {
        query_scalar("SELECT create_project($1, $2, $3, $4, $5)")
            .bind(project.slug)
            .bind(project.name)
            .bind(project.description)
            .bind(project.objective)
            .bind(project.form)
    };
    db.scalar(Role::Service, create).await
}

/// Adds a phase after those that there are.
///
/// # Errors
/// [`DbError::Invalid`] if there is no such campaign or a goal is not positive.
pub async fn add_phase(
    db: &Db,
    project: i64,
    name: &str,
    completion: Completion,
) -> Result<i64, DbError> {
    let (completion, goal) = match completion {
        Completion::JobsValidated => ("jobs_validated", None),
        Completion::PrimesFound(goal) => ("primes_found", Some(goal)),
        Completion::CandidatesTested(goal) => ("candidates_tested", Some(goal)),
    };
    let add = || {
        query_scalar(
        "INSERT INTO project_phases (project_id, position, name, completion, goal)
         VALUES ($1, (SELECT coalesce(max(position) + 1, 0) FROM project_phases WHERE project_id = $1), $2, $3, $4)
         RETURNING id",
    )
    .bind(project)
    .bind(name)
    .bind(completion)
    .bind(goal)
    };
    db.scalar(Role::Service, add).await
}

/// Makes a job a part of a campaign; it runs only while the campaign is active.
///
/// # Errors
/// [`DbError::NotFound`] for the job or the phase; [`DbError::Invalid`] for the campaign.
pub async fn attach_job(
    db: &Db,
    job: i64,
    project: i64,
    phase: Option<i64>,
) -> Result<(), DbError> {
    let attach = || {
        query("SELECT attach_job_to_project($1, $2, $3)")
            .bind(job)
            .bind(project)
            .bind(phase)
    };
    db.execute(Role::Service, attach).await
}

/// Starts or resumes (`active`), pauses, completes or cancels a campaign, and its jobs with it.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if it is completed or cancelled already.
pub async fn set_status(db: &Db, project: i64, status: &str) -> Result<(), DbError> {
    let set = || {
        query("SELECT set_project_status($1, $2)")
            .bind(project)
            .bind(status)
    };
    db.execute(Role::ServiceAtLength, set).await
}

/// Sets what a campaign may cost. One that is paused stays so until it is resumed.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] below zero.
pub async fn set_budget(db: &Db, project: i64, budget: &Budget) -> Result<(), DbError> {
    let set = || {
        query("SELECT set_project_budget($1, $2, $3::float8::numeric, $4::float8::numeric)")
            .bind(project)
            .bind(budget.core_hours)
            .bind(budget.usd)
            .bind(budget.usd_per_core_hour)
    };
    db.execute(Role::Service, set).await
}

/// Charges campaigns what their jobs have cost, pauses those whose budget is used up, and advances
/// their phases. Returns how many were charged. To be called every half minute.
///
/// # Errors
/// [`DbError`].
pub async fn settle(db: &Db) -> Result<i64, DbError> {
    let settle = || query_scalar("SELECT settle_projects()");
    db.scalar(Role::ServiceAtLength, settle).await
}

/// The newest campaigns.
///
/// # Errors
/// [`DbError`].
pub async fn list(db: &Db, limit: u32) -> Result<Vec<Project>, DbError> {
    let projects = || {
        query_as(
        "SELECT id, slug, name, status, pause_cause, core_hours, cost_usd::float8 AS cost_usd, created_at
         FROM projects ORDER BY id DESC LIMIT $1",
    )
    .bind(i64::from(limit))
    };
    db.rows(Role::Anon, projects).await
}

/// One campaign by its slug.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn show(db: &Db, slug: &str) -> Result<Project, DbError> {
    let project = || {
        query_as(
        "SELECT id, slug, name, status, pause_cause, core_hours, cost_usd::float8 AS cost_usd, created_at
         FROM projects WHERE slug = $1",
    )
    .bind(slug)
    };
    db.row(Role::Anon, project)
        .await?
        .ok_or(DbError::NotFound("project"))
}

/// What happened to a campaign, newest first.
///
/// # Errors
/// [`DbError`].
pub async fn events(db: &Db, project: i64, limit: u32) -> Result<Vec<Event>, DbError> {
    let events = || {
        query_as(
            "SELECT event_type, summary, created_at FROM project_events
         WHERE project_id = $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(project)
        .bind(i64::from(limit))
    };
    db.rows(Role::Service, events).await
}
