//! Released programs, what each channel offers, and which node runs what.
//!
//! What a client installs is decided by signed metadata; these tables are what the server shows
//! and tracks.

use serde_json::Value;
use sqlx::{query, query_as, query_scalar};

use super::{Db, DbError, Role};

/// A channel and what it offers.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Channel {
    /// `stable`, `beta` or `nightly`.
    pub channel: String,
    /// The version being rolled out.
    pub version: Option<String>,
    /// To how many percent.
    pub rollout_percent: i32,
    /// Whether the rollout is stopped.
    pub halted: bool,
}

/// How many nodes run a version.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Adoption {
    /// The channel that they follow.
    pub channel: String,
    /// The version that they run.
    pub client_version: String,
    /// How many.
    pub nodes: i64,
    /// How many of them had trouble with an update.
    pub failed: i64,
}

/// How a node's updating goes.
#[derive(Clone, Debug)]
pub struct UpdateState<'a> {
    /// The version that it runs.
    pub version: &'a str,
    /// The channel that it follows.
    pub channel: &'a str,
    /// `current`, `downloading`, `waiting`, `failed`, `rolled_back` or `disabled`.
    pub state: &'a str,
    /// What went wrong.
    pub detail: Option<&'a str>,
}

/// Adds a release that no channel offers yet. `artifacts` is an array of platform, address, size
/// and SHA-256.
///
/// # Errors
/// [`DbError::Invalid`] if the version exists, is not a semantic version, or nothing is in it.
pub async fn publish(
    db: &Db,
    version: &str,
    notes: &str,
    artifacts: &Value,
) -> Result<i64, DbError> {
    let publish = || {
        query_scalar("SELECT publish_worker_release($1, $2, $3)")
            .bind(version)
            .bind(notes)
            .bind(artifacts)
    };
    db.scalar(Role::Service, publish).await
}

/// Makes a channel offer a release to so many percent of its nodes.
///
/// # Errors
/// [`DbError::NotFound`] for release or channel; [`DbError::Invalid`] for the percentage.
pub async fn offer(db: &Db, channel: &str, version: &str, percent: i32) -> Result<(), DbError> {
    let offer = || {
        query("SELECT offer_release($1, $2, $3)")
            .bind(channel)
            .bind(version)
            .bind(percent)
    };
    db.execute(Role::Service, offer).await
}

/// Stops the rollout of a channel.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn halt(db: &Db, channel: &str) -> Result<(), DbError> {
    let halt = || query("SELECT halt_release($1)").bind(channel);
    db.execute(Role::Service, halt).await
}

/// Withdraws a release; the channels that offer it go back to the one before.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn yank(db: &Db, version: &str, reason: &str) -> Result<(), DbError> {
    let yank = || {
        query("SELECT yank_release($1, $2)")
            .bind(version)
            .bind(reason)
    };
    db.execute(Role::Service, yank).await
}

/// The version that a channel offers to nodes of a rollout bucket, 0 to 99.
///
/// # Errors
/// [`DbError`].
pub async fn offered(db: &Db, channel: &str, bucket: i32) -> Result<Option<String>, DbError> {
    let offered = || {
        query_as("SELECT version FROM channel_release($1, $2)")
            .bind(channel)
            .bind(bucket)
    };
    let row: Option<(String,)> = db.row(Role::Anon, offered).await?;
    Ok(row.map(|(version,)| version))
}

/// The channels.
///
/// # Errors
/// [`DbError`].
pub async fn channels(db: &Db) -> Result<Vec<Channel>, DbError> {
    let channels = || {
        query_as(
            "SELECT c.channel, r.version, c.rollout_percent, c.halted
         FROM worker_release_channels AS c LEFT JOIN worker_releases AS r ON r.id = c.release_id
         ORDER BY c.id",
        )
    };
    db.rows(Role::Anon, channels).await
}

/// Notes which release a node runs and how its updating goes.
///
/// # Errors
/// [`DbError::NotFound`] for the node; [`DbError::Invalid`] for channel or state.
pub async fn set_update_state(
    db: &Db,
    node: &str,
    update: &UpdateState<'_>,
) -> Result<(), DbError> {
    let set = || {
        query("SELECT set_node_update_state($1, $2, $3, $4, $5)")
            .bind(node)
            .bind(update.version)
            .bind(update.channel)
            .bind(update.state)
            .bind(update.detail)
    };
    db.execute(Role::Service, set).await
}

/// How many nodes run which version.
///
/// # Errors
/// [`DbError`].
pub async fn adoption(db: &Db) -> Result<Vec<Adoption>, DbError> {
    let adoption =
        || query_as("SELECT channel, client_version, nodes, failed FROM release_adoption()");
    db.rows(Role::Service, adoption).await
}
