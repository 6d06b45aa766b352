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
}

/// A row of `primes`.
#[derive(sqlx::FromRow)]
struct PrimeRow {
    id: i64,
    form: String,
    expression: String,
    digits: i64,
    certificate: String,
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
             WHERE proof_method = 'deterministic' AND id < $1
               AND ($2::text IS NULL OR form = $2) AND ($3::bigint IS NULL OR job_id = $3)
             ORDER BY id DESC LIMIT $4",
        )
        .bind(before)
        .bind(filter.form.as_deref())
        .bind(filter.job)
        .bind(page_rows(limit))
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

impl TryFrom<PrimeRow> for Prime {
    type Error = DbError;

    fn try_from(row: PrimeRow) -> Result<Self, DbError> {
        let proof: Proof = serde_json::from_str(&row.certificate).map_err(|error| {
            DbError::Internal(format!("the certificate of {}: {error}", row.expression))
        })?;
        Ok(Self {
            id: row.id,
            form: row.form,
            expression: row.expression,
            digits: unsigned(row.digits)?,
            proof,
            job_id: row.job_id,
            found_at: row.found_at,
        })
    }
}
