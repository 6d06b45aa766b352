//! Reading a request's body and parameters, with words for what is wrong with them.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, header, request::Parts},
};
use darkreach_protocol::problem::ProblemKind;
use serde::de::DeserializeOwned;

use super::problem::ApiError;

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

/// A body of plain bytes.
pub(crate) struct Raw(pub(crate) Bytes);

/// Parameters after the `?`.
pub(crate) struct Params<T>(pub(crate) T);

/// The number in the path.
pub(crate) struct Id(pub(crate) i64);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let media = content_type.and_then(|value| value.to_str().ok());
        let media = media.map(|text| text.split(';').next().unwrap_or_default().trim());
        if !media.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
            let words = "send JSON, with the header `content-type: application/json`";
            return Err(ApiError::of(ProblemKind::UnsupportedMediaType, words));
        }
        let Raw(bytes) = Raw::from_request(request, state).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let kind = if error.is_data() {
                ProblemKind::Invalid
            } else {
                ProblemKind::BadRequest
            };
            ApiError::of(kind, format!("in the JSON body: {error}"))
        })
    }
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let words = "the body, unpacked, is larger than this address takes";
                ApiError::of(ProblemKind::TooLarge, words)
            } else {
                ApiError::of(ProblemKind::BadRequest, rejection.body_text())
            }
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(value) = Query::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::of(ProblemKind::BadRequest, error.body_text()))?;
        Ok(Self(value))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(id) = Path::from_request_parts(parts, state)
            .await
            .map_err(|error| {
                let words = format!("the path must have a number there: {}", error.body_text());
                ApiError::of(ProblemKind::BadRequest, words)
            })?;
        Ok(Self(id))
    }
}
