//! How slow a download may be. A mirror that drips a byte a second must not keep a download open for
//! ever; one that is merely slow must come through.

use std::time::Duration;

/// The slowest line that is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Time for connecting and the first bytes.
    pub grace: Duration,
    /// Bytes a second over the whole download, at least.
    pub least: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(120),
            least: 4 * 1024,
        }
    }
}

impl Pace {
    /// How long so many bytes may take.
    pub fn limit(&self, bytes: u64) -> Duration {
        self.grace
            .saturating_add(Duration::from_secs(bytes / self.least.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::Duration;

    #[test]
    fn the_limit_grows_with_the_size_and_is_never_endless() {
        let pace = Pace::default();
        assert_eq!(pace.limit(0), Duration::from_secs(120));
        assert_eq!(pace.limit(4096 * 100), Duration::from_secs(220));
        assert!(pace.limit(1 << 30) < Duration::from_secs(80 * 3600));
        let odd = Pace { least: 0, ..pace };
        assert!(odd.limit(5) < Duration::from_secs(200));
    }
}
