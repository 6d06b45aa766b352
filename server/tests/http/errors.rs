//! Every kind of mistake gets a problem that names it.

use darkreach_protocol::{PROTOCOL_HEADER, PROTOCOL_VERSION, paths};
use reqwest::Method;
use serde_json::json;

use super::{
    node::{Node, registration},
    server::{Server, problem},
};

#[tokio::test]
async fn addresses_methods_and_parameters() {
    let server = Server::start();
    for (path, kind, status) in [
        ("/nothing/here", "not-found", 404),
        ("/api/v1/jobs/7", "not-found", 404),
        ("/api/v1/jobs/7/blocks", "not-found", 404),
        ("/api/v1/jobs/seven", "bad-request", 400),
        ("/api/v1/jobs?limit=0", "bad-request", 400),
        ("/api/v1/jobs?limit=-1", "bad-request", 400),
        ("/api/v1/jobs?limit=ten", "bad-request", 400),
        ("/api/v1/primes?format=xml", "bad-request", 400),
        ("/api/v1/primes?color=red", "bad-request", 400),
        ("/api/v1/results?outcome=maybe", "bad-request", 400),
        ("/api/v1/primes?cursor=nonsense", "invalid", 422),
        ("/api/v1/results?cursor=nonsense", "invalid", 422),
        ("/api/v1/jobs?cursor=nonsense", "invalid", 422),
    ] {
        let problem = problem(server.get(path).await, kind).await;
        assert_eq!(problem.status, status, "{path}");
    }
    for (method, path, allowed) in [
        (Method::DELETE, paths::JOBS, "GET"),
        (Method::GET, paths::CLAIM, "POST"),
        (Method::POST, "/api/v1/assignments/1/checkpoint", "PUT"),
    ] {
        let response = server.request(method, path).send().await.unwrap();
        let allow = response.headers()["allow"].to_str().unwrap().to_owned();
        assert!(allow.contains(allowed), "{path}: {allow}");
        assert_eq!(problem(response, "method-not-allowed").await.status, 405);
    }
}

#[tokio::test]
async fn bodies() {
    let server = Server::start();
    let post = || server.request(Method::POST, paths::NODES);
    let json = |text: &str| {
        let request = post().header("content-type", "application/json");
        request.body(text.to_owned()).send()
    };
    let refused = problem(json("{").await.unwrap(), "bad-request").await;
    assert!(refused.detail.unwrap().contains("line 1"));
    let refused = problem(json("{\"name\":7}").await.unwrap(), "invalid").await;
    assert!(refused.detail.unwrap().contains("string"));
    let unknown = problem(json("{\"colour\":\"red\"}").await.unwrap(), "invalid").await;
    assert!(unknown.detail.unwrap().contains("colour"));
    let plain = post().body("{}").send().await.unwrap();
    assert_eq!(problem(plain, "unsupported-media-type").await.status, 415);
    let packed = post()
        .header("content-encoding", "br")
        .json(&registration())
        .send();
    assert_eq!(
        problem(packed.await.unwrap(), "unsupported-media-type")
            .await
            .status,
        415
    );
    let broken = post()
        .header("content-encoding", "gzip")
        .json(&registration())
        .send();
    assert_eq!(
        problem(broken.await.unwrap(), "bad-request").await.status,
        400
    );
    for (field, value) in [
        ("name", json!("x".repeat(65))),
        ("name", json!("a\u{7}b")),
        ("client_version", json!("x".repeat(300))),
        ("cores", json!(0)),
    ] {
        let mut request = serde_json::to_value(registration()).unwrap();
        request[field] = value;
        let refused = post().json(&request).send().await.unwrap();
        let refused = problem(refused, "invalid").await;
        assert!(refused.detail.unwrap().starts_with(field), "{field}");
    }
    let node = Node::register(&server).await;
    for max_blocks in [0, 65] {
        let claim = json!({"max_blocks": max_blocks, "holding": []});
        let claim = node.request(Method::POST, paths::CLAIM).json(&claim);
        problem(claim.send().await.unwrap(), "invalid").await;
    }
}

#[tokio::test]
async fn another_protocol_version_is_told_who_is_older() {
    let server = Server::start();
    let url = format!("{}{}", server.url, paths::NODES);
    let send = |version: Option<&str>| {
        let request = server.client.post(&url).json(&registration());
        match version {
            Some(version) => request.header(PROTOCOL_HEADER, version),
            None => request,
        }
        .send()
    };
    let newer = (PROTOCOL_VERSION + 1).to_string();
    for (version, words) in [
        (Some("0"), "the worker is older"),
        (Some(newer.as_str()), "this server is older"),
        (Some("one"), "not a number"),
        (None, "missing"),
    ] {
        let refused = problem(send(version).await.unwrap(), "protocol-mismatch").await;
        assert_eq!(refused.status, 426);
        let detail = refused.detail.unwrap();
        assert!(detail.contains(words), "{version:?}: {detail}");
    }
    let same = send(Some(&PROTOCOL_VERSION.to_string())).await.unwrap();
    assert_eq!(same.status(), 201);
    // Reading needs no version, and learns the server's.
    let read = server
        .client
        .get(format!("{}/api/v1", server.url))
        .send()
        .await
        .unwrap();
    assert_eq!(
        read.headers()[PROTOCOL_HEADER],
        PROTOCOL_VERSION.to_string()
    );
    let info: serde_json::Value = read.json().await.unwrap();
    assert_eq!(info["service"], "darkreach");
    assert_eq!(info["protocol"], PROTOCOL_VERSION);
}
