//! Processor time of the calling thread: what a unit really cost, however busy the host is.

use std::time::Duration;

/// Processor time that the calling thread has used so far.
#[cfg(unix)]
pub(super) fn of_this_thread() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

/// Where the system has no such clock for us, the time that has passed stands in: an upper bound.
#[cfg(not(unix))]
pub(super) fn of_this_thread() -> Duration {
    use std::{sync::LazyLock, time::Instant};
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
