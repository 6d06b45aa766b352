//! The account that PostgreSQL runs under.
//!
//! PostgreSQL refuses to run as root. A server started by root therefore starts every PostgreSQL
//! program as the owner of the existing cluster, else as `postgres`, else as `nobody`; started by
//! anybody else, it stays with that user.

use std::{
    ffi::OsStr,
    os::unix::fs::MetadataExt,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use super::PostgresError;

/// Who runs PostgreSQL.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// User and group to change to; `None` stays with the user of this process.
    ids: Option<(u32, u32)>,
}

/// Whether this process has root's rights.
pub(crate) fn is_root() -> bool {
    // A file made by this process belongs to its effective user: the safe way to ask without a
    // call into the C library. Where no temporary file can be made, nothing else will work either.
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| {
        tempfile::tempfile()
            .and_then(|file| file.metadata())
            .is_ok_and(|metadata| metadata.uid() == 0)
    })
}

impl Account {
    /// The account for a cluster, which may not exist yet.
    pub(crate) fn for_cluster(cluster: &Path) -> Result<Self, PostgresError> {
        if !is_root() {
            return Ok(Self { ids: None });
        }
        if let Ok(metadata) = std::fs::metadata(cluster) {
            return Ok(Self {
                ids: Some((metadata.uid(), metadata.gid())),
            });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (id("-u", name), id("-g", name)) {
                return Ok(Self {
                    ids: Some((user, group)),
                });
            }
        }
        Err(PostgresError::NoAccount)
    }

    /// A PostgreSQL program, to be run under this account and with none of the surroundings'
    /// `PG...` settings, which would change what it does.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        command.env("LC_ALL", "C").current_dir("/");
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes a path the account's own.
    pub(crate) fn give(&self, path: &Path) -> std::io::Result<()> {
        match self.ids {
            Some((user, group)) => std::os::unix::fs::chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }

    /// Checks that the account can pass through every folder down to `path`.
    pub(crate) fn check_reach(&self, path: &Path) -> Result<(), PostgresError> {
        let reaches = |folder: &Path| {
            self.command("test")
                .arg("-x")
                .arg(folder)
                .status()
                .is_ok_and(|status| status.success())
        };
        if self.ids.is_none() || reaches(path) {
            return Ok(());
        }
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.reverse();
        let closed = folders.into_iter().find(|folder| !reaches(folder));
        Err(PostgresError::Unreachable {
            closed: PathBuf::from(closed.unwrap_or(path)),
            user: self.ids.map_or(0, |(user, _)| user),
        })
    }
}

/// Asks the system's own name service for a number, so that every source of accounts counts.
fn id(flag: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, name]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    // Root under another name would only be refused later, and less plainly.
    text.trim().parse().ok().filter(|id| *id != 0)
}
