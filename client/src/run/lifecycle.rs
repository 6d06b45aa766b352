//! A block's way through the worker: taken up, computed, finished or failed.

use darkreach_primes::search::{Progress, ledger::Outcome, report::BlockReport};
use darkreach_protocol::work::ResultReport;
use uuid::Uuid;

use super::{
    block::{Entering, Release, Stage},
    message::Offer,
    resume,
    worker::Worker,
};
use crate::{
    display::Event,
    engine::{Happening, Spent},
    state::outbox::Parcel,
};

impl Worker {
    pub(super) fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Phase { id, phase } => self.tell(&Event::Phase {
                assignment: id,
                phase,
            }),
            Happening::Decided { id, decided } => {
                if self.options.log_candidates {
                    let tested = super::tested_event(id, &decided.expression, decided.outcome);
                    // While a checkpoint is being written, what it does not contain must wait: the
                    // promise is that a `checkpoint` event covers the `tested` events before it.
                    match self.held.get_mut(&id).and_then(|h| h.later.as_mut()) {
                        Some(later) => later.push(tested),
                        None => self.tell(&tested),
                    }
                }
                if decided.outcome == Outcome::Prime {
                    self.tell(&super::prime_event(id, decided));
                }
            }
            Happening::Saved { id } => {
                if let Some(held) = self.held.get_mut(&id) {
                    held.later.get_or_insert_default();
                }
            }
            Happening::Finished {
                id,
                report,
                progress,
                spent,
            } => self.finished(id, report, progress, spent),
            Happening::Failed { id, message } => self.failed(id, message),
        }
    }

    fn finished(&mut self, id: i64, report: BlockReport, progress: Progress, spent: Spent) {
        let Some(held) = self.held.get_mut(&id) else {
            return;
        };
        self.speed
            .at(id, held.assignment.cost, progress.fraction.max(1.0));
        self.speed.forget(id);
        held.progress = progress;
        held.stage = Stage::Unsaved;
        for event in held.later.take().unwrap_or_default() {
            self.tell(&event);
        }
        self.put(Parcel {
            assignment: id,
            report: ResultReport {
                key: Uuid::new_v4(),
                client_version: crate::version().to_owned(),
                ledger: report.ledger,
                primes: report.primes,
                cpu_seconds: spent.cpu_seconds,
                wall_seconds: spent.wall_seconds,
            },
        });
    }

    /// Nothing of a failed block is reported, whatever it had found.
    fn failed(&mut self, id: i64, message: String) {
        if self.held.remove(&id).is_none() {
            return;
        }
        self.releasing.insert(id, Release::failed(&message));
        self.speed.forget(id);
        self.forget(id);
        self.tell(&Event::Failed {
            assignment: id,
            reason: message,
        });
    }

    /// Takes a block up: into the engine, or back to the server if it makes no sense here.
    pub(super) fn enter(&mut self, offer: Offer, resumed: bool) {
        let assignment = offer.assignment.clone();
        let id = assignment.id;
        match resume::enter(&self.data, offer) {
            Ok((entering, warnings)) => {
                for warning in warnings {
                    self.warn(warning);
                }
                let Entering {
                    held,
                    search,
                    spent,
                } = entering;
                self.tell(&Event::Claimed {
                    assignment: id,
                    job: assignment.job_id,
                    block: assignment.block_id,
                    description: assignment.spec.describe(),
                    done: held.progress.fraction,
                    resumed,
                });
                let fraction = held.progress.fraction;
                self.speed.at(id, assignment.cost, fraction);
                self.held.insert(id, held);
                self.engine.add(id, search, spent);
            }
            Err(message) => {
                self.releasing.insert(id, Release::failed(&message));
                self.forget(id);
                self.tell(&Event::Failed {
                    assignment: id,
                    reason: message,
                });
            }
        }
    }
}
