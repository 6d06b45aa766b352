//! The program: reads the arguments, runs the command, and is the one place that reports an error.

use std::process::ExitCode;

use clap::Parser;
use darkreach::cli::{self, Cli};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli::execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(error.status())
        }
    }
}
