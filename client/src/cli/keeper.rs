//! The checkpoints of a search or a sieve of the command line, in a folder with our marker, one
//! process at a time.

use std::{path::Path, sync::Arc};

use darkreach_primes::search::ResumeError;

use crate::{
    engine::Spent,
    error::Error,
    state::{
        checkpoint::{Checkpoint, CheckpointStore},
        directory::DataDir,
        files::Disk,
        lock,
    },
};

/// The number of the one block in its checkpoints.
pub(super) const BLOCK: i64 = 0;

/// An open folder.
pub(super) struct Keeper {
    store: CheckpointStore,
    _lock: lock::WorkerLock,
}

impl Keeper {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let data = DataDir::open(path, Arc::new(Disk))?;
        let lock = lock::take(&data)?;
        Ok(Self {
            store: CheckpointStore::new(path.to_owned(), BLOCK, Arc::new(Disk)),
            _lock: lock,
        })
    }

    /// The newest generation in use, and the newest checkpoint that can be read, if there is one.
    pub(super) fn newest(&self) -> Result<(u64, Option<Checkpoint>), Error> {
        let loaded = self.store.load()?;
        for damaged in &loaded.damaged {
            eprintln!("warning: {damaged}; using an earlier checkpoint if there is one");
        }
        Ok((self.store.newest()?, loaded.good.into_iter().next()))
    }

    /// Writes a generation.
    pub(super) fn write(&self, generation: u64, state: Vec<u8>, spent: Spent) -> Result<(), Error> {
        self.store.write(&Checkpoint {
            generation,
            state,
            spent,
        })?;
        Ok(())
    }

    /// It is done: what comes next in this folder starts from nothing.
    pub(super) fn clear(&self) -> Result<(), Error> {
        Ok(self.store.clear()?)
    }

    /// What to tell of a state that is not that of this command.
    pub(super) fn refuse(error: &ResumeError) -> Error {
        Error::other(
            error.to_string(),
            "name an empty --checkpoint folder, or give the arguments that the folder belongs to",
        )
    }
}
