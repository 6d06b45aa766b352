//! The private PostgreSQL: found, initialised, started, watched, restarted and stopped.
//!
//! With no `DATABASE_URL` a server runs its own PostgreSQL from the system's programs, inside its
//! data directory, reachable through a Unix socket alone and with a password. One command then
//! gives a working installation, and nobody outside this machine and this user can talk to it.
//!
//! Layout of a data directory:
//!
//! | name | owner | what |
//! |---|---|---|
//! | `.darkreach-server`, `lock` | server | marker and lock ([`crate::data_directory`]) |
//! | `database-passwords.json` | server, 0600 | the two roles' passwords |
//! | `postgres/postgresql.conf`, `postgres/pg_hba.conf` | server | written at every start |
//! | `postgres/data/` | PostgreSQL's account, 0700 | the cluster |
//! | `postgres/run/` | PostgreSQL's account, 0700 | the socket |

pub(crate) mod account;
mod cluster;
mod orphan;
mod passwords;
mod private;
mod programs;
mod running;
mod supervisor;
mod throwaway;

use std::{path::PathBuf, process::Command};

pub use private::Private;
pub use running::Connections;
pub use throwaway::Throwaway;

use crate::data_directory::DataDirectoryError;

/// Why there is no private PostgreSQL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Directory(#[from] DataDirectoryError),
    /// It is not installed, or too old.
    #[error(
        "{wanted} is needed and was not found (versions found: {seen}); install it (Debian and \
         Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew \
         install postgresql) or set DATABASE_URL to use a server that runs elsewhere"
    )]
    NoPrograms {
        /// What was looked for.
        wanted: String,
        /// The major versions found.
        seen: String,
    },
    /// Root, and nobody to drop to.
    #[error(
        "PostgreSQL does not run as root and this system has neither a user postgres nor nobody; \
         start the server as an ordinary user"
    )]
    NoAccount,
    /// The account may not pass through a folder.
    #[error(
        "PostgreSQL runs as user {user}, who may not enter {}; allow it (chmod o+x) or name \
         another directory with --data-dir",
        .closed.display()
    )]
    Unreachable {
        /// The outermost folder that is closed.
        closed: PathBuf,
        /// The user's number.
        user: u32,
    },
    /// A program failed.
    #[error("{program} failed: {output}")]
    Program {
        /// Which.
        program: &'static str,
        /// What it said.
        output: String,
    },
    /// It ended before it took connections.
    #[error("PostgreSQL ended while it was starting; it said: {output}")]
    EndedEarly {
        /// Its last lines.
        output: String,
    },
    /// It does not answer as it should.
    #[error("PostgreSQL was started but cannot be used")]
    Unusable(#[source] sqlx::Error),
    /// It ended again and again.
    #[error("PostgreSQL ended {times} times in a row and is not started again; it said: {output}")]
    GaveUp {
        /// How often.
        times: u32,
        /// Its last lines.
        output: String,
    },
    /// A server holds the data directory, but its PostgreSQL is not there.
    #[error(
        "a server is using {} but its PostgreSQL does not run (yet); try again, or look at that \
         server's log",
        .0.display()
    )]
    NotRunning(PathBuf),
}

/// Runs a program to its end; a failure carries what it printed.
fn output_of(program: &'static str, command: &mut Command) -> Result<String, PostgresError> {
    let failed = |output: String| PostgresError::Program { program, output };
    let output = command
        .output()
        .map_err(|error| failed(error.to_string()))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        let words = format!("{} {}", text(&output.stdout), text(&output.stderr));
        Err(failed(words.trim().to_owned()))
    }
}
