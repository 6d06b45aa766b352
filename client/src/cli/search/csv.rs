//! What became of every candidate, as CSV: written beside its place and moved there when it is
//! whole, so that an interrupted search leaves an older file as it was.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use darkreach_primes::{
    search::{
        ledger::Outcome,
        report::{self, BlockReport},
    },
    spec::SearchSpec,
};

use crate::{
    display::{outcome_name, res64},
    error::Error,
    state::{StateError, files::TEMPORARY},
};

/// Rows unpacked at a time.
const ROWS: usize = 4096;

/// A file that results will be written to.
pub(super) struct Results {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
}

impl Results {
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

    /// Writes every candidate and moves the file to its place.
    pub(super) fn write(self, spec: &SearchSpec, found: &BlockReport) -> Result<(), Error> {
        let failed = |e| StateError::io("write", &self.temporary)(e);
        let mut out = BufWriter::new(&self.file);
        writeln!(out, "at,expression,outcome,factor,res64").map_err(failed)?;
        let mut from = Some(spec.range.start);
        while let Some(start) = from {
            let rows = report::rows(spec, &found.ledger, start, ROWS)
                .map_err(|e| Error::other(e.to_string(), "this is a bug: please report it"))?;
            for row in &rows {
                let (factor, residue) = match row.outcome {
                    Outcome::Factor(p) => (p.to_string(), String::new()),
                    Outcome::Composite { res64: residue } => (String::new(), res64(residue)),
                    _ => (String::new(), String::new()),
                };
                let outcome = outcome_name(&row.outcome);
                let (at, expression) = (row.at, &row.expression);
                writeln!(out, "{at},{expression},{outcome},{factor},{residue}").map_err(failed)?;
            }
            from = rows.last().and_then(|last| last.at.checked_add(1));
        }
        out.flush().map_err(failed)?;
        drop(out);
        self.file.sync_all().map_err(failed)?;
        std::fs::rename(&self.temporary, &self.path)
            .map_err(StateError::io("write", &self.path))?;
        Ok(())
    }
}
