//! What a server makes of reports that are not what they should be, spoken in raw HTTP.

use darkreach_e2e::{raw::Node, server::Server};
use darkreach_primes::search::{
    Control, Next, Search, UnitSnapshot,
    ledger::{self, Outcome},
};
use darkreach_protocol::{
    paths,
    work::{Assignment, Receipt, ReleaseReason, ReleaseRequest, ResultReport},
};

struct Quiet;

impl Control for Quiet {
    fn should_stop(&self) -> bool {
        false
    }
    fn wants_snapshot(&self) -> bool {
        false
    }
    fn snapshot(&self, _: UnitSnapshot) {}
}

fn work(assignment: &Assignment) -> ResultReport {
    let mut search = Search::new(&assignment.spec).expect("a valid block");
    loop {
        match search.next() {
            Next::Unit(unit) => search.complete(unit.run(&Quiet)),
            Next::Wait => unreachable!("units are run one by one"),
            Next::Done => break,
        }
    }
    let report = search.report().expect("done");
    ResultReport {
        key: uuid::Uuid::new_v4(),
        client_version: "test".into(),
        ledger: report.ledger,
        primes: report.primes,
        cpu_seconds: 1.0,
        wall_seconds: 1.0,
    }
}

/// The same report twice: accepted once, the same receipt.
#[test]
fn the_same_result_twice_gets_the_same_receipt_and_counts_once() {
    let server = Server::start();
    let job = server.job("1..100", "80", 2, 1, 100);
    let node = Node::register(&server.url);
    let lease = node.claim(1, &[]).remove(0);
    let report = work(&lease);
    let first: Receipt = node
        .post(&paths::result(lease.id), &report)
        .json()
        .expect("a receipt");
    let second: Receipt = node
        .post(&paths::result(lease.id), &report)
        .json()
        .expect("a receipt");
    assert_eq!(first, second);
    server.wait_validated(job);
    let third: Receipt = node
        .post(&paths::result(lease.id), &report)
        .json()
        .expect("a receipt");
    assert_eq!(first, third);
    let shown = server.api().job(job);
    assert_eq!(shown["candidates"], 50, "{shown}");

    // Another report for the same assignment is not the same report.
    let other = ResultReport {
        key: uuid::Uuid::new_v4(),
        ..report
    };
    let refused = node.problem(&paths::result(lease.id), &other);
    assert_eq!(
        refused,
        (409, "urn:darkreach:problem:result-conflict".into())
    );
}

/// A block belongs to the node that leased it, whatever the request.
#[test]
fn a_stranger_can_do_nothing_with_a_lease() {
    let server = Server::start();
    server.job("1..100", "80", 2, 1, 100);
    let owner = Node::register(&server.url);
    let stranger = Node::register(&server.url);
    let lease = owner.claim(1, &[]).remove(0);
    let report = work(&lease);
    let not_leased = (409, "urn:darkreach:problem:not-leased".to_owned());
    assert_eq!(
        stranger.problem(&paths::result(lease.id), &report),
        not_leased
    );
    let release = ReleaseRequest {
        reason: ReleaseReason::Shutdown,
        detail: None,
    };
    assert_eq!(
        stranger.problem(&paths::release(lease.id), &release),
        not_leased
    );
    assert_eq!(
        stranger
            .put(&paths::checkpoint(lease.id), b"hello")
            .status(),
        409
    );
    assert_eq!(stranger.get(&paths::checkpoint(lease.id)).status(), 409);
    let nobody = Node::with_token(&server.url, "drt_0000");
    assert_eq!(nobody.post(&paths::result(lease.id), &report).status(), 401);
    // After all that the owner's own report is still welcome.
    assert_eq!(owner.post(&paths::result(lease.id), &report).status(), 200);
}

/// Reports that lie are found out, and the block goes to somebody else.
#[test]
fn false_reports_are_rejected_and_the_block_is_done_again() {
    let server = Server::start();
    let job = server.job("1..60", "66", 2, 1, 60);
    let mut liars = 0;
    let lies: [fn(&mut ResultReport); 5] = [
        // One candidate too few.
        |report| {
            report.ledger.pop();
        },
        // A prime without its proof.
        |report| report.primes.clear(),
        // The proof of another number.
        |report| report.primes[0].at += 2,
        // A factor that does not divide.
        |report| {
            let at = report
                .ledger
                .iter()
                .skip(1)
                .position(|&b| b == 3 << 2)
                .expect("a multiple of 3");
            report.ledger[at + 1] = 5 << 2;
        },
        // Every residue is wrong by one bit: the sample that is tested again contains one.
        |report| {
            let outcomes = ledger::decode(&report.ledger, 30).expect("30 odd k");
            let wrong: Vec<Outcome> = outcomes
                .into_iter()
                .map(|outcome| match outcome {
                    Outcome::Composite { res64 } => Outcome::Composite { res64: res64 ^ 4 },
                    other => other,
                })
                .collect();
            report.ledger = ledger::encode(&wrong);
        },
    ];
    for lie in lies {
        let node = Node::register(&server.url);
        let lease = node.claim(1, &[]).remove(0);
        let mut report = work(&lease);
        let honest = report.clone();
        lie(&mut report);
        assert_ne!(
            (&report.ledger, &report.primes),
            (&honest.ledger, &honest.primes)
        );
        let answer = node.post(&paths::result(lease.id), &report).status();
        if answer == 200 {
            let event = server.wait_for("rejected");
            assert_eq!(event["job_id"], job, "{event}");
        } else {
            assert_eq!(answer, 422);
            node.post(
                &paths::release(lease.id),
                &ReleaseRequest {
                    reason: ReleaseReason::Failed,
                    detail: None,
                },
            );
        }
        liars += 1;
        let shown = server.api().job(job);
        assert_eq!(
            shown["blocks"]["validated"], 0,
            "after lie {liars}: {shown}"
        );
        assert_eq!(shown["primes"], 0, "{shown}");
    }
    let node = Node::register(&server.url);
    let lease = node.claim(1, &[]).remove(0);
    assert_eq!(
        node.post(&paths::result(lease.id), &work(&lease)).status(),
        200
    );
    server.wait_validated(job);
}

/// A claim whose answer was lost is answered with the same leases again.
#[test]
fn a_lost_answer_to_a_claim_loses_no_block() {
    let server = Server::start();
    server.job("1..100", "80", 2, 1, 20);
    let node = Node::register(&server.url);
    let lost: Vec<i64> = node.claim(2, &[]).iter().map(|lease| lease.id).collect();
    let again: Vec<i64> = node.claim(2, &[]).iter().map(|lease| lease.id).collect();
    assert_eq!(lost, again);
    let more: Vec<i64> = node.claim(2, &again).iter().map(|lease| lease.id).collect();
    assert_eq!(more.len(), 2);
    assert!(
        more.iter().all(|id| !lost.contains(id)),
        "{more:?} {lost:?}"
    );
}

/// Every error is a problem document.
#[test]
fn every_error_is_a_problem_document() {
    let server = Server::start();
    let node = Node::register(&server.url);
    for (path, status) in [
        ("/api/v1/nothing", 404),
        ("/api/v1/jobs/999999", 404),
        ("/api/v1/jobs/abc", 400),
        ("/api/v1/primes?cursor=%00", 422),
        ("/api/v1/primes?limit=0", 400),
        ("/api/v1/results?format=xml", 400),
        ("/api/v1/assignments/claim", 405),
    ] {
        let answer = node.get(path);
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(
            answer.headers()["content-type"],
            "application/problem+json",
            "{path}"
        );
        let problem: darkreach_protocol::problem::Problem = answer.json().expect("a problem");
        assert_eq!(problem.status, status, "{path}");
        assert!(
            problem.detail.is_some_and(|d| !d.is_empty()),
            "{path}: no detail"
        );
    }
}
