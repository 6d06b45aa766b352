//! The primes, as researchers read them.

use chrono::{DateTime, Utc};
use darkreach_primes::certificate::Proof;
use darkreach_protocol::read::{Page, Prime};

use super::{Db, DbError, Role, cursor, page_rows, unsigned};

/// Which primes to read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this form.
    pub form: Option<String>,
    /// Only those that this job found first.
    pub job: Option<i64>,
    /// Probable primes instead of proved ones.
    pub probable: bool,
}

/// A row of `primes`.
#[derive(sqlx::FromRow)]
struct PrimeRow {
    id: i64,
    form: String,
    expression: String,
    digits: i64,
    certificate: Option<String>,
    job_id: Option<i64>,
    found_at: DateTime<Utc>,
}

/// One page of primes, newest first.
///
/// # Errors
/// [`DbError::Invalid`] for a cursor that is not one of ours.
pub async fn page(
    db: &Db,
    filter: &Filter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Prime>, DbError> {
    let [before] = match cursor {
        Some(text) => cursor::decode('p', text)?,
        None => [i64::MAX],
    };
    let find = || {
        sqlx::query_as(
            "SELECT id, form, expression, digits, certificate, job_id, found_at FROM primes
             WHERE proof_method = CASE WHEN $5 THEN 'probabilistic' ELSE 'deterministic' END AND id < $1
               AND ($2::text IS NULL OR form = $2) AND ($3::bigint IS NULL OR job_id = $3)
             ORDER BY id DESC LIMIT $4",
        )
        .bind(before)
        .bind(filter.form.as_deref())
        .bind(filter.job)
        .bind(page_rows(limit))
        .bind(filter.probable)
    };
    let rows: Vec<PrimeRow> = db.rows(Role::Anon, find).await?;
    let primes = rows
        .into_iter()
        .map(Prime::try_from)
        .collect::<Result<_, _>>()?;
    Ok(super::page(primes, limit, |prime: &Prime| {
        cursor::encode('p', [prime.id])
    }))
}

/// What is stored of a prime's evidence: the JSON of a proof, or of a list of two for a pair.
#[derive(Default)]
struct Certificate {
    proof: Option<Proof>,
    second: Option<Proof>,
}

impl Certificate {
    fn read(text: &str) -> Result<Self, serde_json::Error> {
        let (proof, second) = if text.trim_start().starts_with('[') {
            let [proof, second]: [Proof; 2] = serde_json::from_str(text)?;
            (Some(proof), Some(second))
        } else {
            (Some(serde_json::from_str(text)?), None)
        };
        Ok(Self { proof, second })
    }
}

impl TryFrom<PrimeRow> for Prime {
    type Error = DbError;

    fn try_from(row: PrimeRow) -> Result<Self, DbError> {
        let Certificate { proof, second } = row
            .certificate
            .as_deref()
            .map_or(Ok(Certificate::default()), Certificate::read)
            .map_err(|error| {
                DbError::Internal(format!("the certificate of {}: {error}", row.expression))
            })?;
        Ok(Self {
            id: row.id,
            form: row.form,
            expression: row.expression,
            digits: unsigned(row.digits)?,
            proof,
            second,
            job_id: row.job_id,
            found_at: row.found_at,
        })
    }
}
