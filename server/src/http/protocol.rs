//! The protocol version: announced in every answer, demanded of every worker.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use darkreach_protocol::{PROTOCOL_HEADER, PROTOCOL_VERSION, problem::ProblemKind};

use super::problem::ApiError;

/// Puts this server's version on every answer.
pub(crate) async fn announce(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(
        HeaderName::from_static(PROTOCOL_HEADER),
        HeaderValue::from(PROTOCOL_VERSION),
    );
    response
}

/// Refuses a worker that speaks another version, and says which side is to be updated.
pub(crate) async fn check(request: Request, next: Next) -> Result<Response, ApiError> {
    let said = request.headers().get(PROTOCOL_HEADER);
    let version = said.map(|value| value.to_str().ok().and_then(|text| text.parse().ok()));
    let words = match version {
        Some(Some(PROTOCOL_VERSION)) => return Ok(next.run(request).await),
        Some(Some(older)) if older < PROTOCOL_VERSION => format!(
            "the worker is older: it speaks version {older} and this server version \
             {PROTOCOL_VERSION}; update the worker"
        ),
        Some(Some(newer)) => format!(
            "this server is older: it speaks version {PROTOCOL_VERSION} and the worker version \
             {newer}; ask the server's operator to update it, or use an older worker"
        ),
        Some(None) => format!("the header {PROTOCOL_HEADER} is not a number"),
        None => format!(
            "the header {PROTOCOL_HEADER} is missing; this server speaks version {PROTOCOL_VERSION}"
        ),
    };
    Err(ApiError::of(ProblemKind::ProtocolMismatch, words))
}
