//! The blocks that this node holds: each has a folder with its assignment and its checkpoints.

use std::{path::PathBuf, sync::Arc};

use darkreach_protocol::work::Assignment;

use super::{
    StateError,
    files::{self, Files},
    read_json, to_json,
};

const ASSIGNMENT: &str = "assignment.json";

/// The folder of held blocks.
#[derive(Clone, Debug)]
pub struct HeldStore {
    folder: PathBuf,
    files: Arc<dyn Files>,
}

impl HeldStore {
    pub(super) fn new(folder: PathBuf, files: Arc<dyn Files>) -> Self {
        Self { folder, files }
    }

    /// The folder of one block.
    pub fn folder(&self, assignment: i64) -> PathBuf {
        self.folder.join(assignment.to_string())
    }

    /// Makes a claimed block durable.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn store(&self, assignment: &Assignment) -> Result<(), StateError> {
        let folder = self.folder(assignment.id);
        files::create_folder(&folder)?;
        let path = folder.join(ASSIGNMENT);
        files::replace(&*self.files, &path, &to_json(&path, assignment)?)
    }

    /// Whether the block is on disk.
    pub fn is_stored(&self, assignment: i64) -> bool {
        self.folder(assignment).join(ASSIGNMENT).exists()
    }

    /// The blocks held, in claim order, and what could not be read. Folders without an assignment
    /// are removed: either the claim was not yet durable, and the server hands the block out
    /// again, or the block was let go.
    ///
    /// # Errors
    /// [`StateError::Io`] if the folder can not be read.
    pub fn load(&self) -> Result<(Vec<Assignment>, Vec<StateError>), StateError> {
        for name in files::list(&self.folder)? {
            if let Ok(id) = name.parse::<i64>()
                && !self.is_stored(id)
            {
                self.forget(id)?;
            }
        }
        self.peek()
    }

    /// As [`Self::load`], changing nothing: a worker may be at work here.
    ///
    /// # Errors
    /// [`StateError::Io`] if the folder can not be read.
    pub fn peek(&self) -> Result<(Vec<Assignment>, Vec<StateError>), StateError> {
        let (mut held, mut damaged) = (Vec::new(), Vec::new());
        for name in files::list(&self.folder)? {
            let Ok(id) = name.parse::<i64>() else {
                continue;
            };
            let path = self.folder(id).join(ASSIGNMENT);
            match read_json::<Assignment>(&path) {
                Ok(Some(assignment)) if assignment.id == id => held.push(assignment),
                Ok(Some(_)) => damaged.push(StateError::damaged(&path, "it has another number")),
                Ok(None) => {}
                Err(error) => damaged.push(error),
            }
        }
        held.sort_unstable_by_key(|a| a.id);
        Ok((held, damaged))
    }

    /// Lets go of a block: the assignment first, so that what is left of an interrupted removal is
    /// not taken for a held block.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn forget(&self, assignment: i64) -> Result<(), StateError> {
        let folder = self.folder(assignment);
        files::remove(&*self.files, &folder.join(ASSIGNMENT))?;
        match std::fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(StateError::io("remove", &folder)(e))
            }
            _ => Ok(()),
        }
    }
}
