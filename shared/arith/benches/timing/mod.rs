//! What the benchmarks share: their arguments, and the time of one call.

use std::time::Instant;

/// `--json`, and the word that picks rows.
pub(crate) fn arguments() -> (bool, String) {
    let mut json = false;
    let mut word = String::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            // Cargo says so to every benchmark.
            "--bench" => {}
            other => word = other.to_owned(),
        }
    }
    (json, word)
}

/// Seconds of one call, over as many as fill a slice of so many seconds.
pub(crate) fn time(slice: f64, mut call: impl FnMut()) -> f64 {
    let mut calls = 1u32;
    loop {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        let seconds = start.elapsed().as_secs_f64();
        if seconds > slice {
            return seconds / f64::from(calls);
        }
        calls = (f64::from(calls) * (1.2 * slice / seconds.max(1e-9)).clamp(1.5, 100.0)) as u32 + 1;
    }
}
