//! How fast this host works, in reference core seconds per second: the unit in which the server
//! estimates blocks. Recent work counts more, so a host that becomes busy is believed within minutes.

use std::{collections::HashMap, time::Duration};

/// Weight of the past falls to 1/e in this time.
const MEMORY: f64 = 120.0;
/// Nothing is said before so much was measured.
const ENOUGH: f64 = 5.0;

/// The measurement.
#[derive(Debug, Default)]
pub(crate) struct Speed {
    work: f64,
    seconds: f64,
    seen: HashMap<i64, f64>,
}

impl Speed {
    /// Notes how far a block is; the difference to last time is work done.
    pub(crate) fn at(&mut self, block: i64, cost: f64, fraction: f64) {
        let before = self.seen.insert(block, fraction);
        if let Some(before) = before {
            self.work += cost * (fraction - before).max(0.0);
        }
    }

    /// A block is finished or gone.
    pub(crate) fn forget(&mut self, block: i64) {
        self.seen.remove(&block);
    }

    /// So much time went by while the cores were computing.
    pub(crate) fn pass(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        let keep = (-seconds / MEMORY).exp();
        self.work *= keep;
        self.seconds = self.seconds * keep + seconds;
    }

    /// Reference core seconds per second, once known.
    pub(crate) fn get(&self) -> Option<f64> {
        (self.seconds >= ENOUGH && self.work > 0.0).then(|| self.work / self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Speed;

    #[test]
    fn work_over_time_with_what_was_done_before_left_out() {
        let mut speed = Speed::default();
        speed.at(1, 100.0, 0.5);
        assert_eq!(speed.get(), None);
        for second in 1..=20 {
            speed.pass(Duration::from_secs(1));
            speed.at(1, 100.0, 0.5 + f64::from(second) * 0.02);
        }
        let measured = speed.get().unwrap();
        assert!((1.9..2.2).contains(&measured), "{measured}");
        speed.forget(1);
        speed.at(2, 1000.0, 0.9);
        assert_eq!(speed.get(), Some(measured));
    }
}
