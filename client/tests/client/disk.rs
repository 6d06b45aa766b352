//! A disk that fails when told to.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use darkreach::{
    state::files::{Disk, Files},
    update::disk::Programs,
};

/// Fails the n-th operation that changes the disk, and every one after it, as a full disk or a
/// crash would: a failing write leaves half of the file.
#[derive(Debug, Clone)]
pub(crate) struct FailingDisk {
    left: Arc<AtomicI64>,
}

impl FailingDisk {
    /// A disk with this many operations to go.
    pub(crate) fn after(operations: i64) -> Self {
        Self {
            left: Arc::new(AtomicI64::new(operations)),
        }
    }

    /// Whether it has failed by now.
    pub(crate) fn has_failed(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    /// Works again.
    pub(crate) fn repair(&self) {
        self.left.store(i64::MAX, Ordering::SeqCst);
    }

    fn step(&self) -> io::Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            self.left.store(-1, Ordering::SeqCst);
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl Files for FailingDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.step() {
            std::fs::write(path, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        Disk.write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        Disk.rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        Disk.sync_folder(folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        Disk.remove(path)
    }
}

impl Programs for FailingDisk {
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.step() {
            Disk.append(path, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        Disk.append(path, bytes)
    }

    fn write_program(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.step() {
            Disk.write_program(path, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        Disk.write_program(path, bytes)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        Disk.link(from, to)
    }

    fn replaces_running(&self) -> bool {
        Disk.replaces_running()
    }
}
