//! Checks reported results, one after the other, and accepts or rejects them.

use std::time::Duration;

use darkreach_primes::search::report::{self, Checked, Rejection};
use tokio_util::sync::CancellationToken;

use super::audit;
use crate::{
    db::{
        DbError,
        results::{self, Unchecked},
    },
    events::{Event, Events},
    http::App,
};

/// How often to look without being woken: for what another process stored or a dead one left.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Checks until told to stop. A check that is running then is not finished; its result is handed
/// out again.
pub(crate) async fn run(app: App, events: Events, stop: CancellationToken) {
    loop {
        let found = tokio::select! {
            () = stop.cancelled() => return,
            found = results::next_unchecked(&app.db) => found,
        };
        match found {
            Ok(Some(unchecked)) => {
                // There may be more: another checker need not wait for its own look.
                app.result_arrived.notify_one();
                let result = unchecked.result_id;
                let done = tokio::select! {
                    () = stop.cancelled() => {
                        // If this fails too, the reservation lapses by itself.
                        let _ = results::unreserve(&app.db, Some(result)).await;
                        return;
                    }
                    done = settle(&app, events, unchecked) => done,
                };
                if let Err(error) = done {
                    tracing::error!(result, %error, "a result could not be settled");
                    pause(&stop).await;
                }
            }
            Ok(None) => wait(&app, &stop).await,
            Err(error) => {
                tracing::warn!(%error, "unchecked results could not be looked for");
                pause(&stop).await;
            }
        }
    }
}

/// Waits until a result arrives, or long enough that one may have been missed.
async fn wait(app: &App, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = app.result_arrived.notified() => {}
        () = tokio::time::sleep(LOOK_EVERY) => {}
    }
}

/// Waits after a failure, so that a broken database is not asked in a tight loop.
async fn pause(stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
}

/// Checks one result and stores the verdict.
async fn settle(app: &App, events: Events, unchecked: Unchecked) -> Result<(), DbError> {
    let Unchecked {
        result_id,
        job_id,
        block_id,
        spec,
        report,
        node,
    } = unchecked;
    match judge(move || report::check(&spec, &report, &mut audit::sample)).await? {
        Ok(checked) => {
            results::accept(&app.db, result_id, &checked).await?;
            tell(events, job_id, block_id, result_id, checked);
        }
        Err(rejection) => {
            let Rejection { expression, reason } = &rejection;
            tracing::warn!(
                result_id,
                node,
                expression,
                reason,
                "a result is not believed"
            );
            results::reject(&app.db, result_id, &rejection).await?;
            events.emit(&Event::Rejected {
                job_id,
                block_id,
                result_id,
                reason: rejection.to_string(),
            });
        }
    }
    Ok(())
}

/// Runs a check apart from the threads that serve. A panic ends it alone: it is a defect of ours,
/// not of the report, which is then neither accepted nor rejected, and is tried again later.
async fn judge(
    check: impl FnOnce() -> Result<Checked, Rejection> + Send + 'static,
) -> Result<Result<Checked, Rejection>, DbError> {
    tokio::task::spawn_blocking(check)
        .await
        .map_err(|error| DbError::Internal(format!("the check broke off: {error}")))
}

fn tell(events: Events, job_id: i64, block_id: i64, result_id: i64, checked: Checked) {
    let (candidates, tested, audited) = (checked.candidates, checked.tested, checked.audited);
    let primes = checked.primes.len();
    for prime in checked.primes {
        events.emit(&Event::Prime {
            job_id,
            expression: prime.expression,
            digits: prime.digits,
            proof: prime.proof,
            second: prime.second,
        });
    }
    for probable in checked.probable {
        events.emit(&Event::ProbablePrime {
            job_id,
            expression: probable.expression,
            digits: probable.digits,
        });
    }
    events.emit(&Event::Validated {
        job_id,
        block_id,
        result_id,
        candidates,
        tested,
        primes,
        audited,
    });
}

#[cfg(test)]
mod tests {
    use super::judge;
    use darkreach_primes::search::report::Rejection;

    #[tokio::test]
    async fn a_panic_in_a_check_is_no_verdict_and_ends_nothing_else() {
        let broken = judge(|| panic!("a defect")).await;
        assert!(broken.unwrap_err().to_string().contains("a defect"));
        let rejection = Rejection {
            expression: "3*2^5+1".to_owned(),
            reason: "no".to_owned(),
        };
        let expected = rejection.clone();
        assert_eq!(judge(|| Err(rejection)).await.unwrap(), Err(expected));
    }
}
