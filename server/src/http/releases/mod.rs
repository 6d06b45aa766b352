//! Releases: signed documents and files, which anybody may fetch and only their signatures vouch for;
//! what maintainers upload, with a token for exactly that; what nodes report.
//!
//! The server verifies what it stores, so that a mistake is told to the maintainer and not to every
//! node; but nothing depends on that: it holds no key that could make a release.

mod documents;
mod files;
mod maintainer;
mod reports;
mod store;

pub use store::{ReleaseStore, StoreError};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use darkreach_protocol::paths;
use darkreach_update::MAX_DOCUMENT_BYTES;

use super::{App, TIMEOUT, UPLOAD_TIMEOUT, in_time, limited};

/// The routes.
pub(super) fn routes() -> Router<App> {
    let documents = Router::new()
        .route(
            &paths::release_root(0).replace("/0", "/{version}"),
            get(documents::root).post(documents::upload_root),
        )
        .route(
            &paths::release_channel("{channel}"),
            get(documents::channel).post(documents::upload_channel),
        )
        .route(&paths::release_hold("{channel}"), post(documents::hold))
        .route(paths::RELEASE_FRESHNESS, get(documents::freshness))
        .route(paths::RELEASE_STATUS, get(reports::status))
        .route(paths::RELEASE_REPORTS, post(reports::report));
    let documents =
        limited(documents, MAX_DOCUMENT_BYTES).layer(middleware::from_fn(|request, next| {
            in_time(TIMEOUT, request, next)
        }));
    // Files count their bytes as they come and go.
    let files = Router::new()
        .route(
            &paths::release_file("{*path}"),
            get(files::fetch).put(files::upload),
        )
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(|request, next| {
            in_time(UPLOAD_TIMEOUT, request, next)
        }));
    documents.merge(files)
}
