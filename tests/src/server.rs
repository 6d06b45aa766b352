//! The real server on its private PostgreSQL, in a directory of its own.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    api::Api,
    process::{Process, output, program},
};

/// A server that ends with the test.
pub struct Server {
    process: Process,
    extra: Vec<String>,
    /// Where it listens.
    pub url: String,
    dir: TempDir,
}

impl Server {
    /// Starts one with an empty database.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with further arguments for `serve`.
    pub fn start_with(extra: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        // PostgreSQL runs as another user when this is root, and must get through.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o711)).expect("chmod");
        let extra: Vec<String> = extra.iter().map(ToString::to_string).collect();
        let (process, url) = serve(&dir.path().join("server"), "127.0.0.1:0", &extra);
        Self {
            process,
            extra,
            url,
            dir,
        }
    }

    /// The data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("server")
    }

    /// The running program.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Starts it again at the same address after it was killed or ended.
    pub fn restart(&mut self) {
        let address = self.url.split("//").nth(1).expect("a URL").to_owned();
        (self.process, self.url) = serve(&self.data_dir(), &address, &self.extra);
    }

    /// Runs `darkreach-server` with arguments on this server's data directory.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new(program("darkreach-server"));
        command
            .args(arguments)
            .arg("--json")
            .arg("--data-dir")
            .arg(self.data_dir());
        command.env_remove("DATABASE_URL");
        output(&mut command)
    }

    /// The same for a command that must succeed; returns what it printed.
    pub fn admin(&self, arguments: &[&str]) -> Value {
        let out = self.command(arguments);
        assert!(
            out.status.success(),
            "{arguments:?}: {}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
        serde_json::from_slice(&out.stdout).unwrap_or_else(|error| {
            panic!(
                "{arguments:?}: {error}: {}",
                String::from_utf8_lossy(&out.stdout)
            )
        })
    }

    /// Creates a job of k*b^n+c and returns its id.
    pub fn job(&self, k: &str, n: &str, base: u32, c: i32, block_size: u64) -> i64 {
        let c = format!("--c={c}");
        let (base, size) = (base.to_string(), block_size.to_string());
        let job = self.admin(&[
            "job",
            "create",
            "kbn",
            "--k",
            k,
            "--n",
            n,
            "--base",
            &base,
            &c,
            "--block-size",
            &size,
        ]);
        job["id"]
            .as_i64()
            .unwrap_or_else(|| panic!("no id in {job}"))
    }

    /// The REST interface.
    pub fn api(&self) -> Api {
        Api::new(&self.url)
    }

    /// Waits until every block of a job is validated.
    pub fn wait_validated(&self, job: i64) {
        if self.api().job(job)["status"] == "validated" {
            return;
        }
        loop {
            let event = self.process.wait_for("validated");
            if event["job_id"] == job && self.api().job(job)["status"] == "validated" {
                return;
            }
        }
    }

    /// Reads the server's events up to one of this name.
    pub fn wait_for(&self, event: &str) -> Value {
        self.process.wait_for(event)
    }

    /// Waits until the server has replaced a PostgreSQL that died.
    pub fn wait_postgres_restarted(&self) {
        self.process.wait_for("postgres_restarted");
    }

    /// The process id of its PostgreSQL.
    pub fn postgres_id(&self) -> u32 {
        let file = self.data_dir().join("postgres/data/postmaster.pid");
        let text =
            fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        text.lines()
            .next()
            .and_then(|id| id.parse().ok())
            .expect("a process id")
    }
}

fn serve(data_dir: &std::path::Path, listen: &str, extra: &[String]) -> (Process, String) {
    let mut command = Command::new(program("darkreach-server"));
    command
        .args(["serve", "--json", "--listen", listen, "--data-dir"])
        .arg(data_dir)
        .args(extra);
    command.env_remove("DATABASE_URL");
    let process = Process::start(command);
    let url = process.wait_for("listening")["url"]
        .as_str()
        .expect("a URL")
        .to_owned();
    (process, url)
}
