//! What a stranger cannot make the server carry: large bodies, many registrations.

use std::net::SocketAddr;

use darkreach_protocol::{MAX_CHECKPOINT_BYTES, paths};
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    node::{Node, registration},
    server::{Server, problem},
};

#[tokio::test]
async fn bodies_have_a_largest_size_packed_or_not() {
    let server = Server::start();
    server.job("1..200", "50", "100");
    let node = Node::register(&server).await;
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    let post = || {
        let request = server.request(Method::POST, paths::NODES);
        request.header("content-type", "application/json")
    };
    let refused = post().body(large.clone()).send().await.unwrap();
    assert_eq!(problem(refused, "too-large").await.status, 413);

    // A bomb: 100 bytes on the wire that unpack to more than the limit.
    let refused = post()
        .header("content-encoding", "gzip")
        .body(gzip(large.as_bytes()));
    let refused = refused.send().await.unwrap();
    assert_eq!(problem(refused, "too-large").await.status, 413);
    let good = serde_json::to_vec(&registration()).unwrap();
    let good = post()
        .header("content-encoding", "gzip")
        .body(gzip(&good))
        .send();
    assert_eq!(good.await.unwrap().status(), 201);

    let lease = node.claim(1).await.remove(0);
    let put = |bytes: usize| {
        let request = node.request(Method::PUT, &paths::checkpoint(lease.id));
        request.body(vec![b'x'; bytes]).send()
    };
    assert_eq!(put(1024 * 1024).await.unwrap().status(), 204);
    // Announced in the head, it is refused before the body is sent.
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nx-darkreach-protocol: 1\r\n\
         content-length: {}\r\n\r\n",
        paths::checkpoint(lease.id),
        node.token,
        MAX_CHECKPOINT_BYTES + 1
    );
    let address: SocketAddr = server.url.trim_start_matches("http://").parse().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 32];
    stream.read_exact(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

/// Packs bytes with the packer that every system has.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };
    let mut gzip = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = gzip.stdin.take().unwrap();
    stdin.write_all(bytes).unwrap();
    drop(stdin);
    gzip.wait_with_output().unwrap().stdout
}

/// Registers until refused, at most `most` times; the number that got in and the last answer.
async fn register_often(server: &Server, forwarded: impl Fn(usize) -> String) -> (usize, u16) {
    for count in 0..200 {
        let request = server
            .request(Method::POST, paths::NODES)
            .json(&registration());
        let response = request
            .header("x-forwarded-for", forwarded(count))
            .send()
            .await
            .unwrap();
        if response.status() != 201 {
            let status = response.status().as_u16();
            if status == 429 {
                let seconds = response.headers()["retry-after"].to_str().unwrap();
                assert!(seconds.parse::<u32>().unwrap() >= 1);
                let problem = problem(response, "rate-limited").await;
                assert!(problem.retry_after_seconds.is_some());
            }
            return (count, status);
        }
    }
    (200, 201)
}

#[tokio::test]
async fn one_address_registers_only_so_often_whatever_it_says_of_itself() {
    let server = Server::start();
    let (count, status) = register_often(&server, |i| format!("198.51.100.{i}")).await;
    assert_eq!(status, 429);
    assert!((10..=60).contains(&count), "{count}");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_limit() {
    let server = Server::start_with(&["--trusted-proxy", "127.0.0.1"]);
    let (alone, status) = register_often(&server, |_| "198.51.100.1".to_owned()).await;
    assert_eq!(status, 429);
    let (other, status) = register_often(&server, |i| format!("10.9.9.{i}, 198.51.100.2")).await;
    assert_eq!(
        (other, status),
        (alone, 429),
        "what the client put in front does not count"
    );
}
