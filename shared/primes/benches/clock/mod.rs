//! The clock of the benchmarks.

use std::{sync::LazyLock, time::Instant};

/// Seconds that this thread computed, where the system tells (Linux), so that other load does not
/// count; elsewhere seconds that passed.
pub(crate) fn seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or_else(
            || START.elapsed().as_secs_f64(),
            |nanoseconds| nanoseconds * 1e-9,
        )
}
