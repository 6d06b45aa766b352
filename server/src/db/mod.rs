//! The one way to the database.
//!
//! Every operation is one transaction that first takes the role it needs (`service_role` to work,
//! `anon` to read what is public), so the login role owns nothing and row-level security holds for
//! the server itself too. The rules of claiming, leasing and reporting are functions in
//! `supabase/migrations`; this layer passes arguments and types the answers.

pub mod jobs;
pub mod nodes;
pub mod primes;
pub mod results;
pub mod stats;
pub mod work;

use sqlx::postgres::{PgConnectOptions, PgPool};

/// A pool of connections to the database.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

/// Why a database operation gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The database is away, restarting, or has no connection free: try again later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The assignment is not leased to this node (any more).
    #[error("the block is not leased to this node")]
    NotLeased,
    /// Another result was already accepted for this assignment, or the key belongs to another one.
    #[error("another result was already accepted for this assignment, or its key is taken")]
    ResultConflict,
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Too many nodes that never worked, in total or from this address.
    #[error(
        "too many nodes were registered that never worked; let one of them finish a block first"
    )]
    NodeLimit,
    /// The request contradicts the rules; the text says which and what to do.
    #[error("{0}")]
    Invalid(String),
    /// A defect: the database holds or answers something that it never should.
    #[error("the database answered unexpectedly: {0}")]
    Internal(String),
}

impl Db {
    /// Opens a pool of at most `max` connections and makes sure that one works.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn connect(options: PgConnectOptions, max: u32) -> Result<Self, DbError> {
        let _ = (options, max);
        todo!()
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn ping(&self) -> Result<(), DbError> {
        let _ = &self.pool;
        todo!()
    }

    /// Whether the schema is exactly the one that this program was built with.
    ///
    /// # Errors
    /// [`DbError::Unavailable`]. A database without any schema of ours is `Ok(false)`.
    pub async fn schema_is_current(&self) -> Result<bool, DbError> {
        todo!()
    }

    /// Closes every connection, after the running operations have ended.
    pub async fn close(&self) {
        todo!()
    }
}
