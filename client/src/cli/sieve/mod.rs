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
    spec::{MAX_SIEVE_LIMIT, SearchSpec},
};
use serde::Serialize;

use super::{Context, keeper::Keeper, new_file::NewFile};
use crate::{
    config::Partial,
    display::{duration, print_json, print_line},
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
    #[arg(long, value_name = "P", value_parser = limit)]
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

/// A number as `1000000`, `1e9` or `2.5e10`.
fn limit(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a whole number such as 1000000 or 1e9");
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: u32 = exponent.parse().map_err(|_| wrong())?;
    let zeros = exponent
        .checked_sub(part.len() as u32)
        .filter(|&zeros| zeros < 20)
        .ok_or_else(wrong)?;
    let digits: u64 = format!("{whole}{part}").parse().map_err(|_| wrong())?;
    let limit = 10u64
        .checked_pow(zeros)
        .and_then(|power| digits.checked_mul(power))
        .filter(|&limit| limit <= MAX_SIEVE_LIMIT);
    limit.ok_or_else(|| format!("{text} is above {MAX_SIEVE_LIMIT}, the deepest that is sieved"))
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
        let mut state = State::start(&spec, keeper, common.factors.as_deref())?;
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
}

impl State {
    /// A new sieve, or the newest one of the checkpoints.
    fn start(
        spec: &SearchSpec,
        keeper: Option<Keeper>,
        factors: Option<&std::path::Path>,
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
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::limit;

    #[test]
    fn limits_are_read_as_people_write_them() {
        for (text, value) in [
            ("1000000", 1_000_000),
            ("1e9", 1_000_000_000),
            ("2.5e10", 25_000_000_000),
            ("3E0", 3),
        ] {
            assert_eq!(limit(text), Ok(value), "{text}");
        }
        for text in [
            "", "x", "1.5", "1e", "-3", "1e19", "1e99", "e9", "1.25e1", "1_000",
        ] {
            assert!(limit(text).is_err(), "{text}");
        }
    }
}
