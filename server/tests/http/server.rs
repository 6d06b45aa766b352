//! A running `darkreach-server` that ends with the test.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use darkreach_protocol::{PROTOCOL_HEADER, PROTOCOL_VERSION, problem::Problem};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;

/// Reached only by a hang.
const HANG: Duration = Duration::from_secs(120);

/// The program, without the settings of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_darkreach-server"));
    for variable in ["DATABASE_URL", "DIRECT_DATABASE_URL", "DB_MAX_CONNECTIONS"] {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null());
    command
}

/// A folder that PostgreSQL's account can pass through when this is root.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711)).unwrap();
    folder
}

/// The server.
pub(crate) struct Server {
    child: Child,
    events: Receiver<Value>,
    log: Arc<Mutex<String>>,
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    folder: Option<TempDir>,
}

impl Server {
    /// With an empty database of its own.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further arguments.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let folder = folder();
        let mut command = program();
        let mut server = Self::run(&mut command, &folder.path().join("data"), arguments);
        server.folder = Some(folder);
        server
    }

    /// On a data directory that outlives it.
    pub(crate) fn run(command: &mut Command, data: &Path, arguments: &[&str]) -> Self {
        let mut child = command
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, events) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if sender.send(event).is_err() {
                    break;
                }
            }
        });
        let log = Arc::new(Mutex::new(String::new()));
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let sink = log.clone();
        thread::spawn(move || {
            let mut line = String::new();
            while matches!(err.read_line(&mut line), Ok(read) if read > 0) {
                sink.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        let mut server = Self {
            child,
            events,
            log,
            url: String::new(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            folder: None,
        };
        server.url = server.wait_for("listening")["url"]
            .as_str()
            .unwrap()
            .to_owned();
        server
    }

    /// Reads events up to one of this name.
    pub(crate) fn wait_for(&self, name: &str) -> Value {
        loop {
            match self.events.recv_timeout(HANG) {
                Ok(event) if event["event"] == name => return event,
                Ok(_) => {}
                Err(error) => panic!("no {name:?} ({error}); its log:\n{}", self.log()),
            }
        }
    }

    /// What it logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.folder.as_ref().unwrap().path().join("data")
    }

    /// The process number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The process number of its PostgreSQL.
    pub(crate) fn postgres(&self) -> u32 {
        postmaster(&self.data())
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: &str) {
        kill(signal, self.child.id());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// A command on the same data directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        command(&self.data(), arguments)
    }

    /// Creates a job of k*2^n+1 and returns its number.
    pub(crate) fn job(&self, k: &str, n: &str, block_size: &str) -> i64 {
        self.create_job(&self.data(), k, n, block_size)
    }

    /// The same on a data directory that outlives the server.
    pub(crate) fn create_job(&self, data: &Path, k: &str, n: &str, block_size: &str) -> i64 {
        let create = ["job", "create", "kbn", "--k", k, "--n", n, "--c", "1"];
        let size = ["--block-size", block_size];
        let output = command(data, &[&create[..], &size].concat());
        assert!(output.status.success(), "{output:?}");
        let job: Value = serde_json::from_slice(&output.stdout).unwrap();
        job["id"].as_i64().unwrap()
    }

    /// A request as a worker sends it, without a token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.url);
        self.client
            .request(method, url)
            .header(PROTOCOL_HEADER, PROTOCOL_VERSION)
    }

    /// `GET`.
    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// `GET`, as JSON.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.status()
        );
        response.json().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            kill("-TERM", self.child.id());
            let _ = self.child.wait();
        }
        if thread::panicking() {
            eprintln!("--- the server's log:\n{}", self.log());
        }
    }
}

/// A command on a data directory.
fn command(data: &Path, arguments: &[&str]) -> Output {
    let mut command = program();
    command
        .args(arguments)
        .arg("--json")
        .arg("--data-dir")
        .arg(data);
    command.output().unwrap()
}

/// The process number of the PostgreSQL in a data directory.
pub(crate) fn postmaster(data: &Path) -> u32 {
    let file = data.join("postgres/data/postmaster.pid");
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().next().unwrap().trim().parse().unwrap()
}

/// Sends a signal to a process.
pub(crate) fn kill(signal: &str, pid: u32) {
    let mut command = Command::new("kill");
    assert!(
        command
            .args([signal, &pid.to_string()])
            .status()
            .unwrap()
            .success()
    );
}

/// Reads an answer that must be a well-formed problem of this kind.
pub(crate) async fn problem(response: Response, kind: &str) -> Problem {
    let status = response.status().as_u16();
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(
        response.headers()[PROTOCOL_HEADER],
        PROTOCOL_VERSION.to_string()
    );
    let text = response.text().await.unwrap();
    let problem: Problem = serde_json::from_str(&text).unwrap();
    assert_eq!(problem.status, status, "{text}");
    assert!(
        text.contains(&format!("\"urn:darkreach:problem:{kind}\"")),
        "{kind}: {text}"
    );
    assert!(
        !problem.detail.as_deref().unwrap_or_default().is_empty(),
        "{text}"
    );
    problem
}
