//! `kill -9` of the worker, of the server and of PostgreSQL at random moments: the results are the
//! same as without, and no more is tested twice than what a checkpoint did not cover.

use std::collections::{BTreeMap, BTreeSet};

use darkreach_e2e::{
    api::Fate,
    expected::Range,
    process::{Process, kill_other},
    server::Server,
    worker::Worker,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::Value;

/// About 200 tests of some ten milliseconds: long enough to be killed in the middle, many times.
const RANGE: Range = Range {
    k: 1..6000,
    n: 8000..8001,
    base: 2,
    c: 1,
};

fn job(server: &Server) -> i64 {
    server.job("1..6000", "8000", 2, 1, 1500)
}

fn undisturbed() -> BTreeMap<String, Fate> {
    let server = Server::start();
    let job = job(&server);
    let (status, _) = Worker::attach(&server.url).run(&["--until-idle"]).finish();
    assert!(status.success());
    server.wait_validated(job);
    server.api().candidates(job)
}

/// What a worker's events say about repeated work.
#[derive(Default)]
struct Repeats {
    /// Tested and covered by a checkpoint or a stored result since.
    safe: BTreeSet<String>,
    /// Tested after the last checkpoint of its assignment.
    fresh: BTreeMap<i64, Vec<String>>,
    /// Tests seen in all.
    tests: usize,
}

impl Repeats {
    fn see(&mut self, event: &Value) {
        let assignment = event["assignment"].as_i64().unwrap_or(-1);
        match event["event"].as_str() {
            Some("tested") => {
                let expression = event["expression"].as_str().expect("text").to_owned();
                assert!(
                    !self.safe.contains(&expression),
                    "{expression} was tested again"
                );
                self.tests += 1;
                self.fresh.entry(assignment).or_default().push(expression);
            }
            Some("checkpoint" | "reported") => {
                self.safe
                    .extend(self.fresh.remove(&assignment).unwrap_or_default());
            }
            _ => {}
        }
    }

    /// The process died: what no checkpoint covered may be tested again.
    fn died(&mut self) {
        self.fresh.clear();
    }
}

/// Reads up to `count` events, then kills; returns whether it was still running.
fn kill_after(process: &mut Process, count: usize, repeats: &mut Repeats) -> bool {
    for _ in 0..count {
        match process.next_event() {
            Some(event) => repeats.see(&event),
            None => return false,
        }
    }
    process.kill();
    // What it had printed before it died still counts.
    while let Some(event) = process.next_event() {
        repeats.see(&event);
    }
    repeats.died();
    true
}

/// The worker dies at random moments, again and again.
#[test]
fn killing_the_worker_changes_nothing_and_repeats_little() {
    let expected = undisturbed();
    RANGE.assert_right(&expected);
    let seed = 0x5eed_0001;
    let mut random = StdRng::seed_from_u64(seed);
    let server = Server::start();
    let job = job(&server);
    let worker = Worker::attach(&server.url);
    let mut repeats = Repeats::default();
    let arguments = [
        "--until-idle",
        "--log-candidates",
        "--checkpoint-seconds",
        "0.05",
    ];
    let mut kills = 0;
    while kills < 12 {
        let mut process = worker.run(&arguments);
        if !kill_after(&mut process, random.random_range(1..60), &mut repeats) {
            break;
        }
        kills += 1;
    }
    let mut process = worker.run(&arguments);
    let (status, events) = process.finish();
    assert!(status.success(), "seed {seed:#x}: {}", process.log());
    events.iter().for_each(|event| repeats.see(event));
    server.wait_validated(job);
    assert_eq!(server.api().candidates(job), expected, "seed {seed:#x}");
    assert!(
        kills >= 5,
        "the job was over after {kills} kills: the test shows little"
    );
    let tested = expected
        .values()
        .filter(|fate| fate.factor.is_none())
        .count();
    assert!(repeats.tests >= tested, "{} < {tested}", repeats.tests);
}

/// The server dies while workers compute; they go on and deliver when it is back.
#[test]
fn killing_the_server_changes_nothing() {
    let expected = undisturbed();
    let seed = 0x5eed_0002;
    let mut random = StdRng::seed_from_u64(seed);
    let mut server = Server::start();
    let job = job(&server);
    let worker = Worker::attach(&server.url);
    let mut process = worker.run(&["--until-idle", "--log-candidates"]);
    for _ in 0..4 {
        for _ in 0..random.random_range(1..40) {
            if process.next_event().is_none() {
                break;
            }
        }
        server.process().kill();
        server.restart();
    }
    let (status, _) = process.finish();
    assert!(status.success(), "seed {seed:#x}: {}", process.log());
    server.wait_validated(job);
    assert_eq!(server.api().candidates(job), expected, "seed {seed:#x}");
}

/// PostgreSQL dies; the server starts it again, and nothing is lost or counted twice.
#[test]
fn killing_postgresql_changes_nothing() {
    let expected = undisturbed();
    let seed = 0x5eed_0003;
    let mut random = StdRng::seed_from_u64(seed);
    let server = Server::start();
    let job = job(&server);
    let worker = Worker::attach(&server.url);
    let mut process = worker.run(&["--until-idle", "--log-candidates"]);
    for _ in 0..3 {
        for _ in 0..random.random_range(1..40) {
            if process.next_event().is_none() {
                break;
            }
        }
        let before = server.postgres_id();
        kill_other(before);
        server.wait_postgres_restarted();
        assert_ne!(server.postgres_id(), before);
    }
    let (status, _) = process.finish();
    assert!(status.success(), "seed {seed:#x}: {}", process.log());
    server.wait_validated(job);
    assert_eq!(server.api().candidates(job), expected, "seed {seed:#x}");
    let shown = server.api().job(job);
    assert_eq!(shown["covered"], true, "{shown}");
    assert_eq!(shown["candidates"], expected.len(), "{shown}");
}

/// SIGTERM: the worker leaves a checkpoint, keeps its lease, and goes on from there.
#[test]
fn a_stopped_worker_goes_on_without_repeating_anything() {
    let server = Server::start();
    let job = job(&server);
    let worker = Worker::attach(&server.url);
    let mut repeats = Repeats::default();
    let arguments = ["--until-idle", "--log-candidates"];
    let mut process = worker.run(&arguments);
    for _ in 0..30 {
        repeats.see(&process.next_event().expect("still running"));
    }
    process.terminate();
    let (status, events) = process.finish();
    assert!(status.success(), "{}", process.log());
    events.iter().for_each(|event| repeats.see(event));
    assert!(
        repeats.fresh.is_empty(),
        "stopped without a checkpoint: {:?}",
        repeats.fresh
    );
    assert_eq!(events.last().expect("a last word")["event"], "stopped");
    let (status, events) = worker.run(&arguments).finish();
    assert!(status.success());
    events.iter().for_each(|event| repeats.see(event));
    server.wait_validated(job);
    RANGE.assert_right(&server.api().candidates(job));
}

/// With `on_stop = release` the lease goes back and another worker takes the checkpoint over.
#[test]
fn a_released_block_is_taken_over_by_another_worker() {
    let server = Server::start();
    let job = job(&server);
    let first = Worker::attach(&server.url);
    let mut repeats = Repeats::default();
    let mut process = first.run(&["--until-idle", "--log-candidates", "--on-stop", "release"]);
    for _ in 0..30 {
        repeats.see(&process.next_event().expect("still running"));
    }
    process.terminate();
    let (status, events) = process.finish();
    assert!(status.success(), "{}", process.log());
    events.iter().for_each(|event| repeats.see(event));
    let shown = server.api().job(job);
    assert_eq!(shown["blocks"]["leased"], 0, "{shown}");

    let second = Worker::attach(&server.url);
    let (status, events) = second.run(&["--until-idle", "--log-candidates"]).finish();
    assert!(status.success());
    events.iter().for_each(|event| repeats.see(event));
    server.wait_validated(job);
    RANGE.assert_right(&server.api().candidates(job));
}
