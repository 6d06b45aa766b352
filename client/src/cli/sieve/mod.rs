//! `darkreach sieve`: removes the candidates of a range that have small factors, on all cores, and
//! writes what is left in a format of the field.

mod depth;
mod factors;
mod work;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use darkreach_primes::{
    formats::{Format, Writer},
    forms::FormCommand,
    sieve::Sieving,
    spec::SearchSpec,
};
use serde::Serialize;

use super::{
    Context,
    depth::depth,
    keeper::{BLOCK, Keeper},
    new_file::NewFile,
};
use crate::{
    config::Partial,
    display::{Event, duration, print_json, print_line},
    engine::Spent,
    error::Error,
};

/// Arguments of `sieve`.
#[derive(Debug, Args)]
pub(super) struct Sieve {
    #[command(subcommand)]
    form: FormCommand<Common>,
}

#[derive(Debug, Args)]
struct Common {
    /// Sieve with every prime up to this one, for example 1e9 [default: on while removing a candidate
    /// takes less time than testing it, both measured here]
    #[arg(long, value_name = "P", value_parser = depth, allow_hyphen_values = true)]
    p_max: Option<u64>,
    /// Write what is left to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The format of that file
    #[arg(long, value_enum, default_value = "abc")]
    format: Choice,
    /// Write the factors to this file, a line each: p | candidate
    #[arg(long, value_name = "FILE")]
    factors: Option<PathBuf>,
    /// Keep checkpoints in this folder, and go on from them; also deeper, later
    #[arg(long, value_name = "DIR")]
    checkpoint: Option<PathBuf>,
    /// Seconds between checkpoints [default: 30]
    #[arg(long, value_name = "SECONDS")]
    checkpoint_seconds: Option<f64>,
    /// Computing threads
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// ABC, for every form
    Abc,
    /// ABCD, for forms with one running variable
    Abcd,
    /// NewPGen, for k*b^n+-1, twins and Sophie Germain pairs
    Newpgen,
}

impl From<Choice> for Format {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Abc => Self::Abc,
            Choice::Abcd => Self::Abcd,
            Choice::Newpgen => Self::NewPGen,
        }
    }
}

#[derive(Serialize)]
struct Done {
    form: &'static str,
    primes_tested: u64,
    candidates: u64,
    factors: u64,
    survivors: u64,
    seconds: f64,
    /// Of the survivors, composite by their shape: a search or a test knows that at once.
    algebraic: u64,
    /// Every prime up to this one was sieved with.
    p_max: u64,
}

impl Sieve {
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
        let spec = SearchSpec::new(form, range)?;
        if let Some(notice) = spec.notice() {
            eprintln!("note: {notice}");
        }
        let format = Format::from(common.format);
        let unwritable = |reason| Error::other(reason, "--format abc");
        Writer::new(&spec, format, 0).map_err(unwritable)?;
        // Before hours are spent: can the results be written?
        let out = common.out.as_deref().map(NewFile::create).transpose()?;
        let keeper = common.checkpoint.as_deref().map(Keeper::open).transpose()?;
        let mut state = State::start(&spec, keeper, common.factors.as_deref(), context.json)?;
        work::run(context, &mut state, common.p_max)?;
        state.save()?;
        let State {
            sieving, mut spent, ..
        } = state;
        spent.wall_seconds = spent.wall_seconds.max(0.0);
        let depth = sieving.depth() - 1;
        if let Some(out) = out {
            let mut writer = Writer::new(&spec, format, depth).map_err(unwritable)?;
            let header = writer.header().map(Ok);
            let lines = sieving
                .survivors()
                .map(|(at, term)| Ok(writer.line(at, &term)));
            out.write(header.into_iter().chain(lines))?;
        }
        let counts = sieving.counts();
        let done = Done {
            form: info.name,
            primes_tested: counts.primes_tested,
            candidates: counts.candidates,
            factors: counts.factors,
            survivors: counts.survivors(),
            seconds: spent.wall_seconds,
            algebraic: counts.algebraic,
            p_max: depth,
        };
        if context.json {
            return Ok(print_json(&done)?);
        }
        Ok(print_line(&format!(
            "{} candidates: {} removed by {} primes up to {}, {} left, {} of them composite by their shape, in {}",
            done.candidates,
            done.factors,
            done.primes_tested,
            done.p_max,
            done.survivors,
            done.algebraic,
            duration(done.seconds)
        ))?)
    }
}

/// The sieve with what is kept of it on disk.
struct State {
    sieving: Sieving,
    spent: Spent,
    generation: u64,
    keeper: Option<Keeper>,
    factors: Option<factors::FactorFile>,
    /// Checkpoints are told, as JSON.
    tell: bool,
}

impl State {
    /// A new sieve, or the newest one of the checkpoints.
    fn start(
        spec: &SearchSpec,
        keeper: Option<Keeper>,
        factors: Option<&std::path::Path>,
        tell: bool,
    ) -> Result<Self, Error> {
        let mut generation = 0;
        let mut resumed = None;
        if let Some(keeper) = &keeper {
            let (newest, checkpoint) = keeper.newest()?;
            generation = newest;
            if let Some(checkpoint) = checkpoint {
                let (written, bytes) = factors::split_state(&checkpoint.state)?;
                let sieving =
                    Sieving::resume(spec, bytes).map_err(|error| Keeper::refuse(&error))?;
                resumed = Some((sieving, checkpoint.spent, written));
            }
        }
        let (sieving, spent, written) = match resumed {
            Some(resumed) => resumed,
            None => (Sieving::new(spec)?, Spent::default(), 0),
        };
        let factors = factors
            .map(|path| factors::FactorFile::open(path, written))
            .transpose()?;
        Ok(Self {
            sieving,
            spent,
            generation,
            keeper,
            factors,
            tell,
        })
    }

    /// Writes a checkpoint, if they are kept; the factors first.
    fn save(&mut self) -> Result<(), Error> {
        let written = match &mut self.factors {
            Some(factors) => factors.sync()?,
            None => 0,
        };
        if let Some(keeper) = &self.keeper {
            self.generation += 1;
            let state = factors::join_state(written, &self.sieving.save());
            keeper.write(self.generation, state, self.spent)?;
            if self.tell {
                print_json(&Event::Checkpoint {
                    assignment: BLOCK,
                    generation: self.generation,
                })?;
            }
        }
        Ok(())
    }
}
