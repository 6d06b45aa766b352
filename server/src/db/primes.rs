//! The primes, as researchers read them.

use darkreach_protocol::read::{Page, Prime};

use super::{Db, DbError};

/// Which primes to read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this form.
    pub form: Option<String>,
    /// Only those that this job found first.
    pub job: Option<i64>,
}

/// One page of primes, newest first.
///
/// # Errors
/// [`DbError::Invalid`] for a cursor that is not one of ours.
pub async fn page(
    db: &Db,
    filter: &Filter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<Page<Prime>, DbError> {
    let _ = (db, filter, cursor, limit);
    todo!()
}
