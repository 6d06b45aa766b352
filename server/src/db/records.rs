//! The world's records per form, beside what we found.

use chrono::NaiveDate;
use sqlx::{query, query_as};

use super::{Db, DbError, Role};

/// A record as a published list has it.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The form.
    pub form: &'a str,
    /// Which record, for example `largest`.
    pub category: &'a str,
    /// The number.
    pub expression: &'a str,
    /// Its decimal digits.
    pub digits: i64,
    /// To whom the list credits it.
    pub holder: Option<&'a str>,
    /// When it was found.
    pub discovered_on: Option<NaiveDate>,
    /// The list's address.
    pub source_url: Option<&'a str>,
}

/// A record beside our largest prime of the form.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Comparison {
    /// The form.
    pub form: String,
    /// Which record.
    pub category: String,
    /// The record.
    pub record_expression: String,
    /// Its decimal digits.
    pub record_digits: i64,
    /// Our largest prime of the form.
    pub our_expression: Option<String>,
    /// Its decimal digits.
    pub our_digits: Option<i64>,
}

/// Writes a record; the one of the same form and category is replaced.
///
/// # Errors
/// [`DbError::Invalid`] for anything out of bounds.
pub async fn set(db: &Db, record: &Record<'_>) -> Result<(), DbError> {
    let set = || {
        query(
        "INSERT INTO records (form, category, expression, digits, holder, discovered_on, source_url)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (form, category) DO UPDATE
         SET expression = excluded.expression, digits = excluded.digits, holder = excluded.holder,
             discovered_on = excluded.discovered_on, source_url = excluded.source_url, fetched_at = now()",
    )
    .bind(record.form)
    .bind(record.category)
    .bind(record.expression)
    .bind(record.digits)
    .bind(record.holder)
    .bind(record.discovered_on)
    .bind(record.source_url)
    };
    db.execute(Role::Service, set).await
}

/// All records by form, with ours beside them.
///
/// # Errors
/// [`DbError`].
pub async fn compare(db: &Db) -> Result<Vec<Comparison>, DbError> {
    let compare = || {
        query_as(
            "SELECT form, category, record_expression, record_digits, our_expression, our_digits
         FROM records_and_ours()",
        )
    };
    db.rows(Role::Anon, compare).await
}
