//! The loop: what is due, what comes back, what is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{
    Options,
    block::{Held, Release},
    lines::{Claims, Line},
    message::{Message, Offer},
    speed::Speed,
};
use crate::{
    display::{Display, Event, HeldProgress, Overview},
    engine::{self, Engine},
    error::Error,
    link::{Backoff, Link},
    state::{
        StateError,
        directory::DataDir,
        node::Node,
        outbox::Parcel,
        status::{self, BlockStatus, Status},
    },
};

/// How often the display, the speed and the need for more blocks are looked at.
const PULSE: Duration = Duration::from_secs(1);
/// How often the file for `status` is replaced.
const STATUS: Duration = Duration::from_secs(5);

/// Kinds of trouble that would repeat themselves: each is told when it begins, not again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Notice {
    Disk,
    Upload,
    Status,
}

/// The worker's whole state.
pub(super) struct Worker {
    pub(super) data: DataDir,
    pub(super) node: Node,
    pub(super) link: Arc<Link>,
    pub(super) options: Options,
    pub(super) engine: Arc<Engine>,
    pub(super) sender: UnboundedSender<Message>,
    messages: UnboundedReceiver<Message>,
    display: Box<dyn Display>,
    output: Result<(), std::io::Error>,
    /// The blocks that are being computed, or whose results are not on disk yet.
    pub(super) held: BTreeMap<i64, Held>,
    /// The results in the outbox, with how the block ended if that was in this run.
    pub(super) outbox: BTreeMap<i64, Option<HeldProgress>>,
    /// The leases to hand back.
    pub(super) releasing: BTreeMap<i64, Release>,
    /// Results that wait for room on the disk.
    pub(super) unsaved: Vec<Parcel>,
    pub(super) round_under_way: bool,
    pub(super) to_forget: Vec<i64>,
    pub(super) claims: Claims,
    pub(super) deliveries: Line,
    pub(super) releases: Line,
    pub(super) heartbeat_under_way: bool,
    pub(super) speed: Speed,
    /// Set to end the loop.
    pub(super) ending: Option<Ending>,
    notices: BTreeSet<Notice>,
    since: DateTime<Utc>,
    next_round: Instant,
    pub(super) next_heartbeat: Instant,
    next_pulse: Instant,
    next_status: Instant,
    last_pulse: Instant,
}

/// Why the loop ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// Nothing to do.
    Idle,
    /// A stop signal.
    Signal(&'static str),
    /// Going on makes no sense.
    Error(Error),
}

impl Worker {
    /// Takes up what is on disk and starts the engine.
    pub(super) fn start(
        data: DataDir,
        node: Node,
        link: Link,
        options: Options,
        display: Box<dyn Display>,
    ) -> Result<Self, Error> {
        let (sender, messages) = unbounded_channel();
        let happenings = sender.clone();
        let engine_options = engine::Options {
            threads: options.threads,
            report_all: options.log_candidates,
            probe: options.probe.clone(),
        };
        let sink = Arc::new(move |happening| {
            // The loop is gone only when the process is ending.
            let _ = happenings.send(Message::Engine(happening));
        });
        let engine = Arc::new(Engine::start(engine_options, sink)?);
        let now = Instant::now();
        let mut worker = Self {
            data,
            node,
            link: Arc::new(link),
            engine,
            sender,
            messages,
            display,
            output: Ok(()),
            held: BTreeMap::new(),
            outbox: BTreeMap::new(),
            releasing: BTreeMap::new(),
            unsaved: Vec::new(),
            round_under_way: false,
            to_forget: Vec::new(),
            claims: Claims {
                under_way: false,
                next: now,
                no_work: None,
                made_when_empty: false,
                backoff: Backoff::default(),
            },
            deliveries: Line::new(now),
            releases: Line::new(now),
            heartbeat_under_way: false,
            speed: Speed::default(),
            ending: None,
            notices: BTreeSet::new(),
            since: Utc::now(),
            next_round: now + options.checkpoint,
            next_heartbeat: now + options.heartbeat,
            next_pulse: now,
            next_status: now,
            last_pulse: now,
            options,
        };
        worker.take_up()?;
        Ok(worker)
    }

    /// What an earlier run left: results to deliver, blocks to go on with.
    fn take_up(&mut self) -> Result<(), Error> {
        self.tell(&Event::Started {
            version: crate::version(),
            server: self.node.server.clone(),
            node: self.node.node_id.clone(),
            threads: self.options.threads,
            pid: std::process::id(),
        });
        self.outbox = self
            .data
            .outbox()
            .list()?
            .into_iter()
            .map(|id| (id, None))
            .collect();
        let (assignments, damaged) = self.data.held().load()?;
        for error in damaged {
            self.warn(format!("{error}; the server will hand the block out again"));
        }
        for assignment in assignments {
            if self.outbox.contains_key(&assignment.id) {
                // The result was written, then the run ended before it let go of the block.
                self.forget(assignment.id);
                continue;
            }
            let offer = Offer {
                assignment,
                state: None,
            };
            self.enter(offer, true);
        }
        if !self.held.is_empty() {
            // Which of them are still ours?
            self.next_heartbeat = Instant::now();
        }
        Ok(())
    }

    /// Runs until something ends it.
    pub(super) async fn work(
        mut self,
        mut stop: UnboundedReceiver<&'static str>,
    ) -> Result<(), Error> {
        loop {
            self.do_what_is_due();
            if let Some(ending) = self.ending.take() {
                return self.end(ending).await;
            }
            let wake = self.next_wake();
            tokio::select! {
                biased;
                Some(signal) = stop.recv() => self.ending = Some(Ending::Signal(signal)),
                Some(message) = self.messages.recv() => self.handle(message),
                () = tokio::time::sleep_until(wake.into()) => {}
            }
        }
    }

    /// Messages that are there or come within `patience`, for the end of a run.
    pub(super) async fn next_message(&mut self, patience: Duration) -> Option<Message> {
        tokio::time::timeout(patience, self.messages.recv())
            .await
            .ok()
            .flatten()
    }

    fn next_wake(&self) -> Instant {
        let mut wake = self
            .next_round
            .min(self.next_heartbeat)
            .min(self.next_pulse)
            .min(self.next_status);
        for line in [&self.deliveries, &self.releases] {
            if line.next > Instant::now() {
                wake = wake.min(line.next);
            }
        }
        if !self.claims.under_way && self.claims.next > Instant::now() {
            wake = wake.min(self.claims.next);
        }
        wake
    }

    fn do_what_is_due(&mut self) {
        let now = Instant::now();
        if now >= self.next_pulse {
            self.next_pulse = now + PULSE;
            self.pulse(now);
        }
        if now >= self.next_round {
            self.next_round = now + self.options.checkpoint;
            self.start_round();
        }
        if now >= self.next_heartbeat {
            self.next_heartbeat = now + self.options.heartbeat;
            self.beat();
        }
        self.deliver();
        self.release();
        self.supply();
        if now >= self.next_status {
            self.next_status = now + STATUS;
            self.write_status();
        }
        if let Err(error) = std::mem::replace(&mut self.output, Ok(())) {
            self.ending = Some(Ending::Error(error.into()));
        }
    }

    fn pulse(&mut self, now: Instant) {
        let mut computing = false;
        for block in self.engine.progress() {
            computing |= block.running > 0;
            if let Some(held) = self.held.get_mut(&block.id) {
                held.progress = block.progress;
                let cost = held.assignment.cost;
                self.speed.at(block.id, cost, block.progress.fraction);
            }
        }
        if computing {
            self.speed.pass(now - self.last_pulse);
        }
        self.last_pulse = now;
        let blocks = self.overview();
        self.display.overview(&Overview {
            blocks: &blocks,
            speed: self.speed.get(),
        });
    }

    /// The blocks in the engine.
    pub(super) fn overview(&self) -> Vec<HeldProgress> {
        self.held
            .values()
            .filter(|held| held.is_computing())
            .map(progress_of)
            .collect()
    }

    fn write_status(&mut self) {
        let blocks = self
            .held
            .values()
            .filter(|held| held.is_computing())
            .map(|held| BlockStatus {
                assignment: held.assignment.id,
                job: held.assignment.job_id,
                description: held.assignment.spec.describe(),
                progress: held.progress,
            })
            .collect();
        let status = Status {
            at: Utc::now(),
            since: self.since,
            threads: self.options.threads,
            speed: self.speed.get(),
            waiting: self.claims.no_work.clone(),
            blocks,
        };
        match status::store(&self.data, &status) {
            Ok(()) => self.all_clear(Notice::Status),
            Err(error) => self.notice(Notice::Status, error.to_string()),
        }
    }

    pub(super) fn handle(&mut self, message: Message) {
        match message {
            Message::Engine(happening) => self.happened(happening),
            Message::Claimed(answer) => self.claimed(answer),
            Message::Heartbeat(answer, told) => self.beaten(answer, told),
            Message::Delivered(id, answer) => self.delivered(id, answer),
            Message::Released(id, answer) => self.released(id, answer),
            Message::Kept(kept) => self.kept(kept),
            Message::Uploaded(id, answer) => self.uploaded(id, answer),
            Message::Left(id, why, saved) => self.left(id, why, saved),
        }
    }

    /// Tells an event; if nobody reads any more, the run ends.
    pub(super) fn tell(&mut self, event: &Event) {
        if self.output.is_ok() {
            self.output = self.display.event(event);
        }
    }

    pub(super) fn warn(&mut self, message: String) {
        self.tell(&Event::Warning { message });
    }

    /// Tells a trouble that would repeat itself, when it begins.
    pub(super) fn notice(&mut self, kind: Notice, message: String) {
        if self.notices.insert(kind) {
            self.warn(message);
        } else {
            tracing::debug!("{message}");
        }
    }

    /// The trouble is over.
    pub(super) fn all_clear(&mut self, kind: Notice) {
        self.notices.remove(&kind);
    }

    pub(super) fn finish_display(&mut self) {
        self.display.finish();
    }

    /// Whether nothing is left to do or to deliver.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.outbox.is_empty() && self.releasing.is_empty()
    }

    /// A disk error that was none after all.
    pub(super) fn disk_works(&mut self, result: &Result<(), StateError>) {
        if result.is_ok() {
            self.all_clear(Notice::Disk);
        }
    }
}

/// A held block as displays and heartbeats show it.
pub(super) fn progress_of(held: &Held) -> HeldProgress {
    HeldProgress {
        assignment: held.assignment.id,
        description: held.assignment.spec.describe(),
        cost: held.assignment.cost,
        progress: held.progress,
    }
}
