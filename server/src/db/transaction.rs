//! A transaction in a role, in as few round trips as it takes: one to begin, one to end, and those of
//! the statements between.
//!
//! The pool's own way takes two more, to ask whether the connection still lives and to set the role
//! apart from the beginning. Here the beginning is the question: it has no effect, so where it fails
//! because the connection is dead, it is sent again on another one.

use std::ops::{Deref, DerefMut};

use sqlx::{
    PgConnection, Postgres,
    pool::PoolConnection,
    postgres::{PgDatabaseError, PgPool},
};

use super::{DbError, Role};

/// An open transaction. One that is dropped before its end takes its connection with it, so that
/// nobody gets a connection with a transaction left open.
pub(super) struct Tx {
    connection: PoolConnection<Postgres>,
    open: bool,
}

impl Tx {
    /// Begins a transaction in a role. The functions count on each statement seeing what was
    /// committed before it, whatever the server's default isolation level is.
    pub(super) async fn begin(pool: &PgPool, role: Role) -> Result<Self, DbError> {
        // When PostgreSQL was restarted, every connection that waits in the pool is dead.
        let mut dead = pool.size();
        loop {
            let mut tx = Self {
                connection: pool.acquire().await?,
                open: true,
            };
            match sqlx::raw_sql(role.beginning()).execute(&mut *tx).await {
                Ok(_) => return Ok(tx),
                Err(error) if dead > 0 && is_dead(&error) => dead -= 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Commits what succeeded, takes back what did not.
    pub(super) async fn end<T, E: Into<DbError>>(
        mut self,
        outcome: Result<T, E>,
    ) -> Result<T, DbError> {
        let statement = if outcome.is_ok() {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        let ended = sqlx::raw_sql(statement).execute(&mut *self).await;
        self.open = ended.is_err();
        match (outcome, ended) {
            (Err(error), _) => Err(error.into()),
            (Ok(_), Err(error)) => Err(error.into()),
            (Ok(value), Ok(_)) => Ok(value),
        }
    }
}

/// Whether the connection is gone, as opposed to the statement refused.
fn is_dead(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        // Shut down by the administrator, or crashed, while it waited.
        sqlx::Error::Database(refusal) => refusal
            .try_downcast_ref::<PgDatabaseError>()
            .is_some_and(|refusal| refusal.code().starts_with("57P")),
        _ => false,
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.open {
            self.connection.close_on_drop();
        }
    }
}
