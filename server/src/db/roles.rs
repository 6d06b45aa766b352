//! The roles that agents play, what each may do, and the templates of their tasks.

use sqlx::{query, query_as, query_scalar};

use super::{Db, DbError, Role};

/// A role.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AgentRole {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The language model to use; `None`: the agent's default.
    pub model: Option<String>,
    /// What the model is told first.
    pub system_prompt: String,
    /// What one task may cost in US dollars.
    pub max_cost_usd: Option<f64>,
    /// Whether tasks of it are handed out.
    pub enabled: bool,
}

/// A task that comes again.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    /// Its name; the title of its tasks.
    pub name: &'a str,
    /// The description of its tasks.
    pub description: &'a str,
    /// The role in which they are done.
    pub role: Option<&'a str>,
    /// 0 to 9, 9 the most urgent.
    pub priority: i16,
    /// Titles of the parts of its tasks; none: the task is one.
    pub steps: &'a [String],
}

/// Creates a role or replaces what it says.
///
/// # Errors
/// [`DbError::Invalid`] for a name or limit out of bounds.
pub async fn set(db: &Db, role: &AgentRole) -> Result<i64, DbError> {
    let set = || {
        query_scalar("SELECT set_agent_role($1, $2, $3, $4, $5::float8::numeric, $6)")
            .bind(&role.name)
            .bind(&role.description)
            .bind(&role.model)
            .bind(&role.system_prompt)
            .bind(role.max_cost_usd)
            .bind(role.enabled)
    };
    db.scalar(Role::Service, set).await
}

/// All roles by name.
///
/// # Errors
/// [`DbError`].
pub async fn list(db: &Db) -> Result<Vec<AgentRole>, DbError> {
    let roles = || {
        query_as(
        "SELECT name, description, model, system_prompt, max_cost_usd::float8 AS max_cost_usd, enabled
         FROM agent_roles ORDER BY name",
    )
    };
    db.rows(Role::Service, roles).await
}

/// Allows or forbids agents of a role an action on a resource; `*` stands for all.
///
/// # Errors
/// [`DbError::Invalid`] if there is no such role.
pub async fn permit(
    db: &Db,
    role: &str,
    action: &str,
    resource: &str,
    allowed: bool,
) -> Result<(), DbError> {
    let permit = || {
        query("SELECT set_agent_permission($1, $2, $3, $4)")
            .bind(role)
            .bind(action)
            .bind(resource)
            .bind(allowed)
    };
    db.execute(Role::Service, permit).await
}

/// Whether agents of a role may do an action on a resource; what nobody allowed is forbidden.
///
/// # Errors
/// [`DbError`].
pub async fn may(db: &Db, role: &str, action: &str, resource: &str) -> Result<bool, DbError> {
    let may = || {
        query_scalar("SELECT agent_may($1, $2, $3)")
            .bind(role)
            .bind(action)
            .bind(resource)
    };
    db.scalar(Role::Service, may).await
}

/// Creates a template or replaces what it says.
///
/// # Errors
/// [`DbError::NotFound`] for the role; [`DbError::Invalid`] for anything out of bounds.
pub async fn set_template(db: &Db, template: &Template<'_>) -> Result<i64, DbError> {
    let set = || {
        query_scalar("SELECT set_agent_template($1, $2, $3, $4, $5)")
            .bind(template.name)
            .bind(template.description)
            .bind(template.role)
            .bind(template.priority)
            .bind(template.steps)
    };
    db.scalar(Role::Service, set).await
}

/// Queues a task made from a template, with its parts.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn task_from_template(db: &Db, template: i64) -> Result<i64, DbError> {
    let task = || query_scalar("SELECT task_from_template($1)").bind(template);
    db.scalar(Role::Service, task).await
}
