//! The primes, for researchers: filtered, in pages, as JSON or CSV.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use chrono::SecondsFormat;
use darkreach_protocol::read::Prime;
use serde::Deserialize;

use super::{
    App,
    body::Params,
    csv::{Columns, optional},
    page::{self, Format},
    problem::ApiError,
};
use crate::db::primes;

/// Parameters of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    form: Option<String>,
    job: Option<i64>,
    cursor: Option<String>,
    limit: Option<u32>,
    format: Option<Format>,
}

/// `GET /api/v1/primes`.
pub(crate) async fn list(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    Params(list): Params<List>,
) -> Result<Response, ApiError> {
    let rows = page::rows(list.limit)?;
    let filter = primes::Filter {
        form: list.form,
        job: list.job,
    };
    let primes = primes::page(&app.db, &filter, list.cursor.as_deref(), rows).await?;
    Ok(page::answer(
        &primes,
        Format::chosen(list.format, &headers),
        &uri,
    ))
}

impl Columns for Prime {
    const NAMES: &'static [&'static str] = &[
        "id",
        "form",
        "expression",
        "digits",
        "theorem",
        "proof",
        "job_id",
        "found_at",
    ];

    fn fields(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.form.clone(),
            self.expression.clone(),
            self.digits.to_string(),
            self.proof.theorem().to_owned(),
            serde_json::to_string(&self.proof).unwrap_or_default(),
            optional(self.job_id.as_ref()),
            self.found_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        ]
    }
}
