//! A worker's sign of life.

use axum::{Json, extract::State};
use darkreach_protocol::work::{HeartbeatRequest, HeartbeatResponse};

use super::{App, auth::Node, body, problem::ApiError};
use crate::db::work;

/// `POST /api/v1/heartbeat`.
pub(crate) async fn beat(
    State(app): State<App>,
    Node(node): Node,
    body::Json(request): body::Json<HeartbeatRequest>,
) -> Result<Json<HeartbeatResponse>, ApiError> {
    Ok(Json(work::heartbeat(&app.db, &node, &request).await?))
}
