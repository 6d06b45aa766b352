//! Who may do what: tokens, and that an assignment belongs to its node.

use darkreach_protocol::{
    paths,
    problem::ProblemKind,
    work::{ClaimRequest, HeartbeatRequest, ReleaseReason, ReleaseRequest},
};
use reqwest::{Method, RequestBuilder};

use super::{
    node::{Node, work},
    server::{Server, problem},
};

/// Every request of a worker that needs a token, with a body that is otherwise right.
fn requests(server: &Server, lease: i64) -> Vec<(&'static str, RequestBuilder)> {
    let claim = ClaimRequest {
        max_blocks: 1,
        holding: vec![],
        speed: None,
    };
    let heartbeat = HeartbeatRequest {
        client_version: "0.1.0".into(),
        cores: 1,
        assignments: vec![],
    };
    let release = ReleaseRequest {
        reason: ReleaseReason::Shutdown,
        detail: None,
    };
    let checkpoint = paths::checkpoint(lease);
    let post = |path: &str| server.request(Method::POST, path);
    vec![
        ("claim", post(paths::CLAIM).json(&claim)),
        ("heartbeat", post(paths::HEARTBEAT).json(&heartbeat)),
        ("release", post(&paths::release(lease)).json(&release)),
        (
            "put",
            server.request(Method::PUT, &checkpoint).body("state"),
        ),
        ("get", server.request(Method::GET, &checkpoint)),
        ("result", post(&paths::result(lease)).body("not even read")),
    ]
}

#[tokio::test]
async fn without_a_valid_token_nothing_works() {
    let server = Server::start();
    let node = Node::register(&server).await;
    let wrong = format!("{}x", node.token);
    let hidden = &node.token[4..];
    for header in [
        None,
        Some("Bearer ".to_owned()),
        Some("Bearer drt_guess".to_owned()),
        Some(format!("Bearer {wrong}")),
        Some(format!("Bearer {hidden}")),
        Some(format!("Basic {}", node.token)),
        Some(node.token.clone()),
    ] {
        for (name, request) in requests(&server, 1) {
            let request = match &header {
                Some(value) => request.header("authorization", value),
                None => request,
            };
            let response = request.send().await.unwrap();
            let challenge = response.headers().get("www-authenticate").cloned();
            let problem = problem(response, "unauthorized").await;
            assert_eq!(problem.status, 401, "{name} with {header:?}");
            assert!(challenge.is_some_and(|value| value.as_bytes().starts_with(b"Bearer")));
        }
    }
    // The right token does: the checks above can tell the difference.
    assert!(node.claim(1).await.is_empty());
}

#[tokio::test]
async fn an_assignment_of_another_node_cannot_be_touched() {
    let server = Server::start();
    let job = server.job("1..200", "50", "100");
    let owner = Node::register(&server).await;
    let stranger = Node::register(&server).await;
    let lease = owner.claim(1).await.remove(0);
    let saved = owner
        .request(Method::PUT, &paths::checkpoint(lease.id))
        .body("the owner's state")
        .send();
    assert_eq!(saved.await.unwrap().status(), 204);

    let report = work(&lease);
    let stolen = stranger.report(lease.id, &report).await;
    assert_eq!(
        problem(stolen, "not-leased").await.kind,
        ProblemKind::NotLeased
    );
    for (name, request) in requests(&server, lease.id) {
        if matches!(name, "put" | "get" | "release") {
            let response = request.bearer_auth(&stranger.token).send().await.unwrap();
            assert_eq!(problem(response, "not-leased").await.status, 409, "{name}");
        }
    }
    let path = paths::checkpoint(lease.id);
    let saved = owner.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(saved.text().await.unwrap(), "the owner's state");
    let first = owner.report(lease.id, &report).await.text().await.unwrap();
    let second = owner.report(lease.id, &report).await.text().await.unwrap();
    assert_eq!(first, second, "the same report twice is one receipt");
    server.wait_for("validated");
    let shown = server.json(&paths::job(job)).await;
    assert_eq!(shown["blocks"]["validated"], 1, "{shown}");
}

#[tokio::test]
async fn tokens_and_passwords_are_never_logged() {
    let server = Server::start_with(&["--log", "trace,hyper=info,h2=info"]);
    let node = Node::register(&server).await;
    node.claim(1).await;
    let log = server.log();
    assert!(log.contains("a node registered"), "{log}");
    assert!(!log.contains(&node.token), "the token is in the log");
    let passwords = std::fs::read_to_string(server.data().join("database-passwords.json")).unwrap();
    let passwords: serde_json::Value = serde_json::from_str(&passwords).unwrap();
    for role in ["owner", "app"] {
        assert!(!log.contains(passwords[role].as_str().unwrap()), "{role}");
    }
}
