//! `ETag` and `If-None-Match` for what is read: who polls pays only for what has changed.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};

use super::problem::ApiError;
use darkreach_protocol::problem::ProblemKind;

/// Tags an answer with the hash of its body, and leaves the body out where the client has it.
///
/// The tag is weak, because the same content may go out compressed or not.
pub(crate) async fn layer(request: Request, next: Next) -> Result<Response, ApiError> {
    let readable = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if !readable || response.status() != StatusCode::OK {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    // Pages are bounded by their largest number of rows, so they fit into memory: they came from it.
    let bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .map_err(|_| ApiError::of(ProblemKind::Internal, "the answer broke off"))?;
    let digest = Sha256::digest(&bytes);
    let hex: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("W/\"{hex}\"");
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    parts
        .headers
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if known.is_some_and(|known| matches(&known, &tag)) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Ok((parts, Body::empty()).into_response());
    }
    Ok((parts, Body::from(bytes)).into_response())
}

/// Weak comparison: with or without `W/`, in a list, or `*`.
fn matches(known: &HeaderValue, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.to_str().is_ok_and(|list| {
        list.trim() == "*" || list.split(',').any(|known| bare(known) == bare(tag))
    })
}

#[cfg(test)]
mod tests {
    use super::matches;
    use axum::http::HeaderValue;

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        for (known, same) in [
            ("W/\"ab\"", true),
            ("\"ab\"", true),
            ("\"cd\", W/\"ab\"", true),
            ("*", true),
            ("\"abc\"", false),
            ("ab", false),
        ] {
            let known = HeaderValue::from_static(known);
            assert_eq!(matches(&known, "W/\"ab\""), same, "{known:?}");
        }
    }
}
