//! Jobs that are paused, resumed and cancelled while workers hold their blocks.

use darkreach_e2e::{expected::Range, server::Server, worker::Worker};

/// A paused job hands nothing out, tells its workers to stop, and loses nothing.
#[test]
fn a_paused_job_stops_its_workers_and_goes_on_where_it_stood() {
    let server = Server::start();
    let range = Range {
        k: 1..8000,
        n: 8000..8001,
        base: 2,
        c: 1,
    };
    let job = server.job("1..8000", "8000", 2, 1, 4000);
    let id = job.to_string();
    let worker = Worker::attach(&server.url);
    let mut process = worker.run(&[
        "--until-idle",
        "--threads",
        "1",
        "--heartbeat-seconds",
        "0.1",
        "--log-candidates",
    ]);
    process.wait_for("tested");
    server.admin(&["job", "pause", &id]);
    let (status, events) = process.finish();
    assert!(status.success(), "{}", process.log());
    // Everything that was not reported before the pause came back to the server.
    let shown = server.api().job(job);
    assert_eq!(shown["status"], "paused", "{shown}");
    assert_eq!(shown["blocks"]["leased"], 0, "{shown}");
    assert!(
        !events.iter().any(|e| e["event"] == "claimed"),
        "a paused job was handed out"
    );

    server.admin(&["job", "resume", &id]);
    let (status, _) = worker.run(&["--until-idle"]).finish();
    assert!(status.success());
    server.wait_validated(job);
    range.assert_right(&server.api().candidates(job));
}

/// A cancelled job's blocks are neither handed out nor taken back, and its state says so: it is
/// never called completed.
#[test]
fn a_cancelled_job_is_abandoned_and_not_called_finished() {
    let server = Server::start();
    let job = server.job("1..8000", "8000", 2, 1, 4000);
    let worker = Worker::attach(&server.url);
    let mut process = worker.run(&[
        "--until-idle",
        "--threads",
        "1",
        "--heartbeat-seconds",
        "0.1",
        "--log-candidates",
    ]);
    process.wait_for("tested");
    server.admin(&["job", "cancel", &job.to_string()]);
    let (status, _) = process.finish();
    assert!(status.success(), "{}", process.log());
    let shown = server.api().job(job);
    assert_eq!(shown["status"], "cancelled", "{shown}");
    assert!(
        shown["blocks"]["validated"].as_u64() < shown["blocks"]["total"].as_u64(),
        "{shown}"
    );
    let (status, events) = worker.run(&["--until-idle"]).finish();
    assert!(status.success());
    assert!(
        !events.iter().any(|e| e["event"] == "claimed"),
        "a cancelled job was handed out"
    );
    let refused = server.command(&["job", "resume", &job.to_string()]);
    assert!(!refused.status.success(), "a cancelled job was resumed");
}
