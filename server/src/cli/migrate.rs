//! `darkreach-server migrate`: brings a database to this program's schema and says what it did.

use std::io::{self, Write};

use clap::Args;
use sqlx::postgres::PgConnectOptions;

use crate::migrate::{self, Applied, MigrateError};

/// Options of the command.
#[derive(Clone, Copy, Debug, Args)]
pub struct Migrate {
    /// Touch no database; print the list of checksums that a release of this program freezes
    #[arg(long)]
    pub seal: bool,
}

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateCommandError {
    /// The migration.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The answer could not be written.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// Applies what is missing, as the owner of the schema, and prints it.
///
/// # Errors
/// [`MigrateCommandError`]; migrations that were applied before a failing one stay applied.
pub async fn run(options: PgConnectOptions, json: bool) -> Result<(), MigrateCommandError> {
    let applied = migrate::run(options).await?;
    print(&mut io::stdout().lock(), &applied, json)?;
    Ok(())
}

/// Prints the manifest that a release commits: what was released before, unchanged, and every file
/// that came since.
///
/// # Errors
/// [`MigrateCommandError`]: a released file is not what it was.
pub fn seal() -> Result<(), MigrateCommandError> {
    write!(io::stdout().lock(), "{}", migrate::sealed_manifest()?)?;
    Ok(())
}

fn print(out: &mut impl Write, applied: &Applied, json: bool) -> io::Result<()> {
    if json {
        let object = serde_json::json!({ "applied": applied.files, "current": applied.current });
        return writeln!(out, "{object}");
    }
    for file in &applied.files {
        writeln!(out, "applied {file}")?;
    }
    writeln!(out, "the schema is at {}", applied.current)
}
