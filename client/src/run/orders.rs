//! Heartbeats, and what the server orders in its answer: go on, hand back, or drop. Handing leases
//! back is here, too.

use std::{sync::Arc, time::Instant};

use darkreach_protocol::{
    MAX_CHECKPOINT_BYTES,
    work::{
        AssignmentProgress, HeartbeatRequest, HeartbeatResponse, Order, ReleaseReason,
        ReleaseRequest,
    },
};

use super::{
    block::{Leaving, Release, Stage},
    message::Message,
    worker::{Ending, Notice, Worker, progress_of},
};
use crate::{
    display::{Event, HeldProgress},
    engine::Saved,
    link::{Link, LinkError, Severity},
    state::checkpoint::Checkpoint,
};

impl Worker {
    /// Sends a heartbeat with everything that is held, results on their way included.
    pub(super) fn beat(&mut self) {
        if self.heartbeat_under_way {
            return;
        }
        self.heartbeat_under_way = true;
        for block in self.engine.progress() {
            if let Some(held) = self.held.get_mut(&block.id) {
                held.progress = block.progress;
            }
        }
        let decided = self.outbox.values().flatten().cloned();
        let told: Vec<HeldProgress> = self.held.values().map(progress_of).chain(decided).collect();
        let request = HeartbeatRequest {
            client_version: crate::version().to_owned(),
            cores: u32::try_from(self.options.threads).unwrap_or(u32::MAX),
            assignments: told
                .iter()
                .map(|block| AssignmentProgress {
                    id: block.assignment,
                    progress: block.progress,
                })
                .collect(),
        };
        let (link, sender) = (Arc::clone(&self.link), self.sender.clone());
        tokio::spawn(async move {
            let answer = link.heartbeat(&request).await;
            let _ = sender.send(Message::Heartbeat(answer, told));
        });
    }

    /// A heartbeat was answered.
    pub(super) fn beaten(
        &mut self,
        answer: Result<HeartbeatResponse, LinkError>,
        told: Vec<HeldProgress>,
    ) {
        self.heartbeat_under_way = false;
        let response = match answer {
            Ok(response) => response,
            Err(error) if error.severity() == Severity::Fatal => {
                self.ending = Some(Ending::Error(error.into()));
                return;
            }
            Err(error) => {
                let seconds = self.options.heartbeat.as_secs_f64();
                return self.tell(&Event::Waiting {
                    reason: format!("heartbeat: {error}"),
                    seconds,
                });
            }
        };
        self.tell(&Event::Heartbeat { assignments: told });
        if let Some(command) = response.command {
            self.warn(format!(
                "the server sent {command:?}, which this version does not know"
            ));
        }
        for order in response.orders {
            match order.order {
                Order::Continue => {}
                Order::Stop => self.leave(order.id, Leaving::Ordered),
                Order::Abandon => self.leave(order.id, Leaving::Abandoned),
            }
        }
    }

    /// Calls a block's units back; what is decided already stays decided.
    fn leave(&mut self, id: i64, why: Leaving) {
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        // A finished block's result answers for itself.
        if !held.is_computing() {
            return;
        }
        held.stage = Stage::Leaving;
        let (engine, sender) = (Arc::clone(&self.engine), self.sender.clone());
        tokio::task::spawn_blocking(move || {
            let saved = engine.remove(id);
            let _ = sender.send(Message::Left(id, why, saved));
        });
    }

    /// A block is out of the engine.
    pub(super) fn left(&mut self, id: i64, why: Leaving, saved: Option<Saved>) {
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        // It finished or failed just before it could be called back: that has its own message.
        if held.stage != Stage::Leaving {
            return;
        }
        for event in held.later.take().unwrap_or_default() {
            self.tell(&event);
        }
        self.speed.forget(id);
        if why == Leaving::Abandoned {
            self.let_go(id, None);
            self.tell(&Event::Abandoned { assignment: id });
            return;
        }
        let mut state = None;
        if let Some(saved) = saved {
            self.keep_last(id, &saved);
            state = Some(saved.bytes);
        }
        self.held.remove(&id);
        let release = Release {
            reason: ReleaseReason::Ordered,
            detail: None,
            state,
        };
        self.releasing.insert(id, release);
    }

    /// Writes the state of a block that is out of the engine.
    pub(super) fn keep_last(&mut self, id: i64, saved: &Saved) {
        let hash = blake3::hash(&saved.bytes);
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        held.progress = saved.progress;
        if held.saved == Some(hash) {
            return;
        }
        held.generation += 1;
        let generation = held.generation;
        let store = self.data.checkpoints(id);
        let written = store.write(&Checkpoint {
            generation,
            state: saved.bytes.clone(),
            spent: saved.spent,
        });
        self.disk_works(&written);
        match written {
            Ok(()) => {
                if let Some(held) = self.held.get_mut(&id) {
                    held.saved = Some(hash);
                }
                self.tell(&Event::Checkpoint {
                    assignment: id,
                    generation,
                });
            }
            Err(error) => self.trouble(&error),
        }
    }

    /// Hands the next lease back if it is time.
    pub(super) fn release(&mut self) {
        let chosen = self.releases.choose(&self.releasing);
        let Some((id, release)) =
            chosen.and_then(|id| Some((id, self.releasing.get(&id)?.clone())))
        else {
            return;
        };
        self.releases.under_way = Some(id);
        let (link, sender) = (Arc::clone(&self.link), self.sender.clone());
        tokio::spawn(async move {
            let answer = hand_back(&link, id, release).await;
            let _ = sender.send(Message::Released(id, answer));
        });
    }

    /// A release was answered.
    pub(super) fn released(&mut self, id: i64, answer: Result<(), LinkError>) {
        self.releases.under_way = None;
        match answer {
            Ok(()) => {
                let reason = self.releasing.get(&id).map(|release| release.reason);
                self.releases.worked();
                self.let_go(id, reason);
            }
            Err(error) => match error.severity() {
                Severity::Fatal => self.ending = Some(Ending::Error(error.into())),
                // Not leased (any more): that is what was wanted.
                Severity::Refused => self.let_go(id, None),
                Severity::Passing => {
                    let delay = self.releases.failed(id, &error);
                    self.tell(&Event::Waiting {
                        reason: format!("handing back block {id}: {error}"),
                        seconds: delay.as_secs_f64(),
                    });
                }
            },
        }
    }

    fn let_go(&mut self, id: i64, released: Option<ReleaseReason>) {
        self.held.remove(&id);
        self.releasing.remove(&id);
        self.speed.forget(id);
        self.forget(id);
        if let Some(reason) = released {
            self.tell(&Event::Released {
                assignment: id,
                reason,
            });
        }
    }

    /// Leaves a checkpoint with the server.
    pub(super) fn upload(&mut self, id: i64, state: Vec<u8>) {
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        held.uploaded = Instant::now();
        if state.len() > MAX_CHECKPOINT_BYTES {
            return;
        }
        let (link, sender) = (Arc::clone(&self.link), self.sender.clone());
        tokio::spawn(async move {
            let answer = link.upload_checkpoint(id, state).await;
            let _ = sender.send(Message::Uploaded(id, answer));
        });
    }

    /// An upload was answered. It is a convenience: nothing depends on it.
    pub(super) fn uploaded(&mut self, id: i64, answer: Result<(), LinkError>) {
        match answer {
            Ok(()) => self.all_clear(Notice::Upload),
            Err(error) => {
                self.notice(Notice::Upload, format!("checkpoint of block {id}: {error}"));
            }
        }
    }
}

/// Uploads the state, if there is one, and hands the lease back. The upload may fail: the block is
/// then begun anew by whoever gets it, which is slower, not wrong.
pub(super) async fn hand_back(link: &Link, id: i64, release: Release) -> Result<(), LinkError> {
    if let Some(state) = release.state
        && state.len() <= MAX_CHECKPOINT_BYTES
        && let Err(error) = link.upload_checkpoint(id, state).await
    {
        if error.severity() == Severity::Passing {
            return Err(error);
        }
        tracing::warn!("checkpoint of block {id}: {error}");
    }
    let request = ReleaseRequest {
        reason: release.reason,
        detail: release.detail,
    };
    link.release(id, &request).await
}
