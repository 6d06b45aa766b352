//! The command line: one file per command, with its arguments and what it does.

mod attach;
mod config;
mod depth;
mod forms;
mod journal;
mod keeper;
mod licences;
mod new_file;
mod run;
mod search;
mod selftest;
mod service;
mod sieve;
mod status;
mod test;
mod update;
mod verify;

use std::{path::PathBuf, sync::Arc};

use clap::{Args, Parser, Subcommand};

use crate::{
    config::{Config, Partial},
    error::Error,
    state::{StateError, directory::DataDir, files::Disk},
};

/// Hunts prime numbers for a darkreach server, or on its own.
#[derive(Debug, Parser)]
#[command(name = "darkreach", version = crate::version(), about, max_term_width = 100)]
#[command(after_help = "Exit status: 0 fine, 1 an error, 2 wrong usage.")]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
struct Global {
    /// Write JSON, one object a line
    #[arg(long, global = true)]
    json: bool,
    /// Configuration file [default: darkreach/config.toml in the platform's configuration folder]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where work and results are kept [default: the platform's data folder]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Keep everything, configuration included, in this folder: nothing elsewhere is read or written
    #[arg(long, global = true, value_name = "DIR", conflicts_with_all = ["data_dir", "config"])]
    portable: Option<PathBuf>,
    /// Log level on standard error: off, error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Register this computer with a server
    Attach(attach::Attach),
    /// Work for the server until stopped
    Run(run::Run),
    /// Show what the worker of this computer does
    Status,
    /// Test numbers for primality
    Test(test::Test),
    /// Check primality certificates
    Verify(verify::Verify),
    /// Search a range without any server
    Search(search::Search),
    /// Check that this computer computes right; takes less than a minute
    Selftest(selftest::SelfTest),
    /// Look after updates of this program
    Update(update::Update),
    /// Run the worker as a service of the system
    Service(service::Service),
    /// Remove the candidates of a range that have small factors
    Sieve(sieve::Sieve),
    /// List the forms that can be searched, with their parameters
    Forms,
    /// Show the settings in force and where each comes from
    #[command(after_help = config::help())]
    Config,
    /// Show the licences of this program and of what is in it
    Licences(licences::Licences),
}

/// Runs a command.
///
/// # Errors
/// [`Error`], to be reported.
pub fn execute(cli: Cli) -> Result<(), Error> {
    let Cli {
        mut global,
        command,
    } = cli;
    if let Some(folder) = &global.portable {
        global.data_dir = Some(folder.join("data"));
        let file = folder.join("config.toml");
        crate::config::ensure(&file)?;
        global.config = Some(file);
    }
    let mut flags = match &command {
        Command::Attach(c) => c.settings(),
        Command::Run(c) => c.settings(),
        Command::Search(c) => c.settings(),
        Command::Sieve(c) => c.settings(),
        Command::Test(c) => c.settings(),
        Command::Status
        | Command::Selftest(_)
        | Command::Update(_)
        | Command::Service(_)
        | Command::Forms
        | Command::Verify(_)
        | Command::Config
        | Command::Licences(_) => Partial::default(),
    };
    flags.data_dir.clone_from(&global.data_dir);
    flags.log.clone_from(&global.log);
    let config = crate::config::load(global.config.as_deref(), flags, &|name| {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    })?;
    start_log(&config.settings.log);
    let context = Context {
        json: global.json,
        config,
    };
    match command {
        Command::Attach(c) => c.execute(&context),
        Command::Run(c) => c.execute(&context),
        Command::Status => status::execute(&context),
        Command::Test(c) => c.execute(&context),
        Command::Verify(c) => c.execute(&context),
        Command::Search(c) => c.execute(&context),
        Command::Selftest(c) => c.execute(&context),
        Command::Update(c) => c.execute(&context),
        Command::Service(c) => c.execute(&context),
        Command::Sieve(c) => c.execute(&context),
        Command::Forms => forms::execute(context.json),
        Command::Config => config::execute(&context),
        Command::Licences(c) => c.execute(context.json),
    }
}

/// What every command gets.
struct Context {
    json: bool,
    config: Config,
}

impl Context {
    /// The data directory, made if need be.
    fn data(&self) -> Result<DataDir, Error> {
        Ok(DataDir::open(&self.config.data_dir()?, Arc::new(Disk))?)
    }

    /// The data directory, if it is there.
    fn existing_data(&self) -> Result<Option<DataDir>, Error> {
        Ok(DataDir::existing(&self.config.data_dir()?, Arc::new(Disk))?)
    }

    fn link_options(&self) -> crate::link::Options {
        crate::link::Options {
            ca_certificate: self.config.settings.ca_certificate.clone(),
        }
    }
}

/// A runtime for the network; the computing threads are the engine's own.
fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::State(StateError::io("start", "the network runtime".as_ref())(e)))
}

fn start_log(level: &str) {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = if level == "off" || level.contains('=') {
        EnvFilter::new(level)
    } else {
        EnvFilter::new(format!(
            "warn,darkreach={level},rustls_platform_verifier=off"
        ))
    };
    // A second start (several commands in one test process) keeps the first.
    let _ = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}
