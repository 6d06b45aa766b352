//! Brings a database to the schema that this program was built with.
//!
//! The migrations travel inside the program, so program and schema can not be from different days.
//! The list of what was applied is sqlx's own table, and each migration and its entry commit
//! together; what is ours is the order ([`source`]), the promise that released files stay as they
//! were ([`manifest`]) and the words for what can go wrong.

mod manifest;
mod source;

use sqlx::{
    Connection, PgConnection,
    migrate::{AppliedMigration, Migrate},
    postgres::PgConnectOptions,
};

use source::Step;

/// sqlx's table of applied migrations.
const TABLE: &str = "_sqlx_migrations";

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
    /// The database could not be reached, refused, or the connection broke.
    #[error("cannot work with the database")]
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
    /// What was applied is not what this program has.
    #[error(
        "{what}: the database belongs to another build of darkreach-server; use that one, or \
         start with an empty database"
    )]
    Changed {
        /// Which migration, and how it differs.
        what: String,
    },
    /// A migration failed; it left nothing behind.
    #[error("migration {file} failed")]
    Failed {
        /// The file's name.
        file: String,
        /// What PostgreSQL said.
        source: sqlx::migrate::MigrateError,
    },
    /// A released migration is not what it was: databases that have it would differ from new ones.
    #[error(
        "migration {file} {reason}; released migrations are only added to: restore the released \
         files and put the change into a new one after them"
    )]
    Released {
        /// The file's name.
        file: String,
        /// What happened to it.
        reason: &'static str,
    },
    /// The list of released migrations cannot be read.
    #[error("the list of released migrations, line {line}: {reason}; restore it from the release")]
    Manifest {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
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

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error)
    }
}

/// Applies every migration that the database does not have, each in a transaction, while no other
/// process does the same. Connects as the owner of the schema.
///
/// # Errors
/// [`MigrateError`]; what was applied before the failing migration stays.
pub async fn run(options: PgConnectOptions) -> Result<Applied, MigrateError> {
    let steps = source::embedded()?;
    manifest::check(manifest::RELEASED, &steps)?;
    apply(options, &steps).await
}

/// The list of checksums that a release of this program freezes: what was released before, and
/// every file that came since.
///
/// # Errors
/// [`MigrateError::Released`] if a released file is not what it was.
pub fn sealed_manifest() -> Result<String, MigrateError> {
    manifest::seal(manifest::RELEASED, &source::embedded()?)
}

/// A connection that keeps notices to itself: that a table exists already is what a second run is
/// about, and no news.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, MigrateError> {
    let mut connection = PgConnection::connect_with(options).await?;
    sqlx::raw_sql("SET client_min_messages = error")
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

async fn apply(options: PgConnectOptions, steps: &[Step]) -> Result<Applied, MigrateError> {
    let mut connection = connect(&options).await?;
    // The lock belongs to the connection: were it left on an error, closing would end it.
    let bookkeeping = |source| MigrateError::Failed {
        file: format!("list {TABLE}"),
        source,
    };
    connection.lock().await.map_err(bookkeeping)?;
    connection
        .ensure_migrations_table(TABLE)
        .await
        .map_err(bookkeeping)?;
    let applied = connection
        .list_applied_migrations(TABLE)
        .await
        .map_err(bookkeeping)?;
    let mut files = Vec::new();
    for step in pending(&applied, steps)? {
        connection
            .apply(TABLE, &step.migration)
            .await
            .map_err(|source| MigrateError::Failed {
                file: step.file.clone(),
                source,
            })?;
        files.push(step.file.clone());
    }
    connection.unlock().await.map_err(bookkeeping)?;
    connection.close().await?;
    let current = steps
        .last()
        .map(|step| step.file.clone())
        .unwrap_or_default();
    Ok(Applied { files, current })
}

/// The steps that the database lacks: those after the last applied one.
fn pending<'a>(
    applied: &[AppliedMigration],
    steps: &'a [Step],
) -> Result<&'a [Step], MigrateError> {
    let newest = steps.last().map_or(0, |step| step.migration.version);
    if let Some(found) = applied.iter().map(|entry| entry.version).max()
        && found > newest
    {
        return Err(MigrateError::Newer { found, newest });
    }
    for (place, entry) in applied.iter().enumerate() {
        let step = &steps[place.min(steps.len() - 1)];
        let what = if step.migration.version > entry.version {
            format!(
                "migration {} was applied and is not in this program",
                entry.version
            )
        } else if step.migration.version < entry.version {
            format!("migration {} was never applied, later ones were", step.file)
        } else if step.migration.checksum != entry.checksum {
            format!("migration {} was applied with other content", step.file)
        } else {
            continue;
        };
        return Err(MigrateError::Changed { what });
    }
    Ok(&steps[applied.len()..])
}

/// Whether exactly this program's migrations were applied, given version and checksum of each.
pub(crate) fn is_current(applied: &[(i64, Vec<u8>)]) -> bool {
    let Ok(steps) = source::embedded() else {
        return false;
    };
    steps.len() == applied.len()
        && steps
            .iter()
            .zip(applied)
            .all(|(step, (version, checksum))| {
                step.migration.version == *version && *step.migration.checksum == **checksum
            })
}

/// Lets a login role act as the API roles, so that the server may take them in each transaction;
/// by itself it gets none of their rights. Connects as the owner; the login role must exist and
/// should own nothing.
///
/// # Errors
/// [`MigrateError`].
pub async fn grant_app(options: PgConnectOptions, login_role: &str) -> Result<(), MigrateError> {
    let mut connection = connect(&options).await?;
    // PostgreSQL 16 moved "does not inherit" from the role to the grant.
    sqlx::query("SELECT set_config('darkreach.login_role', $1, false)")
        .bind(login_role)
        .execute(&mut connection)
        .await?;
    sqlx::raw_sql(
        "DO $$
         DECLARE
             login TEXT := current_setting('darkreach.login_role');
         BEGIN
             IF current_setting('server_version_num')::int >= 160000 THEN
                 EXECUTE format('GRANT anon, authenticated, service_role TO %I WITH INHERIT FALSE, SET TRUE', login);
             ELSE
                 EXECUTE format('ALTER ROLE %I NOINHERIT', login);
                 EXECUTE format('GRANT anon, authenticated, service_role TO %I', login);
             END IF;
         END
         $$",
    )
    .execute(&mut connection)
    .await?;
    connection.close().await?;
    Ok(())
}
