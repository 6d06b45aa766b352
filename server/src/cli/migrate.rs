//! `darkreach-server migrate`: brings a database to this program's schema and says what it did.

use sqlx::postgres::PgConnectOptions;

use crate::migrate::MigrateError;

/// Applies what is missing, as the owner of the schema, and prints it.
///
/// # Errors
/// [`MigrateError`]; migrations that were applied before the failing one stay applied.
pub async fn run(options: PgConnectOptions, json: bool) -> Result<(), MigrateError> {
    let _ = (options, json);
    todo!()
}
