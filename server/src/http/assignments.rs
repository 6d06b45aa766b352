//! The life of an assignment: claimed, saved, released, reported.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use darkreach_protocol::{
    problem::ProblemKind,
    work::{
        BatchAnswer, ClaimRequest, ClaimResponse, MAX_REPORTS, Receipt, ReleaseRequest,
        ReportAnswer, ReportBatch, ResultReport,
    },
};

use super::{
    App,
    auth::Node,
    body::{self, Id, Raw},
    problem::ApiError,
};
use crate::db::{results, work};

/// `POST /api/v1/assignments/claim`.
pub(crate) async fn claim(
    State(app): State<App>,
    Node(node): Node,
    body::Json(request): body::Json<ClaimRequest>,
) -> Result<Json<ClaimResponse>, ApiError> {
    Ok(Json(work::claim(&app.db, &node, &request).await?))
}

/// `PUT /api/v1/assignments/{id}/checkpoint`.
pub(crate) async fn put_checkpoint(
    State(app): State<App>,
    Node(node): Node,
    Id(assignment): Id,
    Raw(bytes): Raw,
) -> Result<StatusCode, ApiError> {
    work::put_checkpoint(&app.db, &node, assignment, &bytes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/assignments/{id}/checkpoint`.
pub(crate) async fn get_checkpoint(
    State(app): State<App>,
    Node(node): Node,
    Id(assignment): Id,
) -> Result<impl IntoResponse, ApiError> {
    let bytes = work::get_checkpoint(&app.db, &node, assignment).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes))
}

/// `POST /api/v1/assignments/{id}/release`.
pub(crate) async fn release(
    State(app): State<App>,
    Node(node): Node,
    Id(assignment): Id,
    body::Json(request): body::Json<ReleaseRequest>,
) -> Result<StatusCode, ApiError> {
    work::release(&app.db, &node, assignment, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/assignments/{id}/result`: stored first, checked afterwards. The receipt says that
/// it is on disk, not that it is believed.
pub(crate) async fn report(
    State(app): State<App>,
    Node(node): Node,
    Id(assignment): Id,
    body::Json(report): body::Json<ResultReport>,
) -> Result<Json<Receipt>, ApiError> {
    let receipt = results::store(&app.db, &node, assignment, &report).await?;
    app.result_arrived.notify_one();
    Ok(Json(receipt))
}

/// `POST /api/v1/assignments/results`: several at once, in one transaction; each is answered as if it
/// had come alone.
pub(crate) async fn report_many(
    State(app): State<App>,
    Node(node): Node,
    body::Json(ReportBatch { reports }): body::Json<ReportBatch>,
) -> Result<Json<BatchAnswer>, ApiError> {
    if reports.len() > MAX_REPORTS {
        let words = format!("reports: at most {MAX_REPORTS} at once");
        return Err(ApiError::of(ProblemKind::Invalid, words));
    }
    let reports: Vec<_> = reports
        .into_iter()
        .map(|one| (one.assignment, one.report))
        .collect();
    let stored = results::store_many(&app.db, &node, &reports).await?;
    app.result_arrived.notify_one();
    let answer = |one| match one {
        Ok(receipt) => ReportAnswer::Receipt(receipt),
        Err(error) => ReportAnswer::Problem(ApiError::from(error).0),
    };
    let answers = stored.into_iter().map(answer).collect();
    Ok(Json(BatchAnswer { answers }))
}
