//! A clean end: units stop at a safe point, everything is checkpointed, leases are kept or handed
//! back as configured.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use darkreach_protocol::work::ReleaseReason;

use super::{
    block::Release,
    checkpoints,
    orders::hand_back,
    worker::{Ending, Worker},
};
use crate::{config::OnStop, display::Event, error::Error};

/// How long the server gets for all leases together.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long answers under way are waited for.
const UNDER_WAY: Duration = Duration::from_secs(5);

impl Worker {
    /// Ends the run.
    pub(super) async fn end(mut self, ending: Ending) -> Result<(), Error> {
        if let Ending::Signal(name) = &ending {
            tracing::info!("{name}: stopping");
        }
        let engine = Arc::clone(&self.engine);
        if tokio::task::spawn_blocking(move || engine.stop())
            .await
            .is_err()
        {
            self.warn("the engine did not stop cleanly".to_owned());
        }
        // A block may have finished at the last moment, a checkpoint round may be under way.
        while self.round_under_way || self.claims.under_way {
            match self.next_message(UNDER_WAY).await {
                Some(message) => self.handle(message),
                None => break,
            }
        }
        while let Some(message) = self.next_message(Duration::ZERO).await {
            self.handle(message);
        }
        self.retry_unsaved();
        let blocks = self.blocks_to_keep();
        let kept = checkpoints::round(&self.engine, &self.data, blocks, Duration::ZERO);
        while let Some(message) = self.next_message(Duration::ZERO).await {
            self.handle(message);
        }
        self.kept(kept);
        if !matches!(ending, Ending::Error(_)) {
            self.deliver_the_last().await;
        }
        if self.options.on_stop == OnStop::Release && !matches!(ending, Ending::Error(_)) {
            self.hand_everything_back().await;
        }
        let (held, outbox) = (self.held.len(), self.outbox.len());
        self.tell(&Event::Stopped {
            reason: match &ending {
                Ending::Idle => "idle",
                Ending::Signal(_) => "signal",
                Ending::Error(_) => "error",
            },
            held,
            outbox,
        });
        self.finish_display();
        match ending {
            Ending::Idle | Ending::Signal(_) => Ok(()),
            Ending::Error(error) => Err(error),
        }
    }

    /// Sends what is in the outbox as long as the server takes it; the rest waits there for the next
    /// start.
    async fn deliver_the_last(&mut self) {
        let deadline = Instant::now() + UNDER_WAY;
        loop {
            self.deliver();
            if self.deliveries.under_way.is_none() {
                return;
            }
            let patience = deadline.saturating_duration_since(Instant::now());
            match self.next_message(patience).await {
                Some(message) => self.handle(message),
                None => return,
            }
        }
    }

    /// Uploads the checkpoints and releases the leases; what the server does not take in time stays
    /// leased and is resumed at the next start.
    async fn hand_everything_back(&mut self) {
        let ids: Vec<i64> = self
            .held
            .iter()
            .filter(|(_, held)| held.is_computing())
            .map(|(id, _)| *id)
            .collect();
        let mut releases = Vec::new();
        for id in ids {
            let release = Release {
                reason: ReleaseReason::Shutdown,
                detail: None,
                state: self.engine.save(id).map(|saved| saved.bytes),
            };
            releases.push((id, release));
        }
        let link = Arc::clone(&self.link);
        let deadline = tokio::time::Instant::now() + PATIENCE;
        for (id, release) in releases {
            self.releasing.insert(id, release.clone());
            match tokio::time::timeout_at(deadline, hand_back(&link, id, release)).await {
                Ok(answer) => {
                    let failed = answer.as_ref().err().cloned();
                    self.released(id, answer);
                    if let Some(error) = failed {
                        self.warn(format!("block {id} could not be handed back: {error}"));
                    }
                }
                Err(_) => {
                    self.warn(format!(
                        "block {id} could not be handed back in time: it is kept"
                    ));
                }
            }
        }
    }
}
