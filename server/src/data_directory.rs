//! The directory that a server owns: marker, lock, and who may enter it.
//!
//! A program that writes and deletes in a folder must be sure that the folder is its own: only an
//! empty folder or one that carries the marker file is ever used. A lock of the operating system
//! (released by the kernel when the process ends, however it ends) keeps a second server out.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use crate::postgres::account;

/// The marker's name.
const MARKER: &str = ".darkreach-server";
/// The marker's first line; the number is the layout's version.
const MARKER_TEXT: &str = "darkreach-server data directory, layout 1\n";
/// The lock's name.
const LOCK: &str = "lock";

/// A data directory that this process holds locked.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    /// Holds the lock for as long as it lives.
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataDirectoryError {
    /// Something is in it and it is not ours.
    #[error(
        "{} is not empty and has no {MARKER} file, so it is not a data directory of ours; \
         name an empty or a new directory with --data-dir",
        .0.display()
    )]
    Foreign(PathBuf),
    /// A newer program wrote it.
    #[error(
        "{} was laid out by another version of this program (its {MARKER} says {found:?}); \
         use that version",
        .path.display()
    )]
    Layout {
        /// The directory.
        path: PathBuf,
        /// The marker's first line.
        found: String,
    },
    /// Another process has it.
    #[error(
        "{} is in use by another darkreach-server{holder}; stop that one or name another \
         directory with --data-dir",
        .path.display()
    )]
    Locked {
        /// The directory.
        path: PathBuf,
        /// ` (process N)`, where it is known.
        holder: String,
    },
    /// The system has no home for it.
    #[error("this user has no home directory; name a directory with --data-dir")]
    NoDefault,
    /// The system refused.
    #[error("{action} {}: {source}", .path.display())]
    Io {
        /// What was tried, for example `cannot create`.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl DataDirectory {
    /// Where the data live when nothing else is said: the system's place for root, the user's for
    /// everybody else.
    ///
    /// # Errors
    /// [`DataDirectoryError::NoDefault`] for a user without a home.
    pub fn default_path() -> Result<PathBuf, DataDirectoryError> {
        if account::is_root() {
            return Ok(PathBuf::from("/var/lib/darkreach-server"));
        }
        directories::ProjectDirs::from("", "", "darkreach-server")
            .map(|dirs| dirs.data_dir().to_owned())
            .ok_or(DataDirectoryError::NoDefault)
    }

    /// Opens a data directory, made first where it does not exist or is empty, and locks it.
    ///
    /// # Errors
    /// [`DataDirectoryError`]; nothing in the directory was touched unless it is ours.
    pub fn open(path: &Path) -> Result<Self, DataDirectoryError> {
        std::fs::create_dir_all(path).map_err(io("cannot create", path))?;
        let path = path.canonicalize().map_err(io("cannot find", path))?;
        match std::fs::read_to_string(path.join(MARKER)) {
            Ok(text) if text == MARKER_TEXT => {}
            Ok(text) => {
                let found = text.lines().next().unwrap_or_default().to_owned();
                return Err(DataDirectoryError::Layout { path, found });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => mark(&path)?,
            Err(source) => return Err(io("cannot read the marker in", &path)(source)),
        }
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// The directory, absolute and without links.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Takes possession of an empty directory.
fn mark(path: &Path) -> Result<(), DataDirectoryError> {
    let entries = std::fs::read_dir(path).map_err(io("cannot read", path))?;
    for entry in entries {
        let name = entry.map_err(io("cannot read", path))?.file_name();
        // A fresh file system's own folder is nobody's data; a marker that appeared this moment is
        // that of another server starting beside us, and the lock decides between us.
        if name != "lost+found" && name != MARKER {
            return Err(DataDirectoryError::Foreign(path.to_owned()));
        }
    }
    // PostgreSQL's account must be able to pass through to its own folder below; nothing that
    // matters here is readable to others.
    let mode = if account::is_root() { 0o711 } else { 0o700 };
    std::fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(io("cannot set the permissions of", path))?;
    write_new(&path.join(MARKER), MARKER_TEXT.as_bytes(), 0o644)
}

/// Takes the lock or says who has it.
fn lock(path: &Path) -> Result<File, DataDirectoryError> {
    let file = path.join(LOCK);
    let mut lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&file)
        .map_err(io("cannot open", &file))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = lock.read_to_string(&mut holder);
            let holder = match holder.trim().parse::<u32>() {
                Ok(pid) => format!(" (process {pid})"),
                Err(_) => String::new(),
            };
            return Err(DataDirectoryError::Locked {
                path: path.to_owned(),
                holder,
            });
        }
        Err(std::fs::TryLockError::Error(source)) => return Err(io("cannot lock", &file)(source)),
    }
    // Only for the message above: who holds the lock is decided by the kernel.
    lock.set_len(0)
        .and_then(|()| writeln!(lock, "{}", std::process::id()))
        .map_err(io("cannot write", &file))?;
    Ok(lock)
}

/// Writes a file that appears whole or not at all, and survives a power cut once this returns.
///
/// An existing file is kept: whoever came first wins, and the caller reads what is there.
pub(crate) fn write_new(path: &Path, content: &[u8], mode: u32) -> Result<(), DataDirectoryError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".new-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => {}
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.error),
        }
        File::open(folder)?.sync_all()
    };
    write().map_err(io("cannot write", path))
}

/// An error with the action and the place.
pub(crate) fn io(
    action: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> DataDirectoryError {
    let path = path.to_owned();
    move |source| DataDirectoryError::Io {
        action,
        path,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::{DataDirectory, DataDirectoryError, MARKER};

    #[test]
    fn a_folder_with_anything_in_it_but_no_marker_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
        let error = DataDirectory::open(folder.path()).unwrap_err();
        assert!(matches!(error, DataDirectoryError::Foreign(_)), "{error}");
        assert!(error.to_string().contains("--data-dir"), "{error}");
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing was added or removed");
    }

    #[test]
    fn a_second_opening_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/place");
        let first = DataDirectory::open(&path).unwrap();
        let error = DataDirectory::open(&path).unwrap_err();
        let words = format!("process {}", std::process::id());
        assert!(error.to_string().contains(&words), "{error}");
        drop(first);
        DataDirectory::open(&path).unwrap();
    }

    #[test]
    fn a_marker_of_another_layout_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let text = "darkreach-server data directory, layout 2\n";
        std::fs::write(folder.path().join(MARKER), text).unwrap();
        let error = DataDirectory::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("layout 2"), "{error}");
    }
}
