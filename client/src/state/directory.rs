//! The data directory. Only a folder that we made is ever touched: one that is not empty and does
//! not carry our marker is refused, whatever the configuration says.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    StateError,
    checkpoint::CheckpointStore,
    files::{self, Files},
    held::HeldStore,
    outbox::Outbox,
};

/// The marker file.
pub const MARKER: &str = ".darkreach";

/// The layout that this program writes; stands in the marker.
pub const LAYOUT: u32 = 1;

/// An opened data directory.
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
    files: Arc<dyn Files>,
}

impl DataDir {
    /// Opens the folder, or makes it: it must be new, empty or ours.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn open(root: &Path, files: Arc<dyn Files>) -> Result<Self, StateError> {
        let marker = root.join(MARKER);
        match std::fs::read_to_string(&marker) {
            Ok(text) => check(root, &text)?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                if !files::list(root)?.is_empty() {
                    return Err(StateError::NotOurs {
                        path: root.to_owned(),
                    });
                }
                files::create_folder(root)?;
                let text = format!("darkreach data directory, layout {LAYOUT}\n");
                files::replace(&*files, &marker, text.as_bytes())?;
            }
            Err(e) => return Err(StateError::io("read", &marker)(e)),
        }
        Ok(Self {
            root: root.to_owned(),
            files,
        })
    }

    /// Opens the folder only if it is there and ours; changes nothing.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn existing(root: &Path, files: Arc<dyn Files>) -> Result<Option<Self>, StateError> {
        if files::list(root)?.is_empty() {
            return Ok(None);
        }
        Self::open(root, files).map(Some)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How it writes.
    pub fn files(&self) -> &Arc<dyn Files> {
        &self.files
    }

    /// A path inside.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The blocks held.
    pub fn held(&self) -> HeldStore {
        HeldStore::new(self.path("held"), Arc::clone(&self.files))
    }

    /// The checkpoints of a held block.
    pub fn checkpoints(&self, assignment: i64) -> CheckpointStore {
        CheckpointStore::new(
            self.held().folder(assignment),
            assignment,
            Arc::clone(&self.files),
        )
    }

    /// The results on their way.
    pub fn outbox(&self) -> Outbox {
        Outbox::new(self.path("outbox"), Arc::clone(&self.files))
    }
}

fn check(root: &Path, marker: &str) -> Result<(), StateError> {
    let found = marker.trim().rsplit(' ').next().unwrap_or_default();
    if marker.starts_with("darkreach ") && found.parse() == Ok(LAYOUT) {
        return Ok(());
    }
    Err(StateError::Layout {
        path: root.to_owned(),
        found: format!("{:?}", marker.trim()),
    })
}
