//! Results to the server, from the outbox only: written down first, sent until there is a receipt,
//! set aside if the server will never take them.

use std::{sync::Arc, time::Instant};

use darkreach_protocol::{problem::ProblemKind, work::Receipt};

use super::{
    block::Release,
    message::Message,
    worker::{Ending, Worker, progress_of},
};
use crate::{
    display::Event,
    link::{LinkError, Severity},
    state::{StateError, outbox::Parcel},
};

impl Worker {
    /// Puts a result into the outbox; if the disk refuses, it waits in memory and the block's
    /// checkpoints stay.
    pub(super) fn put(&mut self, parcel: Parcel) {
        let id = parcel.assignment;
        let put = self.data.outbox().put(&parcel);
        self.disk_works(&put);
        if let Err(error) = put {
            self.trouble(&error);
            self.unsaved.push(parcel);
            return;
        }
        if let Some(held) = self.held.remove(&id) {
            self.outbox.insert(id, Some(progress_of(&held)));
            let progress = held.progress;
            self.tell(&Event::Reported {
                assignment: id,
                key: parcel.report.key,
                candidates: progress.candidates,
                sieved: progress.sieved,
                tested: progress.tested,
                primes: progress.primes,
                cpu_seconds: parcel.report.cpu_seconds,
                wall_seconds: parcel.report.wall_seconds,
            });
        }
        self.forget(id);
    }

    /// Sends the next result if it is time.
    pub(super) fn deliver(&mut self) {
        let Some(id) = self.deliveries.choose(&self.outbox) else {
            return;
        };
        let parcel = match self.data.outbox().get(id) {
            Ok(Some(parcel)) => parcel,
            Ok(None) => {
                self.outbox.remove(&id);
                return;
            }
            Err(error) => return self.unreadable(id, &error),
        };
        self.deliveries.under_way = Some(id);
        let (link, sender) = (Arc::clone(&self.link), self.sender.clone());
        tokio::spawn(async move {
            let answer = link.report(id, &parcel.report).await;
            let _ = sender.send(Message::Delivered(id, answer));
        });
    }

    /// A result file that no longer can be read: kept aside, and the block handed back so that
    /// someone computes it again.
    fn unreadable(&mut self, id: i64, error: &StateError) {
        self.warn(format!("{error}; set aside, the block is handed back"));
        if let Err(error) = self.data.outbox().set_aside_damaged(id) {
            self.trouble(&error);
        }
        self.outbox.remove(&id);
        let how = "the result could not be read back from disk";
        self.releasing.insert(id, Release::failed(how));
    }

    /// A result was answered.
    pub(super) fn delivered(&mut self, id: i64, answer: Result<Receipt, LinkError>) {
        self.deliveries.under_way = None;
        let error = match answer {
            Ok(receipt) => {
                self.deliveries.worked();
                let removed = self.data.outbox().delivered(id);
                self.disk_works(&removed);
                if let Err(error) = removed {
                    // It is sent again after a restart, and the same receipt comes back.
                    self.trouble(&error);
                }
                self.outbox.remove(&id);
                self.tell(&Event::Receipt {
                    assignment: id,
                    key: receipt.key,
                    result: receipt.result_id,
                });
                return;
            }
            Err(error) => error,
        };
        match error.severity() {
            Severity::Refused => self.refused(id, &error),
            Severity::Fatal => self.ending = Some(Ending::Error(error.into())),
            Severity::Passing => {
                let delay = self.deliveries.failed(id, &error);
                self.tell(&Event::Waiting {
                    reason: format!("result of block {id}: {error}"),
                    seconds: delay.as_secs_f64(),
                });
            }
        }
    }

    fn refused(&mut self, id: i64, error: &LinkError) {
        let reason = error.to_string();
        let aside = match self.data.outbox().get(id) {
            Ok(Some(parcel)) => {
                let key = parcel.report.key;
                self.data
                    .outbox()
                    .refuse(parcel, &reason)
                    .map(|()| Some(key))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        match aside {
            Ok(Some(key)) => self.tell(&Event::Refused {
                assignment: id,
                key,
                reason: reason.clone(),
            }),
            Ok(None) => {}
            Err(error) => {
                // It stays in the outbox, and is refused again later.
                self.trouble(&error);
                self.deliveries.next = Instant::now() + self.options.checkpoint;
                return;
            }
        }
        let over = matches!(
            error.problem(),
            Some(ProblemKind::NotLeased | ProblemKind::ResultConflict | ProblemKind::NotFound)
        );
        self.outbox.remove(&id);
        if !over {
            // The lease still stands: computing the same again would give the same, so the server
            // must hear that this host can not do it.
            self.releasing.insert(id, Release::failed(&reason));
        }
    }
}
