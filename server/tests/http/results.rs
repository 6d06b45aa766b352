//! A reported result on its way: stored at once, believed only after the check.

use darkreach_primes::search::ledger::{self, Outcome};
use darkreach_protocol::{
    paths,
    problem::ProblemKind,
    work::{Assignment, BatchAnswer, BlockResult, ReportAnswer, ReportBatch, ResultReport},
};
use reqwest::Method;
use serde_json::Value;
use uuid::Uuid;

use super::{
    node::{Node, work},
    server::{Server, problem},
};

/// An honest report with one factor that is none.
fn lie(lease: &Assignment) -> ResultReport {
    let mut report = work(lease);
    let mut outcomes = all(&report.ledger);
    let factor = outcomes
        .iter()
        .position(|outcome| matches!(outcome, Outcome::Factor(_)));
    outcomes[factor.unwrap()] = Outcome::Factor(4);
    report.ledger = ledger::encode(&outcomes);
    report
}

/// The outcomes of a ledger of unknown length.
fn all(bytes: &[u8]) -> Vec<Outcome> {
    (0..1000)
        .find_map(|candidates| ledger::decode(bytes, candidates).ok())
        .unwrap()
}

async fn job(server: &Server, job: i64) -> Value {
    server.json(&paths::job(job)).await
}

#[tokio::test]
async fn a_false_report_counts_for_nothing_and_its_block_is_done_again() {
    let server = Server::start();
    let id = server.job("1..200", "40", "200");
    let liar = Node::register(&server).await;
    let lease = liar.claim(1).await.remove(0);
    assert_eq!(
        liar.report(lease.id, &lie(&lease)).await.status(),
        200,
        "stored all the same"
    );
    let event = server.wait_for("rejected");
    assert_eq!(
        (&event["job_id"], &event["block_id"]),
        (&id.into(), &lease.block_id.into())
    );

    let shown = job(&server, id).await;
    assert_eq!(shown["status"], "running");
    assert_eq!(shown["blocks"]["available"], 1, "{shown}");
    for count in ["candidates", "tested", "primes"] {
        assert_eq!(shown[count], 0, "{count}");
    }
    let none = Value::Array(vec![]);
    assert_eq!(server.json(paths::PRIMES).await["items"], none);
    assert_eq!(server.json(paths::RESULTS).await["items"], none);

    Node::register(&server).await.finish(id).await;
    let shown = job(&server, id).await;
    assert_eq!(shown["candidates"], 100);
}

#[tokio::test]
async fn one_assignment_has_one_result() {
    let server = Server::start();
    server.job("1..200", "40", "200");
    let node = Node::register(&server).await;
    let lease = node.claim(1).await.remove(0);
    let report = work(&lease);
    assert_eq!(node.report(lease.id, &report).await.status(), 200);
    let other = ResultReport {
        key: Uuid::new_v4(),
        ..report
    };
    let refused = node.report(lease.id, &other).await;
    assert_eq!(problem(refused, "result-conflict").await.status, 409);
    let never = node.report(lease.id + 1000, &work(&lease)).await;
    assert_eq!(problem(never, "not-leased").await.status, 409);
}

/// Several results in one request: each taken or refused as if it had come alone.
#[tokio::test]
async fn results_come_together_and_are_answered_one_by_one() {
    let server = Server::start();
    let id = server.job("1..200", "40", "50");
    let node = Node::register(&server).await;
    let leases = node.claim(4).await;
    assert_eq!(leases.len(), 4);
    let mut reports: Vec<BlockResult> = leases
        .iter()
        .map(|lease| BlockResult {
            assignment: lease.id,
            report: work(lease),
        })
        .collect();
    reports[1].assignment = leases[1].id + 1000;
    reports[2].report.cpu_seconds = -1.0;
    let send = async |reports: &[BlockResult]| {
        let reports = reports.to_vec();
        node.request(Method::POST, paths::REPORTS)
            .json(&ReportBatch { reports })
            .send()
            .await
            .unwrap()
    };
    let response = send(&reports).await;
    assert_eq!(response.status(), 200);
    let first: BatchAnswer = response.json().await.unwrap();
    let kinds: Vec<Option<ProblemKind>> = first
        .answers
        .iter()
        .map(|answer| match answer {
            ReportAnswer::Receipt(_) => None,
            ReportAnswer::Problem(problem) => Some(problem.kind),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            None,
            Some(ProblemKind::NotLeased),
            Some(ProblemKind::Invalid),
            None
        ]
    );
    // Again, put right: what was taken has its receipt, the rest comes in.
    reports[1].assignment = leases[1].id;
    reports[2].report.cpu_seconds = 1.0;
    let second: BatchAnswer = send(&reports).await.json().await.unwrap();
    assert_eq!(
        (&second.answers[0], &second.answers[3]),
        (&first.answers[0], &first.answers[3])
    );
    for _ in 0..4 {
        server.wait_for("validated");
    }
    assert_eq!(job(&server, id).await["status"], "validated");

    let many = vec![reports[0].clone(); 65];
    problem(send(&many).await, "invalid").await;
    assert_eq!(send(&[]).await.status(), 200);
}

/// The server dies between storing a result and checking it, and the next one checks it.
#[tokio::test]
async fn a_stored_result_survives_the_server() {
    let folder = super::server::folder();
    let data = folder.path().join("data");
    let start = || Server::run(&mut super::server::program(), &data, &[]);
    let mut first = start();
    let id = first.create_job(&data, "1..4000", "400", "4000");
    let node = Node::register(&first).await;
    let token = node.token.clone();
    let lease = node.claim(1).await.remove(0);
    let report = work(&lease);
    let receipt = node.report(lease.id, &report).await.text().await.unwrap();
    first.signal("-KILL");
    first.wait();

    let second = start();
    let shown = job(&second, id).await;
    if shown["status"] != "validated" {
        second.wait_for("validated");
    }
    assert_eq!(job(&second, id).await["status"], "validated");
    let node = Node::known(&second, token);
    let again = node.report(lease.id, &report).await.text().await.unwrap();
    assert_eq!(again, receipt);
}
