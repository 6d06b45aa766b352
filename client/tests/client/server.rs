//! A server that does what a test tells it: the protocol over a plain socket, blocks from a list,
//! and faults on demand. It keeps a log of what it was asked.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
};

use darkreach_primes::spec::SearchSpec;
use darkreach_protocol::{
    PROTOCOL_HEADER,
    problem::{Problem, ProblemKind},
    work::{
        Assignment, AssignmentOrder, CheckpointInfo, ClaimRequest, HeartbeatRequest, Order,
        ReleaseRequest, ResultReport,
    },
};
use serde_json::{Value, json};

/// What the server knows.
#[derive(Default)]
pub(crate) struct Books {
    /// Blocks not leased yet.
    pub(crate) blocks: VecDeque<SearchSpec>,
    /// Leases that stand.
    pub(crate) leased: BTreeMap<i64, Assignment>,
    /// Results taken.
    pub(crate) results: BTreeMap<i64, ResultReport>,
    /// Checkpoints uploaded.
    pub(crate) checkpoints: BTreeMap<i64, Vec<u8>>,
    /// Leases handed back.
    pub(crate) released: Vec<(i64, ReleaseRequest)>,
    /// Every heartbeat.
    pub(crate) heartbeats: Vec<HeartbeatRequest>,
    /// Every claim.
    pub(crate) claims: Vec<ClaimRequest>,
    /// Orders to give in heartbeats.
    pub(crate) orders: BTreeMap<i64, Order>,
    /// Answers to give instead, first come first served: path prefix and fault.
    pub(crate) faults: VecDeque<(&'static str, Fault)>,
    /// `METHOD path` of every request.
    pub(crate) log: Vec<String>,
    next: i64,
}

/// What to do instead of answering.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Answer this problem.
    Problem(ProblemKind),
    /// Do the work, then cut the connection: the answer is lost.
    LoseAnswer,
    /// Answer like something else, with this status and body and no protocol header.
    Stranger(u16, &'static str),
    /// Say that this is the protocol version.
    Version(u32),
}

pub(crate) struct FakeServer {
    books: Arc<Mutex<Books>>,
    address: String,
}

impl FakeServer {
    pub(crate) fn start(blocks: impl IntoIterator<Item = SearchSpec>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(Books::default()));
        shared.lock().unwrap().blocks.extend(blocks);
        let inside = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&inside);
                std::thread::spawn(move || {
                    // A client that was killed leaves half a request.
                    let _ = serve(&shared, &stream);
                });
            }
        });
        Self {
            books: shared,
            address,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.address
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }
}

struct Answer {
    status: u16,
    body: Vec<u8>,
}

fn serve(shared: &Mutex<Books>, stream: &TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let request = line.trim_end().to_owned();
        let (mut length, mut token) = (0, false);
        loop {
            line.clear();
            reader.read_line(&mut line)?;
            let lower = line.trim_end().to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            token |= lower == "authorization: bearer token";
            if lower.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mut parts = request.split(' ');
        let (method, path) = (parts.next().unwrap(), parts.next().unwrap());
        let mut books = shared.lock().unwrap();
        books.log.push(format!("{method} {path}"));
        let fault = books
            .faults
            .iter()
            .position(|(prefix, _)| path.starts_with(prefix))
            .and_then(|index| books.faults.remove(index))
            .map(|(_, fault)| fault);
        let answer = match &fault {
            Some(Fault::Problem(kind)) => problem(*kind),
            Some(Fault::Stranger(status, text)) => Answer {
                status: *status,
                body: text.as_bytes().to_vec(),
            },
            _ => books.answer(method, path, &body, token),
        };
        drop(books);
        let protocol = match fault {
            Some(Fault::LoseAnswer) => return Ok(()),
            Some(Fault::Stranger(..)) => String::new(),
            Some(Fault::Version(version)) => format!("{PROTOCOL_HEADER}: {version}\r\n"),
            _ => format!("{PROTOCOL_HEADER}: 1\r\n"),
        };
        let head = format!(
            "HTTP/1.1 {} X\r\n{protocol}content-length: {}\r\n\r\n",
            answer.status,
            answer.body.len()
        );
        let mut stream = stream;
        stream.write_all(&[head.as_bytes(), &answer.body].concat())?;
    }
}

fn problem(kind: ProblemKind) -> Answer {
    let problem = Problem::new(kind, "as the test wants it");
    Answer {
        status: kind.status(),
        body: serde_json::to_vec(&problem).unwrap(),
    }
}

fn ok(value: &Value) -> Answer {
    Answer {
        status: 200,
        body: value.to_string().into_bytes(),
    }
}

impl Books {
    fn answer(&mut self, method: &str, path: &str, body: &[u8], token: bool) -> Answer {
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        if !token
            && !matches!(
                (method, path),
                ("GET", "/api/v1") | ("POST", "/api/v1/nodes")
            )
        {
            return problem(ProblemKind::Unauthorized);
        }
        match (method, &segments[2..]) {
            ("GET", []) => ok(&json!({"service": "darkreach", "version": "test", "protocol": 1})),
            ("POST", ["nodes"]) => ok(&json!({"node_id": "node-1", "token": "token"})),
            ("POST", ["assignments", "claim"]) => self.claim(&parse(body)),
            ("POST", ["heartbeat"]) => self.heartbeat(parse(body)),
            ("PUT", ["assignments", id, "checkpoint"]) => self.if_leased(id, |books, id| {
                books.checkpoints.insert(id, body.to_vec());
                json!(null)
            }),
            ("GET", ["assignments", id, "checkpoint"]) => Answer {
                status: 200,
                body: self.checkpoints[&number(id)].clone(),
            },
            ("POST", ["assignments", id, "release"]) => self.if_leased(id, |books, id| {
                let spec = books.leased.remove(&id).unwrap().spec;
                let request: ReleaseRequest = parse(body);
                // A paused job's block is not handed out again.
                if request.reason == darkreach_protocol::work::ReleaseReason::Shutdown {
                    books.blocks.push_front(spec);
                }
                books.released.push((id, request));
                json!(null)
            }),
            ("POST", ["assignments", id, "result"]) => self.result(number(id), parse(body)),
            _ => problem(ProblemKind::NotFound),
        }
    }

    fn if_leased(&mut self, id: &str, then: impl FnOnce(&mut Self, i64) -> Value) -> Answer {
        let id = number(id);
        if !self.leased.contains_key(&id) {
            return problem(ProblemKind::NotLeased);
        }
        ok(&then(self, id))
    }

    fn result(&mut self, id: i64, report: ResultReport) -> Answer {
        match self.results.get(&id) {
            Some(known) if known.key == report.key => {}
            Some(_) => return problem(ProblemKind::ResultConflict),
            None if self.leased.remove(&id).is_none() => return problem(ProblemKind::NotLeased),
            None => {}
        }
        let key = report.key;
        self.results.entry(id).or_insert(report);
        ok(&json!({"key": key, "result_id": 1000 + id, "received_at": "2020-01-01T00:00:00Z"}))
    }

    fn claim(&mut self, request: &ClaimRequest) -> Answer {
        self.claims.push(request.clone());
        let mut given: Vec<_> = self
            .leased
            .values()
            .filter(|lease| !request.holding.contains(&lease.id))
            .cloned()
            .collect();
        while given.len() < request.max_blocks as usize
            && let Some(spec) = self.blocks.pop_front()
        {
            self.next += 1;
            let id = self.next;
            let cost = spec.cost();
            let assignment = Assignment {
                id,
                job_id: 1,
                block_id: 100 + id,
                spec,
                cost,
                deadline: chrono::DateTime::UNIX_EPOCH,
                lease_seconds: 3600,
                checkpoint: None,
            };
            self.leased.insert(id, assignment.clone());
            given.push(assignment);
        }
        for assignment in &mut given {
            let state = self.checkpoints.get(&assignment.id);
            assignment.checkpoint = state.map(|state| CheckpointInfo {
                size: state.len() as u64,
                own: true,
            });
        }
        let reason = given.is_empty().then_some("all_blocks_taken");
        ok(&json!({"assignments": given, "reason": reason, "retry_after_seconds": 3600}))
    }

    fn heartbeat(&mut self, request: HeartbeatRequest) -> Answer {
        let orders: Vec<_> = request
            .assignments
            .iter()
            .map(|told| AssignmentOrder {
                id: told.id,
                order: match self.orders.get(&told.id) {
                    Some(order) => *order,
                    None if self.leased.contains_key(&told.id) => Order::Continue,
                    None => Order::Abandon,
                },
                lease_seconds: Some(3600),
            })
            .collect();
        self.heartbeats.push(request);
        ok(&json!({"orders": orders}))
    }
}

fn number(text: &str) -> i64 {
    text.parse().unwrap()
}

fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap()
}
