//! Whether the server lives, and whether it can serve.

use std::time::Duration;

use axum::{Json, extract::State};
use darkreach_protocol::problem::ProblemKind;
use serde::Serialize;

use super::{App, problem::ApiError};
use crate::db::DbError;

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

/// `GET /readyz`: the database answers, has this program's schema, and holds this server to its
/// rules.
pub(crate) async fn ready(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    let not_ready = |words: &str| ApiError::later(ProblemKind::Unavailable, words, 5);
    let state = async {
        let current = app.db.schema_is_current().await?;
        Ok::<_, DbError>((current, app.db.login_is_bounded().await?))
    };
    match tokio::time::timeout(PATIENCE, state).await {
        Ok(Ok((true, true))) => Ok(Json(Health { status: "ready" })),
        Ok(Ok((true, false))) => Err(not_ready(
            "the server logs in as a role that owns the schema or bypasses row-level security; \
             give it a login role of its own",
        )),
        Ok(Ok((false, _))) => Err(not_ready(
            "the database has another schema; run `darkreach-server migrate`",
        )),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            Err(not_ready("the database does not answer"))
        }
        Err(_) => Err(not_ready("the database does not answer in time")),
    }
}
