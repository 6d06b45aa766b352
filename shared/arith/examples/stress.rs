//! Thousands of random checks of every kind of ring against GMP, for as long as one likes.
//!
//! `cargo run --release -p darkreach-arith --example stress -- [--seconds 60] [--seed 1] [--bits 200000]
//! [--case NUMBER]`
//!
//! Each check is a random program on a random ring, made from one number; the first one that goes wrong
//! is printed with the command that repeats it, and ends the run with status 1. `--case` runs one.

#[path = "../tests/suite/program.rs"]
mod program;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use program::{Random, run};

/// What the command line says.
struct Arguments {
    seconds: u64,
    seed: u64,
    bits: u32,
    case: Option<u64>,
}

fn arguments() -> Result<Arguments, String> {
    let mut given = Arguments {
        seconds: 60,
        seed: 1,
        bits: 200_000,
        case: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} needs a value"))?;
        let number: u64 = value
            .parse()
            .map_err(|_| format!("{word} takes a number, not {value}"))?;
        match word.as_str() {
            "--seconds" => given.seconds = number,
            "--seed" => given.seed = number,
            "--bits" => {
                given.bits = u32::try_from(number)
                    .ok()
                    .filter(|bits| (200..1 << 27).contains(bits))
                    .ok_or("--bits takes 200 to 2^27")?;
            }
            "--case" => given.case = Some(number),
            _ => {
                return Err(format!(
                    "{word} is not known: --seconds, --seed, --bits, --case"
                ));
            }
        }
    }
    Ok(given)
}

fn main() -> ExitCode {
    let given = match arguments() {
        Ok(given) => given,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let mut random = Random::new(given.seed);
    let (mut done, mut reported) = (0u64, 0);
    loop {
        let case = given.case.unwrap_or_else(|| random.next());
        match run(case, given.bits) {
            Some(Err(message)) => {
                eprintln!("WRONG after {done} good ones: {message}");
                eprintln!(
                    "repeat: cargo run --release -p darkreach-arith --example stress -- --bits {} --case {case}",
                    given.bits
                );
                return ExitCode::FAILURE;
            }
            Some(Ok(what)) => {
                done += 1;
                if given.case.is_some() {
                    println!("{what}: right");
                }
            }
            None if given.case.is_some() => println!("this number stands for no ring"),
            None => {}
        }
        let seconds = start.elapsed();
        if given.case.is_some() || seconds >= Duration::from_secs(given.seconds) {
            println!("{done} programs of about 40 operations, all right, in {seconds:.1?}");
            return ExitCode::SUCCESS;
        }
        if seconds.as_secs() / 10 > reported {
            reported = seconds.as_secs() / 10;
            println!("{done} programs, {} s", seconds.as_secs());
        }
    }
}
