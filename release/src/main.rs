//! What a maintainer runs to publish releases. `docs/releasing.md` has the commands in order.
//!
//! Making and signing documents needs no network; keys are files that only their owner can read, and
//! may live on a computer that has none. What others would see is only shown, until `--yes` says that
//! it is meant.

mod build;
mod channel;
mod error;
mod files;
mod key;
mod notes;
mod root;
mod server;
mod show;
mod status;
mod sums;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::ReleaseError;

/// Builds, signs and publishes releases of darkreach.
#[derive(Debug, Parser)]
#[command(name = "darkreach-release", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key: a secret file, and the public key on standard output
    Keygen(key::Keygen),
    /// Add signatures to a document, offline
    Sign(key::Sign),
    /// Make root documents
    #[command(subcommand)]
    Root(root::Root),
    /// Build this machine's programs, with bills of materials and checksums
    Build(build::Build),
    /// Check the checksums of a folder of files, and add those that are missing
    Sums(sums::SumsOf),
    /// Print what CHANGELOG.md says of a version; an error if it says nothing
    Notes(notes::Notes),
    /// Make a channel document for a folder of files
    Draft(channel::Draft),
    /// Make a channel document that offers what another channel offers
    Promote(channel::Promote),
    /// Make a channel document that changes the percentage
    Rollout(channel::Rollout),
    /// Make a channel document that takes nodes back to an older release
    Rollback(channel::Rollback),
    /// Upload a signed document, and the files that it names
    Publish(server::Publish),
    /// Keep the newest document of a channel back, at once and without any key
    Halt(server::Halt),
    /// Show what the server offers, who runs what, and who did what
    Status(status::Status),
    /// Check a published release: signatures, dates, hashes, bill of materials
    Verify(verify::Verify),
}

fn main() -> ExitCode {
    // The provider of all TLS here; there is no other one in the program.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match execute(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<(), ReleaseError> {
    match command {
        Command::Keygen(c) => c.execute(),
        Command::Sign(c) => c.execute(),
        Command::Root(c) => c.execute(),
        Command::Build(c) => c.execute(),
        Command::Sums(c) => c.execute(),
        Command::Notes(c) => c.execute(),
        Command::Draft(c) => c.execute(),
        Command::Promote(c) => c.execute(),
        Command::Rollout(c) => c.execute(),
        Command::Rollback(c) => c.execute(),
        Command::Publish(c) => c.execute(),
        Command::Halt(c) => c.execute(),
        Command::Status(c) => c.execute(),
        Command::Verify(c) => c.execute(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        super::Cli::command().debug_assert();
    }
}
