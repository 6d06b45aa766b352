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
use uuid::Uuid;

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
    let parts = Parts::of(report)?;
    let store = || {
        sqlx::query_as(
            "SELECT result_id, first_received FROM store_result($1, $2, $3, $4, $5::jsonb, $6, $7, $8, $9)",
        )
        .bind(node)
        .bind(assignment)
        .bind(report.key)
        .bind(&report.ledger)
        .bind(&parts.primes)
        .bind(parts.digest.as_slice())
        .bind(parts.version)
        .bind(report.cpu_seconds)
        .bind(report.wall_seconds)
    };
    let stored: Option<(i64, DateTime<Utc>)> = db.row(Role::Service, store).await?;
    let (result_id, received_at) =
        stored.ok_or_else(|| DbError::Internal("store_result answered nothing".to_owned()))?;
    Ok(Receipt {
        key: report.key,
        result_id,
        received_at,
    })
}

/// Stores many results of a node in one statement and one transaction. The answer for each, in
/// order, is what [`store`] would have answered, one after the other.
///
/// # Errors
/// For all together: the database's. For each: as [`store`].
pub async fn store_many(
    db: &Db,
    node: &str,
    reports: &[(i64, ResultReport)],
) -> Result<Vec<Result<Receipt, DbError>>, DbError> {
    // What is malformed is refused here and does not disturb the others.
    let mut answers = Vec::with_capacity(reports.len());
    let mut sound = Vec::with_capacity(reports.len());
    for (place, (assignment, report)) in reports.iter().enumerate() {
        match Parts::of(report) {
            Ok(parts) => {
                sound.push((place, *assignment, report, parts));
                answers.push(None);
            }
            Err(error) => answers.push(Some(Err(error))),
        }
    }
    let assignments: Vec<i64> = sound.iter().map(|(_, id, ..)| *id).collect();
    let keys: Vec<Uuid> = sound.iter().map(|(_, _, r, _)| r.key).collect();
    let ledgers: Vec<&[u8]> = sound.iter().map(|(_, _, r, _)| &*r.ledger).collect();
    let primes: Vec<&str> = sound.iter().map(|(.., p)| &*p.primes).collect();
    let digests: Vec<&[u8]> = sound.iter().map(|(.., p)| &p.digest[..]).collect();
    let versions: Vec<&str> = sound.iter().map(|(.., p)| p.version).collect();
    let cpu: Vec<f64> = sound.iter().map(|(_, _, r, _)| r.cpu_seconds).collect();
    let wall: Vec<f64> = sound.iter().map(|(_, _, r, _)| r.wall_seconds).collect();
    let store = || {
        sqlx::query_as(
            "SELECT place, result_id, first_received, refusal
             FROM store_results($1, $2, $3, $4, $5::text[]::jsonb[], $6, $7, $8, $9)",
        )
        .bind(node)
        .bind(&assignments)
        .bind(&keys)
        .bind(&ledgers)
        .bind(&primes)
        .bind(&digests)
        .bind(&versions)
        .bind(&cpu)
        .bind(&wall)
    };
    type Row = (i32, Option<i64>, Option<DateTime<Utc>>, Option<String>);
    let rows: Vec<Row> = db.rows(Role::Service, store).await?;
    for (place, result_id, received_at, refusal) in rows {
        let entry = usize::try_from(place - 1).ok().and_then(|i| sound.get(i));
        let &(place, _, report, _) = entry.ok_or_else(|| {
            DbError::Internal(format!("store_results answered for report {place}"))
        })?;
        answers[place] = Some(match (result_id, received_at, refusal.as_deref()) {
            (Some(result_id), Some(received_at), None) => Ok(Receipt {
                key: report.key,
                result_id,
                received_at,
            }),
            (_, _, Some("DR001")) => Err(DbError::NotLeased),
            (_, _, Some("DR002")) => Err(DbError::ResultConflict),
            other => Err(DbError::Internal(format!(
                "store_results answered {other:?}"
            ))),
        });
    }
    let missing = || DbError::Internal("store_results left a report without an answer".to_owned());
    answers
        .into_iter()
        .map(|answer| answer.ok_or_else(missing))
        .collect()
}

/// What is computed from a report before it is stored, and found to be sound.
struct Parts<'a> {
    primes: String,
    digest: [u8; 32],
    version: &'a str,
}

impl<'a> Parts<'a> {
    fn of(report: &'a ResultReport) -> Result<Self, DbError> {
        let seconds = [report.cpu_seconds, report.wall_seconds];
        if seconds.iter().any(|s| !(s.is_finite() && *s >= 0.0)) {
            return Err(DbError::Invalid(
                "cpu_seconds and wall_seconds: must be finite and not negative".to_owned(),
            ));
        }
        let primes = serde_json::to_string(&report.primes)
            .map_err(|error| DbError::Internal(format!("primes of a report: {error}")))?;
        Ok(Self {
            digest: digest(&report.ledger, &primes),
            version: plain(&report.client_version, "client_version", 64)?,
            primes,
        })
    }
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
    let next = || {
        sqlx::query_as(
            "SELECT r.id, r.ledger, r.primes, r.node_id, j.params, b.block_start, b.block_end,
                    r.job_id, r.block_id
             FROM next_unchecked_result() AS r
             JOIN work_blocks AS b ON b.id = r.block_id JOIN search_jobs AS j ON j.id = r.job_id",
        )
    };
    let row: Option<Row> = db.row(Role::Service, next).await?;
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
    let unreserve = || {
        sqlx::query(
            "UPDATE results SET checking_since = NULL
             WHERE status = 'reported' AND ($1::bigint IS NULL OR id = $1)",
        )
        .bind(result_id)
    };
    db.execute(Role::Service, unreserve).await
}

/// A prime as `accept_result` takes it, or a probable prime: that has neither theorem nor proof.
#[derive(Serialize)]
struct AcceptedPrime<'a> {
    expression: &'a str,
    digits: u64,
    theorem: Option<&'static str>,
    /// JSON inside JSON: the certificate is stored as text, exactly so; that of a pair is a list.
    proof: Option<String>,
}

/// Marks a result as validated: its counts, its primes, its block, and the job if that was the
/// last one. Accepting it again changes nothing.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if it was rejected.
pub async fn accept(db: &Db, result_id: i64, checked: &Checked) -> Result<(), DbError> {
    let mut primes: Vec<AcceptedPrime<'_>> = checked
        .primes
        .iter()
        .map(|prime| {
            let proof = match &prime.second {
                None => serde_json::to_string(&prime.proof),
                Some(second) => serde_json::to_string(&[&prime.proof, second]),
            }
            .map_err(|error| DbError::Internal(format!("{}: {error}", prime.expression)))?;
            Ok(AcceptedPrime {
                expression: &prime.expression,
                digits: prime.digits,
                theorem: Some(prime.proof.theorem()),
                proof: Some(proof),
            })
        })
        .collect::<Result<_, DbError>>()?;
    primes.extend(checked.probable.iter().map(|probable| AcceptedPrime {
        expression: &probable.expression,
        digits: probable.digits,
        theorem: None,
        proof: None,
    }));

    let candidates = signed(checked.candidates, "candidates")?;
    let sieved = signed(checked.sieved, "sieved")?;
    let tested = signed(checked.tested, "tested")?;
    let probable = signed(checked.probable.len() as u64, "probable")?;
    let audited = signed(checked.audited, "audited")?;
    let accept = || {
        sqlx::query("SELECT accept_result($1, $2, $3, $4, $5, $6, $7)")
            .bind(result_id)
            .bind(candidates)
            .bind(sieved)
            .bind(tested)
            .bind(probable)
            .bind(audited)
            .bind(Json(&primes))
    };
    db.execute(Role::Service, accept).await
}

/// Marks a result as not believed; its block is handed out again and starts from nothing.
///
/// # Errors
/// [`DbError::NotFound`]; [`DbError::Invalid`] if it was validated.
pub async fn reject(db: &Db, result_id: i64, rejection: &Rejection) -> Result<(), DbError> {
    let reject = || {
        sqlx::query("SELECT reject_result($1, $2)")
            .bind(result_id)
            .bind(rejection.to_string().replace('\0', " "))
    };
    db.execute(Role::Service, reject).await
}
