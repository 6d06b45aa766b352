//! What the database wants done now and then: campaigns settled, schedules run, statistics counted,
//! partitions made and dropped. The rules are functions in the schema; this only calls them. Each
//! is safe in several processes at once: what one does, the other finds done.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{next, ticks};
use crate::{
    db::{DbError, memory, observability, projects, schedules, stats},
    http::App,
};

/// How often campaigns are settled and due schedules run; the budget of a campaign can be
/// overdrawn for so long.
const EVERY: Duration = Duration::from_secs(30);
/// Every so many of these the statistics are counted anew.
const STATISTICS: u32 = 10;
/// And every so many the time series are looked after, about every six hours.
const TIME_SERIES: u32 = 720;

pub(super) async fn run(app: App, stop: CancellationToken) {
    let db = &app.db;
    let mut tick = ticks(EVERY);
    let mut round: u32 = 0;
    while next(&mut tick, &stop).await {
        note("campaigns were not settled", projects::settle(db).await);
        let now = chrono::Utc::now();
        note("schedules did not run", schedules::run_due(db, now).await);
        if round.is_multiple_of(STATISTICS) {
            note("statistics were not counted", stats::refresh(db).await);
        }
        if round.is_multiple_of(TIME_SERIES) {
            note(
                "no partitions were made",
                observability::maintain(db, now).await,
            );
            note(
                "the day was not rolled up",
                observability::roll_up(db, None).await,
            );
            note("memories did not expire", memory::forget_expired(db).await);
        }
        round = round.wrapping_add(1);
    }
}

/// A duty that failed is tried again at its next turn.
fn note<T>(failure: &'static str, outcome: Result<T, DbError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "{failure}");
    }
}
