//! The trial of a new program, seen from the old one: a child process with a deadline for every step.

use std::{
    ffi::OsString,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use darkreach_update::Version;
use tokio::{process::Command, sync::mpsc::UnboundedReceiver};

/// The exit status with which a program on trial says that it could not reach the server: no fault of
/// its own, perhaps.
pub const UNREACHABLE: u8 = 75;

/// The flag with which it is told that it is on trial.
pub const FLAG: &str = "--trial";

/// How long the steps may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Saying its version.
    pub version: Duration,
    /// Its self-test.
    pub selftest: Duration,
    /// Taking the work up, reaching the server, saving a checkpoint and stopping again.
    pub work: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            version: Duration::from_secs(30),
            selftest: Duration::from_secs(180),
            work: Duration::from_secs(240),
        }
    }
}

/// What the trial showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It works.
    Healthy,
    /// It does not.
    Bad(String),
    /// It could not reach the server.
    Unreachable,
    /// The trial was broken off by this signal.
    Stopped(&'static str),
}

/// Tries a program: version, self-test, then the work itself with the arguments that this process was
/// started with.
pub async fn run(
    program: &Path,
    version: &Version,
    arguments: &[OsString],
    limits: Limits,
    stop: &mut UnboundedReceiver<&'static str>,
) -> Verdict {
    let mut say = Command::new(program);
    say.arg("--version").stdout(Stdio::piped());
    match step(say, limits.version, stop).await {
        Step::Ended(status, said) if status.success() => {
            let said = String::from_utf8_lossy(&said);
            if said.split_whitespace().last() != Some(version.to_string().as_str()) {
                let said: String = said.trim().chars().take(80).collect();
                return Verdict::Bad(format!("it calls itself {said:?}, not {version}"));
            }
        }
        other => return other.failed("--version"),
    }
    let mut test = Command::new(program);
    test.args(["selftest", "--json"]).stdout(Stdio::null());
    match step(test, limits.selftest, stop).await {
        Step::Ended(status, _) if status.success() => {}
        other => return other.failed("its self-test"),
    }
    let mut work = Command::new(program);
    // Its events follow ours.
    work.args(arguments).arg(FLAG).stdout(Stdio::inherit());
    match step(work, limits.work, stop).await {
        Step::Ended(status, _) if status.success() => Verdict::Healthy,
        Step::Ended(status, _) if status.code() == Some(UNREACHABLE.into()) => Verdict::Unreachable,
        other => other.failed("the work"),
    }
}

/// How a step ended.
enum Step {
    Ended(ExitStatus, Vec<u8>),
    Late(Duration),
    NotStarted(std::io::Error),
    Stopped(&'static str),
}

impl Step {
    fn failed(self, what: &str) -> Verdict {
        Verdict::Bad(match self {
            Self::Ended(status, _) => format!("{what} failed ({status})"),
            Self::Late(limit) => {
                format!("{what} was not done after {} seconds", limit.as_secs_f64())
            }
            Self::NotStarted(error) => format!("it does not start: {error}"),
            Self::Stopped(signal) => return Verdict::Stopped(signal),
        })
    }
}

/// How long a program that is told to stop gets to save its work.
const PATIENCE: Duration = Duration::from_secs(40);

async fn step(
    mut command: Command,
    limit: Duration,
    stop: &mut UnboundedReceiver<&'static str>,
) -> Step {
    // Its standard input ends when this process does, however that is: a program on trial takes
    // that as the word to stop. What is dropped here is killed.
    command.stdin(Stdio::piped()).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Step::NotStarted(error),
    };
    let input = child.stdin.take();
    let waiting = child.wait_with_output();
    tokio::pin!(waiting);
    let stopped = tokio::select! {
        ended = &mut waiting => return match ended {
            Ok(output) => Step::Ended(output.status, output.stdout),
            Err(error) => Step::NotStarted(error),
        },
        () = tokio::time::sleep(limit) => None,
        signal = stop.recv() => Some(signal.unwrap_or("the end of the parent")),
    };
    match stopped {
        Some(signal) => {
            drop(input);
            let _ = tokio::time::timeout(PATIENCE, waiting).await;
            Step::Stopped(signal)
        }
        None => Step::Late(limit),
    }
}
