//! The command line, one file per command.

pub mod database;
pub mod job;
pub mod licences;
pub mod migrate;
pub mod release_token;
pub mod serve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::{
    data_directory::DataDirectoryError,
    db::{Db, DbError},
    migrate::MigrateError,
    postgres::PostgresError,
};
use database::Settings;

/// The server of darkreach: hands out the search for primes, checks what comes back, serves the
/// results.
///
/// Without DATABASE_URL it runs its own PostgreSQL inside its data directory. With it, that
/// PostgreSQL is used; `migrate` then uses DIRECT_DATABASE_URL if it is set.
#[derive(Debug, Parser)]
#[command(name = "darkreach-server", version = crate::VERSION)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Print one JSON object a line instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// What to log on standard error: error, warn, info, debug, trace, or a filter by module
    #[arg(long, global = true, value_name = "LEVEL", env = "DARKREACH_LOG")]
    #[arg(default_value = "info", value_parser = log_filter)]
    pub log: String,
    /// Log JSON objects instead of text
    #[arg(long, global = true)]
    pub log_json: bool,
    /// The folder for the private PostgreSQL [default: the system's place for data]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "DARKREACH_SERVER_DATA_DIR"
    )]
    pub data_dir: Option<PathBuf>,
    /// The most connections to the database
    #[arg(long, global = true, value_name = "N", env = "DB_MAX_CONNECTIONS")]
    #[arg(default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub max_connections: u32,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve workers, researchers and the page for people
    Serve(serve::Serve),
    /// Bring the database to this program's schema
    Migrate(migrate::Migrate),
    /// Start, show and end searches
    Job {
        /// What to do with them.
        #[command(subcommand)]
        command: job::JobCommand,
    },
    /// Say who may upload releases
    ReleaseToken {
        /// What to do with tokens.
        #[command(subcommand)]
        command: release_token::ReleaseTokenCommand,
    },
    /// Print the licences of this program and its parts, and how to relink it
    Licences,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CliError {
    /// What the surroundings say makes no sense.
    #[error(transparent)]
    Settings(#[from] database::SettingsError),
    /// The data directory.
    #[error(transparent)]
    Directory(#[from] DataDirectoryError),
    /// The private PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// The schema.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The command `migrate`.
    #[error(transparent)]
    MigrateCommand(#[from] migrate::MigrateCommandError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A job command.
    #[error(transparent)]
    Job(#[from] job::JobError),
    /// A token command.
    #[error(transparent)]
    ReleaseToken(#[from] release_token::ReleaseTokenError),
    /// Serving.
    #[error(transparent)]
    Serve(#[from] serve::ServeError),
    /// Standard output.
    #[error("cannot write to standard output")]
    Output(#[from] std::io::Error),
}

impl CliError {
    /// What may help, where the message does not say it already.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Db(DbError::Unavailable(_)) | Self::Migrate(MigrateError::Unavailable(_)) => {
                Some("is PostgreSQL running, and are DATABASE_URL and its password right?")
            }
            Self::Serve(serve::ServeError::Bind { .. }) => {
                Some("another address is given with --listen, for example --listen 127.0.0.1:0")
            }
            _ => None,
        }
    }
}

impl Cli {
    /// Does what the command line says.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn run(self) -> Result<(), CliError> {
        let json = self.common.json;
        let command = match self.command {
            // The texts do not depend on any setting.
            Command::Licences => return Ok(licences::print(&mut std::io::stdout().lock())?),
            Command::Migrate(options) if options.seal => return Ok(migrate::seal()?),
            other => other,
        };
        let settings = Settings::read(&self.common)?;
        if let Command::Serve(serve) = command {
            return serve::run(serve, settings, json).await;
        }
        let database = database::Database::open(&settings).await?;
        let done = match &command {
            Command::Job { command } => {
                let run = async |db: &Db| Ok(job::run(command, db, json).await?);
                database::with_db(&database, &settings, run).await
            }
            Command::ReleaseToken { command } => {
                let run = async |db: &Db| Ok(release_token::run(command, db, json).await?);
                database::with_db(&database, &settings, run).await
            }
            _ => database.migrate(json).await,
        };
        database.close().await;
        done
    }
}

/// Checks a log filter without keeping it.
fn log_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nonsense_is_refused_with_the_option_that_is_wrong() {
        for (arguments, option) in [
            (
                &["serve", "--max-connections", "many"][..],
                "--max-connections",
            ),
            (&["serve", "--max-connections", "0"], "--max-connections"),
            (&["serve", "--listen", "here"], "--listen"),
            (&["serve", "--tls-cert", "c.pem"], "--tls-key"),
            (
                &["serve", "--trusted-proxy", "proxy.example"],
                "--trusted-proxy",
            ),
            (&["serve", "--log", "a=b=c"], "--log"),
        ] {
            let line = ["darkreach-server"].iter().chain(arguments);
            let error = Cli::try_parse_from(line).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains(option), "{error}");
        }
    }
}
