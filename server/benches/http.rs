//! Block lives over HTTP: claim, heartbeat, result, by the real program with its own PostgreSQL on
//! this machine's loopback, over connections that stay open; one by one and 64 at a time, without
//! and with TLS. What is reported is checked and validated at the same time, as in earnest.
//!
//! usage: cargo bench -p darkreach-server --bench http -- [--seconds S] [--clients C]
#![allow(
    clippy::unwrap_used,
    reason = "a measurement ends where something unexpected happens"
)]

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use darkreach_primes::search::{Control, Next, Phase, Progress, Search, UnitSnapshot};
use darkreach_protocol::{
    PROTOCOL_HEADER, PROTOCOL_VERSION,
    node::{RegisterRequest, RegisterResponse},
    paths,
    work::{
        Assignment, AssignmentProgress, BatchAnswer, BlockResult, ClaimRequest, ClaimResponse,
        HeartbeatRequest, HeartbeatResponse, ReportAnswer, ReportBatch, ResultReport,
    },
};
use reqwest::{Client, Method};
use serde::{Serialize, de::DeserializeOwned};

fn main() {
    let mut seconds = 5;
    let mut clients = 4;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => seconds = arguments.next().unwrap().parse().unwrap(),
            "--clients" => clients = arguments.next().unwrap().parse().unwrap(),
            // Cargo's own.
            "--bench" => {}
            other => panic!("unknown argument {other}; there are --seconds S and --clients C"),
        }
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for tls in [false, true] {
        let server = Server::start(tls);
        for batch in [1, 64] {
            let time = Duration::from_secs(seconds);
            let lives = runtime.block_on(measure(&server, clients, batch, time));
            let name = format!(
                "block lives over HTTP{}, {batch} at a time, {clients} clients",
                if tls { "S" } else { "" }
            );
            println!("{name:<62} {}", lives.in_words(seconds));
        }
    }
}

/// How many lives there were, and how long each request took in milliseconds.
struct Lives {
    count: usize,
    requests: Vec<f64>,
}

impl Lives {
    fn in_words(mut self, seconds: u64) -> String {
        self.requests.sort_by(f64::total_cmp);
        let at = |share: usize| self.requests[(self.requests.len() - 1) * share / 100];
        format!(
            "{}/s, request: median {:.2} ms, p99 {:.2} ms",
            self.count as u64 / seconds,
            at(50),
            at(99)
        )
    }
}

async fn measure(server: &Server, clients: usize, batch: u32, time: Duration) -> Lives {
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let node = Node::register(server).await;
        running.spawn(async move {
            let mut lives = Lives {
                count: 0,
                requests: Vec::new(),
            };
            let end = Instant::now() + time;
            while Instant::now() < end {
                node.live(batch, &mut lives).await;
            }
            lives
        });
    }
    running.join_all().await.into_iter().fold(
        Lives {
            count: 0,
            requests: Vec::new(),
        },
        |mut sum, lives| {
            sum.count += lives.count;
            sum.requests.extend(lives.requests);
            sum
        },
    )
}

/// A worker on a connection of its own.
struct Node {
    client: Client,
    url: String,
    token: String,
}

impl Node {
    async fn register(server: &Server) -> Self {
        let mut node = Self {
            client: server.client(),
            url: server.url.clone(),
            token: String::new(),
        };
        let introduction = RegisterRequest {
            name: None,
            client_version: "0.1.0".to_owned(),
            platform: "bench".to_owned(),
            cores: 1,
            cpu_model: None,
            memory_bytes: None,
        };
        let identity: RegisterResponse = node.post(paths::NODES, &introduction).await;
        node.token = identity.token;
        node
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> T {
        let response = self
            .client
            .request(Method::POST, format!("{}{path}", self.url))
            .header(PROTOCOL_HEADER, PROTOCOL_VERSION)
            .bearer_auth(&self.token)
            .json(body)
            .send()
            .await
            .unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Claims, says that it is half-way, computes and reports.
    async fn live(&self, batch: u32, lives: &mut Lives) {
        let claim = ClaimRequest {
            max_blocks: batch,
            holding: Vec::new(),
            speed: None,
        };
        let start = Instant::now();
        let claimed: ClaimResponse = self.post(paths::CLAIM, &claim).await;
        lives.note(start);
        let leases = claimed.assignments;
        assert!(!leases.is_empty(), "the job is too small for this machine");

        let start = Instant::now();
        let beat: HeartbeatResponse = self.post(paths::HEARTBEAT, &heartbeat(&leases)).await;
        lives.note(start);
        assert_eq!(beat.orders.len(), leases.len());

        let mut reports: Vec<BlockResult> = leases.iter().map(result).collect();
        let start = Instant::now();
        if batch == 1 {
            let BlockResult { assignment, report } = reports.remove(0);
            let path = paths::result(assignment);
            let _: darkreach_protocol::work::Receipt = self.post(&path, &report).await;
        } else {
            let answer: BatchAnswer = self.post(paths::REPORTS, &ReportBatch { reports }).await;
            let taken = |answer: &ReportAnswer| matches!(answer, ReportAnswer::Receipt(_));
            assert!(answer.answers.iter().all(taken), "{answer:?}");
        }
        lives.note(start);
        lives.count += leases.len();
    }
}

impl Lives {
    fn note(&mut self, start: Instant) {
        self.requests.push(start.elapsed().as_secs_f64() * 1000.0);
    }
}

fn heartbeat(leases: &[Assignment]) -> HeartbeatRequest {
    let progress = Progress {
        phase: Phase::Testing,
        fraction: 0.5,
        candidates: 2,
        sieved: 0,
        tested: 1,
        primes: 0,
    };
    let half = |lease: &Assignment| AssignmentProgress {
        id: lease.id,
        progress,
    };
    HeartbeatRequest {
        client_version: "0.1.0".to_owned(),
        cores: 1,
        assignments: leases.iter().map(half).collect(),
    }
}

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

fn result(lease: &Assignment) -> BlockResult {
    let mut search = Search::new(&lease.spec).unwrap();
    while let Next::Unit(unit) = search.next() {
        search.complete(unit.run(&Steady));
    }
    let found = search.report().unwrap();
    BlockResult {
        assignment: lease.id,
        report: ResultReport {
            key: uuid::Uuid::new_v4(),
            client_version: "0.1.0".to_owned(),
            ledger: found.ledger,
            primes: found.primes,
            cpu_seconds: 0.001,
            wall_seconds: 0.001,
        },
    }
}

/// A running server with a job of half a million blocks of two tiny numbers each.
struct Server {
    child: Child,
    url: String,
    certificate: Option<String>,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(tls: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL's own account passes through when this is root.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711)).unwrap();
        let data = folder.path().join("data");
        let mut serve = program(&data);
        serve.args([
            "serve",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "error",
        ]);
        let certificate = tls.then(|| {
            let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
            let pair = rcgen::generate_simple_self_signed(names).unwrap();
            for (option, file, text) in [
                ("--tls-cert", "cert.pem", pair.cert.pem()),
                ("--tls-key", "key.pem", pair.signing_key.serialize_pem()),
            ] {
                std::fs::write(folder.path().join(file), text).unwrap();
                serve.arg(option).arg(folder.path().join(file));
            }
            pair.cert.pem()
        });
        let mut child = serve.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let listening: serde_json::Value = serde_json::from_str(&line).unwrap();
        // What it says of every block is read and dropped.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let server = Self {
            url: listening["url"].as_str().unwrap().to_owned(),
            child,
            certificate,
            _folder: folder,
        };
        let created = program(&data)
            .args(["job", "create", "kbn", "--n", "20", "--c", "1"])
            // Sieved so little that computing takes next to nothing.
            .args([
                "--k",
                "1..1000001",
                "--block-size",
                "2",
                "--sieve-limit",
                "100",
                "--json",
            ])
            .output()
            .unwrap();
        assert!(created.status.success(), "{created:?}");
        server
    }

    fn client(&self) -> Client {
        let client = Client::builder().no_proxy();
        let client = match &self.certificate {
            Some(pem) => {
                let certificate = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
                client.tls_certs_only([certificate])
            }
            None => client,
        };
        client.build().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = self.child.wait();
    }
}

/// The program, without the settings of whoever measures.
fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_darkreach-server"));
    for variable in ["DATABASE_URL", "DIRECT_DATABASE_URL", "DB_MAX_CONNECTIONS"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).arg("--data-dir").arg(data);
    command
}
