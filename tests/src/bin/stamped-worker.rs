//! The worker as it ships, with a version and a fault that a test writes into the program file: so one
//! build stands for every release that a test needs. Without a fault it differs from `darkreach` in
//! nothing but the version.

use std::process::ExitCode;

use clap::Parser;
use darkreach::{
    cli::{self, Cli},
    update::trial::UNREACHABLE,
};
use darkreach_e2e::stamp::{FAULT_LENGTH, MARK, VERSION_LENGTH};
use darkreach_primes::strong::rehearsal;

/// Mark, version and fault, each padded with blanks.
#[used]
static STAMP: [u8; MARK.len() + VERSION_LENGTH + FAULT_LENGTH] =
    *b"darkreach-e2e stamp:0.1.0                           none            ";

fn main() -> ExitCode {
    // What stands there is not known before the program runs.
    let stamp = std::hint::black_box(&STAMP);
    let (version, fault) = stamp[MARK.len()..].split_at(VERSION_LENGTH);
    let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
    darkreach::set_version(text(version).leak());
    let command = std::env::args().nth(1).unwrap_or_default();
    match (text(fault).as_str(), command.as_str()) {
        ("crash", "run") => std::process::abort(),
        ("hang", "run") => loop {
            std::thread::park();
        },
        ("selftest", "selftest") => return ExitCode::FAILURE,
        ("unreachable", "run") => return ExitCode::from(UNREACHABLE),
        ("err once", _) => rehearsal::begin(1),
        ("err always", _) => rehearsal::begin(u32::MAX),
        _ => {}
    }
    match cli::execute(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(error.status())
        }
    }
}
