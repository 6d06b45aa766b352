//! Files of releases: fetched whole or from where a download broke off, put there once.

use std::ops::Range;

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use darkreach_protocol::problem::ProblemKind;
use object_store::{GetOptions, GetRange};

use super::maintainer::Maintainer;
use crate::http::{App, problem::ApiError};

/// `GET files/PATH`.
pub(super) async fn fetch(
    State(app): State<App>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Some(size) = app.releases.size(&path).await? else {
        return Err(ApiError::of(ProblemKind::NotFound, "there is no such file"));
    };
    let asked = headers.get(header::RANGE).and_then(|v| v.to_str().ok());
    let range = match asked.map(|text| range(text, size)) {
        None | Some(Asked::All) => None,
        Some(Asked::Part(range)) => Some(range),
        Some(Asked::Impossible) => {
            let whole = [(header::CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response());
        }
    };
    let options = GetOptions {
        range: range.clone().map(GetRange::Bounded),
        ..GetOptions::default()
    };
    let found = app.releases.get(&path, options).await?;
    let length = range.as_ref().map_or(size, |r| r.end - r.start);
    let mut response = Body::from_stream(found.into_stream()).into_response();
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::ACCEPT_RANGES, "bytes"),
        // Said so that nothing on the way packs it: its bytes are what was signed.
        (header::CONTENT_ENCODING, "identity"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_LENGTH, length.into());
    if let Some(range) = range {
        let text = format!("bytes {}-{}/{size}", range.start, range.end - 1);
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header::CONTENT_RANGE, value);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// `PUT files/PATH`.
pub(super) async fn upload(
    State(app): State<App>,
    Path(path): Path<String>,
    maintainer: Maintainer,
    request: Request,
) -> Result<StatusCode, ApiError> {
    maintainer.may(&["files"])?;
    let bytes = app.releases.put(&path, request.into_body()).await?;
    tracing::info!(path, bytes, "a file of a release was uploaded");
    Ok(StatusCode::CREATED)
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq)]
enum Asked {
    /// Everything: also where it asks for what this server does not do, several parts at once.
    All,
    /// One part.
    Part(Range<u64>),
    /// A part that lies outside.
    Impossible,
}

/// Reads a `Range` (RFC 9110, section 14): `bytes=FIRST-`, `bytes=FIRST-LAST` or `bytes=-LENGTH`.
fn range(text: &str, size: u64) -> Asked {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|t| t.split_once('-')) else {
        return Asked::All;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(length)) if first.is_empty() => size.saturating_sub(length)..size,
        _ => return Asked::All,
    };
    if range.is_empty() {
        return Asked::Impossible;
    }
    Asked::Part(range)
}

#[cfg(test)]
mod tests {
    use super::{Asked, range};

    #[test]
    fn ranges_are_cut_to_the_file() {
        for (text, expected) in [
            ("bytes=0-", Asked::Part(0..10)),
            ("bytes=4-", Asked::Part(4..10)),
            ("bytes=4-5", Asked::Part(4..6)),
            ("bytes=4-99", Asked::Part(4..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=9-18446744073709551615", Asked::Part(9..10)),
            ("bytes=10-", Asked::Impossible),
            ("bytes=-0", Asked::Impossible),
            ("bytes=5-4", Asked::All),
            ("bytes=1-2,4-5", Asked::All),
            ("bytes=-", Asked::All),
            ("lines=1-2", Asked::All),
            ("bytes=18446744073709551616-", Asked::All),
        ] {
            assert_eq!(range(text, 10), expected, "{text}");
        }
    }
}
