//! Whether the server lives, and whether it can serve.

use std::time::Duration;

use axum::{Json, extract::State};
use darkreach_protocol::problem::ProblemKind;
use serde::Serialize;

use super::{App, problem::ApiError};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The good answer.
#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
}

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// `GET /readyz`: the database answers and has this program's schema.
pub(crate) async fn ready(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    let not_ready = |words: &str| ApiError::later(ProblemKind::Unavailable, words, 5);
    match tokio::time::timeout(PATIENCE, app.db.schema_is_current()).await {
        Ok(Ok(true)) => Ok(Json(Health { status: "ready" })),
        Ok(Ok(false)) => Err(not_ready(
            "the database has another schema; run `darkreach-server migrate`",
        )),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            Err(not_ready("the database does not answer"))
        }
        Err(_) => Err(not_ready("the database does not answer in time")),
    }
}
