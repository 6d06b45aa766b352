//! `darkreach-server job`: what a maintainer does with searches from a terminal.

use crate::db::{Db, DbError};
use darkreach_primes::spec::SpecError;

/// The subcommands of `job`.
#[derive(Debug, clap::Subcommand)]
pub enum JobCommand {
    /// Start a search: cut its range into blocks and hand them out.
    #[command(subcommand)]
    Create(CreateCommand),
    /// List all jobs.
    List,
    /// Show one job.
    Show {
        /// The job's number.
        id: i64,
    },
    /// Hand out no more blocks of a job and stop the running ones, until it is resumed.
    Pause {
        /// The job's number.
        id: i64,
    },
    /// Hand out a paused job's blocks again.
    Resume {
        /// The job's number.
        id: i64,
    },
    /// End a job before it is finished; its validated results stay.
    Cancel {
        /// The job's number.
        id: i64,
    },
}

/// The forms that a job can search.
#[derive(Debug, clap::Subcommand)]
pub enum CreateCommand {
    /// k*b^n+1 or k*b^n-1: one of k and n is a range, the other one a number.
    Kbn {
        /// The multiplier: a number or a range such as `1..300` (without 300) or `1..=299`.
        #[arg(long)]
        k: String,
        /// The exponent: a number or a range.
        #[arg(long)]
        n: String,
        /// The base b.
        #[arg(long, default_value_t = 2)]
        base: u32,
        /// c: 1 or -1.
        #[arg(long, allow_negative_numbers = true)]
        c: i32,
        /// Values of the running variable per block; by default about a minute of one core.
        #[arg(long)]
        block_size: Option<u64>,
        /// Sieve with every prime up to this one; by default chosen from the range.
        #[arg(long)]
        sieve_limit: Option<u64>,
    },
}

/// Why a job command failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The search makes no sense.
    #[error("{0}")]
    Spec(#[from] SpecError),
    /// The database refused or is away.
    #[error("{0}")]
    Db(#[from] DbError),
    /// The answer could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

/// Runs a job command and prints its answer: a table for people, or one JSON object a line.
///
/// # Errors
/// [`JobError`].
pub async fn run(command: &JobCommand, db: &Db, json: bool) -> Result<(), JobError> {
    let _ = (command, db, json);
    todo!()
}
