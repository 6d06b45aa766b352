//! Operators: the people behind the nodes, their keys, and what they have earned.

use sqlx::{query, query_as, query_scalar};
use uuid::Uuid;

use super::{Db, DbError, Role};

/// An operator to register.
#[derive(Clone, Debug)]
pub struct NewOperator<'a> {
    /// The account, if there is one.
    pub account: Option<Uuid>,
    /// The public name.
    pub name: &'a str,
    /// How to reach the person; nobody else reads it.
    pub email: Option<&'a str>,
    /// SHA-256 of the first key.
    pub key_hash: [u8; 32],
}

/// An operator and what the nodes have done.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Standing {
    /// The operator.
    pub operator_id: i64,
    /// The public name.
    pub name: String,
    /// Nodes with at least one validated block.
    pub nodes: i64,
    /// Validated blocks.
    pub blocks: i64,
    /// Credit: reference core seconds by the cost model.
    pub credit: f64,
}

/// What a node's computer can do.
#[derive(Clone, Debug, Default)]
pub struct Capabilities<'a> {
    /// For example `avx2`.
    pub instruction_sets: &'a [String],
    /// Second-level cache of one core.
    pub cache_bytes: Option<i64>,
    /// Its graphics processor.
    pub gpu_model: Option<&'a str>,
    /// The forms that its program can search.
    pub forms: Option<&'a [String]>,
}

/// Adds an operator with the first key.
///
/// # Errors
/// [`DbError::Invalid`] if account, address or key are taken or something is out of bounds.
pub async fn register(db: &Db, operator: &NewOperator<'_>) -> Result<i64, DbError> {
    let register = || {
        query_scalar("SELECT register_operator($1, $2, $3, $4)")
            .bind(operator.account)
            .bind(operator.name)
            .bind(operator.email)
            .bind(operator.key_hash.as_slice())
    };
    db.scalar(Role::Service, register).await
}

/// The operator that a key belongs to; `None` also if it was revoked.
///
/// # Errors
/// [`DbError`].
pub async fn by_key(db: &Db, key_hash: [u8; 32]) -> Result<Option<i64>, DbError> {
    let find = || query_scalar("SELECT operator_of_key($1)").bind(key_hash.to_vec());
    db.scalar(Role::Service, find).await
}

/// Gives an operator one more key. Returns its number.
///
/// # Errors
/// [`DbError::Invalid`] if there is no such operator or the key is taken.
pub async fn add_key(
    db: &Db,
    operator: i64,
    key_hash: [u8; 32],
    label: &str,
) -> Result<i64, DbError> {
    let add = || {
        query_scalar("SELECT add_operator_key($1, $2, $3)")
            .bind(operator)
            .bind(key_hash.to_vec())
            .bind(label)
    };
    db.scalar(Role::Service, add).await
}

/// Makes a key of an operator worthless; again changes nothing.
///
/// # Errors
/// [`DbError::NotFound`] if the operator has no such key.
pub async fn revoke_key(db: &Db, operator: i64, key: i64) -> Result<(), DbError> {
    let revoke = || {
        query("SELECT revoke_operator_key($1, $2)")
            .bind(operator)
            .bind(key)
    };
    db.execute(Role::Service, revoke).await
}

/// Makes a node an operator's. What it did before stays nobody's.
///
/// # Errors
/// [`DbError::NotFound`] if there is no such node, or it is another operator's.
pub async fn attach_node(db: &Db, node: &str, operator: i64) -> Result<(), DbError> {
    let attach = || {
        query("SELECT attach_node($1, $2)")
            .bind(node)
            .bind(operator)
    };
    db.execute(Role::Service, attach).await
}

/// Notes what a node's computer can do.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] for anything out of bounds.
pub async fn set_capabilities(
    db: &Db,
    node: &str,
    capabilities: &Capabilities<'_>,
) -> Result<(), DbError> {
    let set = || {
        query("SELECT set_node_capabilities($1, $2, $3, $4, $5)")
            .bind(node)
            .bind(capabilities.instruction_sets)
            .bind(capabilities.cache_bytes)
            .bind(capabilities.gpu_model)
            .bind(capabilities.forms)
    };
    db.execute(Role::Service, set).await
}

/// The operators with the most credit.
///
/// # Errors
/// [`DbError`].
pub async fn leaderboard(db: &Db, limit: i32) -> Result<Vec<Standing>, DbError> {
    let standings = || {
        query_as("SELECT operator_id, name, nodes, blocks, credit FROM operator_leaderboard($1)")
            .bind(limit)
    };
    db.rows(Role::Service, standings).await
}
