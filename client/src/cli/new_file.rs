//! A file that a command writes at its end: beside its place first, and moved there when it is whole,
//! so that an interruption leaves an older file as it was.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::{
    error::Error,
    state::{StateError, files::TEMPORARY},
};

/// A file to come.
pub(super) struct NewFile {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
}

impl NewFile {
    /// Opens the temporary file, to learn at once whether that is possible.
    pub(super) fn create(path: &Path) -> Result<Self, Error> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(TEMPORARY);
        let temporary = PathBuf::from(temporary);
        let file = File::create(&temporary).map_err(StateError::io("write", &temporary))?;
        Ok(Self {
            path: path.to_owned(),
            temporary,
            file,
        })
    }

    /// Writes the lines and moves the file to its place.
    pub(super) fn write(
        self,
        lines: impl Iterator<Item = Result<String, Error>>,
    ) -> Result<(), Error> {
        let failed = |e| StateError::io("write", &self.temporary)(e);
        let mut out = BufWriter::new(&self.file);
        for line in lines {
            writeln!(out, "{}", line?).map_err(failed)?;
        }
        out.flush().map_err(failed)?;
        drop(out);
        self.file.sync_all().map_err(failed)?;
        std::fs::rename(&self.temporary, &self.path)
            .map_err(StateError::io("write", &self.path))?;
        Ok(())
    }
}
