//! Every error as RFC 9457 problem details, and nothing in them that is not the client's business.

use std::any::Any;

use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use darkreach_protocol::problem::{CONTENT_TYPE, Problem, ProblemKind};

use crate::db::DbError;

/// When to try again after the database was away.
const RETRY_SECONDS: u32 = 5;

/// What a handler fails with.
#[derive(Debug)]
pub(crate) struct ApiError(pub(crate) Problem);

impl ApiError {
    /// A problem of a kind, in words for this case.
    pub(crate) fn of(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind, detail))
    }

    /// The same, to be tried again later.
    pub(crate) fn later(kind: ProblemKind, detail: impl Into<String>, seconds: u32) -> Self {
        let mut problem = Problem::new(kind, detail);
        problem.retry_after_seconds = Some(seconds);
        Self(problem)
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        let kind = match &error {
            DbError::Unavailable(source) | DbError::Contended(source) => {
                tracing::warn!(error = %source, "the database is not available");
                let words = "the database is away for the moment; try again";
                return Self::later(ProblemKind::Unavailable, words, RETRY_SECONDS);
            }
            DbError::Internal(words) => {
                tracing::error!(error = %words, "the database answered unexpectedly");
                return Self::of(ProblemKind::Internal, "the server's log says more");
            }
            DbError::NodeLimit => {
                return Self::later(ProblemKind::RateLimited, error.to_string(), 3600);
            }
            DbError::NotLeased => ProblemKind::NotLeased,
            DbError::ResultConflict => ProblemKind::ResultConflict,
            DbError::NotFound(_) => ProblemKind::NotFound,
            DbError::Invalid(_) => ProblemKind::Invalid,
        };
        Self::of(kind, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = problem.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if problem.kind == ProblemKind::Unauthorized {
            let challenge = HeaderValue::from_static("Bearer realm=\"darkreach\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What is left of a panic: the log has the details.
// The layer wants a function that takes the box itself.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn after_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(
        panic = words.unwrap_or("of an unknown kind"),
        "a request panicked"
    );
    ApiError::of(ProblemKind::Internal, "the server's log says more").into_response()
}

/// Makes a problem of an error that some layer or extractor answered in its own way.
pub(crate) async fn for_every_error(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    if !is_error || content_type.is_some_and(|value| value == CONTENT_TYPE) {
        return response;
    }
    let (parts, _) = response.into_parts();
    let mut made = ApiError::of(kind_of(status), "the request cannot be answered").into_response();
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        made.headers_mut().insert(header::ALLOW, allow.clone());
    }
    made
}

fn kind_of(status: StatusCode) -> ProblemKind {
    match status.as_u16() {
        401 | 403 => ProblemKind::Unauthorized,
        404 => ProblemKind::NotFound,
        405 => ProblemKind::MethodNotAllowed,
        408 => ProblemKind::Timeout,
        413 => ProblemKind::TooLarge,
        415 => ProblemKind::UnsupportedMediaType,
        422 => ProblemKind::Invalid,
        429 => ProblemKind::RateLimited,
        503 => ProblemKind::Unavailable,
        400..=499 => ProblemKind::BadRequest,
        _ => ProblemKind::Internal,
    }
}
