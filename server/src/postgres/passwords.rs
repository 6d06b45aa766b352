//! The passwords of the private PostgreSQL's two roles.
//!
//! They are drawn once, kept in a file that only the server's own user can read, and never leave
//! this machine: the database is reached through a Unix socket alone.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data_directory::{self, DataDirectoryError};

/// The file's name in the data directory.
const FILE: &str = "database-passwords.json";

/// The passwords.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Passwords {
    /// Of the role that owns the schema.
    pub(crate) owner: String,
    /// Of the role that serves.
    pub(crate) app: String,
}

// Hand-written so that no log line can show them.
impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(<secret>)")
    }
}

impl Passwords {
    /// The directory's passwords, drawn now if it has none.
    pub(crate) fn load_or_draw(directory: &Path) -> Result<Self, DataDirectoryError> {
        let path = directory.join(FILE);
        if !path.exists() {
            let drawn = Self {
                owner: draw(),
                app: draw(),
            };
            let text = serde_json::to_vec(&drawn).map_err(std::io::Error::from);
            let text = text.map_err(data_directory::io("cannot write", &path))?;
            data_directory::write_new(&path, &text, 0o600)?;
        }
        Self::load(directory)
    }

    /// The passwords of a directory that has them.
    pub(crate) fn load(directory: &Path) -> Result<Self, DataDirectoryError> {
        let path = directory.join(FILE);
        std::fs::read(&path)
            .and_then(|text| Ok(serde_json::from_slice(&text)?))
            .map_err(data_directory::io("cannot read", &path))
    }
}

/// 256 random bits in hexadecimal, which no quoting can change.
fn draw() -> String {
    let bytes: [u8; 32] = rand::random();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
