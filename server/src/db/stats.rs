//! Totals over everything.

use darkreach_protocol::read::Stats;

use super::{Db, DbError};

/// The totals now.
///
/// # Errors
/// [`DbError`].
pub async fn stats(db: &Db) -> Result<Stats, DbError> {
    let _ = db;
    todo!()
}
