//! The counts that progress is made of. The share done is that of the estimated cost, and never
//! goes back, also where a better estimate replaces the first one after the sieve.

/// Counts and costs.
#[derive(Debug)]
pub(super) struct Tally {
    /// Candidates of the block.
    pub(super) candidates: u64,
    /// Candidates tested.
    pub(super) tested: u64,
    /// Estimated seconds done.
    pub(super) done: f64,
    sieve: f64,
    total: f64,
    /// The share shown last.
    pub(super) fraction: f64,
}

impl Tally {
    pub(super) fn new(sieve: f64, total: f64, candidates: u64) -> Self {
        Self {
            candidates,
            tested: 0,
            done: 0.0,
            sieve,
            total: total.max(sieve),
            fraction: 0.0,
        }
    }

    /// The cost of the tests, known once the sieve is complete.
    pub(super) fn set_tests(&mut self, seconds: f64) {
        self.total = self.sieve + seconds;
    }

    /// Moves the shown share on; `half_done` is what went into tests that are not finished.
    pub(super) fn advance(&mut self, half_done: f64) {
        let share = (self.done + half_done) / self.total.max(f64::MIN_POSITIVE);
        self.fraction = self.fraction.max(share.min(1.0));
    }
}
