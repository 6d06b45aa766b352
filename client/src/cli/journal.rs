//! A journal of long computations as one file, so that a proof or a verification goes on where it was when
//! the program is killed.
//!
//! The file is written whole, now and then, with a checksum: a damaged one is none. Nothing in it is
//! proved, so it stands where nobody but its owner writes, never beside what came from a stranger.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use darkreach_primes::journal::{Journal, Name};

use crate::{
    error::Error,
    state::files::{self, Disk},
};

/// How the file begins: what it is, and the number of the format.
const MAGIC: &[u8; 16] = b"darkreach jrnl 1";
/// The longest file that is read.
const MAX_BYTES: u64 = 1 << 30;

/// Entries in memory and, each interval, on the disk.
pub(super) struct FileJournal {
    path: PathBuf,
    every: Duration,
    inner: Mutex<Inner>,
}

struct Inner {
    entries: BTreeMap<Name, Vec<u8>>,
    saved: Instant,
}

impl FileJournal {
    /// The journal of an interrupted computation, or an empty one where the file is not there, damaged or
    /// something else.
    pub(super) fn open(path: PathBuf, every: Duration) -> Self {
        let short = std::fs::metadata(&path).is_ok_and(|data| data.len() <= MAX_BYTES);
        let bytes = if short {
            std::fs::read(&path).ok()
        } else {
            None
        };
        let entries = bytes.and_then(|bytes| {
            let entries = read(&bytes);
            if entries.is_none() {
                tracing::warn!("{} is damaged and not used", path.display());
            }
            entries
        });
        let inner = Inner {
            entries: entries.unwrap_or_default(),
            saved: Instant::now(),
        };
        Self {
            path,
            every,
            inner: Mutex::new(inner),
        }
    }

    /// The computation is done: nothing is left to go on with.
    pub(super) fn finish(self) -> Result<(), Error> {
        Ok(files::remove(&Disk, &self.path)?)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the file; if that fails, the computation goes on, and only a kill would cost more.
    fn save(&self, inner: &mut Inner) {
        inner.saved = Instant::now();
        let folder = self.path.parent().map(files::create_folder);
        let written = match folder {
            Some(Err(error)) => Err(error),
            _ => files::replace(&Disk, &self.path, &write(&inner.entries)),
        };
        match written {
            Ok(()) => tracing::info!("the state of a proof was saved"),
            Err(error) => tracing::warn!("the state of a proof was not saved: {error}"),
        }
    }
}

impl Journal for FileJournal {
    fn is_due(&self) -> bool {
        self.lock().saved.elapsed() >= self.every
    }

    fn keep(&self, name: &Name, bytes: Vec<u8>) {
        let mut inner = self.lock();
        inner.entries.insert(*name, bytes);
        if inner.saved.elapsed() >= self.every {
            self.save(&mut inner);
        }
    }

    fn kept(&self, name: &Name) -> Option<Vec<u8>> {
        self.lock().entries.get(name).cloned()
    }

    fn resumed(&self, what: &str, done: u64, total: u64) {
        tracing::info!("the {what} goes on from its saved state: {done} of {total} done");
    }
}

/// Magic, checksum, entries.
fn write(entries: &BTreeMap<Name, Vec<u8>>) -> Vec<u8> {
    let body = postcard::to_stdvec(entries).expect("bytes can always be written");
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(blake3::hash(&body).as_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

fn read(bytes: &[u8]) -> Option<BTreeMap<Name, Vec<u8>>> {
    let (checksum, body) = bytes
        .strip_prefix(MAGIC)?
        .split_first_chunk::<{ blake3::OUT_LEN }>()?;
    if blake3::hash(body) != *checksum {
        return None;
    }
    postcard::from_bytes(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_back_what_was_put_in_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("journal");
        let open = || FileJournal::open(path.clone(), Duration::ZERO);
        let journal = open();
        assert!(journal.is_due());
        journal.keep(&[1; 32], vec![7; 300]);
        journal.keep(&[2; 32], vec![8]);
        journal.keep(&[2; 32], vec![9]);
        let again = open();
        assert_eq!(again.kept(&[1; 32]), Some(vec![7; 300]));
        assert_eq!(again.kept(&[2; 32]), Some(vec![9]));
        assert_eq!(again.kept(&[3; 32]), None);
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 4;
            assert_eq!(read(&bad), None, "{at}");
            assert_eq!(read(&good[..at]), None, "{at}");
        }
        std::fs::write(&path, &good[..50]).unwrap();
        assert_eq!(open().kept(&[1; 32]), None);
        again.finish().unwrap();
        assert!(!path.exists());
        // One that is not due stays in memory.
        let later = FileJournal::open(path.clone(), Duration::from_secs(3600));
        later.keep(&[1; 32], vec![1]);
        assert!(!later.is_due() && !path.exists());
        later.finish().unwrap();
    }
}
