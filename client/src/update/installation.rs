//! From a candidate to the program in use, and back.

use std::{ffi::OsString, future::Future};

use darkreach_protocol::release::{Tried, UpdateReport, UpdateState};
use darkreach_update::Version;
use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    Candidate, UpdateFailure, Updater,
    check::verify,
    program::UpdateLock,
    trial::{self, Limits, Verdict},
};

/// How often a new program may be started without settling before the previous one comes back.
const STARTS: u32 = 3;

/// What came of trying a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is the program now; this process should go on as it.
    Installed,
    /// It did not work; the program is what it was, and this version is not tried again.
    RolledBack(String),
    /// It could not be tried now; later perhaps.
    Postponed(String),
    /// A signal came meanwhile.
    Stopped(&'static str),
}

/// How a start begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// As it should.
    Usual,
    /// This program never settled: the previous one was put back and should go on.
    PutBack,
}

impl Updater {
    /// Notes a start, and puts the previous program back if this one came by an update and was started
    /// too often without settling.
    ///
    /// # Errors
    /// [`UpdateFailure`].
    pub fn begin(&self) -> Result<Begun, UpdateFailure> {
        let running = &self.options.running;
        let book = self.shelf.read()?;
        if book.unsettled.as_ref() != Some(running) {
            return Ok(Begun::Usual);
        }
        let starts = book.starts.saturating_add(1);
        if starts <= STARTS || !self.program.previous().exists() {
            self.shelf.change(|book| book.starts = starts)?;
            return Ok(Begun::Usual);
        }
        self.put_back(&format!("it ended {STARTS} times before it had settled"))?;
        Ok(Begun::PutBack)
    }

    /// Puts the previous program back and remembers this version as bad.
    ///
    /// # Errors
    /// [`UpdateFailure`]; there may be no previous program.
    pub fn put_back(&self, reason: &str) -> Result<(), UpdateFailure> {
        let _lock = self.program.lock()?;
        self.program.restore(&*self.disk)?;
        let running = self.options.running.clone();
        let report = self.report(
            UpdateState::RolledBack,
            Some((&running, false)),
            Some(reason),
        );
        self.shelf.change(|book| {
            book.condemn(&running);
            book.to_report = Some(report);
        })?;
        Ok(())
    }

    /// This program works: the previous one need not come back by itself any more.
    ///
    /// # Errors
    /// [`UpdateFailure`].
    pub fn settle(&self) -> Result<(), UpdateFailure> {
        let running = &self.options.running;
        if self.shelf.read()?.unsettled.as_ref() == Some(running) {
            self.shelf.change(|book| {
                book.unsettled = None;
                book.starts = 0;
            })?;
        }
        Ok(())
    }

    /// Tries a candidate on the work, which this process must have let go of, and installs it if it
    /// holds. `reaches_server` says whether the old program can reach the server, asked only if the
    /// new one could not.
    ///
    /// # Errors
    /// [`UpdateFailure`]: files. The program's name stands for the old or the new program.
    pub async fn attempt<F: Future<Output = bool>>(
        &self,
        candidate: &Candidate,
        arguments: &[OsString],
        limits: Limits,
        stop: &mut UnboundedReceiver<&'static str>,
        reaches_server: impl FnOnce() -> F,
    ) -> Result<Attempt, UpdateFailure> {
        let disk = &*self.disk;
        let version = &candidate.version;
        let _lock = tokio::select! {
            lock = self.turn() => lock?,
            signal = stop.recv() => return Ok(Attempt::Stopped(signal.unwrap_or("the end"))),
        };
        // Another worker of this program may have done it meanwhile, trial and all.
        if verify(version, &candidate.artifact, self.program.exe()).is_ok() {
            self.note_installed(version)?;
            self.shelf.tidy(None)?;
            return Ok(Attempt::Installed);
        }
        // Once more, right before it is run.
        let bytes = verify(version, &candidate.artifact, &candidate.path)?;
        let placed = self.program.place(disk, &bytes)?;
        drop(bytes);
        let verdict = trial::run(&placed, version, arguments, limits, stop).await;
        let verdict = match verdict {
            // A server that the old program cannot reach either says nothing about the new one.
            Verdict::Unreachable if reaches_server().await => {
                Verdict::Bad("it cannot reach the server, which this program can".to_owned())
            }
            other => other,
        };
        let attempt = match verdict {
            Verdict::Healthy => {
                self.install(version)?;
                return Ok(Attempt::Installed);
            }
            Verdict::Bad(reason) => {
                let tried = Some((version, false));
                let report = self.report(UpdateState::RolledBack, tried, Some(&reason));
                self.shelf.change(|book| {
                    book.condemn(version);
                    book.to_report = Some(report);
                })?;
                self.shelf.tidy(None)?;
                Attempt::RolledBack(reason)
            }
            Verdict::Unreachable => {
                Attempt::Postponed("neither version can reach the server now".to_owned())
            }
            Verdict::Stopped(signal) => Attempt::Stopped(signal),
        };
        self.program.discard(disk)?;
        Ok(attempt)
    }

    /// The right to change the program, when it is this process's turn.
    async fn turn(&self) -> Result<UpdateLock, UpdateFailure> {
        if let Some(lock) = self.program.try_lock()? {
            return Ok(lock);
        }
        tracing::info!("another process is updating this program; waiting for it");
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let program = self.program.clone();
        // A thread of its own: nobody has to wait for it when this process ends before its turn.
        std::thread::spawn(move || {
            let _ = sender.send(program.lock());
        });
        match receiver.await {
            Ok(lock) => Ok(lock?),
            Err(_) => Err(UpdateFailure::NoTurn),
        }
    }

    fn note_installed(&self, version: &Version) -> Result<(), UpdateFailure> {
        let mut report = self.report(UpdateState::Current, Some((version, true)), None);
        report.running = version.to_string();
        self.shelf.change(|book| {
            book.unsettled = Some(version.clone());
            book.starts = 0;
            book.to_report = Some(report);
        })?;
        Ok(())
    }

    fn install(&self, version: &Version) -> Result<(), UpdateFailure> {
        self.note_installed(version)?;
        if let Err(error) = self.program.swap(&*self.disk) {
            let report = self.report(UpdateState::Failed, None, Some(&error.to_string()));
            self.shelf.change(|book| {
                book.unsettled = None;
                book.to_report = Some(report);
            })?;
            return Err(error.into());
        }
        Ok(self.shelf.tidy(None)?)
    }

    pub(super) fn report(
        &self,
        state: UpdateState,
        tried: Option<(&Version, bool)>,
        detail: Option<&str>,
    ) -> UpdateReport {
        let plain = |text: &str| {
            let text = text.chars().map(|c| if c.is_control() { ' ' } else { c });
            text.take(500).collect()
        };
        UpdateReport {
            running: self.options.running.to_string(),
            channel: self.options.channel.name().to_owned(),
            state,
            detail: detail.map(plain),
            tried: tried.map(|(version, healthy)| Tried {
                version: version.to_string(),
                healthy,
            }),
        }
    }
}
