//! The one way to the database.
//!
//! Every operation is one transaction that first takes the role it needs (`service_role` to work,
//! `anon` to read what is public), so the login role owns nothing and row-level security holds for
//! the server itself too. The rules of claiming, leasing and reporting are functions in
//! `supabase/migrations`; this layer passes arguments and types the answers.

pub mod agents;
pub mod calibrations;
mod candidates;
mod constraints;
mod cursor;
mod error;
pub mod jobs;
pub mod memory;
pub mod nodes;
pub mod observability;
pub mod operators;
pub mod primes;
pub mod profiles;
pub mod projects;
pub mod records;
pub mod release_documents;
pub mod releases;
pub mod results;
mod retry;
pub mod roles;
pub mod schedules;
mod statement;
pub mod stats;
pub mod strategy;
mod transaction;
pub mod work;
pub mod workers;

use std::time::Duration;

use sqlx::{
    Connection, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};

use transaction::Tx;

pub use error::DbError;

/// How long an operation waits for a free connection before the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A pool of connections to the database.
#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

/// The roles that an operation can take. The statements also bound its duration: a transaction
/// that hangs would hold its locks.
#[derive(Clone, Copy, Debug)]
enum Role {
    /// Does the server's work.
    Service,
    /// The same, for the few operations over all blocks of a job.
    ServiceAtLength,
    /// The same, for what is said again soon: its commit does not wait for the disk, and a crash of
    /// the database may forget the last half second of it.
    ServiceInPassing,
    /// Reads what everybody may read.
    Anon,
}

impl Role {
    /// What begins a transaction in the role.
    fn beginning(self) -> &'static str {
        match self {
            Self::Service => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL ROLE service_role; \
                 SET LOCAL statement_timeout = '30s'"
            }
            Self::ServiceAtLength => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL ROLE service_role; \
                 SET LOCAL statement_timeout = '10min'"
            }
            Self::ServiceInPassing => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL ROLE service_role; \
                 SET LOCAL statement_timeout = '30s'; SET LOCAL synchronous_commit = off"
            }
            Self::Anon => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL ROLE anon; \
                 SET LOCAL statement_timeout = '30s'"
            }
        }
    }
}

impl Db {
    /// Opens a pool of at most `max` connections and makes sure that one works.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn connect(options: PgConnectOptions, max: u32) -> Result<Self, DbError> {
        let pool = PgPoolOptions::new()
            .max_connections(max)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // Beginning a transaction is test enough.
            .test_before_acquire(false)
            .connect_with(options)
            .await
            .map_err(DbError::Unavailable)?;
        Ok(Self { pool })
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn ping(&self) -> Result<(), DbError> {
        self.connection().await.map(drop)
    }

    /// Whether the schema is exactly the one that this program was built with.
    ///
    /// # Errors
    /// [`DbError::Unavailable`]. A database without any schema of ours is `Ok(false)`.
    pub async fn schema_is_current(&self) -> Result<bool, DbError> {
        let exists: bool =
            sqlx::query_scalar("SELECT to_regclass('public._sqlx_migrations') IS NOT NULL")
                .fetch_one(&mut *self.connection().await?)
                .await?;
        if !exists {
            return Ok(false);
        }
        let mut tx = match self.begin(Role::Service).await {
            Ok(tx) => tx,
            // The role is not there, or not granted: migrations have not run to their end.
            Err(DbError::Internal(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let applied: Result<Vec<(i64, Vec<u8>)>, _> =
            sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
                .fetch_all(&mut *tx)
                .await;
        match tx.end(applied).await {
            Ok(applied) => Ok(crate::migrate::is_current(&applied)),
            // Not readable: the prelude that grants it has not run.
            Err(DbError::Internal(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether row-level security holds for the login role: it owns no table of the schema, is no
    /// superuser and may not bypass it, so that it can do only what the role does that it takes in
    /// a transaction.
    ///
    /// # Errors
    /// [`DbError::Unavailable`].
    pub async fn login_is_bounded(&self) -> Result<bool, DbError> {
        let bounded = sqlx::query_scalar(
            "SELECT NOT r.rolsuper AND NOT r.rolbypassrls AND NOT EXISTS (
                 SELECT FROM pg_class AS c
                 WHERE c.relnamespace = 'public'::regnamespace AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
             FROM pg_roles AS r WHERE r.rolname = session_user",
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(bounded)
    }

    /// Closes every connection, after the running operations have ended.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction in a role.
    async fn begin(&self, role: Role) -> Result<Tx, DbError> {
        Tx::begin(&self.pool, role).await
    }

    /// A connection that lives, for the few questions that are asked outside of any role.
    async fn connection(&self) -> Result<PoolConnection<Postgres>, DbError> {
        let mut dead = self.pool.size();
        loop {
            let mut connection = self.pool.acquire().await?;
            match connection.ping().await {
                Ok(()) => return Ok(connection),
                Err(error) => {
                    connection.close_on_drop();
                    if dead == 0 {
                        return Err(error.into());
                    }
                    dead -= 1;
                }
            }
        }
    }
}

/// What the database counts, as the unsigned number that it is.
fn unsigned(count: i64) -> Result<u64, DbError> {
    u64::try_from(count).map_err(|_| DbError::Internal(format!("{count} where a count should be")))
}

/// A value of a running variable as the database stores it.
fn signed(value: u64, what: &str) -> Result<i64, DbError> {
    i64::try_from(value).map_err(|_| {
        DbError::Invalid(format!(
            "{what}: {value} is too large, at most {}",
            i64::MAX
        ))
    })
}

/// Text from outside, bounded and without control characters, which PostgreSQL or a terminal
/// would trip over.
fn plain<'a>(text: &'a str, what: &str, max: usize) -> Result<&'a str, DbError> {
    if text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(DbError::Invalid(format!(
            "{what}: at most {max} characters and no control characters"
        )));
    }
    Ok(text)
}

/// How many rows a page may have at most.
const MAX_PAGE: u32 = 1000;

/// The page size as a row count for SQL: one more than asked for, to see whether more follow.
fn page_rows(limit: u32) -> i64 {
    i64::from(limit.clamp(1, MAX_PAGE)) + 1
}

/// Cuts the extra row off and makes the cursor from the last one that stays.
fn page<T>(
    mut items: Vec<T>,
    limit: u32,
    cursor: impl Fn(&T) -> String,
) -> darkreach_protocol::read::Page<T> {
    let size = limit.clamp(1, MAX_PAGE) as usize;
    let more = items.len() > size;
    items.truncate(size);
    let next = if more { items.last().map(cursor) } else { None };
    darkreach_protocol::read::Page { items, next }
}
