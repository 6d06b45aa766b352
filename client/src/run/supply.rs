//! Claiming ahead: enough blocks are held that no core ever waits for the network.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use darkreach_protocol::work::{ClaimRequest, NoWork};

use super::{
    message::{Claimed, Message, Offer},
    worker::{Ending, Worker},
};
use crate::{
    display::Event,
    link::{Link, LinkError, Severity},
};

/// The most blocks held, and asked for at once.
const MOST: u32 = 64;
/// When the server does not say when to ask again.
const ASK_AGAIN: u32 = 30;

impl Worker {
    /// Claims if more blocks are wanted and it is time.
    pub(super) fn supply(&mut self) {
        if self.claims.under_way {
            return;
        }
        let empty = self.is_empty();
        // The last question before an idle worker ends need not wait: the server said "later"
        // while there was still something to do here.
        let last_question = self.options.until_idle
            && empty
            && self.claims.no_work.is_some()
            && !self.claims.made_when_empty;
        if Instant::now() < self.claims.next && !last_question {
            return;
        }
        let wanted = self.wanted();
        if wanted == 0 {
            return;
        }
        self.claims.under_way = true;
        self.claims.made_when_empty = empty;
        let request = ClaimRequest {
            max_blocks: wanted,
            holding: self.ours().collect(),
            speed: self.speed.get(),
        };
        let (link, sender) = (Arc::clone(&self.link), self.sender.clone());
        tokio::spawn(async move {
            let answer = claim(&link, &request).await;
            let _ = sender.send(Message::Claimed(answer));
        });
    }

    /// How many more blocks to hold: at least `claim_ahead` besides the one that is computing, and
    /// enough for `claim_ahead_time` at the measured speed.
    fn wanted(&self) -> u32 {
        let computing: Vec<_> = self.held.values().filter(|h| h.is_computing()).collect();
        let have = u32::try_from(computing.len()).unwrap_or(u32::MAX);
        let mut want = (self.options.claim_ahead + 1).saturating_sub(have);
        if let Some(speed) = self.speed.get() {
            let left: f64 = computing
                .iter()
                .map(|h| h.assignment.cost * (1.0 - h.progress.fraction))
                .sum();
            let lacking = self.options.claim_ahead_time.as_secs_f64() * speed - left;
            let cost: f64 = computing.iter().map(|h| h.assignment.cost).sum();
            if lacking > 0.0 && have > 0 && cost > 0.0 {
                let blocks = (lacking * f64::from(have) / cost).ceil();
                want = want.max(blocks.min(f64::from(MOST)) as u32);
            }
        }
        // Results that can not be delivered must not pile up without end either.
        let all = u32::try_from(self.ours().count()).unwrap_or(u32::MAX);
        want.min(MOST.saturating_sub(all))
    }

    /// A claim was answered.
    pub(super) fn claimed(&mut self, answer: Result<Claimed, LinkError>) {
        self.claims.under_way = false;
        let claimed = match answer {
            Ok(claimed) => claimed,
            Err(error) => return self.claim_failed(error),
        };
        self.claims.backoff.reset();
        let mut new = 0;
        for offer in claimed.offers {
            new += usize::from(self.take(offer));
        }
        if new > 0 {
            self.claims.no_work = None;
            self.claims.next = Instant::now();
            return;
        }
        let reason = claimed.reason.map_or_else(
            || "the server has no work".to_owned(),
            |reason: NoWork| reason.to_string(),
        );
        if self.options.until_idle && self.claims.made_when_empty && self.is_empty() {
            self.ending = Some(Ending::Idle);
        }
        let seconds = claimed.retry_after_seconds.unwrap_or(ASK_AGAIN).max(1);
        self.claims.next = Instant::now() + Duration::from_secs(seconds.min(3600).into());
        if self.is_empty() && self.ending.is_none() {
            self.tell(&Event::Waiting {
                reason: reason.clone(),
                seconds: seconds.into(),
            });
        }
        self.claims.no_work = Some(reason);
    }

    fn claim_failed(&mut self, error: LinkError) {
        self.claims.no_work = None;
        if error.severity() == Severity::Fatal {
            self.ending = Some(Ending::Error(error.into()));
            return;
        }
        let delay = self.claims.backoff.after(&error);
        self.claims.next = Instant::now() + delay;
        self.tell(&Event::Waiting {
            reason: format!("claim: {error}"),
            seconds: delay.as_secs_f64(),
        });
    }

    /// Takes a leased block, unless it is already here in whatever stage.
    fn take(&mut self, offer: Offer) -> bool {
        let id = offer.assignment.id;
        if self.ours().any(|ours| ours == id) {
            return false;
        }
        let stored = self.data.held().store(&offer.assignment);
        if let Err(error) = &stored {
            // It is computed all the same; each checkpoint round tries again to write it down.
            self.trouble(error);
        }
        self.enter(offer, false);
        true
    }

    /// Every assignment whose lease may be ours: computing, decided, or to be handed back.
    fn ours(&self) -> impl Iterator<Item = i64> {
        let waiting = self.outbox.keys().chain(self.releasing.keys());
        self.held.keys().chain(waiting).copied()
    }
}

/// Claims blocks and fetches the checkpoints that lie ready for them.
async fn claim(link: &Link, request: &ClaimRequest) -> Result<Claimed, LinkError> {
    let response = link.claim(request).await?;
    let mut offers = Vec::new();
    for assignment in response.assignments {
        let state = match &assignment.checkpoint {
            Some(info) => match link.download_checkpoint(assignment.id).await {
                Ok(bytes) => Some((bytes, info.own)),
                // Without it the block starts anew: slower, not wrong.
                Err(error) => {
                    tracing::warn!("checkpoint of block {}: {error}", assignment.id);
                    None
                }
            },
            None => None,
        };
        offers.push(Offer { assignment, state });
    }
    Ok(Claimed {
        offers,
        reason: response.reason,
        retry_after_seconds: response.retry_after_seconds,
    })
}
