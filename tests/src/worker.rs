//! The real worker with a state directory of its own.

use std::{path::PathBuf, process::Command};

use tempfile::TempDir;

use crate::process::{Process, output, program};

/// An attached worker; `run` starts it, any number of times.
pub struct Worker {
    dir: TempDir,
    extra: Vec<String>,
}

impl Worker {
    /// A worker attached to a server.
    pub fn attach(url: &str) -> Self {
        Self::attach_with(url, &[])
    }

    /// The same with further arguments for `attach`.
    pub fn attach_with(url: &str, extra: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let worker = Self {
            dir,
            extra: extra.iter().map(ToString::to_string).collect(),
        };
        let out = worker.command(&["attach", url]);
        assert!(
            out.status.success(),
            "attach: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        worker
    }

    /// The state directory.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("worker")
    }

    /// Runs a command of the worker to its end.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        output(self.prepare(arguments).arg("--json"))
    }

    /// Starts `run` with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Process {
        let mut command = self.prepare(&["run", "--json"]);
        command.args(arguments);
        Process::start(command)
    }

    fn prepare(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("darkreach"));
        command
            .args(arguments)
            .args(&self.extra)
            .arg("--data-dir")
            .arg(self.data_dir());
        command.arg("--config").arg(self.config());
        command
    }

    fn config(&self) -> PathBuf {
        let path = self.dir.path().join("config.toml");
        if !path.exists() {
            std::fs::write(&path, "").expect("an empty configuration");
        }
        path
    }
}
