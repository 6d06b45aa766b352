//! One worker at a time per data directory, by an operating-system lock: it ends with the process
//! that holds it, however that ends, so there is never a stale one.

use std::fs::{File, OpenOptions, TryLockError};

use super::{StateError, directory::DataDir};

/// The held lock; it ends when this is dropped.
#[derive(Debug)]
pub struct WorkerLock {
    _file: File,
}

/// Takes the lock and leaves this process's number beside it (not in the locked file itself, which
/// other processes cannot read on Windows).
///
/// # Errors
/// [`StateError::Locked`] if another process has it.
pub fn take(data: &DataDir) -> Result<WorkerLock, StateError> {
    let file = open(data)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(StateError::Locked {
                path: data.root().to_owned(),
                pid: pid(data),
            });
        }
        Err(TryLockError::Error(e)) => return Err(StateError::io("lock", &data.path("lock"))(e)),
    }
    let path = data.path("pid");
    let number = format!("{}\n", std::process::id());
    std::fs::write(&path, number).map_err(StateError::io("write", &path))?;
    Ok(WorkerLock { _file: file })
}

/// The process that works here now, for `status`: the number it left, if its lock is held.
///
/// # Errors
/// [`StateError::Io`].
pub fn holder(data: &DataDir) -> Result<Option<u32>, StateError> {
    let file = open(data)?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Ok(Some(pid(data).unwrap_or(0))),
        Ok(()) => Ok(None),
        Err(TryLockError::Error(e)) => Err(StateError::io("lock", &data.path("lock"))(e)),
    }
}

fn open(data: &DataDir) -> Result<File, StateError> {
    let path = data.path("lock");
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(StateError::io("open", &path))
}

fn pid(data: &DataDir) -> Option<u32> {
    std::fs::read_to_string(data.path("pid"))
        .ok()?
        .trim()
        .parse()
        .ok()
}
