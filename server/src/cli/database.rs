//! Which database a command works on, and how it gets there.
//!
//! `DATABASE_URL` names a PostgreSQL somewhere; without it the private one in the data directory is
//! used: started for the command's duration if nobody runs it, else reached through its socket.

use std::{env, path::PathBuf, str::FromStr};

use sqlx::postgres::PgConnectOptions;

use super::{CliError, Common};
use crate::{
    data_directory::{DataDirectory, DataDirectoryError},
    db::Db,
    migrate,
    postgres::{Connections, PostgresError, Private},
};

/// Where the data are. It may hold a password, so it cannot be printed.
#[derive(Clone)]
pub enum Source {
    /// In a PostgreSQL that somebody else runs.
    Url {
        /// For serving.
        app: Box<PgConnectOptions>,
        /// For migrations and session features.
        owner: Box<PgConnectOptions>,
    },
    /// In the private PostgreSQL of this data directory.
    Private(PathBuf),
}

/// The largest pool on the private PostgreSQL, which keeps some connections for commands.
const MOST_PRIVATE: u32 = 80;

/// What the surroundings say. It may hold a password, so it cannot be printed.
#[derive(Clone)]
pub struct Settings {
    /// Where the data are.
    pub source: Source,
    /// The size of the pool.
    pub max_connections: u32,
}

/// What is wrong with the surroundings. Never holds the value: it may contain a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A URL that is none.
    #[error(
        "{variable} is not the URL of a PostgreSQL database: {reason}; it looks like \
         postgres://USER:PASSWORD@HOST:5432/DATABASE"
    )]
    Url {
        /// The variable.
        variable: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Set, but to nothing.
    #[error("{0} is set but empty; set it to the URL of a PostgreSQL database, or unset it")]
    Empty(&'static str),
    /// More connections than the private PostgreSQL takes.
    #[error(
        "the private PostgreSQL takes at most {MOST_PRIVATE} connections of the server; set \
         DB_MAX_CONNECTIONS (--max-connections) lower, or DATABASE_URL to another PostgreSQL"
    )]
    TooMany,
    /// A URL for migrations alone.
    #[error("DIRECT_DATABASE_URL is set but DATABASE_URL is not; set both or none")]
    OnlyDirect,
}

impl Settings {
    /// Reads environment and options.
    ///
    /// # Errors
    /// [`SettingsError`], or no data directory can be named.
    pub fn read(common: &Common) -> Result<Self, CliError> {
        let app = url("DATABASE_URL")?;
        let direct = url("DIRECT_DATABASE_URL")?;
        let source = match (app, direct) {
            (Some(app), direct) => Source::Url {
                owner: Box::new(direct.unwrap_or_else(|| app.clone())),
                app: Box::new(app),
            },
            (None, Some(_)) => return Err(SettingsError::OnlyDirect.into()),
            (None, None) if common.max_connections > MOST_PRIVATE => {
                return Err(SettingsError::TooMany.into());
            }
            (None, None) => Source::Private(match &common.data_dir {
                Some(path) => path.clone(),
                None => DataDirectory::default_path()?,
            }),
        };
        Ok(Self {
            source,
            max_connections: common.max_connections,
        })
    }
}

fn url(variable: &'static str) -> Result<Option<PgConnectOptions>, SettingsError> {
    let wrong = |reason: String| SettingsError::Url { variable, reason };
    match env::var(variable) {
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(wrong("it is not UTF-8".to_owned())),
        Ok(text) if text.is_empty() => Err(SettingsError::Empty(variable)),
        Ok(text) => parse(&text).map(Some).map_err(wrong),
    }
}

/// Reads a URL; the error does not repeat it.
fn parse(text: &str) -> Result<PgConnectOptions, String> {
    if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
        return Err("it does not begin with postgres://".to_owned());
    }
    PgConnectOptions::from_str(text).map_err(|_| {
        "it cannot be taken apart (is a character in the password not encoded?)".to_owned()
    })
}

/// A database that a command may use. It holds passwords, so it cannot be printed.
pub struct Database {
    /// For serving and reading.
    pub app: PgConnectOptions,
    /// For migrations.
    pub owner: PgConnectOptions,
    /// The PostgreSQL that was started for this.
    pub private: Option<Private>,
}

impl Database {
    /// Reaches the database; a private one that nobody runs is started, with its schema current.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn open(settings: &Settings) -> Result<Self, CliError> {
        let path = match &settings.source {
            Source::Private(path) => path,
            Source::Url { app, owner } => {
                return Ok(Self {
                    app: *app.clone(),
                    owner: *owner.clone(),
                    private: None,
                });
            }
        };
        match Self::start_private(path.clone()).await {
            Err(CliError::Postgres(PostgresError::Directory(DataDirectoryError::Locked {
                path,
                ..
            }))) => {
                let running = Connections::of_running(&path)?;
                Ok(Self {
                    app: running.app(),
                    owner: running.owner(),
                    private: None,
                })
            }
            other => other,
        }
    }

    /// Starts the private PostgreSQL and brings its schema up to date.
    ///
    /// # Errors
    /// [`CliError`]; another server on the directory is one.
    pub async fn start_private(path: PathBuf) -> Result<Self, CliError> {
        let private = Private::start(&path).await?;
        let (app, owner) = (private.app(), private.owner());
        let role = private.connections().app_role();
        let prepared = async {
            migrate::run(owner.clone()).await?;
            migrate::grant_app(owner.clone(), role).await
        };
        if let Err(error) = prepared.await {
            private.stop().await;
            return Err(error.into());
        }
        Ok(Self {
            app,
            owner,
            private: Some(private),
        })
    }

    /// Brings the schema up to date, says so, and lets the role that serves use it.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn migrate(&self, json: bool) -> Result<(), CliError> {
        super::migrate::run(self.owner.clone(), json).await?;
        let role = self.app.get_username();
        // A role that both migrates and serves has its rights already, or cannot give them to
        // itself.
        if role != self.owner.get_username() {
            migrate::grant_app(self.owner.clone(), role).await?;
        }
        Ok(())
    }

    /// Stops what was started for this.
    pub async fn close(self) {
        if let Some(private) = self.private {
            private.stop().await;
        }
    }
}

/// Opens a pool for the length of one operation; the schema must be current.
///
/// # Errors
/// [`CliError`].
pub async fn with_db<T>(
    database: &Database,
    settings: &Settings,
    operation: impl AsyncFnOnce(&Db) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let db = Db::connect(database.app.clone(), settings.max_connections).await?;
    let done = match current(&db).await {
        Ok(()) => operation(&db).await,
        Err(error) => Err(error),
    };
    db.close().await;
    done
}

/// Refuses a database whose schema is not this program's.
///
/// # Errors
/// [`super::serve::ServeError::Schema`], or the database is away.
pub async fn current(db: &Db) -> Result<(), CliError> {
    if db.schema_is_current().await? {
        Ok(())
    } else {
        Err(super::serve::ServeError::Schema.into())
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_wrong_url_is_never_repeated() {
        for text in [
            "postgres://me:s3cret@host:port/db",
            "mysql://me:s3cret@host/db",
            "s3cret",
            "postgres://me:s3cret@host/db?sslmode=s3cret",
        ] {
            let reason = parse(text).unwrap_err();
            assert!(!reason.contains("s3cret"), "{reason}");
        }
        assert!(parse("postgresql://me:s3cret@localhost/db").is_ok());
    }
}
