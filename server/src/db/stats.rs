//! Totals over everything.

use std::collections::BTreeMap;

use darkreach_protocol::read::{FormCount, Stats};
use serde::Deserialize;
use sqlx::types::Json;

use super::{Db, DbError, Role, unsigned};

/// What `get_stats()` answers.
#[derive(Deserialize)]
struct PrimeStats {
    primes: u64,
    largest_digits: u64,
    by_form: BTreeMap<String, u64>,
}

/// The totals now.
///
/// # Errors
/// [`DbError`].
pub async fn stats(db: &Db) -> Result<Stats, DbError> {
    type Row = (Json<PrimeStats>, i64, i64, i64, i64);
    let totals = || {
        sqlx::query_as(
            "SELECT get_stats(), jobs, blocks_validated, candidates, nodes FROM get_work_stats()",
        )
    };
    let row: Option<Row> = db.row(Role::Service, totals).await?;
    let (Json(primes), jobs, blocks, candidates, nodes) =
        row.ok_or_else(|| DbError::Internal("get_work_stats answered nothing".to_owned()))?;
    Ok(Stats {
        primes: primes.primes,
        primes_by_form: primes
            .by_form
            .into_iter()
            .map(|(form, count)| FormCount { form, count })
            .collect(),
        largest_digits: primes.largest_digits,
        jobs: unsigned(jobs)?,
        blocks_validated: unsigned(blocks)?,
        candidates: unsigned(candidates)?,
        nodes: unsigned(nodes)?,
    })
}

/// Counts the statistics anew while they can be read; `false` if another process does it at this
/// moment. To be called every few minutes.
///
/// # Errors
/// [`DbError`].
pub async fn refresh(db: &Db) -> Result<bool, DbError> {
    let refresh = || sqlx::query_scalar("SELECT refresh_statistics()");
    db.scalar(Role::ServiceAtLength, refresh).await
}
