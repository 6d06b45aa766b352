//! What became of every candidate, for researchers: filtered, in pages, as JSON or CSV.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use darkreach_protocol::read::{CandidateOutcome, CandidateResult};
use serde::Deserialize;

use super::{
    App,
    body::Params,
    csv::{Columns, optional},
    page::{self, Format},
    problem::ApiError,
};
use crate::db::results;

/// Parameters of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    form: Option<String>,
    job: Option<i64>,
    outcome: Option<CandidateOutcome>,
    cursor: Option<String>,
    limit: Option<u32>,
    format: Option<Format>,
}

/// `GET /api/v1/results`.
pub(crate) async fn list(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
    Params(list): Params<List>,
) -> Result<Response, ApiError> {
    let rows = page::rows(list.limit)?;
    let filter = results::Filter {
        form: list.form,
        job: list.job,
        outcome: list.outcome,
    };
    let cursor = list.cursor.as_deref();
    let candidates = results::candidates_page(&app.db, &filter, cursor, rows).await?;
    Ok(page::answer(
        &candidates,
        Format::chosen(list.format, &headers),
        &uri,
    ))
}

/// The outcome as JSON writes it.
fn name(outcome: CandidateOutcome) -> &'static str {
    match outcome {
        CandidateOutcome::Factor => "factor",
        CandidateOutcome::Composite => "composite",
        CandidateOutcome::Prime => "prime",
        CandidateOutcome::ProbablePrime => "probable_prime",
        CandidateOutcome::BelowTwo => "below_two",
        CandidateOutcome::Algebraic => "algebraic",
    }
}

impl Columns for CandidateResult {
    const NAMES: &'static [&'static str] = &[
        "job_id",
        "block_id",
        "form",
        "expression",
        "outcome",
        "factor",
        "res64",
        "test",
        "test_base",
    ];

    fn fields(&self) -> Vec<String> {
        vec![
            self.job_id.to_string(),
            self.block_id.to_string(),
            self.form.clone(),
            self.expression.clone(),
            name(self.outcome).to_owned(),
            optional(self.factor.as_ref()),
            optional(self.res64.as_ref()),
            optional(self.test.as_ref()),
            optional(self.test_base.as_ref()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::name;
    use darkreach_protocol::read::CandidateOutcome;

    #[test]
    fn csv_and_json_call_an_outcome_the_same() {
        for outcome in [
            CandidateOutcome::Factor,
            CandidateOutcome::Composite,
            CandidateOutcome::Prime,
            CandidateOutcome::ProbablePrime,
            CandidateOutcome::Algebraic,
            CandidateOutcome::BelowTwo,
        ] {
            let json = serde_json::to_value(outcome).unwrap();
            assert_eq!(json, name(outcome));
        }
    }
}
