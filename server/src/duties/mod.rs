//! What a server does without being asked: checking results, taking back stale leases, upkeep of the
//! database, tidying.
//!
//! Every duty is safe to run in several server processes at once: the database hands a result to
//! one checker at a time, and reclaiming is one transaction. A failing duty logs and tries again.

mod audit;
mod checker;
mod upkeep;

use std::time::Duration;

use tokio::{task::JoinSet, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{db::work, events::Events, http::App};

/// How often stale leases are looked for. A lease lasts minutes at least.
const RECLAIM_EVERY: Duration = Duration::from_secs(5);
/// How often quiet addresses are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// Starts all duties; they end when `stop` is cancelled.
pub fn start(app: &App, events: Events, stop: &CancellationToken) -> JoinSet<()> {
    let mut duties = JoinSet::new();
    for _ in 0..checkers() {
        duties.spawn(checker::run(app.clone(), events, stop.clone()));
    }
    duties.spawn(reclaim(app.clone(), stop.clone()));
    duties.spawn(forget(app.clone(), stop.clone()));
    duties.spawn(upkeep::run(app.clone(), stop.clone()));
    duties
}

/// A quarter of the machine, so that a worker beside the server keeps its cores.
fn checkers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 4).max(1))
}

async fn reclaim(app: App, stop: CancellationToken) {
    let mut tick = ticks(RECLAIM_EVERY);
    while next(&mut tick, &stop).await {
        match work::reclaim_stale(&app.db).await {
            Ok(0) => {}
            Ok(blocks) => tracing::info!(blocks, "stale leases ended, their blocks are free"),
            Err(error) => tracing::warn!(%error, "stale leases could not be looked for"),
        }
    }
}

async fn forget(app: App, stop: CancellationToken) {
    let mut tick = ticks(FORGET_EVERY);
    while next(&mut tick, &stop).await {
        app.registrations.forget_quiet();
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}

/// Waits for the next tick; false when it is time to end.
async fn next(tick: &mut tokio::time::Interval, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        _ = tick.tick() => true,
    }
}
