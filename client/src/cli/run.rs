//! `darkreach run`: work for the server.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use clap::Args;
use tokio::sync::{
    mpsc::{UnboundedReceiver, unbounded_channel},
    oneshot,
};

use super::Context;
use crate::{
    config::{OnStop, Partial, UpdateMode},
    display::{self, Display, Event},
    error::Error,
    link::{Link, ServerUrl},
    run,
    state::{
        StateError,
        directory::DataDir,
        lock,
        node::{self, Node},
    },
    update::{self, Attempt, Begun, Candidate, UpdateFailure, Updater, probation, trial::Limits},
};

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// End when the server has nothing to do for us
    #[arg(long)]
    until_idle: bool,
    /// Tell every tested candidate
    #[arg(long)]
    log_candidates: bool,
    /// Computing threads [default: one per logical processor]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Seconds between checkpoints [default: 30]
    #[arg(long, value_name = "SECONDS")]
    checkpoint_seconds: Option<f64>,
    /// Seconds between heartbeats [default: 30]
    #[arg(long, value_name = "SECONDS")]
    heartbeat_seconds: Option<f64>,
    /// Seconds between uploads of checkpoints [default: 300]
    #[arg(long, value_name = "SECONDS")]
    upload_seconds: Option<u32>,
    /// Blocks to hold besides the one that is computing [default: 2]
    #[arg(long, value_name = "N")]
    claim_ahead: Option<u32>,
    /// Seconds of work to hold at the measured speed [default: 60]
    #[arg(long, value_name = "SECONDS")]
    claim_ahead_seconds: Option<u32>,
    /// What happens to leased blocks on a stop [default: keep]
    #[arg(long, value_enum)]
    on_stop: Option<OnStop>,
    /// Allow http:// to another machine
    #[arg(long)]
    allow_plain_http: bool,
    /// PEM file with a certificate authority to trust besides the system's
    #[arg(long, value_name = "FILE")]
    ca_certificate: Option<PathBuf>,
    /// Take the work up to show that this program can, and end
    #[arg(long, hide = true)]
    trial: bool,
}

impl Run {
    pub(super) fn settings(&self) -> Partial {
        Partial {
            threads: self.threads,
            checkpoint_seconds: self.checkpoint_seconds,
            heartbeat_seconds: self.heartbeat_seconds,
            upload_seconds: self.upload_seconds,
            claim_ahead: self.claim_ahead,
            claim_ahead_seconds: self.claim_ahead_seconds,
            on_stop: self.on_stop,
            allow_plain_http: self.allow_plain_http.then_some(true),
            ca_certificate: self.ca_certificate.clone(),
            ..Partial::default()
        }
    }

    pub(super) fn execute(self, context: &Context) -> Result<(), Error> {
        let not_attached = || {
            Error::other(
                "this computer is not attached to a server",
                "darkreach attach URL",
            )
        };
        let data = context.existing_data()?.ok_or_else(not_attached)?;
        let node = node::load(&data)?.ok_or_else(not_attached)?;
        let settings = &context.config.settings;
        let server = ServerUrl::parse(&node.server, settings.allow_plain_http)?;
        let link = Link::new(server, Some(node.token.clone()), &context.link_options())?;
        let seconds = |n: u32| Duration::from_secs(n.into());
        let options = run::Options {
            threads: context.config.threads(),
            checkpoint: Duration::from_secs_f64(settings.checkpoint_seconds),
            heartbeat: Duration::from_secs_f64(settings.heartbeat_seconds),
            upload: seconds(settings.upload_seconds),
            claim_ahead: settings.claim_ahead,
            claim_ahead_time: seconds(settings.claim_ahead_seconds),
            on_stop: settings.on_stop,
            until_idle: self.until_idle,
            log_candidates: self.log_candidates,
            probe: None,
        };
        let worker = Worker {
            data,
            node,
            link,
            options,
            json: context.json,
            limits: Limits {
                work: Duration::from_secs_f64(settings.update_trial_seconds),
                ..Limits::default()
            },
        };
        let runtime = super::runtime()?;
        if self.trial {
            return runtime.block_on(worker.on_trial());
        }
        let updater = updater(context, &worker.data);
        let every = Duration::from_secs_f64(settings.update_check_seconds);
        match runtime.block_on(worker.work(updater.as_ref(), every))? {
            Some(program) => Err(restart(&program)),
            None => Ok(()),
        }
    }
}

/// The updater, if there is to be one. Whatever is wrong with it, the work goes on.
fn updater(context: &Context, data: &DataDir) -> Option<Arc<Updater>> {
    if context.config.settings.update == UpdateMode::Off {
        return None;
    }
    match super::update::updater(context, data) {
        Ok(updater) => Some(Arc::new(updater)),
        Err(Error::Update(UpdateFailure::NoRoot)) => {
            tracing::debug!("updates: {}", UpdateFailure::NoRoot);
            None
        }
        Err(error) => {
            tracing::warn!("updates: {error}");
            None
        }
    }
}

/// What a run is made of; it may come several times in one process.
struct Worker {
    data: DataDir,
    node: Node,
    link: Link,
    options: run::Options,
    json: bool,
    limits: Limits,
}

impl Worker {
    /// One run from start to end, with the data directory locked.
    async fn once(
        &self,
        display: Box<dyn Display>,
        stop: UnboundedReceiver<&'static str>,
    ) -> Result<(), Error> {
        let _lock = lock::take(&self.data)?;
        let (data, node, link) = (self.data.clone(), self.node.clone(), self.link.clone());
        run::run(data, node, link, self.options.clone(), display, stop).await
    }

    /// Works until stopped, trying and installing updates on the way. Returns the program to go on
    /// as, if it is another one.
    async fn work(
        &self,
        updater: Option<&Arc<Updater>>,
        every: Duration,
    ) -> Result<Option<PathBuf>, Error> {
        if let Some(updater) = updater {
            match updater.begin() {
                Ok(Begun::Usual) => {}
                Ok(Begun::PutBack) => return Ok(Some(updater.program().exe().to_owned())),
                Err(error) => tracing::warn!("updates: {error}"),
            }
        }
        let (sender, mut stop) = unbounded_channel();
        let mut signals = run::listen();
        let forward = sender.clone();
        tokio::spawn(async move {
            while let Some(signal) = signals.recv().await {
                // The run may be over; a trial listens then.
                let _ = forward.send(signal);
            }
        });
        let mut not_before = Duration::ZERO;
        loop {
            let (found, ready) = oneshot::channel();
            let watching = updater.map(|updater| {
                let (updater, link) = (Arc::clone(updater), self.link.clone());
                tokio::spawn(update::watch(updater, link, every, not_before, found))
            });
            let candidate = self.until_ready(ready, &mut stop).await;
            if let Some(watching) = watching {
                watching.abort();
            }
            let (Some(candidate), Some(updater)) = (candidate?, updater) else {
                if let Some(updater) = updater {
                    updater
                        .settle()
                        .unwrap_or_else(|e| tracing::warn!("updates: {e}"));
                }
                return Ok(None);
            };
            let mut display = display::choose(self.json);
            let version = candidate.version.to_string();
            display.event(&Event::Trying {
                version: version.clone(),
            })?;
            let arguments: Vec<_> = std::env::args_os().skip(1).collect();
            let attempt = updater
                .attempt(&candidate, &arguments, self.limits, &mut stop, || async {
                    self.link.info().await.is_ok()
                })
                .await;
            let (attempt, reason) = match attempt {
                Ok(Attempt::Installed) => {
                    display.event(&Event::Updated { version })?;
                    return Ok(Some(updater.program().exe().to_owned()));
                }
                Ok(Attempt::Stopped(_)) => return Ok(None),
                Ok(Attempt::RolledBack(reason)) => ("rolled_back", reason),
                Ok(Attempt::Postponed(reason)) => ("postponed", reason),
                Err(error) => ("failed", error.to_string()),
            };
            display.event(&Event::NotUpdated {
                version,
                attempt,
                reason,
            })?;
            not_before = every;
        }
    }

    /// One run, which a ready candidate ends like a signal.
    async fn until_ready(
        &self,
        ready: oneshot::Receiver<Candidate>,
        stop: &mut UnboundedReceiver<&'static str>,
    ) -> Result<Option<Candidate>, Error> {
        let (sender, inner) = unbounded_channel();
        let run = self.once(display::choose(self.json), inner);
        tokio::pin!(run);
        let candidate = tokio::select! {
            ended = &mut run => return ended.map(|()| None),
            signal = stop.recv() => {
                let _ = sender.send(signal.unwrap_or("the end of all signals"));
                None
            }
            Ok(candidate) = ready => {
                let _ = sender.send("update");
                Some(candidate)
            }
        };
        run.await?;
        // A signal that came meanwhile is meant for all of it.
        Ok(candidate.filter(|_| stop.is_empty()))
    }

    /// The trial of this program.
    async fn on_trial(&self) -> Result<(), Error> {
        let (sender, stop) = unbounded_channel();
        probation::end_with_parent(sender.clone());
        let mut signals = run::listen();
        let forward = sender.clone();
        tokio::spawn(async move {
            while let Some(signal) = signals.recv().await {
                let _ = forward.send(signal);
            }
        });
        let cores = u32::try_from(self.options.threads).unwrap_or(u32::MAX);
        probation::reach(&self.link, cores)
            .await
            .map_err(Error::Unreachable)?;
        let timer = sender.clone();
        tokio::spawn(async move {
            tokio::time::sleep(probation::LONG_ENOUGH).await;
            let _ = timer.send(probation::PASSED);
        });
        let display = probation::Watched::new(display::choose(self.json), sender);
        self.once(Box::new(display), stop).await
    }
}

/// Goes on as another program, in this very process where the system can do that: whoever started it
/// notices nothing.
#[cfg(unix)]
fn restart(program: &Path) -> Error {
    use std::os::unix::process::CommandExt;
    let error = Command::new(program)
        .args(std::env::args_os().skip(1))
        .exec();
    Error::State(StateError::io("start", program)(error))
}

#[cfg(not(unix))]
fn restart(program: &Path) -> Error {
    let started = Command::new(program)
        .args(std::env::args_os().skip(1))
        .spawn();
    match started {
        Ok(_) => std::process::exit(0),
        Err(error) => Error::State(StateError::io("start", program)(error)),
    }
}
