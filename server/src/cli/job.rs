//! `darkreach-server job`: what a maintainer does with searches from a terminal.

use std::io::{self, Write};

use darkreach_primes::{
    forms::FormCommand,
    spec::{SearchSpec, SpecError},
};
use darkreach_protocol::read::{Job, JobStatus};

use crate::db::{Db, DbError, jobs};

/// Jobs per request while listing.
const PAGE: u32 = 100;

/// The subcommands of `job`.
#[derive(Debug, clap::Subcommand)]
pub enum JobCommand {
    /// Start a search: cut its range into blocks and hand them out.
    #[command(subcommand)]
    Create(FormCommand<Cut>),
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

/// How a job is cut and sieved.
#[derive(Debug, clap::Args)]
pub struct Cut {
    /// Indices per block; by default about a minute of one core.
    #[arg(long)]
    block_size: Option<u64>,
    /// Sieve with every prime up to this one; by default chosen from the range.
    #[arg(long)]
    sieve_limit: Option<u64>,
}

/// Why a job command failed.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The search makes no sense.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// There is no job of this number.
    #[error("there is no job {0}; `darkreach-server job list` shows those that there are")]
    NoJob(i64),
    /// The database refused or is away.
    #[error(transparent)]
    Db(DbError),
    /// The answer could not be written.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// Runs a job command and prints its answer: a table for people, or one JSON object a line.
///
/// # Errors
/// [`JobError`].
pub async fn run(command: &JobCommand, db: &Db, json: bool) -> Result<(), JobError> {
    let answer = match command {
        JobCommand::Create(create) => {
            let (spec, block_size) = search(create)?;
            one(0, jobs::create(db, &spec, block_size).await)?
        }
        JobCommand::List => list(db).await.map_err(JobError::Db)?,
        JobCommand::Show { id } => one(*id, jobs::show(db, *id).await)?,
        JobCommand::Pause { id } => one(*id, jobs::pause(db, *id).await)?,
        JobCommand::Resume { id } => one(*id, jobs::resume(db, *id).await)?,
        JobCommand::Cancel { id } => one(*id, jobs::cancel(db, *id).await)?,
    };
    // The lock is not held across an await: it belongs to one thread.
    let mut out = io::stdout().lock();
    if json {
        for job in &answer {
            writeln!(
                out,
                "{}",
                serde_json::to_string(job).map_err(io::Error::from)?
            )?;
        }
    } else if matches!(command, JobCommand::List) {
        table(&mut out, &answer)?;
    } else {
        for job in &answer {
            details(&mut out, job)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The answer about one job, or why there is none.
fn one(id: i64, answer: Result<Job, DbError>) -> Result<Vec<Job>, JobError> {
    match answer {
        Ok(job) => Ok(vec![job]),
        Err(DbError::NotFound(_)) => Err(JobError::NoJob(id)),
        Err(error) => Err(JobError::Db(error)),
    }
}

/// The search that the arguments describe.
fn search(create: &FormCommand<Cut>) -> Result<(SearchSpec, Option<u64>), SpecError> {
    let (form, range) = create.info.read(&create.arguments)?;
    let mut spec = SearchSpec::new(form, range)?;
    if let Some(limit) = create.common.sieve_limit {
        spec.sieve_limit = limit;
        spec.validate()?;
    }
    if let Some(notice) = spec.notice() {
        eprintln!("note: {notice}");
    }
    Ok((spec, create.common.block_size))
}

async fn list(db: &Db) -> Result<Vec<Job>, DbError> {
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = jobs::list(db, cursor.as_deref(), PAGE).await?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

fn table(out: &mut impl Write, jobs: &[Job]) -> io::Result<()> {
    if jobs.is_empty() {
        return writeln!(
            out,
            "no jobs yet; darkreach-server job create kbn --help shows how to start one"
        );
    }
    writeln!(
        out,
        "{:>6}  {:<9}  {:>15}  {:>12}  {:>7}  SEARCH",
        "JOB", "STATUS", "BLOCKS DONE", "CANDIDATES", "PRIMES"
    )?;
    for job in jobs {
        let done = format!("{}/{}", job.blocks.validated, job.blocks.total);
        writeln!(
            out,
            "{:>6}  {:<9}  {done:>15}  {:>12}  {:>7}  {}",
            job.id,
            status(job.status),
            job.candidates,
            job.primes,
            job.description
        )?;
    }
    Ok(())
}

fn details(out: &mut impl Write, job: &Job) -> io::Result<()> {
    let blocks = job.blocks;
    writeln!(out, "job {}: {}", job.id, job.description)?;
    writeln!(out, "  status      {}", status(job.status))?;
    writeln!(
        out,
        "  blocks      {} of up to {} values: {} available, {} leased, {} reported, {} validated, {} failed",
        blocks.total,
        job.block_size,
        blocks.available,
        blocks.leased,
        blocks.reported,
        blocks.validated,
        blocks.failed
    )?;
    if blocks.failed > 0 {
        writeln!(
            out,
            "              failed blocks are handed out no more and keep the job from ending; look at why"
        )?;
    }
    writeln!(
        out,
        "  coverage    {}",
        if job.covered {
            "exact"
        } else {
            "BROKEN: the blocks are not exactly the range"
        }
    )?;
    writeln!(
        out,
        "  candidates  {} decided, {} of them tested",
        job.candidates, job.tested
    )?;
    writeln!(out, "  primes      {}", job.primes)?;
    writeln!(
        out,
        "  created     {}",
        job.created_at.format("%Y-%m-%d %H:%M:%S UTC")
    )?;
    if let Some(finished) = job.finished_at {
        writeln!(
            out,
            "  finished    {}",
            finished.format("%Y-%m-%d %H:%M:%S UTC")
        )?;
    }
    Ok(())
}

fn status(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Running => "running",
        JobStatus::Paused => "paused",
        JobStatus::Cancelled => "cancelled",
        JobStatus::Validated => "validated",
    }
}
