//! What is kept about updates: whom we believe, what we saw, what did not work here.
//!
//! ```text
//! DATA/update/state.json        the book
//! DATA/update/seed              32 random bytes for the rollout, which never leave this computer
//! DATA/update/staging/VERSION   a downloaded program; VERSION.part one that is on its way
//! ```

use std::{collections::BTreeMap, path::PathBuf};

use chrono::{DateTime, Utc};
use darkreach_protocol::release::UpdateReport;
use darkreach_update::{Seed, TrustState, Version};
use serde::{Deserialize, Serialize};

use crate::state::{StateError, directory::DataDir, files, read_json, to_json};

const FOLDER: &str = "update";
const FILE: &str = "state.json";
const SEED: &str = "seed";
const STAGING: &str = "staging";

/// The book. A version reads what the ones after it wrote: after a step back their fields are kept, and
/// mean nothing to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    /// Whom we believe.
    pub trust: Option<TrustState>,
    /// Versions that did not work here.
    pub bad: Vec<Version>,
    /// A version that came by an update and has not settled yet.
    pub unsettled: Option<Version>,
    /// How often that one was started.
    pub starts: u32,
    /// The owner wants no update before.
    pub deferred_until: Option<DateTime<Utc>>,
    /// The last check that got an answer.
    pub checked: Option<DateTime<Utc>>,
    /// What came of the last check, in words.
    pub outcome: Option<String>,
    /// What the server should hear and has not yet.
    pub to_report: Option<UpdateReport>,
    /// Fields of versions after this one.
    #[serde(flatten)]
    pub later: BTreeMap<String, serde_json::Value>,
}

impl Book {
    /// Notes a version that did not work.
    pub fn condemn(&mut self, version: &Version) {
        if !self.bad.contains(version) {
            self.bad.push(version.clone());
        }
        self.unsettled = None;
        self.starts = 0;
    }
}

/// Where the book lies.
#[derive(Clone, Debug)]
pub struct Shelf {
    data: DataDir,
    folder: PathBuf,
}

impl Shelf {
    /// In a data directory.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn open(data: &DataDir) -> Result<Self, StateError> {
        let folder = data.path(FOLDER);
        files::create_folder(&folder.join(STAGING))?;
        Ok(Self {
            data: data.clone(),
            folder,
        })
    }

    /// The book; an empty one if there is none yet. A damaged one is an error: an empty one in its
    /// place would forget what was seen, and with it the protection against old releases.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn read(&self) -> Result<Book, StateError> {
        Ok(read_json(&self.folder.join(FILE))?.unwrap_or_default())
    }

    /// Replaces the book.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn write(&self, book: &Book) -> Result<(), StateError> {
        let path = self.folder.join(FILE);
        files::replace(&**self.data.files(), &path, &to_json(&path, book)?)
    }

    /// Reads the book, changes it, and replaces it.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn change(&self, change: impl FnOnce(&mut Book)) -> Result<Book, StateError> {
        let mut book = self.read()?;
        change(&mut book);
        self.write(&book)?;
        Ok(book)
    }

    /// This computer's seed, drawn the first time.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn seed(&self) -> Result<Seed, StateError> {
        let path = self.folder.join(SEED);
        match std::fs::read(&path) {
            Ok(bytes) => match <[u8; 32]>::try_from(bytes) {
                Ok(bytes) => Ok(Seed::from_bytes(bytes)),
                Err(_) => Err(StateError::damaged(&path, "it has not 32 bytes")),
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let bytes: [u8; 32] = rand::random();
                files::replace(&**self.data.files(), &path, &bytes)?;
                Ok(Seed::from_bytes(bytes))
            }
            Err(e) => Err(StateError::io("read", &path)(e)),
        }
    }

    /// Where a version's program comes to lie.
    pub fn staged(&self, version: &Version) -> PathBuf {
        self.folder.join(STAGING).join(version.to_string())
    }

    /// Removes all downloads but one.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn tidy(&self, keep: Option<&Version>) -> Result<(), StateError> {
        let keep = keep.map(ToString::to_string);
        let folder = self.folder.join(STAGING);
        for name in files::list(&folder)? {
            let version = name.strip_suffix(".part").unwrap_or(&name);
            if keep.as_deref() != Some(version) {
                files::remove(&**self.data.files(), &folder.join(name))?;
            }
        }
        Ok(())
    }
}
