//! Brings a database to the schema that this program was built with.

use sqlx::postgres::PgConnectOptions;

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The file names applied now, in order; empty if the schema was current.
    pub files: Vec<String>,
    /// The newest file name that the database now has.
    pub current: String,
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database could not be reached or the connection broke.
    #[error("cannot reach the database: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database was migrated by a newer program.
    #[error(
        "the database has migration {found}, this program knows none after {newest}: \
         it was migrated by a newer darkreach-server; run that version instead"
    )]
    Newer {
        /// Version found in the database.
        found: i64,
        /// Newest version known.
        newest: i64,
    },
    /// An applied migration is not the one that this program has under its number.
    #[error(
        "migration {file} was applied with other content than this program's: \
         the database belongs to another build of darkreach-server"
    )]
    Changed {
        /// The file's name.
        file: String,
    },
    /// A migration failed; it left nothing behind.
    #[error("migration {file} failed: {source}")]
    Failed {
        /// The file's name.
        file: String,
        /// What PostgreSQL said.
        source: sqlx::Error,
    },
    /// The migrations in the program are not named as they must be.
    #[error("migration file {file}: {reason}")]
    Source {
        /// The file's name.
        file: String,
        /// What is wrong.
        reason: String,
    },
}

/// Applies every migration that the database does not have, each in a transaction, while no other
/// process does the same. Connects as the owner of the schema.
///
/// # Errors
/// [`MigrateError`].
pub async fn run(options: PgConnectOptions) -> Result<Applied, MigrateError> {
    let _ = options;
    todo!()
}

/// Lets a login role act as the API roles, so that the server may take them in each transaction.
/// Connects as the owner; the login role must exist and should own nothing.
///
/// # Errors
/// [`MigrateError`].
pub async fn grant_app(options: PgConnectOptions, login_role: &str) -> Result<(), MigrateError> {
    let _ = (options, login_role);
    todo!()
}
