//! `darkreach verify`: does this certificate prove what it says?
//!
//! A long command keeps in the platform's cache which files it has verified, and the steps and powers of the
//! one at work; the same command goes on from there when it was killed.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Args;
use darkreach_primes::{
    certificate::{Certificate, MAX_BYTES, check_with},
    journal::{Forgetful, Journal, Name},
};
use serde::Serialize;

use super::{Context, journal::FileJournal};
use crate::{
    display::{duration, print_json, print_line},
    error::Error,
};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Certificates, as `test --certificate` writes them
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// One line of output.
#[derive(Serialize)]
struct Answer<'a> {
    file: String,
    expression: &'a str,
    verdict: &'static str,
    theorem: &'static str,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// One line of output for what is no certificate.
#[derive(Serialize)]
struct Refusal {
    file: String,
    verdict: &'static str,
    error: String,
}

impl Verify {
    pub(super) fn execute(self, context: &Context) -> Result<(), Error> {
        let file = context.config.cache_dir().map(|cache| {
            FileJournal::open(
                cache.join(format!("{}.verify", command_name(&self.files))),
                context.config.checkpoint_interval(),
            )
        });
        let journal: &dyn Journal = match &file {
            Some(file) => file,
            None => &Forgetful,
        };
        let mut refused = 0;
        for (done, path) in (1..).zip(&self.files) {
            let progress = (done, self.files.len() as u64);
            refused += usize::from(!verify(path, context.json, journal, progress)?);
        }
        if let Some(file) = file {
            file.finish()?;
        }
        match (refused, self.files.len()) {
            (0, _) => Ok(()),
            (1, 1) => Err(Error::Several("the certificate is refused".to_owned())),
            (n, all) => Err(Error::Several(format!(
                "{n} of {all} certificates are refused"
            ))),
        }
    }
}

/// A name for the command: the same files in the same order.
fn command_name(files: &[PathBuf]) -> String {
    let mut hasher = blake3::Hasher::new();
    for path in files {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let bytes = path.as_os_str().as_encoded_bytes();
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Verifies one file and shows what came out; whether it is a proof. `progress` is its place among all.
fn verify(
    path: &Path,
    json: bool,
    journal: &dyn Journal,
    progress: (u64, u64),
) -> Result<bool, Error> {
    let start = Instant::now();
    let file = path.display().to_string();
    let (certificate, name) = match read(path) {
        Ok(read) => read,
        Err(error) => {
            eprintln!("error: {error}");
            if json {
                let verdict = "refused";
                print_json(&Refusal {
                    file,
                    verdict,
                    error,
                })?;
            }
            return Ok(false);
        }
    };
    let checked = if journal.kept(&name).is_some() {
        journal.resumed("verification of files", progress.0, progress.1);
        Ok(())
    } else {
        check_with(&certificate, journal)
    };
    let seconds = start.elapsed().as_secs_f64();
    let error = checked.err().map(|error| format!("{file}: {error}"));
    if let Some(error) = &error {
        eprintln!("error: {error}");
    }
    let proved = error.is_none();
    if proved {
        journal.keep(&name, Vec::new());
    }
    if json {
        print_json(&Answer {
            file,
            expression: &certificate.expression,
            verdict: if proved { "prime" } else { "refused" },
            theorem: certificate.theorem(),
            seconds,
            error,
        })?;
    } else if proved {
        print_line(&format!(
            "{} is prime ({}, {}, {})",
            certificate.expression,
            certificate.theorem(),
            match certificate.steps.len() {
                1 => "one step".to_owned(),
                n => format!("{n} steps"),
            },
            duration(seconds)
        ))?;
    }
    Ok(proved)
}

/// Reads a file of limited length; with the name of its content in a journal.
fn read(path: &Path) -> Result<(Certificate, Name), String> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text))
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let certificate =
        Certificate::from_json(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut hasher = blake3::Hasher::new_derive_key("darkreach 2026 verified certificate");
    hasher.update(&text);
    Ok((certificate, *hasher.finalize().as_bytes()))
}
