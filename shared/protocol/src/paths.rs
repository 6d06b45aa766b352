//! The paths of the API, once for both sides.

/// `GET`: [`crate::node::ServerInfo`]; no token needed.
pub const INFO: &str = "/api/v1";
/// `POST` [`crate::node::RegisterRequest`] -> 201 [`crate::node::RegisterResponse`]; no token needed.
pub const NODES: &str = "/api/v1/nodes";
/// `POST` [`crate::work::ClaimRequest`] -> 200 [`crate::work::ClaimResponse`].
pub const CLAIM: &str = "/api/v1/assignments/claim";
/// `POST` [`crate::work::ReportBatch`] -> 200 [`crate::work::BatchAnswer`].
pub const REPORTS: &str = "/api/v1/assignments/results";
/// `POST` [`crate::work::HeartbeatRequest`] -> 200 [`crate::work::HeartbeatResponse`].
pub const HEARTBEAT: &str = "/api/v1/heartbeat";
/// `GET` jobs.
pub const JOBS: &str = "/api/v1/jobs";
/// `GET` primes.
pub const PRIMES: &str = "/api/v1/primes";
/// `GET` results, a row per candidate.
pub const RESULTS: &str = "/api/v1/results";
/// `GET` statistics.
pub const STATS: &str = "/api/v1/stats";

/// Everything about releases. What lies under it can be copied to any mirror: `root/N`,
/// `channel/NAME`, `freshness` and `files/PATH` are fetched by `GET`, need no token and no protocol
/// version, and are believed for their signatures alone.
pub const RELEASES: &str = "/api/v1/releases";
/// `GET` the word that the documents are the newest: a signed document.
pub const RELEASE_FRESHNESS: &str = "/api/v1/releases/freshness";
/// `GET` [`crate::release::ReleaseStatus`]; for maintainers.
pub const RELEASE_STATUS: &str = "/api/v1/releases/status";
/// `POST` [`crate::release::UpdateReport`] -> 204; with a node's token.
pub const RELEASE_REPORTS: &str = "/api/v1/releases/reports";

/// `GET` a version of root; `POST` the next one (version 0 stands for all of them) -> 204.
pub fn release_root(version: u64) -> String {
    format!("{RELEASES}/root/{version}")
}

/// `GET` what a channel offers: a signed document, or 204 for nothing; `POST` the next one -> 204.
pub fn release_channel(channel: &str) -> String {
    format!("{RELEASES}/channel/{channel}")
}

/// `POST` [`crate::release::HoldRequest`] -> 204: keep the channel's newest document back.
pub fn release_hold(channel: &str) -> String {
    format!("{RELEASES}/channel/{channel}/hold")
}

/// `GET` a file of a release, also in ranges; `PUT` it once.
pub fn release_file(path: &str) -> String {
    format!("{RELEASES}/files/{path}")
}

/// `PUT` bytes -> 204; `GET` -> bytes of the checkpoint that the lease named.
pub fn checkpoint(assignment: i64) -> String {
    format!("/api/v1/assignments/{assignment}/checkpoint")
}

/// `POST` [`crate::work::ResultReport`] -> 200 [`crate::work::Receipt`].
pub fn result(assignment: i64) -> String {
    format!("/api/v1/assignments/{assignment}/result")
}

/// `POST` [`crate::work::ReleaseRequest`] -> 204.
pub fn release(assignment: i64) -> String {
    format!("/api/v1/assignments/{assignment}/release")
}

/// `GET` one job.
pub fn job(id: i64) -> String {
    format!("{JOBS}/{id}")
}

/// `GET` a job's blocks.
pub fn job_blocks(id: i64) -> String {
    format!("{JOBS}/{id}/blocks")
}
