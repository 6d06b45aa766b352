//! Totals.

use axum::{Json, extract::State};
use darkreach_protocol::read::Stats;

use super::{App, problem::ApiError};
use crate::db::stats;

/// `GET /api/v1/stats`.
pub(crate) async fn show(State(app): State<App>) -> Result<Json<Stats>, ApiError> {
    Ok(Json(stats::stats(&app.db).await?))
}
