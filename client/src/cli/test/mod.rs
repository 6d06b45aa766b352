//! `darkreach test`: is this number prime?
//!
//! The numbers are tested on all cores at once and shown in the order in which they were given.

mod certificate;

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use darkreach_primes::{
    expression::Expression,
    formats,
    primality::{self, Method, Tested, Verdict, Watch},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::Context;
use crate::{
    config::Partial,
    display::{duration, print_json, print_line, res64},
    error::Error,
};

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Numbers, for example "3*2^2816+1", "100!+1", "11#-1", "(2^97+1)/3"
    #[arg(value_name = "EXPR", required_unless_present = "file")]
    expressions: Vec<String>,
    /// Which test
    #[arg(long, value_enum, default_value = "auto")]
    method: Choice,
    /// Read more numbers from a file: ABC, ABCD, NewPGen, or one a line (`-` is standard input)
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Prove primes, and write a certificate of each into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "method")]
    certificate: Option<PathBuf>,
    /// Computing threads
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    /// The cheapest that decides: a proof where the number's shape admits one
    Auto,
    /// The Fermat test to base 3
    Prp,
}

/// One line of output.
#[derive(Serialize)]
struct Answer<'a> {
    expression: &'a str,
    digits: u64,
    verdict: &'static str,
    method: &'static str,
    res64: Option<String>,
    /// Failures of the strong check, each repaired; more than none says that the computer errs.
    mismatches: u32,
    seconds: f64,
    /// Where certificates were asked for: the file, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Option<String>>,
}

/// One line of output for what can not be tested.
#[derive(Serialize)]
struct Refusal<'a> {
    expression: &'a str,
    error: String,
}

/// The progress of one test, added to the bar that all share. Nobody interrupts a test: Ctrl-C
/// ends the process, and nothing is lost.
struct Watched<'a> {
    bar: &'a ProgressBar,
    done: AtomicU64,
    total: AtomicU64,
}

impl Watch for Watched<'_> {
    fn should_stop(&self) -> bool {
        false
    }

    fn progress(&self, done: u64, total: u64) {
        // A test may have several parts, each counted from 0.
        let before = self.done.swap(done, Ordering::Relaxed);
        let known = self.total.swap(total, Ordering::Relaxed);
        self.bar.inc_length(total.saturating_sub(known));
        self.bar.inc(done.saturating_sub(before));
    }
}

/// A bar on a terminal, nothing elsewhere.
fn bar(json: bool) -> ProgressBar {
    if json || !std::io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let template = "[{bar:30}] {percent} %, {eta} to go";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// What is known of a number, and how it came about.
struct Done {
    tested: Tested,
    seconds: f64,
    /// Where certificates were asked for: the file, if there is one.
    certificate: Option<Option<PathBuf>>,
}

type Outcome = Result<Done, String>;

/// A number that was asked for.
struct Question {
    text: String,
    /// Where it was read: the file and the line.
    place: Option<String>,
}

impl Test {
    pub(super) fn settings(&self) -> Partial {
        Partial {
            threads: self.threads,
            ..Partial::default()
        }
    }

    pub(super) fn execute(self, context: &Context) -> Result<(), Error> {
        let method = match self.method {
            Choice::Auto => Method::Auto,
            Choice::Prp => Method::Prp,
        };
        let told = self.expressions.into_iter();
        let mut questions: Vec<Question> =
            told.map(|text| Question { text, place: None }).collect();
        if let Some(path) = &self.file {
            questions.extend(read(path)?);
        }
        if questions.is_empty() {
            return Err(Error::other("the file has no numbers", "write one a line"));
        }
        // A proof uses several threads, a test one.
        let threads = match &self.certificate {
            Some(folder) => {
                crate::state::files::create_folder(folder)?;
                context.config.threads()
            }
            None => context.config.threads().min(questions.len()),
        };
        let folder = self.certificate.as_deref();
        let every = context.config.checkpoint_interval();
        let place = folder.map(|folder| (folder, every));
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|e| Error::other(e.to_string(), "try fewer --threads"))?;
        let (sender, results) = mpsc::channel::<(usize, Outcome)>();
        let mut wrong = 0;
        let mut shown = Ok(());
        let bar = &bar(context.json);
        pool.in_place_scope_fifo(|scope| {
            for (index, Question { text, .. }) in questions.iter().enumerate() {
                let sender = sender.clone();
                scope.spawn_fifo(move |_| {
                    // The receiver is gone only if the output is: then nobody wants the answer.
                    let _ = sender.send((index, test(text, method, place, bar)));
                });
            }
            drop(sender);
            let mut early = BTreeMap::new();
            let mut next = 0;
            for (index, outcome) in results {
                early.insert(index, outcome);
                while let Some(outcome) = early.remove(&next) {
                    wrong += usize::from(outcome.is_err());
                    if shown.is_ok() {
                        shown = bar.suspend(|| show(context.json, &questions[next], &outcome));
                    }
                    next += 1;
                }
            }
        });
        bar.finish_and_clear();
        shown?;
        match wrong {
            0 => Ok(()),
            1 => Err(Error::Several("one number could not be tested".to_owned())),
            n => Err(Error::Several(format!("{n} numbers could not be tested"))),
        }
    }
}

/// Tests one number; with a place for its certificate and the time between two states of a long proof.
fn test(
    text: &str,
    method: Method,
    place: Option<(&Path, Duration)>,
    bar: &ProgressBar,
) -> Outcome {
    let start = Instant::now();
    let expression: Expression = text.parse().map_err(|e| format!("{e}"))?;
    let watch = Watched {
        bar,
        done: AtomicU64::new(0),
        total: AtomicU64::new(0),
    };
    let (tested, certificate) = match place {
        Some((folder, every)) => {
            let (certified, path) = certificate::certify(&expression, folder, every, &watch)?;
            (certified.tested, Some(path))
        }
        None => {
            let tested = primality::test(&expression, method, &watch);
            (tested.map_err(|e| format!("{e}"))?, None)
        }
    };
    Ok(Done {
        tested,
        seconds: start.elapsed().as_secs_f64(),
        certificate,
    })
}

fn show(json: bool, question: &Question, outcome: &Outcome) -> Result<(), Error> {
    let text = &question.text;
    if let Ok(done) = outcome
        && done.tested.mismatches > 0
    {
        eprintln!(
            "warning: the check of {text} failed {} times, and parts were computed again: this computer \
             miscalculates",
            done.tested.mismatches
        );
    }
    let Done {
        tested,
        seconds,
        certificate,
    } = match outcome {
        Ok(done) => done,
        Err(error) => {
            match &question.place {
                Some(place) => eprintln!("error: {place}: {error}"),
                None => eprintln!("error: {error}"),
            }
            if json {
                print_json(&Refusal {
                    expression: text,
                    error: error.clone(),
                })?;
            }
            return Ok(());
        }
    };
    let verdict = match tested.verdict {
        Verdict::Prime => "prime",
        Verdict::ProbablePrime => "probable_prime",
        Verdict::Composite => "composite",
    };
    if json {
        print_json(&Answer {
            expression: text,
            digits: tested.digits,
            verdict,
            method: tested.method,
            res64: tested.res64.map(res64),
            mismatches: tested.mismatches,
            seconds: *seconds,
            certificate: certificate
                .as_ref()
                .map(|path| path.as_ref().map(|path| path.display().to_string())),
        })?;
        return Ok(());
    }
    let residue = tested
        .res64
        .map_or(String::new(), |r| format!(", RES64 {}", res64(r)));
    print_line(&format!(
        "{text} is {} ({} digits, {}{residue}, {})",
        verdict.replace('_', " "),
        tested.digits,
        tested.method,
        duration(*seconds)
    ))?;
    match certificate {
        Some(Some(path)) => print_line(&format!("  certificate: {}", path.display()))?,
        Some(None) if tested.verdict == Verdict::ProbablePrime => {
            print_line("  no certificate: it is not proved")?;
        }
        _ => {}
    }
    Ok(())
}

fn read(path: &PathBuf) -> Result<Vec<Question>, Error> {
    let text = if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|e| {
        Error::other(
            format!("cannot read {}: {e}", path.display()),
            "--file FILE",
        )
    })?;
    let entries = formats::read(&text).map_err(|error| {
        Error::other(
            format!("{}: {error}", path.display()),
            "the formats are ABC, ABCD, NewPGen, and one expression a line",
        )
    })?;
    Ok(entries
        .into_iter()
        .flat_map(|entry| {
            let place = format!("{}: line {}", path.display(), entry.line);
            let question = move |text| Question {
                text,
                place: Some(place.clone()),
            };
            entry.expressions.into_iter().map(question)
        })
        .collect())
}
