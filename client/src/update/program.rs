//! The executable and the names beside it. Every change is one rename, so that at each moment the
//! program's name stands for a whole program, old or new.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{UpdateFailure, disk::Programs};
use crate::state::{StateError, files};

/// The installed program and its neighbours.
#[derive(Clone, Debug)]
pub struct Program {
    exe: PathBuf,
    folder: PathBuf,
}

/// Held while somebody changes the program; ends when this is dropped, or with the process, however
/// that ends.
#[derive(Debug)]
pub struct UpdateLock {
    _file: File,
}

impl Program {
    /// The program that runs, by its real place.
    ///
    /// # Errors
    /// [`UpdateFailure::OwnPath`].
    pub fn own() -> Result<Self, UpdateFailure> {
        let exe = std::env::current_exe().map_err(UpdateFailure::OwnPath)?;
        // A link to it stays a link.
        Ok(Self::at(exe.canonicalize().unwrap_or(exe)))
    }

    /// A program somewhere.
    pub fn at(exe: PathBuf) -> Self {
        let folder = exe.parent().unwrap_or(Path::new(".")).to_owned();
        Self { exe, folder }
    }

    /// The program.
    pub fn exe(&self) -> &Path {
        &self.exe
    }

    /// The name of a program on trial.
    pub fn candidate(&self) -> PathBuf {
        self.beside("new")
    }

    /// The name of the program before this one.
    pub fn previous(&self) -> PathBuf {
        self.beside("previous")
    }

    fn beside(&self, what: &str) -> PathBuf {
        let mut name = std::ffi::OsString::from(".");
        name.push(self.exe.file_stem().unwrap_or("darkreach".as_ref()));
        name.push("-");
        name.push(what);
        if let Some(extension) = self.exe.extension() {
            name.push(".");
            name.push(extension);
        }
        self.folder.join(name)
    }

    /// Whether this user may put programs there.
    pub fn is_writable(&self) -> bool {
        let probe = self.beside("probe");
        let made = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&probe);
        let _ = std::fs::remove_file(&probe);
        made.is_ok()
    }

    /// Keeps every other updater out, and waits for one that is at it: its steps all have limits, and
    /// the system ends its lock when it crashes.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn lock(&self) -> Result<UpdateLock, StateError> {
        let (path, file) = self.lock_file()?;
        file.lock().map_err(StateError::io("lock", &path))?;
        Ok(UpdateLock { _file: file })
    }

    /// The same, without waiting: `None` where somebody is at it.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn try_lock(&self) -> Result<Option<UpdateLock>, StateError> {
        let (path, file) = self.lock_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(UpdateLock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(StateError::io("lock", &path)(e)),
        }
    }

    fn lock_file(&self) -> Result<(PathBuf, File), StateError> {
        let path = self.beside("update-lock");
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(StateError::io("open", &path))?;
        Ok((path, file))
    }

    /// Puts a program under the name for trials.
    ///
    /// # Errors
    /// [`StateError::Io`]; the program in use is untouched.
    pub fn place(&self, disk: &dyn Programs, bytes: &[u8]) -> Result<PathBuf, StateError> {
        let path = self.candidate();
        let half = self.beside("placing");
        files::remove(disk, &half)?;
        let placed = disk
            .write_program(&half, bytes)
            .map_err(StateError::io("write", &half))
            .and_then(|()| rename(disk, &half, &path))
            .and_then(|()| self.sync(disk));
        if placed.is_err() {
            let _ = disk.remove(&half);
        }
        placed.map(|()| path)
    }

    /// Gives the program on trial the program's name, and keeps the one before under its own.
    ///
    /// # Errors
    /// [`StateError::Io`]; the name stands for the old or for the new program.
    pub fn swap(&self, disk: &dyn Programs) -> Result<(), StateError> {
        let candidate = self.candidate();
        let (new, current) = (read(&candidate)?, read(&self.exe)?);
        // After a swap whose last step failed the new one has the name already: then the one kept
        // as previous is still the right one.
        if new != current {
            self.keep_previous(disk)?;
        }
        self.take_name(disk, &candidate)
    }

    /// Puts the previous program back, and keeps nothing of the other one.
    ///
    /// # Errors
    /// [`StateError::Io`]; there may be no previous one.
    pub fn restore(&self, disk: &dyn Programs) -> Result<(), StateError> {
        let previous = self.previous();
        let bytes = read(&previous)?;
        let candidate = self.place(disk, &bytes)?;
        self.take_name(disk, &candidate)
    }

    /// Removes a program that was on trial.
    ///
    /// # Errors
    /// [`StateError::Io`].
    pub fn discard(&self, disk: &dyn Programs) -> Result<(), StateError> {
        files::remove(disk, &self.candidate())
    }

    fn keep_previous(&self, disk: &dyn Programs) -> Result<(), StateError> {
        // Never the name that programs are written under: this one is the program in use.
        let half = self.beside("keeping");
        files::remove(disk, &half)?;
        disk.link(&self.exe, &half)
            .map_err(StateError::io("copy", &self.exe))?;
        rename(disk, &half, &self.previous())?;
        // A rename between two names of one file leaves both.
        files::remove(disk, &half)?;
        self.sync(disk)
    }

    fn take_name(&self, disk: &dyn Programs, from: &Path) -> Result<(), StateError> {
        if disk.replaces_running() {
            rename(disk, from, &self.exe)?;
        } else {
            self.make_way(disk, from)?;
        }
        self.sync(disk)
    }

    /// The program that runs gives its name away first. Between the two renames nothing has it: a
    /// power cut there leaves the old program as `away` and as `previous`.
    fn make_way(&self, disk: &dyn Programs, from: &Path) -> Result<(), StateError> {
        let away = self.beside("away");
        files::remove(disk, &away)?;
        rename(disk, &self.exe, &away)?;
        let moved = rename(disk, from, &self.exe);
        if moved.is_err() {
            rename(disk, &away, &self.exe)?;
        }
        moved
    }

    fn sync(&self, disk: &dyn Programs) -> Result<(), StateError> {
        disk.sync_folder(&self.folder)
            .map_err(StateError::io("sync", &self.folder))
    }
}

fn rename(disk: &dyn Programs, from: &Path, to: &Path) -> Result<(), StateError> {
    disk.rename(from, to)
        .map_err(StateError::io("rename", from))
}

fn read(path: &Path) -> Result<Vec<u8>, StateError> {
    let read: io::Result<Vec<u8>> = std::fs::read(path);
    read.map_err(StateError::io("read", path))
}
