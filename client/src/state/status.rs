//! What a running worker leaves for `darkreach status`: replaced every few seconds, not synced,
//! because after a power cut nobody wants to know it.

use chrono::{DateTime, Utc};
use darkreach_primes::search::Progress;
use serde::{Deserialize, Serialize};

use super::{StateError, directory::DataDir, read_json, to_json};

const FILE: &str = "status.json";

/// The worker at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// When this was written.
    pub at: DateTime<Utc>,
    /// When the worker started.
    pub since: DateTime<Utc>,
    /// Computing threads.
    pub threads: usize,
    /// Reference core seconds per second, once measured.
    pub speed: Option<f64>,
    /// Why nothing new comes from the server, if so.
    pub waiting: Option<String>,
    /// The blocks held.
    pub blocks: Vec<BlockStatus>,
}

/// One held block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockStatus {
    /// The lease.
    pub assignment: i64,
    /// Its job.
    pub job: i64,
    /// What it searches.
    pub description: String,
    /// How far it is.
    pub progress: Progress,
}

/// Replaces the file.
///
/// # Errors
/// [`StateError::Io`].
pub fn store(data: &DataDir, status: &Status) -> Result<(), StateError> {
    let path = data.path(FILE);
    let temp = data.path("status.json.tmp");
    std::fs::write(&temp, to_json(&path, status)?).map_err(StateError::io("write", &temp))?;
    std::fs::rename(&temp, &path).map_err(StateError::io("write", &path))
}

/// The last one written.
///
/// # Errors
/// [`StateError`].
pub fn load(data: &DataDir) -> Result<Option<Status>, StateError> {
    read_json(&data.path(FILE))
}
