//! A node that works by hand: claims, searches and reports, honestly unless the test changes it.

use darkreach_primes::search::{Control, Next, Search, UnitSnapshot, report::BlockReport};
use darkreach_protocol::{
    node::{RegisterRequest, RegisterResponse},
    paths,
    work::{Assignment, ClaimRequest, ClaimResponse, ResultReport},
};
use reqwest::{Method, RequestBuilder, Response};
use uuid::Uuid;

use super::server::Server;

/// A registration that nothing is wrong with.
pub(crate) fn registration() -> RegisterRequest {
    RegisterRequest {
        name: Some("test".into()),
        client_version: "0.1.0".into(),
        platform: "test".into(),
        cores: 2,
        cpu_model: None,
        memory_bytes: None,
    }
}

/// A registered node.
pub(crate) struct Node<'a> {
    server: &'a Server,
    pub(crate) token: String,
}

impl<'a> Node<'a> {
    pub(crate) async fn register(server: &'a Server) -> Self {
        let request = server
            .request(Method::POST, paths::NODES)
            .json(&registration());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 201);
        let identity: RegisterResponse = response.json().await.unwrap();
        Self {
            server,
            token: identity.token,
        }
    }

    /// One that registered earlier.
    pub(crate) fn known(server: &'a Server, token: String) -> Self {
        Self { server, token }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.request(method, path).bearer_auth(&self.token)
    }

    pub(crate) async fn claim(&self, max_blocks: u32) -> Vec<Assignment> {
        let request = ClaimRequest {
            max_blocks,
            holding: vec![],
            speed: None,
        };
        let request = self.request(Method::POST, paths::CLAIM).json(&request);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json::<ClaimResponse>().await.unwrap().assignments
    }

    pub(crate) async fn report(&self, assignment: i64, report: &ResultReport) -> Response {
        let path = paths::result(assignment);
        self.request(Method::POST, &path)
            .json(report)
            .send()
            .await
            .unwrap()
    }

    /// Works until every block of a job is validated.
    pub(crate) async fn finish(&self, job: i64) {
        loop {
            let leases = self.claim(8).await;
            if leases.is_empty() {
                break;
            }
            for lease in leases {
                let response = self.report(lease.id, &work(&lease)).await;
                assert_eq!(response.status(), 200);
                self.server.wait_for("validated");
            }
        }
        let shown = self.server.json(&paths::job(job)).await;
        assert_eq!(shown["status"], "validated", "{shown}");
    }
}

/// Nobody interrupts.
struct Steady;

impl Control for Steady {
    fn should_stop(&self) -> bool {
        false
    }

    fn wants_snapshot(&self) -> bool {
        false
    }

    fn snapshot(&self, _: UnitSnapshot) {}
}

/// Searches the block of a lease.
pub(crate) fn work(lease: &Assignment) -> ResultReport {
    let mut search = Search::new(&lease.spec).unwrap();
    while let Next::Unit(unit) = search.next() {
        search.complete(unit.run(&Steady));
    }
    let BlockReport { ledger, primes } = search.report().unwrap();
    ResultReport {
        key: Uuid::new_v4(),
        client_version: "0.1.0".into(),
        ledger,
        primes,
        cpu_seconds: 1.0,
        wall_seconds: 1.0,
    }
}
