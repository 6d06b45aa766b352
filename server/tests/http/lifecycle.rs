//! A server's end and what it survives: signals, kills of it and of its PostgreSQL.

use std::path::Path;

use darkreach_protocol::paths;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    node::{Node, registration},
    server::{Server, folder, kill, postmaster, program},
};

/// Processes that work inside a folder: all of PostgreSQL's do.
fn processes_in(folder: &Path) -> Vec<u32> {
    let folder = folder.canonicalize().unwrap();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let cwd = std::fs::read_link(entry.path().join("cwd")).ok()?;
            (cwd == folder).then_some(pid)
        })
        .collect()
}

#[tokio::test]
async fn it_ends_in_order_on_either_signal() {
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start();
        let cluster = server.data().join("postgres/data");
        assert!(!processes_in(&cluster).is_empty());
        server.signal(signal);
        server.wait_for("stopping");
        assert!(server.wait().success(), "{}", server.log());
        assert_eq!(processes_in(&cluster), Vec::<u32>::new());
    }
}

#[tokio::test]
async fn a_request_that_has_begun_is_finished() {
    let mut server = Server::start();
    let body = serde_json::to_string(&registration()).unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         x-darkreach-protocol: 1\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        paths::NODES,
        body.len()
    );
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body: the handler runs now.
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.signal("-TERM");
    server.wait_for("stopping");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(server.wait().success());
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn its_postgresql_may_be_killed() {
    let server = Server::start();
    let job = server.job("1..200", "40", "30");
    let node = Node::register(&server).await;
    for _ in 0..2 {
        let before = server.postgres();
        kill("-KILL", before);
        server.wait_for("postgres_restarted");
        assert_ne!(server.postgres(), before);
    }
    node.finish(job).await;
    assert_eq!(server.get("/readyz").await.status(), 200);
}

#[tokio::test]
async fn it_may_be_killed_itself_and_its_orphan_is_stopped_by_the_next() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut first = Server::run(&mut program(), &data, &[]);
    let token = Node::register(&first).await.token;
    let orphan = postmaster(&data);
    first.signal("-KILL");
    assert!(!first.wait().success());
    let cluster = data.join("postgres/data");
    assert!(
        processes_in(&cluster).contains(&orphan),
        "PostgreSQL lives on"
    );

    let mut second = Server::run(&mut program(), &data, &[]);
    assert_ne!(postmaster(&data), orphan);
    assert!(!processes_in(&cluster).contains(&orphan));
    let claim = serde_json::json!({"max_blocks": 1, "holding": []});
    let request = second
        .request(reqwest::Method::POST, paths::CLAIM)
        .json(&claim);
    let response = request.bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), 200, "the node is still known");
    second.signal("-TERM");
    assert!(second.wait().success());
    assert_eq!(processes_in(&cluster), Vec::<u32>::new());
}
