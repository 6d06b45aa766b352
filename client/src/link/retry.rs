//! When to try again: exponentially later, with jitter so that a thousand workers do not come back
//! in the same second, for ever.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::LinkError;

/// What an error means for going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It passes: try again.
    Passing,
    /// This request will never be accepted; others may.
    Refused,
    /// No request will be: stop.
    Fatal,
}

/// Delays between attempts.
#[derive(Debug)]
pub struct Backoff {
    builder: ExponentialBuilder,
    delays: ExponentialBackoff,
}

impl Default for Backoff {
    /// From half a second to one minute, each up to twice as long by jitter.
    fn default() -> Self {
        Self::between(Duration::from_millis(500), Duration::from_secs(60))
    }
}

impl Backoff {
    /// Delays that double from `min` to `max`.
    pub fn between(min: Duration, max: Duration) -> Self {
        let builder = ExponentialBuilder::new()
            .with_min_delay(min)
            .with_max_delay(max)
            .without_max_times()
            .with_jitter();
        Self {
            delays: builder.build(),
            builder,
        }
    }

    /// How long to wait after this error.
    pub fn after(&mut self, error: &LinkError) -> Duration {
        let own = self.delays.next().unwrap_or(Duration::from_secs(60));
        let asked = error.retry_after_seconds().map_or(0, |s| s.min(3600));
        own.max(Duration::from_secs(asked.into()))
    }

    /// It worked: the next failure starts small again.
    pub fn reset(&mut self) {
        self.delays = self.builder.build();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use darkreach_protocol::problem::{Problem, ProblemKind};

    use super::{Backoff, LinkError};

    #[test]
    fn delays_grow_to_the_limit_never_end_and_start_again_after_success() {
        let error = LinkError::Timeout {
            server: "s".to_owned(),
        };
        let mut backoff = Backoff::default();
        for attempt in 0..200 {
            let base = Duration::from_millis(500 << attempt.min(7)).min(Duration::from_secs(60));
            let delay = backoff.after(&error);
            assert!(delay >= base && delay <= 2 * base, "{attempt}: {delay:?}");
        }
        backoff.reset();
        assert!(backoff.after(&error) <= Duration::from_secs(1));
    }

    #[test]
    fn the_server_may_ask_for_more_patience_but_not_for_eternity() {
        let mut problem = Problem::new(ProblemKind::RateLimited, "slow down");
        problem.retry_after_seconds = Some(90);
        let mut backoff = Backoff::default();
        let asked = LinkError::Problem(problem.clone());
        assert_eq!(backoff.after(&asked), Duration::from_secs(90));
        problem.retry_after_seconds = Some(u32::MAX);
        let asked = LinkError::Problem(problem);
        assert_eq!(backoff.after(&asked), Duration::from_secs(3600));
    }
}
