//! Results: stored at once, believed only after the check.

use chrono::{DateTime, Utc};
use darkreach_primes::{
    search::report::{BlockReport, Checked, ProvedPrime, Rejection},
    spec::SearchSpec,
};
use darkreach_protocol::work::{Receipt, ResultReport};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::types::Json;

use super::{Db, DbError, Role, plain, signed, work::block_spec};

pub use super::candidates::{Filter, candidates_page};

/// A stored result that nobody has checked yet.
#[derive(Clone, Debug)]
pub struct Unchecked {
    /// The result.
    pub result_id: i64,
    /// Its job.
    pub job_id: i64,
    /// Its block.
    pub block_id: i64,
    /// The search over the block that it claims to answer.
    pub spec: SearchSpec,
    /// What the node reported.
    pub report: BlockReport,
    /// The node that reported it.
    pub node: String,
}

/// Stores a result. The same key again gives the same receipt and stores nothing.
///
/// # Errors
/// [`DbError::NotLeased`], [`DbError::ResultConflict`], [`DbError::Invalid`] for times that are
/// no times.
pub async fn store(
    db: &Db,
    node: &str,
    assignment: i64,
    report: &ResultReport,
) -> Result<Receipt, DbError> {
    let seconds = [report.cpu_seconds, report.wall_seconds];
    if seconds.iter().any(|s| !(s.is_finite() && *s >= 0.0)) {
        return Err(DbError::Invalid(
            "cpu_seconds and wall_seconds: must be finite and not negative".to_owned(),
        ));
    }
    let primes = serde_json::to_string(&report.primes)
        .map_err(|error| DbError::Internal(format!("primes of a report: {error}")))?;
    let mut tx = db.begin(Role::Service).await?;
    let (result_id, received_at): (i64, DateTime<Utc>) = sqlx::query_as(
        "SELECT result_id, first_received FROM store_result($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9)",
    )
    .bind(node)
    .bind(assignment)
    .bind(report.key)
    .bind(&report.ledger)
    .bind(&primes)
    .bind(digest(&report.ledger, &primes).as_slice())
    .bind(plain(&report.client_version, "client_version", 64)?)
    .bind(report.cpu_seconds)
    .bind(report.wall_seconds)
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Receipt {
        key: report.key,
        result_id,
        received_at,
    })
}

/// SHA-256 over what a report says: the length of the ledger, the ledger, the primes.
fn digest(ledger: &[u8], primes: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update((ledger.len() as u64).to_le_bytes())
        .chain_update(ledger)
        .chain_update(primes)
        .finalize()
        .into()
}

/// The oldest result that nobody is checking. It is reserved for the caller for some minutes; if
/// the caller dies, another one gets it afterwards.
///
/// # Errors
/// [`DbError`].
pub async fn next_unchecked(db: &Db) -> Result<Option<Unchecked>, DbError> {
    type Row = (
        i64,
        Vec<u8>,
        Json<Vec<ProvedPrime>>,
        String,
        Json<SearchSpec>,
        i64,
        i64,
        i64,
        i64,
    );
    let mut tx = db.begin(Role::Service).await?;
    let row: Option<Row> = sqlx::query_as(
        "SELECT r.id, r.ledger, r.primes, r.node_id, j.params, b.block_start, b.block_end,
                r.job_id, r.block_id
         FROM next_unchecked_result() AS r
         JOIN work_blocks AS b ON b.id = r.block_id JOIN search_jobs AS j ON j.id = r.job_id",
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    let Some((result_id, ledger, Json(primes), node, Json(job), start, end, job_id, block_id)) =
        row
    else {
        return Ok(None);
    };
    Ok(Some(Unchecked {
        result_id,
        job_id,
        block_id,
        spec: block_spec(&job, start, end)?,
        report: BlockReport { ledger, primes },
        node,
    }))
}

/// Gives reservations of [`next_unchecked`] back before they lapse: that of one result whose check
/// was broken off, or with `None` those of all, where it is certain that nobody checks now.
///
/// # Errors
/// [`DbError`].
pub async fn unreserve(db: &Db, result_id: Option<i64>) -> Result<(), DbError> {
    let mut tx = db.begin(Role::Service).await?;
    sqlx::query(
        "UPDATE results SET checking_since = NULL
         WHERE status = 'reported' AND ($1::bigint IS NULL OR id = $1)",
    )
    .bind(result_id)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// A prime as `accept_result` takes it.
#[derive(Serialize)]
struct AcceptedPrime<'a> {
    expression: &'a str,
    digits: u64,
    theorem: &'static str,
    /// JSON inside JSON: the certificate is stored as text, exactly so.
    proof: String,
}

/// Marks a result as validated: its counts, its primes, its block, and the job if that was the
/// last one. Accepting it again changes nothing.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if it was rejected.
pub async fn accept(db: &Db, result_id: i64, checked: &Checked) -> Result<(), DbError> {
    let primes: Vec<AcceptedPrime<'_>> = checked
        .primes
        .iter()
        .map(|prime| {
            let proof = serde_json::to_string(&prime.proof)
                .map_err(|error| DbError::Internal(format!("{}: {error}", prime.expression)))?;
            Ok(AcceptedPrime {
                expression: &prime.expression,
                digits: prime.digits,
                theorem: prime.proof.theorem(),
                proof,
            })
        })
        .collect::<Result<_, DbError>>()?;

    let mut tx = db.begin(Role::Service).await?;
    sqlx::query("SELECT accept_result($1, $2, $3, $4, $5, $6, $7)")
        .bind(result_id)
        .bind(signed(checked.candidates, "candidates")?)
        .bind(signed(checked.sieved, "sieved")?)
        .bind(signed(checked.tested, "tested")?)
        .bind(signed(checked.probable.len() as u64, "probable")?)
        .bind(signed(checked.audited, "audited")?)
        .bind(Json(&primes))
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Marks a result as not believed; its block is handed out again and starts from nothing.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if it was validated.
pub async fn reject(db: &Db, result_id: i64, rejection: &Rejection) -> Result<(), DbError> {
    let mut tx = db.begin(Role::Service).await?;
    sqlx::query("SELECT reject_result($1, $2)")
        .bind(result_id)
        .bind(rejection.to_string().replace('\0', " "))
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
