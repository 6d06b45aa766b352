//! A running private PostgreSQL, from the locked data directory to the two roles.

use std::path::Path;

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection};
use tokio::sync::watch;

use super::{
    PostgresError,
    cluster::Cluster,
    orphan, output_of,
    passwords::Passwords,
    running::{APP, Connections, DATABASE},
    supervisor::Supervisor,
};
use crate::data_directory::DataDirectory;

/// A private PostgreSQL that runs as long as this lives.
///
/// End it with [`Private::stop`]. Dropped without that (a panic), it is told to stop at once, which
/// loses nothing that was committed.
#[derive(Debug)]
pub struct Private {
    connections: Connections,
    cluster: Cluster,
    /// `None` once it was stopped.
    supervisor: Option<Supervisor>,
    directory: DataDirectory,
}

impl Private {
    /// Locks a data directory, makes the cluster if there is none, stops what an earlier server
    /// left running, and starts PostgreSQL.
    ///
    /// # Errors
    /// [`PostgresError`]; nothing is left running then.
    pub async fn start(data_dir: &Path) -> Result<Self, PostgresError> {
        let path = data_dir.to_owned();
        let opened = tokio::task::spawn_blocking(move || DataDirectory::open(&path)).await;
        Self::start_in(joined(opened)??, true).await
    }

    /// The same in a directory that is already locked.
    pub(crate) async fn start_in(
        directory: DataDirectory,
        durable: bool,
    ) -> Result<Self, PostgresError> {
        let path = directory.path().to_owned();
        let prepared = tokio::task::spawn_blocking(move || -> Result<_, PostgresError> {
            let passwords = Passwords::load_or_draw(&path)?;
            let cluster = Cluster::prepare(&path, &passwords, durable)?;
            orphan::settle(&cluster)?;
            Ok((cluster, passwords))
        });
        let (cluster, passwords) = joined(prepared.await)??;
        let connections = Connections {
            sockets: cluster.sockets.clone(),
            passwords,
        };
        let mut private = Self {
            connections,
            cluster,
            supervisor: None,
            directory,
        };
        match Supervisor::start(private.cluster.clone(), private.connections.clone()).await {
            Ok(supervisor) => private.supervisor = Some(supervisor),
            Err(error) => {
                private.remove_sockets();
                return Err(error);
            }
        }
        if let Err(error) = private.create_roles().await {
            private.stop().await;
            return Err(PostgresError::Unusable(error));
        }
        Ok(private)
    }

    /// How to connect.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// As the owner of the schema: for migrations.
    pub fn owner(&self) -> sqlx::postgres::PgConnectOptions {
        self.connections.owner()
    }

    /// As the role that serves.
    pub fn app(&self) -> sqlx::postgres::PgConnectOptions {
        self.connections.app()
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Stops PostgreSQL in order and waits until it is gone.
    pub async fn stop(mut self) {
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.stop().await;
        }
        self.remove_sockets();
    }

    /// Returns when PostgreSQL ended so often that it is not started again.
    pub async fn gave_up(&self) -> PostgresError {
        match &self.supervisor {
            Some(supervisor) => supervisor.gave_up().await,
            None => std::future::pending().await,
        }
    }

    /// Counts the times that it died and was started again.
    pub fn restarts(&self) -> watch::Receiver<u32> {
        match &self.supervisor {
            Some(supervisor) => supervisor.restarts(),
            None => watch::channel(0).1,
        }
    }

    /// The process number of the postmaster, from its own file.
    pub fn postmaster(&self) -> Option<u32> {
        orphan::PostmasterFile::read(&self.cluster.path).map(|file| file.pid)
    }

    /// Makes the serving role and the database where they are missing, so that a crash between any
    /// two steps of the first start is made good by the second.
    async fn create_roles(&self) -> Result<(), sqlx::Error> {
        // One of the statements contains a password, and statements are logged at level debug.
        let options = self.connections.maintenance().disable_statement_logging();
        let mut owner = PgConnection::connect_with(&options).await?;
        let exists = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)";
        if !sqlx::query_scalar::<_, bool>(exists)
            .bind(APP)
            .fetch_one(&mut owner)
            .await?
        {
            // The password is hexadecimal and drawn by us; a role cannot be a bound parameter.
            let create = format!(
                "CREATE ROLE {APP} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION \
                 NOBYPASSRLS NOINHERIT PASSWORD '{}'",
                self.connections.passwords.app
            );
            owner.execute(AssertSqlSafe(create)).await?;
        }
        let exists = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
        if !sqlx::query_scalar::<_, bool>(exists)
            .bind(DATABASE)
            .fetch_one(&mut owner)
            .await?
        {
            owner
                .execute(AssertSqlSafe(format!("CREATE DATABASE {DATABASE}")))
                .await?;
        }
        let grants = format!(
            "REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC; \
             GRANT CONNECT ON DATABASE {DATABASE} TO {APP}"
        );
        sqlx::raw_sql(AssertSqlSafe(grants))
            .execute(&mut owner)
            .await?;
        owner.close().await
    }

    /// Removes a socket folder that lies outside the data directory; nothing else is in it.
    fn remove_sockets(&self) {
        if !self.cluster.sockets.starts_with(self.directory.path()) {
            let _ = std::fs::remove_dir(&self.cluster.sockets);
        }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        if let Some(supervisor) = self.supervisor.take() {
            supervisor.abandon();
            let mut command = self.cluster.pg_ctl("stop");
            command.args(["-w", "-t", "10", "-m", "immediate"]);
            if let Err(error) = output_of("pg_ctl", &mut command) {
                tracing::error!(%error, "PostgreSQL could not be stopped");
            }
            self.remove_sockets();
        }
    }
}

/// A blocking task's value; its panic is reported like any failure.
fn joined<T>(result: Result<T, tokio::task::JoinError>) -> Result<T, PostgresError> {
    result.map_err(|error| PostgresError::Program {
        program: "a task of the start",
        output: error.to_string(),
    })
}
