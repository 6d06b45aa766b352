//! The life of an assignment: claimed, saved, released, reported.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use darkreach_protocol::work::{
    ClaimRequest, ClaimResponse, Receipt, ReleaseRequest, ResultReport,
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
