//! Beside the work: checks at the start and from time to time, with jitter, so that a million
//! computers that were switched on at the same moment do not ask at the same moment.

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot;

use super::{Candidate, Found, Updater};
use crate::link::Link;

/// After so long without an end, a new program has settled.
const SETTLED: Duration = Duration::from_secs(600);

/// Checks until a candidate is ready, which it sends. What fails is logged and noted in the book; the
/// work goes on.
pub async fn watch(
    updater: Arc<Updater>,
    link: Link,
    every: Duration,
    not_before: Duration,
    ready: oneshot::Sender<Candidate>,
) {
    let settling = settle(Arc::clone(&updater));
    let checking = async {
        // The first report must not wait for the first check.
        tell(&updater, &link).await;
        tokio::time::sleep(not_before + jitter(every.min(FIRST))).await;
        loop {
            match updater.check(false).await {
                Ok(Found::Ready(candidate)) => return *candidate,
                Ok(Found::Nothing(words)) => tracing::debug!("updates: {words}"),
                Ok(Found::Available { version, reason }) => {
                    tracing::warn!(%version, "a new version is available: {reason}");
                }
                Err(error) => tracing::warn!("updates: {error}"),
            }
            tell(&updater, &link).await;
            tokio::time::sleep(every / 2 + jitter(every)).await;
        }
    };
    let candidate = tokio::select! {
        candidate = checking => candidate,
        never = settling => match never {},
    };
    // Nobody waits any more: the run is over.
    let _ = ready.send(candidate);
}

/// The most that the first check waits.
const FIRST: Duration = Duration::from_secs(60);

/// Anything from nothing to all of it.
fn jitter(most: Duration) -> Duration {
    most.mul_f64(rand::random::<f64>())
}

async fn settle(updater: Arc<Updater>) -> std::convert::Infallible {
    tokio::time::sleep(SETTLED).await;
    if let Err(error) = updater.settle() {
        tracing::warn!("updates: {error}");
    }
    std::future::pending().await
}

/// Tells the server what it has not heard yet.
async fn tell(updater: &Updater, link: &Link) {
    let report = match updater.shelf.read() {
        Ok(book) => book.to_report,
        Err(error) => return tracing::warn!("updates: {error}"),
    };
    let Some(report) = report else { return };
    match link.report_update(&report).await {
        Ok(()) => {
            let told = |book: &mut super::book::Book| {
                if book.to_report.as_ref() == Some(&report) {
                    book.to_report = None;
                }
            };
            if let Err(error) = updater.shelf.change(told) {
                tracing::warn!("updates: {error}");
            }
        }
        Err(error) => tracing::debug!("the report about the update waits: {error}"),
    }
}
