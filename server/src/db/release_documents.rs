//! Signed release documents as they are stored, the tokens of those who upload them, and what nodes
//! report.

use chrono::{DateTime, SecondsFormat, Utc};
use darkreach_protocol::release::{Adoption, AuditEntry, Outcomes, Tried};
use serde_json::Value;
use sqlx::{query, query_as, query_scalar};

use super::{Db, DbError, Role, plain, releases, signed, unsigned};

/// A stored document.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Stored {
    /// `root`, `stable`, `beta` or `nightly`.
    pub role: String,
    /// Its epoch; 0 for root.
    pub epoch: i64,
    /// Its sequence number; root's version.
    pub sequence: i64,
    /// The whole file.
    pub envelope: Vec<u8>,
    /// SHA-256 of the signed bytes.
    pub sha256: Vec<u8>,
    /// The version that it offers.
    pub version: Option<String>,
    /// To how many percent.
    pub rollout_percent: Option<i32>,
    /// Why it is kept back.
    pub hold_reason: Option<String>,
}

/// A document to store, which was verified.
#[derive(Clone, Debug)]
pub struct NewDocument<'a> {
    /// `root`, `stable`, `beta` or `nightly`.
    pub role: &'a str,
    /// Its epoch; 0 for root.
    pub epoch: u64,
    /// Its sequence number; root's version.
    pub sequence: u64,
    /// The whole file.
    pub envelope: &'a [u8],
    /// SHA-256 of the signed bytes.
    pub sha256: [u8; 32],
    /// What it offers; nothing for root.
    pub offer: Option<Offer<'a>>,
}

/// What a channel's document offers.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// The version.
    pub version: &'a str,
    /// To how many percent.
    pub percent: u8,
    /// What is new.
    pub notes: &'a str,
    /// The files, for showing.
    pub artifacts: Value,
}

/// Who holds a token, and for what.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Holder {
    /// The token's number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `root`, `stable`, `beta`, `nightly`, `files`, `halt`.
    pub scopes: Vec<String>,
    /// Whether it is worthless by now.
    pub revoked: bool,
}

/// The newest document of a role.
///
/// # Errors
/// [`DbError`].
pub async fn newest(db: &Db, role: &str) -> Result<Option<Stored>, DbError> {
    let newest = || {
        query_as(
            "SELECT role, epoch, sequence, envelope, sha256, version, rollout_percent, hold_reason
             FROM newest_release_document($1)",
        )
        .bind(role)
    };
    db.row(Role::Service, newest).await
}

/// A version of root.
///
/// # Errors
/// [`DbError`].
pub async fn root(db: &Db, version: u64) -> Result<Option<Stored>, DbError> {
    let Ok(version) = i64::try_from(version) else {
        return Ok(None);
    };
    let root = || {
        query_as(
            "SELECT role, epoch, sequence, envelope, sha256, version, rollout_percent, hold_reason
             FROM release_documents WHERE role = 'root' AND epoch = 0 AND sequence = $1",
        )
        .bind(version)
    };
    db.row(Role::Service, root).await
}

/// Stores a document; the newest one again changes nothing.
///
/// # Errors
/// [`DbError::Invalid`] if it is not newer than what is there, or its version has other files.
pub async fn store(db: &Db, token: i64, document: &NewDocument<'_>) -> Result<(), DbError> {
    let epoch = signed(document.epoch, "epoch")?;
    let sequence = signed(document.sequence, "sequence")?;
    let offer = document.offer.as_ref();
    let store = || {
        query("SELECT store_release_document($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
            .bind(token)
            .bind(document.role)
            .bind(epoch)
            .bind(sequence)
            .bind(document.envelope)
            .bind(document.sha256.as_slice())
            .bind(offer.map(|o| o.version))
            .bind(offer.map(|o| i32::from(o.percent)))
            .bind(offer.map(|o| o.notes))
            .bind(offer.map(|o| &o.artifacts))
    };
    db.execute(Role::Service, store).await
}

/// Keeps the newest document of a channel back.
///
/// # Errors
/// [`DbError::NotFound`] if it has none.
pub async fn hold(db: &Db, token: i64, channel: &str, reason: &str) -> Result<(), DbError> {
    let reason = plain(reason, "reason", 500)?;
    let hold = || {
        query("SELECT hold_release($1, $2, $3)")
            .bind(token)
            .bind(channel)
            .bind(reason)
    };
    db.execute(Role::Service, hold).await
}

/// Notes what a node says of a release that it tried.
///
/// # Errors
/// [`DbError::Invalid`].
pub async fn report(
    db: &Db,
    node: &str,
    tried: &Tried,
    detail: Option<&str>,
) -> Result<(), DbError> {
    let version = plain(&tried.version, "version", 64)?;
    let detail = detail.map(|d| plain(d, "detail", 500)).transpose()?;
    let report = || {
        query("SELECT report_release($1, $2, $3, $4)")
            .bind(node)
            .bind(version)
            .bind(tried.healthy)
            .bind(detail)
    };
    db.execute(Role::Service, report).await
}

/// How many nodes run which version.
///
/// # Errors
/// [`DbError`].
pub async fn adoption(db: &Db) -> Result<Vec<Adoption>, DbError> {
    let rows = releases::adoption(db).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Adoption {
                channel: row.channel,
                version: row.client_version,
                nodes: unsigned(row.nodes)?,
                failed: unsigned(row.failed)?,
            })
        })
        .collect()
}

/// How many nodes tried the newest twenty versions.
///
/// # Errors
/// [`DbError`].
pub async fn outcomes(db: &Db) -> Result<Vec<Outcomes>, DbError> {
    let outcomes = || {
        query_as(
            "SELECT version, count(*) FILTER (WHERE healthy), count(*) FILTER (WHERE NOT healthy)
             FROM release_outcomes GROUP BY version ORDER BY max(reported_at) DESC LIMIT 20",
        )
    };
    let rows: Vec<(String, i64, i64)> = db.rows(Role::Service, outcomes).await?;
    rows.into_iter()
        .map(|(version, healthy, failed)| {
            Ok(Outcomes {
                version,
                healthy: unsigned(healthy)?,
                failed: unsigned(failed)?,
            })
        })
        .collect()
}

/// The newest hundred lines of the audit trail.
///
/// # Errors
/// [`DbError`].
pub async fn audit(db: &Db) -> Result<Vec<AuditEntry>, DbError> {
    let audit = || {
        query_as(
            "SELECT a.at, t.name, a.action, a.detail FROM release_audit AS a
             LEFT JOIN release_tokens AS t ON t.id = a.token_id ORDER BY a.id DESC LIMIT 100",
        )
    };
    let rows: Vec<(DateTime<Utc>, Option<String>, String, Value)> =
        db.rows(Role::Service, audit).await?;
    let entry = |(at, by, action, detail): (DateTime<Utc>, _, _, _)| AuditEntry {
        at: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        by,
        action,
        detail,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Adds a token by its hash.
///
/// # Errors
/// [`DbError::Invalid`] for a name or scope out of bounds.
pub async fn add_token(
    db: &Db,
    token_hash: [u8; 32],
    name: &str,
    scopes: &[String],
) -> Result<i64, DbError> {
    let name = plain(name, "name", 100)?;
    let add = || {
        query_scalar("SELECT add_release_token($1, $2, $3)")
            .bind(token_hash.as_slice())
            .bind(name)
            .bind(scopes)
    };
    db.scalar(Role::Service, add).await
}

/// Makes a token worthless.
///
/// # Errors
/// [`DbError::NotFound`].
pub async fn revoke_token(db: &Db, id: i64) -> Result<(), DbError> {
    let revoke = || query("SELECT revoke_release_token($1)").bind(id);
    db.execute(Role::Service, revoke).await
}

/// All tokens.
///
/// # Errors
/// [`DbError`].
pub async fn tokens(db: &Db) -> Result<Vec<Holder>, DbError> {
    let tokens = || {
        query_as(
            "SELECT id, name, scopes, revoked_at IS NOT NULL AS revoked FROM release_tokens ORDER BY id",
        )
    };
    db.rows(Role::Service, tokens).await
}

/// Whose token this is, if it is good.
///
/// # Errors
/// [`DbError`].
pub async fn holder(db: &Db, token_hash: [u8; 32]) -> Result<Option<Holder>, DbError> {
    let holder = || {
        query_as(
            "SELECT id, name, scopes, false AS revoked FROM release_tokens
             WHERE token_hash = $1 AND revoked_at IS NULL",
        )
        .bind(token_hash.as_slice())
    };
    db.row(Role::Service, holder).await
}
