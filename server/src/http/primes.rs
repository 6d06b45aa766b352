//! The primes, for researchers: filtered, in pages, as JSON or CSV.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use chrono::SecondsFormat;
use darkreach_primes::certificate::Proof;
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
    verdict: Option<Verdict>,
    cursor: Option<String>,
    limit: Option<u32>,
    format: Option<Format>,
}

/// Proved primes, or probable ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Prime,
    ProbablePrime,
}

/// `GET /api/v1/primes`: proved ones, with `verdict=probable_prime` the others.
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
        probable: list.verdict == Some(Verdict::ProbablePrime),
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
            self.proof.as_ref().map_or("", Proof::theorem).to_owned(),
            match (&self.proof, &self.second) {
                (Some(proof), Some(second)) => serde_json::to_string(&[proof, second]),
                (Some(proof), None) => serde_json::to_string(proof),
                (None, _) => Ok(String::new()),
            }
            .unwrap_or_default(),
            optional(self.job_id.as_ref()),
            self.found_at.to_rfc3339_opts(SecondsFormat::Micros, true),
        ]
    }
}
