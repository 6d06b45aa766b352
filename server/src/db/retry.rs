//! Trying again what two transactions made each other fail.
//!
//! Where two transactions wait for each other, PostgreSQL breaks one off (deadlock, 40P01), and under
//! stricter isolation than ours one that read what another changed (40001). Nothing of the broken
//! one stays, so the same operation, whole, is tried again: a few times, after pauses that grow and
//! differ, so that the same two do not meet again. Our own functions lock in one order and should
//! never come here; a maintainer's SQL beside them may.

use std::time::Duration;

use rand::RngExt;

use super::DbError;

/// How often an operation is tried in all.
const ATTEMPTS: u32 = 5;
/// The longest first pause; each further one may be twice as long.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs a whole transaction, again where PostgreSQL broke it off because of another one.
///
/// # Errors
/// What the operation fails with; [`DbError::Contended`] after the last attempt.
pub(super) async fn retrying<T, F>(mut operation: impl FnMut() -> F) -> Result<T, DbError>
where
    F: Future<Output = Result<T, DbError>>,
{
    for attempt in 0..ATTEMPTS - 1 {
        match operation().await {
            Err(DbError::Contended(_)) => tokio::time::sleep(pause(attempt)).await,
            done => return done,
        }
    }
    operation().await
}

/// A random pause before attempt number `attempt` + 1, counted from 0.
fn pause(attempt: u32) -> Duration {
    PAUSE
        .saturating_mul(1 << attempt)
        .mul_f64(rand::rng().random())
}

#[cfg(test)]
mod tests {
    use super::{ATTEMPTS, retrying};
    use crate::db::DbError;
    use std::cell::Cell;

    /// An operation that is broken off so many times, and how often it was run.
    async fn run(failures: u32) -> (Result<&'static str, DbError>, u32) {
        let runs = Cell::new(0);
        let done = retrying(async || {
            runs.set(runs.get() + 1);
            if runs.get() <= failures {
                Err(DbError::Contended(sqlx::Error::RowNotFound))
            } else {
                Ok("done")
            }
        })
        .await;
        (done, runs.get())
    }

    #[tokio::test]
    async fn what_was_broken_off_is_tried_again_but_not_for_ever() {
        for failures in 0..ATTEMPTS {
            let (done, runs) = run(failures).await;
            assert_eq!((done.unwrap(), runs), ("done", failures + 1));
        }
        let (done, runs) = run(ATTEMPTS).await;
        assert!(matches!(done, Err(DbError::Contended(_))), "{done:?}");
        assert_eq!(runs, ATTEMPTS);
    }

    #[tokio::test]
    async fn other_failures_are_final() {
        let runs = Cell::new(0);
        let done: Result<(), DbError> = retrying(async || {
            runs.set(runs.get() + 1);
            Err(DbError::NotLeased)
        })
        .await;
        assert!(matches!(done, Err(DbError::NotLeased)));
        assert_eq!(runs.get(), 1);
    }
}
