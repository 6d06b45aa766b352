//! How to connect to a private PostgreSQL, whoever started it.

use std::path::{Path, PathBuf};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{
    PostgresError,
    cluster::{Cluster, OWNER, PORT},
    orphan::PostmasterFile,
    passwords::Passwords,
};

/// The role that serves: it owns nothing and is bound by row-level security.
pub(crate) const APP: &str = "darkreach_app";
/// The database.
pub(crate) const DATABASE: &str = "darkreach";

/// The ways into a private PostgreSQL.
#[derive(Clone, Debug)]
pub struct Connections {
    pub(crate) sockets: PathBuf,
    pub(crate) passwords: Passwords,
}

impl Connections {
    /// The ways into the PostgreSQL that a running server keeps in this data directory.
    ///
    /// # Errors
    /// [`PostgresError::NotRunning`] when it has none at the moment.
    pub fn of_running(directory: &Path) -> Result<Self, PostgresError> {
        let postmaster = PostmasterFile::read(&Cluster::path_in(directory));
        let sockets = postmaster
            .and_then(|file| file.sockets)
            .ok_or_else(|| PostgresError::NotRunning(directory.to_owned()))?;
        Ok(Self {
            sockets,
            passwords: Passwords::load(directory)?,
        })
    }

    /// As the owner of the schema: for migrations.
    pub fn owner(&self) -> PgConnectOptions {
        self.options(OWNER, &self.passwords.owner, DATABASE)
    }

    /// As the role that serves.
    pub fn app(&self) -> PgConnectOptions {
        self.options(APP, &self.passwords.app, DATABASE)
    }

    /// The name of the role that serves.
    pub fn app_role(&self) -> &'static str {
        APP
    }

    /// As the owner, in the database that every cluster has.
    pub(crate) fn maintenance(&self) -> PgConnectOptions {
        self.options(OWNER, &self.passwords.owner, "postgres")
    }

    fn options(&self, role: &str, password: &str, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(&self.sockets)
            .port(PORT)
            .username(role)
            .password(password)
            .database(database)
            .ssl_mode(PgSslMode::Disable)
            .application_name("darkreach-server")
    }
}
