//! The files of the private cluster: made by `initdb`, configured from outside.
//!
//! The configuration lies beside the cluster, in a folder that PostgreSQL's account can read but
//! not change, and is written anew at every start. What an operator wants different goes into
//! `postgresql.local.conf` there; how the database is reached cannot be changed by it.

use std::{
    fs::Permissions,
    os::unix::ffi::OsStrExt,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::{PostgresError, account::Account, output_of, passwords::Passwords, programs::Programs};
use crate::data_directory;

/// The role that `initdb` makes: owns the cluster and the schema.
pub(crate) const OWNER: &str = "darkreach_owner";
/// The port number, which only names the socket.
pub(crate) const PORT: u16 = 5432;
/// A socket's whole name ends at 107 bytes on Linux and 103 on macOS; this is for its folder.
const LONGEST_SOCKET_FOLDER: usize = 85;

/// The settings; what they leave out is PostgreSQL's default.
const SETTINGS: &str = "\
# Written by darkreach-server at every start. Your own settings: postgresql.local.conf, here.
max_connections = 100
shared_buffers = 128MB
max_wal_size = 512MB
# Many small statements on a disk without a moving head.
random_page_cost = 1.1
jit = off
log_line_prefix = ''
log_min_messages = warning
# Statements may carry what belongs in no log.
log_min_error_statement = panic
include_if_exists = 'postgresql.local.conf'
# Not to be changed: the database is reached through its socket and with a password, only.
listen_addresses = ''
unix_socket_permissions = 0700
port = 5432
";

/// Who may connect: through the socket, with a password.
const AUTHENTICATION: &str = "\
# Written by darkreach-server at every start.
local all all scram-sha-256
";

/// A cluster on disk and what is needed to run it.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// PostgreSQL's own data directory.
    pub(crate) path: PathBuf,
    pub(crate) account: Account,
    pub(crate) programs: Programs,
    /// The folder of the socket.
    pub(crate) sockets: PathBuf,
    configuration: PathBuf,
    authentication: PathBuf,
    /// Throwaway clusters need not survive a power cut.
    durable: bool,
}

impl Cluster {
    /// The folder of the cluster inside a data directory.
    pub(crate) fn path_in(directory: &Path) -> PathBuf {
        directory.join("postgres/data")
    }

    /// Finds or makes the cluster of a data directory.
    pub(crate) fn prepare(
        directory: &Path,
        passwords: &Passwords,
        durable: bool,
    ) -> Result<Self, PostgresError> {
        let path = Self::path_in(directory);
        let account = Account::for_cluster(&path)?;
        let directory = &directory.join("postgres");
        std::fs::create_dir_all(directory)
            .map_err(data_directory::io("cannot create", directory))?;
        account.check_reach(directory)?;
        let existing = std::fs::read_to_string(path.join("PG_VERSION")).ok();
        let major = existing
            .as_deref()
            .and_then(|text| text.trim().parse().ok());
        let programs = Programs::find(major)?;
        let cluster = Self {
            sockets: socket_folder(directory, &account)?,
            configuration: directory.join("postgresql.conf"),
            authentication: directory.join("pg_hba.conf"),
            path,
            account,
            programs,
            durable,
        };
        if existing.is_none() {
            cluster.initialise(directory, passwords)?;
        }
        cluster.configure()?;
        Ok(cluster)
    }

    /// The command that runs the cluster in the foreground.
    pub(crate) fn postgres(&self) -> Command {
        let mut command = self.account.command(self.programs.path("postgres"));
        let setting = |name: &str, value: &Path| {
            let mut text = std::ffi::OsString::from(name);
            text.push("=");
            text.push(value);
            text
        };
        command
            .arg("-D")
            .arg(&self.path)
            .arg("-c")
            .arg(setting("config_file", &self.configuration))
            .arg("-c")
            .arg(setting("hba_file", &self.authentication))
            .arg("-k")
            .arg(&self.sockets);
        if !self.durable {
            command.args(["-c", "fsync=off"]);
        }
        command
    }

    /// `pg_ctl` for this cluster.
    pub(crate) fn pg_ctl(&self, action: &str) -> Command {
        let mut command = self.account.command(self.programs.path("pg_ctl"));
        command.arg(action).arg("-D").arg(&self.path);
        command
    }

    /// Runs `initdb`, in a folder that gets its name only when it is complete.
    fn initialise(&self, directory: &Path, passwords: &Passwords) -> Result<(), PostgresError> {
        let io = data_directory::io;
        let making = directory.join("data.new");
        if making.exists() {
            std::fs::remove_dir_all(&making).map_err(io("cannot remove", &making))?;
        }
        private_folder(&making, &self.account)?;
        let mut password = tempfile::NamedTempFile::new_in(directory)
            .map_err(io("cannot make a file in", directory))?;
        std::io::Write::write_all(&mut password, passwords.owner.as_bytes())
            .and_then(|()| self.account.give(password.path()))
            .map_err(io("cannot write", password.path()))?;
        let mut command = self.account.command(self.programs.path("initdb"));
        command
            .args(["--username", OWNER, "--encoding=UTF8", "--locale=C"])
            .args(["--auth-local=scram-sha-256", "--auth-host=reject"])
            .args(["--data-checksums", "--no-instructions"])
            .arg("--pwfile")
            .arg(password.path())
            .arg("--pgdata")
            .arg(&making);
        if !self.durable {
            command.arg("--no-sync");
        }
        output_of("initdb", &mut command)?;
        std::fs::rename(&making, &self.path).map_err(io("cannot rename", &making))?;
        std::fs::File::open(directory)
            .and_then(|folder| folder.sync_all())
            .map_err(io("cannot sync", directory))?;
        Ok(())
    }

    fn configure(&self) -> Result<(), PostgresError> {
        for (path, text) in [
            (&self.configuration, SETTINGS),
            (&self.authentication, AUTHENTICATION),
        ] {
            std::fs::write(path, text)
                .and_then(|()| std::fs::set_permissions(path, Permissions::from_mode(0o644)))
                .map_err(data_directory::io("cannot write", path))?;
        }
        Ok(())
    }
}

/// A folder for the socket, with a path short enough for a socket's name.
fn socket_folder(directory: &Path, account: &Account) -> Result<PathBuf, PostgresError> {
    let inside = directory.join("run");
    // A comma would separate two folders in PostgreSQL's setting.
    let fits = |path: &Path| {
        let bytes = path.as_os_str().as_bytes();
        bytes.len() <= LONGEST_SOCKET_FOLDER && !bytes.contains(&b',') && !bytes.contains(&b'"')
    };
    if fits(&inside) {
        private_folder(&inside, account)?;
        return Ok(inside);
    }
    let parent = std::env::temp_dir();
    let parent = if fits(&parent.join("darkreach-123456")) {
        parent
    } else {
        PathBuf::from("/tmp")
    };
    let made = tempfile::Builder::new()
        .prefix("darkreach-")
        .tempdir_in(&parent)
        .map_err(data_directory::io("cannot make a folder in", &parent))?
        .keep();
    private_folder(&made, account)?;
    account.check_reach(&made)?;
    Ok(made)
}

/// A folder for the account alone.
fn private_folder(path: &Path, account: &Account) -> Result<(), PostgresError> {
    std::fs::create_dir_all(path).map_err(data_directory::io("cannot create", path))?;
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
        .and_then(|()| account.give(path))
        .map_err(data_directory::io("cannot set the owner of", path))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_SOCKET_FOLDER, socket_folder};
    use crate::postgres::account::Account;
    use std::{os::unix::ffi::OsStrExt, os::unix::fs::PermissionsExt};

    #[test]
    fn a_socket_has_a_short_folder_that_nobody_else_enters() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(100));
        std::fs::create_dir(&long).unwrap();
        let account = Account::for_cluster(folder.path()).unwrap();
        for directory in [folder.path(), &long] {
            let made = socket_folder(directory, &account).unwrap();
            assert!(made.as_os_str().as_bytes().len() <= LONGEST_SOCKET_FOLDER);
            let mode = std::fs::metadata(&made).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
            std::fs::remove_dir(&made).unwrap();
        }
    }
}
