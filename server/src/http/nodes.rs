//! Registering a node.

use axum::{Json, extract::State, http::StatusCode};
use darkreach_protocol::{
    node::{RegisterRequest, RegisterResponse},
    problem::ProblemKind,
};
use uuid::Uuid;

use super::{App, address::ClientAddress, auth::Token, body, problem::ApiError};
use crate::db::nodes;

/// The longest text in a registration, in characters; the name has its own, shorter limit.
const LONGEST_TEXT: usize = 200;
/// The longest name.
const LONGEST_NAME: usize = 64;

/// `POST /api/v1/nodes`.
pub(crate) async fn register(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    body::Json(request): body::Json<RegisterRequest>,
) -> Result<(StatusCode, Json<RegisterResponse>), ApiError> {
    app.registrations.check(address)?;
    validate(&request)?;
    let token = Token::draw();
    let node_id = Uuid::new_v4().to_string();
    nodes::register(&app.db, &node_id, token.hash(), address, &request).await?;
    tracing::info!(node = node_id, "a node registered");
    let token = token.reveal();
    Ok((
        StatusCode::CREATED,
        Json(RegisterResponse { node_id, token }),
    ))
}

/// Lengths and characters: these texts come from a stranger and are shown to people.
fn validate(request: &RegisterRequest) -> Result<(), ApiError> {
    let texts = [
        ("name", request.name.as_deref(), LONGEST_NAME),
        (
            "client_version",
            Some(request.client_version.as_str()),
            LONGEST_TEXT,
        ),
        ("platform", Some(request.platform.as_str()), LONGEST_TEXT),
        ("cpu_model", request.cpu_model.as_deref(), LONGEST_TEXT),
    ];
    let refuse = |words: String| Err(ApiError::of(ProblemKind::Invalid, words));
    for (field, text, longest) in texts {
        let text = text.unwrap_or_default();
        if text.chars().count() > longest {
            return refuse(format!("{field}: at most {longest} characters"));
        }
        if text.chars().any(char::is_control) {
            return refuse(format!("{field}: no control characters"));
        }
    }
    if !(1..=65536).contains(&request.cores) {
        return refuse("cores: a number from 1 to 65536".to_owned());
    }
    Ok(())
}
