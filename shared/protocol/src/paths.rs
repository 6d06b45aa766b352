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
