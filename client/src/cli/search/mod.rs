//! `darkreach search`: the same engine as the worker's, over a range from the command line, with no
//! server in sight.

mod csv;
mod teller;

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use darkreach_primes::{
    forms::FormCommand,
    search::{Progress, Search as Machine, report::BlockReport},
    spec::SearchSpec,
};
use serde::Serialize;
use tokio::sync::mpsc;

use self::teller::Teller;
use super::{
    Context,
    depth::depth,
    keeper::{BLOCK, Keeper},
    new_file::NewFile,
};
use crate::{
    config::Partial,
    display::{HeldProgress, Overview, duration, print_json, print_line},
    engine::{self, Engine, Spent},
    error::Error,
    run::speed::Speed,
};

/// Arguments of `search`.
#[derive(Debug, Args)]
pub(super) struct Search {
    #[command(subcommand)]
    form: FormCommand<Common>,
}

#[derive(Debug, Args)]
struct Common {
    /// Sieve with every prime up to this one, for example 1e9 [default: what suits the range]
    #[arg(long, value_name = "P", value_parser = depth, allow_hyphen_values = true)]
    sieve_limit: Option<u64>,
    /// Computing threads
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Keep checkpoints in this folder, and go on from them
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,
    /// Seconds between checkpoints [default: 30]
    #[arg(long, value_name = "SECONDS")]
    checkpoint_seconds: Option<f64>,
    /// Tell every tested candidate
    #[arg(long)]
    log_candidates: bool,
    /// Write what became of every candidate to this CSV file
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
}

#[derive(Serialize)]
struct Done {
    event: &'static str,
    candidates: u64,
    sieved: u64,
    tested: u64,
    primes: u64,
    seconds: f64,
    cpu_seconds: f64,
}

impl Search {
    pub(super) fn settings(&self) -> Partial {
        Partial {
            threads: self.form.common.threads,
            checkpoint_seconds: self.form.common.checkpoint_seconds,
            ..Partial::default()
        }
    }

    pub(super) fn execute(self, context: &Context) -> Result<(), Error> {
        let FormCommand {
            info,
            arguments,
            common,
        } = self.form;
        let (form, range) = info.read(&arguments)?;
        let mut spec = SearchSpec::new(form, range)?;
        if let Some(limit) = common.sieve_limit {
            spec.sieve_limit = limit;
            spec.validate()?;
        }
        if let Some(notice) = spec.notice() {
            eprintln!("note: {notice}");
        }
        let store = common.checkpoint.as_deref().map(Keeper::open).transpose()?;
        // Before hours are spent: can the results be written?
        let results = common.results.as_deref().map(NewFile::create).transpose()?;
        let candidates = common.log_candidates;
        let (report, progress, spent) =
            super::runtime()?.block_on(search(context, &spec, store.as_ref(), candidates))?;
        if let Some(results) = results {
            csv::write(results, &spec, &report)?;
        }
        if let Some(store) = &store {
            store.clear()?;
        }
        summary(context.json, &progress, spent)
    }
}

/// Runs the engine until the range is done.
async fn search(
    context: &Context,
    spec: &SearchSpec,
    store: Option<&Keeper>,
    candidates: bool,
) -> End {
    let (sender, happenings) = mpsc::unbounded_channel();
    let sink = Arc::new(move |happening| {
        // The receiver is gone only when the command is ending.
        let _ = sender.send(happening);
    });
    let options = engine::Options {
        threads: context.config.threads(),
        report_all: candidates,
        probe: None,
    };
    let (machine, before, mut generation) = match store {
        Some(store) => resume(store, spec)?,
        None => (Machine::new(spec)?, Spent::default(), 0),
    };
    let mut stop = crate::run::listen();
    let mut teller = Teller::new(happenings, context.json, candidates);
    let engine = Engine::start(options, sink)?;
    engine.add(BLOCK, machine, before);
    let mut speed = Speed::default();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let every = Duration::from_secs_f64(context.config.settings.checkpoint_seconds);
    let mut keep = tokio::time::interval(every);
    keep.reset();
    let ended = loop {
        tokio::select! {
            Some(happening) = teller.next() => {
                if let Some(end) = teller.hear(happening)? {
                    break end;
                }
            }
            _ = tick.tick() => overview(&mut teller, spec, &engine, &mut speed),
            _ = keep.tick(), if store.is_some() => {
                if let Some(store) = store {
                    engine.snapshot(Duration::from_secs(1));
                    if let Some(end) = teller.save(&engine, store, &mut generation)? {
                        break end;
                    }
                }
            }
            Some(signal) = stop.recv() => {
                tracing::debug!("{signal}: stopping");
                engine.stop();
                // What the last units found is in the state that is saved now, so it is told now.
                let end = match store {
                    Some(store) => teller.save(&engine, store, &mut generation)?,
                    None => teller.catch_up()?,
                };
                break end.unwrap_or_else(|| Err(interrupted(store.is_some())));
            }
        }
    };
    teller.finish();
    ended
}

type End = Result<(BlockReport, Progress, Spent), Error>;

/// Once a second.
fn overview(teller: &mut Teller, spec: &SearchSpec, engine: &Engine, speed: &mut Speed) {
    let blocks: Vec<_> = engine
        .progress()
        .into_iter()
        .map(|block| HeldProgress {
            assignment: block.id,
            description: spec.describe(),
            cost: spec.cost(),
            progress: block.progress,
        })
        .collect();
    speed.pass(Duration::from_secs(1));
    for block in &blocks {
        speed.at(block.assignment, block.cost, block.progress.fraction);
    }
    teller.overview(&Overview {
        blocks: &blocks,
        speed: speed.get(),
    });
}

/// The newest usable state, or a new one if there is none at all.
fn resume(keeper: &Keeper, spec: &SearchSpec) -> Result<(Machine, Spent, u64), Error> {
    let (generation, checkpoint) = keeper.newest()?;
    let Some(checkpoint) = checkpoint else {
        return Ok((Machine::new(spec)?, Spent::default(), generation));
    };
    let machine =
        Machine::resume(spec, &checkpoint.state, true).map_err(|error| Keeper::refuse(&error))?;
    Ok((machine, checkpoint.spent, generation))
}

fn interrupted(kept: bool) -> Error {
    if kept {
        Error::other(
            "interrupted",
            "the same command goes on from its checkpoint",
        )
    } else {
        Error::other(
            "interrupted",
            "with --checkpoint DIR a search can be continued",
        )
    }
}

fn summary(json: bool, progress: &Progress, spent: Spent) -> Result<(), Error> {
    let done = Done {
        event: "done",
        candidates: progress.candidates,
        sieved: progress.sieved,
        tested: progress.tested,
        primes: progress.primes,
        seconds: spent.wall_seconds,
        cpu_seconds: spent.cpu_seconds,
    };
    if json {
        return Ok(print_json(&done)?);
    }
    Ok(print_line(&format!(
        "{} candidates: {} sieved out, {} tested, {} primes, in {}",
        done.candidates,
        done.sieved,
        done.tested,
        done.primes,
        duration(done.seconds)
    ))?)
}
