//! The file of factors, a line each: `641 | 1*2^32+1`.
//!
//! A checkpoint knows how long the file was; whoever goes on from it cuts the file there, so that no
//! factor is missing or doubled.

use std::{
    fs::{File, OpenOptions},
    io::{BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use darkreach_primes::sieve::Factor;

use crate::{error::Error, state::StateError};

/// An open file of factors.
pub(super) struct FactorFile {
    path: PathBuf,
    out: BufWriter<File>,
    length: u64,
}

impl FactorFile {
    /// Opens or makes the file and keeps its first `written` bytes.
    pub(super) fn open(path: &Path, written: u64) -> Result<Self, Error> {
        let failed = |e| StateError::io("write", path)(e);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        let found = file.metadata().map_err(failed)?.len();
        if found < written {
            return Err(Error::other(
                format!(
                    "{} has {found} bytes, but the checkpoint belongs to a file of at least {written}",
                    path.display()
                ),
                "name the file of the sieve that the checkpoints belong to, or an empty --checkpoint folder",
            ));
        }
        file.set_len(written).map_err(failed)?;
        file.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            out: BufWriter::new(file),
            length: written,
        })
    }

    /// Adds factors; of a pair the number that is divided is named.
    pub(super) fn add(&mut self, factors: &[Factor]) -> Result<(), Error> {
        for factor in factors {
            let p = factor.p;
            let divided = factor
                .term
                .members()
                .find(|number| number.has_factor(p))
                .unwrap_or_else(|| factor.term.first());
            let line = format!("{p} | {divided}\n");
            self.out
                .write_all(line.as_bytes())
                .map_err(StateError::io("write", &self.path))?;
            self.length += line.len() as u64;
        }
        Ok(())
    }

    /// Puts everything on the disk; the length.
    pub(super) fn sync(&mut self) -> Result<u64, Error> {
        let failed = |e| StateError::io("write", &self.path)(e);
        self.out.flush().map_err(failed)?;
        self.out.get_ref().sync_data().map_err(failed)?;
        Ok(self.length)
    }
}

/// The state of a sieve behind the length of its file of factors.
pub(super) fn join_state(written: u64, state: &[u8]) -> Vec<u8> {
    let mut bytes = written.to_le_bytes().to_vec();
    bytes.extend_from_slice(state);
    bytes
}

/// See [`join_state`].
pub(super) fn split_state(bytes: &[u8]) -> Result<(u64, &[u8]), Error> {
    let (length, state) = bytes.split_first_chunk::<8>().ok_or_else(|| {
        Error::other(
            "the checkpoint is too short for a sieve",
            "name an empty --checkpoint folder",
        )
    })?;
    Ok((u64::from_le_bytes(*length), state))
}
