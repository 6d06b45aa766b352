//! Results on their way to the server.
//!
//! A result is on disk before the first attempt to send it, under a key made once, and stays until
//! the server's receipt; so it can be sent again after any crash, and the server knows it as the
//! same. One that the server will never take is moved to `refused/` with the reason, not thrown
//! away.

use std::{path::PathBuf, sync::Arc};

use darkreach_protocol::work::ResultReport;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    StateError,
    files::{self, Files},
    read_json, to_json,
};

const ENDING: &str = ".json";

/// A result and the assignment that it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parcel {
    /// The lease.
    pub assignment: i64,
    /// The results.
    pub report: ResultReport,
}

/// A result that the server refused for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefusedParcel {
    /// What the server said.
    pub reason: String,
    /// The result.
    #[serde(flatten)]
    pub parcel: Parcel,
}

/// The folder of results.
#[derive(Clone, Debug)]
pub struct Outbox {
    folder: PathBuf,
    files: Arc<dyn Files>,
}

impl Outbox {
    pub(super) fn new(folder: PathBuf, files: Arc<dyn Files>) -> Self {
        Self { folder, files }
    }

    /// Makes a result durable. One that is already there for the assignment wins, because it may
    /// have been sent: its key is the key.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn put(&self, parcel: &Parcel) -> Result<(), StateError> {
        let path = self.path(parcel.assignment);
        if path.exists() {
            return Ok(());
        }
        files::create_folder(&self.folder)?;
        files::replace(&*self.files, &path, &to_json(&path, parcel)?)
    }

    /// The assignments with a result here, ascending.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn list(&self) -> Result<Vec<i64>, StateError> {
        let mut ids: Vec<i64> = files::list(&self.folder)?
            .iter()
            .filter_map(|name| name.strip_suffix(ENDING)?.parse().ok())
            .collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// The results that were refused, as file names.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn refused(&self) -> Result<Vec<String>, StateError> {
        files::list(&self.refused_folder())
    }

    /// One result; `None` if it is not (or no longer) there.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn get(&self, assignment: i64) -> Result<Option<Parcel>, StateError> {
        read_json(&self.path(assignment))
    }

    /// The server has it: the copy can go.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn delivered(&self, assignment: i64) -> Result<(), StateError> {
        files::remove(&*self.files, &self.path(assignment))
    }

    /// Sets a result aside that the server refused for good.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn refuse(&self, parcel: Parcel, reason: &str) -> Result<(), StateError> {
        let path = self.aside(parcel.assignment, &parcel.report.key)?;
        let assignment = parcel.assignment;
        let refused = RefusedParcel {
            reason: reason.to_owned(),
            parcel,
        };
        files::replace(&*self.files, &path, &to_json(&path, &refused)?)?;
        self.delivered(assignment)
    }

    /// Sets a file aside that can not be read, as it is.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn set_aside_damaged(&self, assignment: i64) -> Result<(), StateError> {
        let path = self.aside(assignment, &Uuid::new_v4())?;
        self.files
            .rename(&self.path(assignment), &path)
            .map_err(StateError::io("write", &path))
    }

    fn aside(&self, assignment: i64, key: &Uuid) -> Result<PathBuf, StateError> {
        let folder = self.refused_folder();
        files::create_folder(&folder)?;
        Ok(folder.join(format!("{assignment}-{key}{ENDING}")))
    }

    fn refused_folder(&self) -> PathBuf {
        self.folder.join("refused")
    }

    fn path(&self, assignment: i64) -> PathBuf {
        self.folder.join(format!("{assignment}{ENDING}"))
    }
}
