//! The program `darkreach-server`: logging, the runtime, and the one place that reports errors.

use std::{error::Error, io::IsTerminal, process::ExitCode};

use clap::Parser;
use darkreach_server::cli::{Cli, CliError, Common};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log(&cli.common);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the program cannot start its threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(cli.run());
    // A check that still computes is not waited for: its result is checked again by the next server.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn log(common: &Common) {
    // Checked while the arguments were read.
    // PostgreSQL's notices to a client (what exists already, what is not configured) are for who
    // asks for them.
    let filter = format!("sqlx::postgres::notice=error,{}", common.log);
    let filter = EnvFilter::try_new(filter).unwrap_or_default();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if common.log_json {
        builder.json().init();
    } else {
        builder.init();
    }
}

/// The message, its causes where they say more, and what may help.
fn report(error: &CliError) {
    eprintln!("error: {error}");
    let mut last = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !last.contains(&words) {
            eprintln!("  because: {words}");
            last = words;
        }
        source = cause.source();
    }
    if let Some(hint) = error.hint() {
        eprintln!("hint: {hint}");
    }
}
