//! Child processes whose output lines arrive as JSON events, and that end with the test.

use std::{
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longer than anything here takes on the slowest machine; reached only by a hang.
pub const HANG: Duration = Duration::from_secs(180);

/// The path of a program of the project, built in the same profile as this test.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let dir = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("target/PROFILE/deps/TEST");
    let path = dir.join(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo build --release`",
        path.display()
    );
    path
}

/// A running program that prints one JSON object a line.
pub struct Process {
    name: String,
    child: Child,
    events: Receiver<Value>,
    log: Arc<Mutex<String>>,
}

impl Process {
    /// Starts it with its output captured.
    pub fn start(mut command: Command) -> Self {
        let name = format!("{command:?}");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let (send, events) = channel();
        let out = BufReader::new(child.stdout.take().expect("piped"));
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line)
                    .unwrap_or_else(|_| serde_json::json!({"event": "not json", "line": line}));
                if send.send(event).is_err() {
                    break;
                }
            }
        });
        let log = Arc::new(Mutex::new(String::new()));
        let mut err = child.stderr.take().expect("piped");
        let sink = Arc::clone(&log);
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(n) = err.read(&mut part) {
                if n == 0 {
                    break;
                }
                sink.lock()
                    .expect("log")
                    .push_str(&String::from_utf8_lossy(&part[..n]));
            }
        });
        Self {
            name,
            child,
            events,
            log,
        }
    }

    /// The next event, or `None` when the output has ended.
    pub fn next_event(&self) -> Option<Value> {
        match self.events.recv_timeout(HANG) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("{} hangs; {}", self.name, self.log()),
        }
    }

    /// Reads events up to and including one of this name, and returns it.
    pub fn wait_for(&self, name: &str) -> Value {
        while let Some(event) = self.next_event() {
            if event["event"] == name {
                return event;
            }
        }
        panic!("{} ended without {name:?}; {}", self.name, self.log());
    }

    /// What it wrote to standard error so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("log").clone()
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }

    /// Asks it to end, as `kill PID` does.
    pub fn terminate(&self) {
        kill_process(pid(self.child.id()), Signal::TERM).expect("SIGTERM");
    }

    /// Waits for its end and returns the status and the events that were left.
    pub fn finish(&mut self) -> (ExitStatus, Vec<Value>) {
        let mut rest = Vec::new();
        while let Some(event) = self.next_event() {
            rest.push(event);
        }
        (self.child.wait().expect("wait"), rest)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- {}\n{}", self.name, self.log());
        }
        if matches!(self.child.try_wait(), Ok(None)) {
            let _gone_already = kill_process(pid(self.child.id()), Signal::TERM);
            let _reaped = self.child.wait();
        }
    }
}

/// Kills a process that is not a child of the test.
pub fn kill_other(id: u32) {
    kill_process(pid(id), Signal::KILL).expect("SIGKILL");
}

/// Runs a program to its end.
pub fn output(command: &mut Command) -> Output {
    command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).expect("a process id")).expect("not zero")
}
