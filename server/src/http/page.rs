//! Pages of rows: how a client asks for one, and how it goes out as JSON or CSV.

use axum::{
    http::{HeaderMap, HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use darkreach_protocol::{problem::ProblemKind, read::Page};
use serde::{Deserialize, Serialize};

use super::{
    csv::{Columns, Csv},
    problem::ApiError,
};

/// Rows on a page when nothing is said.
const DEFAULT_ROWS: u32 = 100;
/// Rows on the largest page.
const MAX_ROWS: u32 = 1000;

/// How many rows a client gets who asked for this many.
pub(crate) fn rows(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked {
        None => Ok(DEFAULT_ROWS),
        Some(0) => {
            let words = format!("limit: a page has at least 1 row and at most {MAX_ROWS}");
            Err(ApiError::of(ProblemKind::BadRequest, words))
        }
        Some(rows) => Ok(rows.min(MAX_ROWS)),
    }
}

/// How the rows go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Json,
    Csv,
}

impl Format {
    /// What the parameter says, else what the client accepts, else JSON.
    pub(crate) fn chosen(parameter: Option<Self>, headers: &HeaderMap) -> Self {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok());
        let media = accept.unwrap_or_default().split(',').map(|media| {
            let name = media.split(';').next().unwrap_or_default();
            name.trim().to_ascii_lowercase()
        });
        let accepted = media.filter_map(|media| match media.as_str() {
            "text/csv" => Some(Self::Csv),
            "application/json" => Some(Self::Json),
            _ => None,
        });
        parameter
            .or_else(|| accepted.into_iter().next())
            .unwrap_or(Self::Json)
    }
}

/// A page as JSON.
pub(crate) fn json<T: Serialize>(page: &Page<T>, uri: &Uri) -> Response {
    finished(axum::Json(page).into_response(), page.next.as_deref(), uri)
}

/// A page in either format.
pub(crate) fn answer<T: Serialize + Columns>(
    page: &Page<T>,
    format: Format,
    uri: &Uri,
) -> Response {
    match format {
        Format::Json => json(page, uri),
        Format::Csv => {
            let media = "text/csv; charset=utf-8; header=present";
            let response = ([(header::CONTENT_TYPE, media)], Csv::of(&page.items));
            finished(response.into_response(), page.next.as_deref(), uri)
        }
    }
}

/// Adds what both formats carry: where the next page is, and what the answer depends on.
fn finished(mut response: Response, next: Option<&str>, uri: &Uri) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if let Some(next) = next
        && let Ok(link) =
            HeaderValue::from_str(&format!("<{}>; rel=\"next\"", following(uri, next)))
    {
        headers.insert(header::LINK, link);
    }
    response
}

/// The same request with the next cursor. Cursors are URL-safe.
fn following(uri: &Uri, cursor: &str) -> String {
    let others = uri.query().unwrap_or_default().split('&');
    let others = others.filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let cursor = format!("cursor={cursor}");
    let query: Vec<&str> = others.chain([cursor.as_str()]).collect();
    format!("{}?{}", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::{Format, following, rows};
    use axum::http::{HeaderMap, HeaderValue, Uri, header};

    #[test]
    fn the_link_to_the_next_page_keeps_the_filters_and_replaces_the_cursor() {
        let uri = Uri::from_static("/api/v1/primes?form=kbn&cursor=old&format=csv");
        let expected = "/api/v1/primes?form=kbn&format=csv&cursor=new";
        assert_eq!(following(&uri, "new"), expected);
        assert_eq!(following(&Uri::from_static("/x"), "new"), "/x?cursor=new");
    }

    #[test]
    fn a_page_has_between_one_row_and_the_most() {
        assert_eq!(rows(None).unwrap(), 100);
        assert_eq!(rows(Some(7)).unwrap(), 7);
        assert_eq!(rows(Some(u32::MAX)).unwrap(), 1000);
        assert!(rows(Some(0)).is_err());
    }

    #[test]
    fn the_format_is_the_parameter_then_the_header_then_json() {
        let chosen = |parameter, accept| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            Format::chosen(parameter, &headers)
        };
        assert_eq!(chosen(None, "*/*"), Format::Json);
        assert_eq!(chosen(None, "text/csv;q=0.9, */*"), Format::Csv);
        assert_eq!(chosen(None, "application/json, text/csv"), Format::Json);
        assert_eq!(chosen(Some(Format::Json), "text/csv"), Format::Json);
    }
}
