//! `darkreach verify`: does this certificate prove what it says?

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Args;
use darkreach_primes::certificate::{Certificate, MAX_BYTES, check};
use serde::Serialize;

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
    pub(super) fn execute(self, json: bool) -> Result<(), Error> {
        let mut refused = 0;
        for path in &self.files {
            refused += usize::from(!verify(path, json)?);
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

/// Verifies one file and shows what came out; whether it is a proof.
fn verify(path: &Path, json: bool) -> Result<bool, Error> {
    let start = Instant::now();
    let file = path.display().to_string();
    let certificate = match read(path) {
        Ok(certificate) => certificate,
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
    let checked = check(&certificate);
    let seconds = start.elapsed().as_secs_f64();
    let error = checked.err().map(|error| format!("{file}: {error}"));
    if let Some(error) = &error {
        eprintln!("error: {error}");
    }
    let proved = error.is_none();
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

/// Reads a file of limited length.
fn read(path: &Path) -> Result<Certificate, String> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut text))
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Certificate::from_json(&text).map_err(|error| format!("{}: {error}", path.display()))
}
