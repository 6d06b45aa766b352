//! Jobs and their blocks, to be read.

use axum::{
    Json,
    extract::State,
    http::Uri,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    App,
    body::{Id, Params},
    page,
    problem::ApiError,
};
use crate::db::jobs;

/// Parameters of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /api/v1/jobs`.
pub(crate) async fn list(
    State(app): State<App>,
    uri: Uri,
    Params(list): Params<List>,
) -> Result<Response, ApiError> {
    let rows = page::rows(list.limit)?;
    let jobs = jobs::list(&app.db, list.cursor.as_deref(), rows).await?;
    Ok(page::json(&jobs, &uri))
}

/// `GET /api/v1/jobs/{id}`.
pub(crate) async fn show(State(app): State<App>, Id(job): Id) -> Result<Response, ApiError> {
    Ok(Json(jobs::show(&app.db, job).await?).into_response())
}

/// `GET /api/v1/jobs/{id}/blocks`.
pub(crate) async fn blocks(
    State(app): State<App>,
    uri: Uri,
    Id(job): Id,
    Params(list): Params<List>,
) -> Result<Response, ApiError> {
    let rows = page::rows(list.limit)?;
    let blocks = jobs::blocks_page(&app.db, job, list.cursor.as_deref(), rows).await?;
    Ok(page::json(&blocks, &uri))
}
