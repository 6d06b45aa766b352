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
    let mut tx = db.begin(Role::Service).await?;
    let Json(primes): Json<PrimeStats> = sqlx::query_scalar("SELECT get_stats()")
        .fetch_one(&mut *tx)
        .await?;
    let (jobs, blocks, candidates, nodes): (i64, i64, i64, i64) =
        sqlx::query_as("SELECT jobs, blocks_validated, candidates, nodes FROM get_work_stats()")
            .fetch_one(&mut *tx)
            .await?;
    tx.commit().await?;
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
