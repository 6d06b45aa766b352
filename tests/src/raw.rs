//! A node that speaks the protocol by hand, so that tests can say what no worker would.

use darkreach_protocol::{
    PROTOCOL_HEADER, PROTOCOL_VERSION,
    node::{RegisterRequest, RegisterResponse},
    paths,
    problem::Problem,
    work::{Assignment, ClaimRequest, ClaimResponse},
};
use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::Value;

/// A registered node, or somebody with a token of his own making.
pub struct Node {
    client: Client,
    url: String,
    token: String,
}

impl Node {
    /// Registers a new node.
    pub fn register(url: &str) -> Self {
        let request = RegisterRequest {
            name: None,
            client_version: "test".into(),
            platform: "test".into(),
            cores: 1,
            cpu_model: None,
            memory_bytes: None,
        };
        let mut node = Self::with_token(url, "");
        let answer = node.post(paths::NODES, &request);
        assert_eq!(answer.status(), 201);
        let answer: RegisterResponse = answer.json().expect("an identity");
        node.token = answer.token;
        node
    }

    /// Somebody with this token.
    pub fn with_token(url: &str, token: &str) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        Self {
            client,
            url: url.to_owned(),
            token: token.to_owned(),
        }
    }

    /// Claims up to `max_blocks` blocks.
    pub fn claim(&self, max_blocks: u32, holding: &[i64]) -> Vec<Assignment> {
        let request = ClaimRequest {
            max_blocks,
            holding: holding.to_vec(),
            speed: None,
        };
        let answer = self.post(paths::CLAIM, &request);
        assert_eq!(answer.status(), 200);
        answer.json::<ClaimResponse>().expect("leases").assignments
    }

    /// `POST`s a document.
    pub fn post(&self, path: &str, body: &impl serde::Serialize) -> Response {
        self.send(self.client.post(format!("{}{path}", self.url)).json(body))
    }

    /// `POST`s a document that must be refused; returns the status and the kind of the problem.
    pub fn problem(&self, path: &str, body: &impl serde::Serialize) -> (u16, String) {
        let answer = self.post(path, body);
        let status = answer.status().as_u16();
        let problem: Value = answer.json().expect("a problem");
        let _typed: Problem = serde_json::from_value(problem.clone()).expect("a problem");
        (status, problem["type"].as_str().expect("a type").to_owned())
    }

    /// `PUT`s bytes.
    pub fn put(&self, path: &str, body: &[u8]) -> Response {
        self.send(
            self.client
                .put(format!("{}{path}", self.url))
                .body(body.to_vec()),
        )
    }

    /// `GET`s.
    pub fn get(&self, path: &str) -> Response {
        self.send(self.client.get(format!("{}{path}", self.url)))
    }

    fn send(&self, request: RequestBuilder) -> Response {
        request
            .header(PROTOCOL_HEADER, PROTOCOL_VERSION)
            .bearer_auth(&self.token)
            .send()
            .expect("an answer")
    }
}
