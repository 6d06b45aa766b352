//! The few file operations that durable state is made of.
//!
//! They stand behind a trait so that a test can fail the n-th of them, for every n, with half a
//! file written: whatever is left then must still be read as the old state or as the new one.

use std::{
    fmt::Debug,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::StateError;

/// Operations that change the disk.
pub trait Files: Send + Sync + Debug {
    /// Creates or truncates a file that only its owner can read, writes it and syncs it.
    ///
    /// # Errors
    /// What the system says.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Renames, replacing what was there.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The real disk.
#[derive(Debug)]
pub struct Disk;

impl Files for Disk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Windows gives no handle to a folder that could be synced; NTFS journals its names.
        if cfg!(windows) {
            return Ok(());
        }
        File::open(folder)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

/// Ending of files that are being written; whoever lists a folder ignores them.
pub const TEMPORARY: &str = ".tmp";

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(TEMPORARY);
    name.into()
}

/// Gives `path` this content, whole or not at all, and durably once this returns.
///
/// # Errors
/// [`StateError::Io`]; the old content is then still there, or (if only the folder could not be
/// synced) the new one.
pub fn replace(files: &dyn Files, path: &Path, bytes: &[u8]) -> Result<(), StateError> {
    let temp = temporary(path);
    let written = files
        .write(&temp, bytes)
        .map_err(StateError::io("write", &temp))
        .and_then(|()| {
            files
                .rename(&temp, path)
                .map_err(StateError::io("write", path))
        });
    if written.is_err() {
        // On a full disk the half-written file takes the room that the next try needs.
        let _ = files.remove(&temp);
        return written;
    }
    sync_parent(files, path)
}

/// Removes a file durably; one that is not there is fine.
///
/// # Errors
/// [`StateError::Io`].
pub fn remove(files: &dyn Files, path: &Path) -> Result<(), StateError> {
    match files.remove(path) {
        Ok(()) => sync_parent(files, path),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(StateError::io("remove", path)(e)),
    }
}

fn sync_parent(files: &dyn Files, path: &Path) -> Result<(), StateError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    files
        .sync_folder(parent)
        .map_err(StateError::io("sync", parent))
}

/// Creates a folder (and those above it) that only its owner can enter.
///
/// # Errors
/// [`StateError::Io`].
pub fn create_folder(path: &Path) -> Result<(), StateError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StateError::io("create", path))
}

/// The names in a folder, temporary files left out; none if the folder is not there.
///
/// # Errors
/// [`StateError::Io`].
pub fn list(folder: &Path) -> Result<Vec<String>, StateError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(StateError::io("read", folder)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StateError::io("read", folder))?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.ends_with(TEMPORARY)
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
