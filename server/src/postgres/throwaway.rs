//! A PostgreSQL for tests and measurements: in a temporary folder, gone when dropped.

use super::{Connections, PostgresError, Private};
use crate::data_directory::DataDirectory;

/// A private PostgreSQL in a temporary folder. It does not sync to disk, so it is quick, and must
/// not hold anything that matters.
#[derive(Debug)]
pub struct Throwaway {
    // Dropped in this order: first PostgreSQL, then its files.
    private: Private,
    _folder: tempfile::TempDir,
}

impl Throwaway {
    /// Makes and starts one.
    ///
    /// # Errors
    /// [`PostgresError`].
    pub async fn start() -> Result<Self, PostgresError> {
        let folder = tempfile::Builder::new()
            .prefix("darkreach-test-")
            .tempdir()
            .map_err(crate::data_directory::io(
                "cannot make a folder in",
                &std::env::temp_dir(),
            ))?;
        let directory = DataDirectory::open(folder.path())?;
        let private = Private::start_in(directory, false).await?;
        Ok(Self {
            private,
            _folder: folder,
        })
    }

    /// The PostgreSQL.
    pub fn private(&self) -> &Private {
        &self.private
    }

    /// How to connect.
    pub fn connections(&self) -> &Connections {
        self.private.connections()
    }
}
