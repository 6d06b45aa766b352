//! Requests that wait for their turn: when each kind may go out next.

use std::{
    collections::BTreeMap,
    ops::Bound,
    time::{Duration, Instant},
};

use crate::link::{Backoff, LinkError};

/// Claims: one at a time.
pub(super) struct Claims {
    pub(super) under_way: bool,
    pub(super) next: Instant,
    /// The last answer was that there is no work.
    pub(super) no_work: Option<String>,
    /// Nothing was left to do here when the claim under way was made.
    pub(super) made_when_empty: bool,
    pub(super) backoff: Backoff,
}

/// Requests that go out one after the other.
pub(super) struct Line {
    pub(super) under_way: Option<i64>,
    /// The last one that failed: the others have their turn before it.
    failed: Option<i64>,
    pub(super) next: Instant,
    backoff: Backoff,
}

impl Line {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            under_way: None,
            failed: None,
            next: now,
            backoff: Backoff::default(),
        }
    }

    /// Which of these goes out now, if it is time.
    pub(super) fn choose<T>(&self, waiting: &BTreeMap<i64, T>) -> Option<i64> {
        if self.under_way.is_some() || Instant::now() < self.next {
            return None;
        }
        let behind = self.failed.and_then(|failed| {
            let (id, _) = waiting
                .range((Bound::Excluded(failed), Bound::Unbounded))
                .next()?;
            Some(*id)
        });
        behind.or_else(|| waiting.keys().next().copied())
    }

    /// One was taken.
    pub(super) fn worked(&mut self) {
        self.failed = None;
        self.backoff.reset();
        self.next = Instant::now();
    }

    /// One was not taken now; says when the next is tried.
    pub(super) fn failed(&mut self, id: i64, error: &LinkError) -> Duration {
        self.failed = Some(id);
        let delay = self.backoff.after(error);
        self.next = Instant::now() + delay;
        delay
    }
}
