//! The worker's loop, with the real program, against a server that misbehaves on demand: whatever
//! happens, each block's result arrives exactly once and is the one that a quiet search gives.

use std::{collections::BTreeMap, path::Path, process::Command};

use darkreach_primes::{search::report::BlockReport, spec::SearchSpec};
use darkreach_protocol::{
    problem::ProblemKind,
    work::{Order, ReleaseReason},
};
use serde_json::Value;

use crate::{
    known::{report_of, spec},
    program::{Running, Said, darkreach, say},
    server::{FakeServer, Fault},
};

const CLAIM: &str = "/api/v1/assignments/claim";

/// Small blocks, a few of them.
fn small() -> Vec<SearchSpec> {
    (0..6)
        .map(|i| spec(&format!("{}..{}", 1 + 200 * i, 201 + 200 * i), "500", 2, 1))
        .collect()
}

/// A block of a second or more, in about a hundred units.
fn long() -> SearchSpec {
    spec("1..4000", "6000", 2, 1)
}

/// A block that no test waits for.
fn endless() -> SearchSpec {
    spec("1..40000", "40000", 2, 1)
}

/// Often enough that a block of a second has many checkpoints.
const OFTEN: [&str; 3] = ["--log-candidates", "--checkpoint-seconds", "0.05"];

/// An attached home.
struct Node {
    home: tempfile::TempDir,
}

impl Node {
    fn of(server: &FakeServer) -> Self {
        let home = tempfile::tempdir().unwrap();
        let said = say(darkreach(home.path()).args(["attach", server.url()]));
        assert_eq!(said.status, 0, "{}", said.err);
        Self { home }
    }

    fn run(&self, more: &[&str]) -> Command {
        let mut command = darkreach(self.home.path());
        command.args(["run", "--json", "--threads", "2"]).args(more);
        command
    }

    fn run_until_idle(&self, more: &[&str]) -> Said {
        let said = say(self.run(more).arg("--until-idle"));
        assert_eq!(said.status, 0, "{}\n{}", said.err, said.out);
        said
    }

    fn data(&self) -> std::path::PathBuf {
        let status = say(darkreach(self.home.path()).args(["status", "--json"]));
        status.json()[0]["data_dir"].as_str().unwrap().into()
    }
}

fn names(events: &[Value], name: &str) -> Vec<i64> {
    events
        .iter()
        .filter(|event| event["event"] == name)
        .map(|event| event["assignment"].as_i64().unwrap_or(-1))
        .collect()
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

/// The server has the right result of every block, once.
fn assert_complete(server: &FakeServer, blocks: &[SearchSpec]) {
    let books = server.books();
    let got: Vec<BlockReport> = books.results.values().map(|r| r.block_report()).collect();
    assert_eq!(got.len(), blocks.len(), "{:?}", books.log);
    let expected: Vec<BlockReport> = blocks.iter().map(report_of).collect();
    for report in &expected {
        assert!(got.contains(report));
    }
    assert!(books.leased.is_empty());
}

fn files(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).map_or(Vec::new(), |entries| {
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    })
}

#[test]
fn everything_there_is_gets_computed_reported_and_forgotten() {
    let blocks = small();
    let server = FakeServer::start(blocks.clone());
    let node = Node::of(&server);
    let said = node.run_until_idle(&["--log-candidates"]);
    assert_complete(&server, &blocks);
    let events = said.json();
    assert_eq!(events[0]["event"], "started");
    assert_eq!(events.last().unwrap()["event"], "stopped");
    assert_eq!(events.last().unwrap()["reason"], "idle");
    let all: Vec<i64> = (1..=6).collect();
    for name in ["claimed", "reported", "receipt"] {
        assert_eq!(sorted(names(&events, name)), all, "{name}");
    }
    let tested = names(&events, "tested").len();
    let reported: u64 = events
        .iter()
        .filter(|e| e["event"] == "reported")
        .map(|e| e["tested"].as_u64().unwrap())
        .sum();
    assert_eq!(tested as u64, reported);
    let found = names(&events, "prime").len();
    let expected: usize = blocks.iter().map(|b| report_of(b).primes.len()).sum();
    assert_eq!(found, expected);
    assert!(found > 0);
    // Claimed ahead: never more than three blocks at once without a known speed.
    let books = server.books();
    assert_eq!(books.claims[0].max_blocks, 3);
    assert!(
        books
            .claims
            .iter()
            .skip(1)
            .all(|c| !c.holding.is_empty() || c.max_blocks > 0)
    );
    drop(books);
    let data = node.data();
    assert!(files(&data.join("held")).is_empty());
    assert_eq!(files(&data.join("outbox")), Vec::<String>::new());
}

#[test]
fn one_worker_at_a_time_and_status_tells_of_it() {
    let server = FakeServer::start([endless()]);
    let node = Node::of(&server);
    let mut first = Running::start(&mut node.run(&[]));
    let pid = first.until("started")["pid"].clone();
    first.until("claimed");
    let second = say(&mut node.run(&[]));
    assert_eq!(second.status, 1);
    let words = format!("another worker (process {pid})");
    assert!(second.err.contains(&words), "{}", second.err);
    let attach = say(darkreach(node.home.path()).args(["attach", server.url(), "--force"]));
    assert!(attach.err.contains(&words), "{}", attach.err);
    let status = say(darkreach(node.home.path()).args(["status", "--json"])).json();
    assert_eq!(status[0]["running"], true);
    assert_eq!(status[0]["pid"], pid);
    assert_eq!(status[0]["blocks"][0]["assignment"], 1);
    first.signal("TERM");
    let (code, events) = first.end();
    assert_eq!(code, Some(0));
    assert_eq!(events.last().unwrap()["held"], 1);
    let status = say(darkreach(node.home.path()).args(["status", "--json"])).json();
    assert_eq!(status[0]["running"], false);
}

#[test]
fn a_signal_checkpoints_keeps_the_leases_and_the_next_start_goes_on() {
    let server = FakeServer::start([long()]);
    let node = Node::of(&server);
    let mut first = Running::start(node.run(&OFTEN).arg("--until-idle"));
    first.until("tested");
    first.until("checkpoint");
    first.signal("TERM");
    let (code, events) = first.end();
    assert_eq!(code, Some(0));
    let last = events.last().unwrap();
    assert_eq!(last["event"], "stopped");
    assert_eq!(last["reason"], "signal");
    assert_eq!(last["held"], 1);
    assert!(server.books().leased.contains_key(&1));
    assert!(server.books().released.is_empty());

    let said = node.run_until_idle(&["--log-candidates"]);
    let resumed = said.json();
    let claimed = resumed.iter().find(|e| e["event"] == "claimed").unwrap();
    assert_eq!(claimed["resumed"], true);
    assert!(claimed["done"].as_f64().unwrap() > 0.0, "{claimed}");
    assert_complete(&server, &[long()]);
    // What it holds it does not ask for again.
    let books = server.books();
    assert!(books.claims[1..].iter().any(|claim| claim.holding == [1]));
}

#[test]
fn nothing_is_tested_twice_after_a_clean_stop() {
    let server = FakeServer::start([long()]);
    let node = Node::of(&server);
    let mut first = Running::start(node.run(&["--log-candidates"]).arg("--until-idle"));
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut count = |event: &Value| {
        if event["event"] == "tested" {
            *seen.entry(event["expression"].to_string()).or_default() += 1;
        }
    };
    count(&first.until("tested"));
    first.signal("INT");
    let (code, events) = first.end();
    assert_eq!(code, Some(0));
    events.iter().for_each(&mut count);
    node.run_until_idle(&["--log-candidates"])
        .json()
        .iter()
        .for_each(&mut count);
    assert_complete(&server, &[long()]);
    let twice: Vec<_> = seen.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn killed_at_any_moment_it_tests_again_only_what_no_checkpoint_covers() {
    let server = FakeServer::start([long()]);
    let node = Node::of(&server);
    let mut covered: Vec<String> = Vec::new();
    for round in 0..4 {
        let mut run = Running::start(node.run(&OFTEN).arg("--until-idle"));
        let mut tested = Vec::new();
        let mut checkpoints = 0;
        // Read on for a few events after a checkpoint, then kill without warning.
        while let Some(event) = run.next() {
            match event["event"].as_str() {
                Some("tested") => {
                    let expression = event["expression"].to_string();
                    assert!(
                        !covered.contains(&expression),
                        "{expression} in round {round}"
                    );
                    tested.push(expression);
                }
                Some("checkpoint") => {
                    covered.append(&mut tested);
                    checkpoints += 1;
                }
                Some("receipt") => break,
                _ => {}
            }
            if checkpoints > 0 && tested.len() > 3 * round {
                break;
            }
        }
        run.signal("KILL");
        run.end();
    }
    node.run_until_idle(&[]);
    assert_complete(&server, &[long()]);
}

#[test]
fn on_request_leases_are_handed_back_with_their_checkpoint() {
    let server = FakeServer::start([long()]);
    let node = Node::of(&server);
    let mut run = Running::start(&mut node.run(&["--log-candidates", "--on-stop", "release"]));
    run.until("tested");
    run.signal("TERM");
    let (code, events) = run.end();
    assert_eq!(code, Some(0));
    assert_eq!(names(&events, "released"), [1]);
    let books = server.books();
    assert_eq!(books.released[0].1.reason, ReleaseReason::Shutdown);
    let state = books.checkpoints[&1].clone();
    drop(books);
    let resumed = darkreach_primes::search::Search::resume(&long(), &state, true).unwrap();
    assert!(resumed.progress().tested > 0);
    assert!(files(&node.data().join("held")).is_empty());
}

#[test]
fn a_stopped_block_is_handed_back_and_never_reported() {
    let server = FakeServer::start([long(), small()[0].clone()]);
    server.books().orders.insert(1, Order::Stop);
    let node = Node::of(&server);
    let said = node.run_until_idle(&["--heartbeat-seconds", "0.05"]);
    assert_eq!(names(&said.json(), "released"), [1]);
    let books = server.books();
    assert_eq!(books.released[0].0, 1);
    assert_eq!(books.released[0].1.reason, ReleaseReason::Ordered);
    assert_eq!(books.results.keys().copied().collect::<Vec<_>>(), [2]);
    assert!(
        !books
            .log
            .contains(&"POST /api/v1/assignments/1/result".to_owned())
    );
    assert!(books.checkpoints.contains_key(&1));
}

#[test]
fn an_abandoned_block_is_dropped() {
    let server = FakeServer::start([long(), small()[0].clone()]);
    server.books().orders.insert(1, Order::Abandon);
    let node = Node::of(&server);
    let mut run = Running::start(&mut node.run(&["--heartbeat-seconds", "0.05"]));
    run.until("abandoned");
    server.books().leased.remove(&1);
    run.signal("TERM");
    assert_eq!(run.end().0, Some(0));
    node.run_until_idle(&[]);
    let books = server.books();
    assert!(books.released.is_empty());
    assert_eq!(books.results.keys().copied().collect::<Vec<_>>(), [2]);
}

#[test]
fn a_lost_answer_is_asked_for_again_and_counts_once() {
    let blocks = small();
    let server = FakeServer::start(blocks.clone());
    let node = Node::of(&server);
    {
        let mut books = server.books();
        books.faults.push_back((CLAIM, Fault::LoseAnswer));
        books
            .faults
            .push_back(("/api/v1/assignments/2/result", Fault::LoseAnswer));
        books.faults.push_back((
            "/api/v1/assignments/3/result",
            Fault::Problem(ProblemKind::Unavailable),
        ));
        books
            .faults
            .push_back((CLAIM, Fault::Problem(ProblemKind::Internal)));
        books
            .faults
            .push_back((CLAIM, Fault::Stranger(502, "<html>proxy</html>")));
    }
    let said = node.run_until_idle(&[]);
    assert_complete(&server, &blocks);
    let events = said.json();
    assert!(names(&events, "waiting").len() >= 4, "{}", said.out);
    assert_eq!(
        sorted(names(&events, "receipt")),
        (1..=6).collect::<Vec<_>>()
    );
    let log = &server.books().log;
    let twice = log.iter().filter(|l| l.ends_with("/2/result")).count();
    assert_eq!(twice, 2);
}

#[test]
fn a_result_without_a_receipt_survives_and_is_sent_under_the_same_key() {
    let blocks = vec![small()[0].clone()];
    let server = FakeServer::start(blocks.clone());
    let node = Node::of(&server);
    for _ in 0..100 {
        server
            .books()
            .faults
            .push_back(("/api/v1/assignments/1/result", Fault::LoseAnswer));
    }
    let mut run = Running::start(&mut node.run(&[]));
    let key = run.until("reported")["key"].clone();
    run.until("waiting");
    run.signal("KILL");
    run.end();
    assert_eq!(files(&node.data().join("outbox")), ["1.json"]);
    server.books().faults.clear();
    let said = node.run_until_idle(&[]);
    let events = said.json();
    let receipt = events.iter().find(|e| e["event"] == "receipt").unwrap();
    assert_eq!(receipt["key"], key);
    assert!(names(&events, "reported").is_empty());
    assert_complete(&server, &blocks);
}

#[test]
fn a_refused_result_is_set_aside_with_the_reason() {
    for (kind, words, handed_back) in [
        (ProblemKind::NotLeased, "not leased", 0),
        (ProblemKind::ResultConflict, "already accepted", 0),
        (ProblemKind::Invalid, "not valid", 1),
    ] {
        let server = FakeServer::start([small()[0].clone()]);
        let node = Node::of(&server);
        server
            .books()
            .faults
            .push_back(("/api/v1/assignments/1/result", Fault::Problem(kind)));
        let mut run = Running::start(&mut node.run(&[]));
        let refused = run.until("refused");
        assert!(
            refused["reason"].as_str().unwrap().contains(words),
            "{refused}"
        );
        if handed_back == 1 {
            run.until("released");
            assert_eq!(server.books().released[0].1.reason, ReleaseReason::Failed);
        }
        drop(run);
        let data = node.data();
        assert_eq!(files(&data.join("outbox")), ["refused"]);
        let aside = files(&data.join("outbox/refused"));
        assert_eq!(aside.len(), 1);
        let text = std::fs::read_to_string(data.join("outbox/refused").join(&aside[0])).unwrap();
        assert!(text.contains(words), "{text}");
        let status = say(darkreach(node.home.path()).args(["status", "--json"]));
        assert_eq!(status.json()[0]["refused"], 1);
    }
}

#[test]
fn a_server_that_no_longer_knows_us_or_speaks_otherwise_ends_the_run_with_nothing_lost() {
    for (fault, words) in [
        (
            Fault::Problem(ProblemKind::Unauthorized),
            "darkreach attach URL --force",
        ),
        (Fault::Version(2), "speaks protocol version 2"),
    ] {
        let server = FakeServer::start([long()]);
        let node = Node::of(&server);
        server
            .books()
            .faults
            .push_back(("/api/v1/heartbeat", fault));
        let said = say(&mut node.run(&["--heartbeat-seconds", "0.05", "--log-candidates"]));
        assert_eq!(said.status, 1);
        assert!(said.err.contains(words), "{}", said.err);
        let last = said.json().last().unwrap().clone();
        assert_eq!(last["event"], "stopped");
        assert_eq!(last["held"], 1);
        assert_eq!(files(&node.data().join("held")), ["1"]);
        assert!(
            files(&node.data().join("held/1"))
                .iter()
                .any(|f| f.starts_with("checkpoint-"))
        );
    }
}

#[test]
fn a_damaged_checkpoint_gives_way_to_the_one_before_with_a_warning() {
    let server = FakeServer::start([long()]);
    let node = Node::of(&server);
    let mut run = Running::start(node.run(&OFTEN).arg("--until-idle"));
    run.until("tested");
    run.until("checkpoint");
    run.until("checkpoint");
    run.signal("KILL");
    run.end();
    let folder = node.data().join("held/1");
    let mut generations: Vec<_> = files(&folder)
        .iter()
        .filter_map(|f| f.strip_prefix("checkpoint-")?.parse::<u64>().ok())
        .collect();
    generations.sort_unstable();
    assert!(generations.len() >= 2, "{generations:?}");
    let newest = folder.join(format!("checkpoint-{}", generations.last().unwrap()));
    let mut bytes = std::fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(&newest, bytes).unwrap();
    let said = node.run_until_idle(&[]);
    let events = said.json();
    let warning = events.iter().find(|e| e["event"] == "warning").unwrap();
    assert!(
        warning["message"].as_str().unwrap().contains("checksum"),
        "{warning}"
    );
    let claimed = events.iter().find(|e| e["event"] == "claimed").unwrap();
    assert!(claimed["done"].as_f64().unwrap() > 0.0, "{claimed}");
    assert_complete(&server, &[long()]);
}

#[test]
fn a_checkpoint_of_another_search_is_not_resumed() {
    let mine = small()[0].clone();
    let server = FakeServer::start([mine.clone()]);
    // The server hands out the state of another search: as from a bug, or a liar.
    let other = darkreach_primes::search::Search::new(&small()[1])
        .unwrap()
        .save();
    server.books().checkpoints.insert(1, other);
    let node = Node::of(&server);
    let said = node.run_until_idle(&[]);
    let warned = said
        .json()
        .iter()
        .any(|e| e["event"] == "warning" && e["message"].as_str().unwrap().contains("is not used"));
    assert!(warned, "{}", said.out);
    assert_complete(&server, &[mine]);
}

#[test]
fn plain_lines_tell_the_same() {
    let server = FakeServer::start([spec("7", "1..400", 2, 1)]);
    let node = Node::of(&server);
    let said = say(darkreach(node.home.path()).args(["run", "--until-idle", "--threads", "2"]));
    assert_eq!(said.status, 0, "{}", said.err);
    for words in [
        "computing threads",
        "claimed block 1: ",
        " is prime (",
        "block 1: the server has the result",
        "stopped: 0 blocks held, 0 results not yet delivered",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
}
