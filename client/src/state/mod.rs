//! What must survive a crash, a power cut and a full disk: the identity, the blocks held with their
//! checkpoints, the results on their way.
//!
//! ```text
//! DATA/.darkreach             marker: this folder is ours
//! DATA/lock, DATA/pid         one worker at a time
//! DATA/node.json              server, node and token (readable by its owner only)
//! DATA/status.json            what `status` shows, rewritten every few seconds
//! DATA/held/ID/assignment.json, checkpoint-GENERATION
//! DATA/outbox/ID.json         results without a receipt; outbox/refused/ those not accepted
//! ```
//!
//! Everything is written to a temporary file, synced, renamed, and the folder synced
//! ([`files::replace`]), so a name always stands for a whole file, old or new.

pub mod checkpoint;
pub mod directory;
pub mod files;
pub mod held;
pub mod lock;
pub mod node;
pub mod outbox;
pub mod status;

use std::path::{Path, PathBuf};

/// Why state could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The folder holds something that is not ours.
    #[error("{} is not a darkreach data directory: it is not empty and has no {} file", path.display(), directory::MARKER)]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// The marker is of a later version of this program.
    #[error("{} has layout {found}, this program knows {}", path.display(), directory::LAYOUT)]
    Layout {
        /// The folder.
        path: PathBuf,
        /// What its marker says.
        found: String,
    },
    /// Another worker works here.
    #[error("another worker{} is running on {}", pid.map(|p| format!(" (process {p})")).unwrap_or_default(), path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// Its process, if it left its number.
        pid: Option<u32>,
    },
    /// A file has the wrong content.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl StateError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn damaged<R: std::fmt::Display + ?Sized>(path: &Path, reason: &R) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        use std::io::ErrorKind;
        Some(match self {
            Self::Io { source, .. } => match source.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    "the disk is full: free some space, nothing that was saved is lost".to_owned()
                }
                ErrorKind::PermissionDenied => {
                    "this user may not do that there: use --data-dir, or change the owner"
                        .to_owned()
                }
                ErrorKind::ReadOnlyFilesystem => {
                    "the file system is read-only: use --data-dir".to_owned()
                }
                _ => return None,
            },
            Self::NotOurs { .. } => {
                "name an empty or a new folder with --data-dir; darkreach touches only folders \
                 that it made"
                    .to_owned()
            }
            Self::Layout { .. } => "install the newest darkreach".to_owned(),
            Self::Locked { .. } => "stop it first, or give this one its own --data-dir".to_owned(),
            Self::Damaged { .. } => return None,
        })
    }
}

/// Reads and parses a JSON file; `None` if it is not there.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
    path: &Path,
) -> Result<Option<T>, StateError> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|e| StateError::damaged(path, &e)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(StateError::io("read", path)(e)),
    }
}

/// The JSON text of one of our own types, which always has one.
pub(crate) fn to_json<T: serde::Serialize>(path: &Path, value: &T) -> Result<Vec<u8>, StateError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| StateError::damaged(path, &e))?;
    bytes.push(b'\n');
    Ok(bytes)
}
