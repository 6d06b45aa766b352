//! What a command may end with.

use std::path::{Path, PathBuf};

use darkreach_protocol::problem::Problem;
use darkreach_update::UpdateError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReleaseError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A document or key.
    #[error("{}: {source}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: UpdateError,
    },
    /// A document that has no file yet.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// The server refused.
    #[error("the server says: {0}")]
    Problem(Problem),
    /// The server cannot be reached.
    #[error("{url}: {source}")]
    Http {
        /// The address.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// Something else.
    #[error("{0}")]
    Other(String),
}

impl ReleaseError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(crate) fn document(path: &Path) -> impl FnOnce(UpdateError) -> Self {
        let path = path.to_owned();
        move |source| Self::Document { path, source }
    }

    pub(crate) fn other(words: impl Into<String>) -> Self {
        Self::Other(words.into())
    }
}
