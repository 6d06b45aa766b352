//! The operations on the disk that an update adds to those of the state, behind a trait for the same
//! reason: a test fails the n-th of them, for every n.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use crate::state::files::{Disk, Files};

/// Operations on programs and downloads.
pub trait Programs: Files {
    /// Adds bytes at the end of a file, which is made if need be.
    ///
    /// # Errors
    /// What the system says.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Writes a new program that everybody may run and only its owner may change, and syncs it. A
    /// file that is there is an error: it may be a second name of the program in use.
    ///
    /// # Errors
    /// What the system says.
    fn write_program(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Gives a file a second name; where the file system cannot, a copy.
    ///
    /// # Errors
    /// What the system says.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Whether a program that runs can be replaced by a rename. On Windows it cannot, but it can be
    /// renamed itself.
    fn replaces_running(&self) -> bool;
}

impl Programs for Disk {
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(bytes)
    }

    fn write_program(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o755);
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        // Whatever mask this process was started with.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        file.sync_all()
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        if std::fs::hard_link(from, to).is_ok() {
            return Ok(());
        }
        std::fs::copy(from, to)?;
        File::open(to)?.sync_all()
    }

    fn replaces_running(&self) -> bool {
        cfg!(not(windows))
    }
}
