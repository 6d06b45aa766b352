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

    /// The checkpoint files of the blocks it holds, oldest generation first.
    pub fn checkpoints(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.data_dir()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let name = path
                    .file_name()
                    .and_then(|n| n.to_str())
                    .unwrap_or_default();
                if path.is_dir() {
                    folders.push(path);
                } else if let Some(generation) = name.strip_prefix("checkpoint-") {
                    found.extend(generation.parse::<u64>().ok().map(|g| (g, path.clone())));
                }
            }
        }
        found.sort();
        found.into_iter().map(|(_, path)| path).collect()
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
