//! The REST interface and the page for people: one file per resource, handlers thin.
//!
//! A handler reads its request, calls one function of [`crate::db`], and answers. What every
//! request shares is a layer here: the protocol version, problem details for every error, limits
//! on size and time, compression, and a panic that costs one answer only.

mod address;
mod assignments;
pub(crate) mod auth;
mod body;
mod candidates;
mod csv;
mod etag;
mod health;
mod heartbeat;
mod home;
mod info;
mod jobs;
pub mod listen;
mod nodes;
mod page;
mod primes;
mod problem;
mod protocol;
mod rate_limit;
mod releases;
mod stats;
pub mod tls;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, Request},
    http::header,
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use darkreach_protocol::{
    MAX_CHECKPOINT_BYTES, MAX_RESULT_BYTES, paths,
    problem::{Problem, ProblemKind},
};
use tokio::sync::Notify;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer,
    decompression::RequestDecompressionLayer, trace::TraceLayer,
};

use crate::db::Db;
use problem::ApiError;
use rate_limit::RateLimit;

pub use releases::{ReleaseStore, StoreError};

/// The largest body of an ordinary request.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// How long an ordinary request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long the upload of a checkpoint or a result may take.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// What handlers share.
#[derive(Clone, Debug)]
pub struct App {
    /// The database.
    pub db: Db,
    /// Rung when a result has arrived, so that it is checked at once.
    pub result_arrived: Arc<Notify>,
    /// Proxies whose word about the client's address is believed.
    pub trusted_proxies: Arc<[IpAddr]>,
    /// Registrations per address.
    pub registrations: Arc<RateLimit>,
    /// Files of releases.
    pub releases: ReleaseStore,
}

impl App {
    /// The state of a server that has just started.
    pub fn new(db: Db, trusted_proxies: Vec<IpAddr>) -> Self {
        Self {
            db,
            result_arrived: Arc::default(),
            trusted_proxies: trusted_proxies.into(),
            registrations: Arc::default(),
            releases: ReleaseStore::default(),
        }
    }

    /// The same with files of releases.
    #[must_use]
    pub fn with_releases(self, releases: ReleaseStore) -> Self {
        Self { releases, ..self }
    }
}

/// Everything that the server answers to.
pub fn router(app: App) -> Router {
    let read = Router::new()
        .route("/", get(home::show))
        .route(paths::JOBS, get(jobs::list))
        .route(&route(&paths::job(0)), get(jobs::show))
        .route(&route(&paths::job_blocks(0)), get(jobs::blocks))
        .route(paths::PRIMES, get(primes::list))
        .route(paths::RESULTS, get(candidates::list))
        .route(paths::STATS, get(stats::show))
        .layer(middleware::from_fn(etag::layer));

    let work = Router::new()
        .route(paths::NODES, post(nodes::register))
        .route(paths::CLAIM, post(assignments::claim))
        .route(paths::HEARTBEAT, post(heartbeat::beat))
        .route(&route(&paths::release(0)), post(assignments::release));

    let upload = Router::new().route(
        &route(&paths::checkpoint(0)),
        get(assignments::get_checkpoint).put(assignments::put_checkpoint),
    );
    let upload = limited(upload, MAX_CHECKPOINT_BYTES)
        .merge(limited(
            Router::new()
                .route(&route(&paths::result(0)), post(assignments::report))
                .route(paths::REPORTS, post(assignments::report_many)),
            MAX_RESULT_BYTES,
        ))
        .layer(middleware::from_fn(|request, next| {
            in_time(UPLOAD_TIMEOUT, request, next)
        }));

    let short = Router::new()
        .route(paths::INFO, get(info::show))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(read)
        .merge(work.route_layer(middleware::from_fn(protocol::check)));
    let short = limited(short, MAX_BODY_BYTES).layer(middleware::from_fn(|request, next| {
        in_time(TIMEOUT, request, next)
    }));

    let upload = upload.route_layer(middleware::from_fn(protocol::check));
    // Releases are for programs of every protocol version.
    finish(short.merge(upload).merge(releases::routes())).with_state(app)
}

/// The layers around every route, outermost last.
fn finish<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes
        .fallback(|| async { ApiError::of(ProblemKind::NotFound, "nothing lives at this address") })
        .method_not_allowed_fallback(|| async {
            let words = "this address exists, but not for this method; see the header Allow";
            ApiError::of(ProblemKind::MethodNotAllowed, words)
        })
        .layer(RequestDecompressionLayer::new().gzip(true))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(middleware::from_fn(problem::for_every_error))
        .layer(CompressionLayer::new().gzip(true))
        .layer(middleware::from_fn(protocol::announce))
        .layer(TraceLayer::new_for_http())
}

/// The route of a path of the contract: the 0 that it was made with becomes the parameter.
fn route(path: &str) -> String {
    path.replace("/0", "/{id}")
}

/// A refused body of up to this many bytes is read to its end all the same: a sender that writes
/// everything before it reads would otherwise meet a broken connection instead of the answer.
const COURTESY: u64 = 1024 * 1024;

/// Routes that take bodies of at most this many bytes: as announced, as sent, and as unpacked.
fn limited(routes: Router<App>, most: usize) -> Router<App> {
    let announced = move |request: Request, next: Next| async move {
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if let Some(length) = length.filter(|length| *length > most as u64) {
            if length <= COURTESY {
                let _unwanted = to_bytes(request.into_body(), COURTESY as usize).await;
            }
            let words = format!("this address takes at most {most} bytes");
            return Err(ApiError::of(ProblemKind::TooLarge, words));
        }
        Ok(next.run(request).await)
    };
    routes
        .layer(DefaultBodyLimit::max(most))
        .layer(middleware::from_fn(announced))
}

/// Gives up on a request that takes too long.
async fn in_time(limit: Duration, request: Request, next: Next) -> Result<Response, ApiError> {
    tokio::time::timeout(limit, next.run(request))
        .await
        .map_err(|_| {
            let seconds = limit.as_secs();
            let words = format!("it was given up after {seconds} seconds; try again");
            ApiError(Problem::new(ProblemKind::Timeout, words))
        })
}

#[cfg(test)]
mod tests {
    use super::{finish, in_time};
    use axum::{Router, body::Body, http::Request, middleware, routing::get};
    use darkreach_protocol::problem::{CONTENT_TYPE, Problem, ProblemKind};
    use std::time::Duration;
    use tower::ServiceExt;

    /// What a route answers through all layers, as a problem.
    async fn problem_of(routes: Router) -> Problem {
        let request = Request::get("/it").body(Body::empty()).unwrap();
        let response = finish(routes).oneshot(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], CONTENT_TYPE);
        assert!(response.headers().contains_key("x-darkreach-protocol"));
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 9999)
            .await
            .unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.status, status.as_u16());
        problem
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_without_its_details() {
        async fn fail() {
            panic!("the secret is 42");
        }
        let problem = problem_of(Router::new().route("/it", get(fail))).await;
        assert_eq!(problem.kind, ProblemKind::Internal);
        assert!(!format!("{problem:?}").contains("42"));
    }

    #[tokio::test]
    async fn a_request_that_never_ends_is_given_up() {
        let limit = middleware::from_fn(|request, next| in_time(Duration::ZERO, request, next));
        let never = get(std::future::pending::<()>);
        let problem = problem_of(Router::new().route("/it", never).layer(limit)).await;
        assert_eq!(problem.kind, ProblemKind::Timeout);
    }

    #[tokio::test]
    async fn an_error_that_is_no_problem_yet_becomes_one() {
        async fn teapot() -> axum::http::StatusCode {
            axum::http::StatusCode::PAYLOAD_TOO_LARGE
        }
        let problem = problem_of(Router::new().route("/it", get(teapot))).await;
        assert_eq!(problem.kind, ProblemKind::TooLarge);
    }
}
