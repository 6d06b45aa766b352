//! A maintainer publishes with the real program to the real server, and a running worker becomes the
//! new version with a block half done; broken versions never get that far.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use darkreach_e2e::{
    process::{Process, output, program},
    release_files::accompany,
    server::Server,
    stamp::stamped_worker,
};
use serde_json::Value;
use tempfile::TempDir;

/// The platform of the programs of this build.
const TARGET: &str = concat!("x86_64", "-unknown-linux-gnu");

/// A maintainer with all keys, a server, and a worker of version 1.0.0.
pub(super) struct World {
    folder: TempDir,
    pub(super) server: Server,
    sequence: u32,
}

impl World {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let keys: Vec<String> = ["root1", "root2", "nightly", "fresh", "s1", "s2"]
            .iter()
            .map(|name| release(&["keygen", &path(name)]).trim().to_owned())
            .collect();
        let [r1, r2, nightly, fresh, s1, s2] = &keys[..] else {
            panic!("six keys");
        };
        let roles = [
            format!("root=2:{r1},{r2}"),
            format!("stable=2:{s1},{s2}"),
            format!("beta=2:{s1},{s2}"),
            format!("nightly=1:{nightly}"),
            format!("freshness=1:{fresh}"),
        ];
        let root = path("root.signed");
        let mut arguments = vec!["root", "init", &root];
        for role in &roles {
            arguments.extend(["--role", role]);
        }
        release(&arguments);
        let (k1, k2) = (path("root1"), path("root2"));
        release(&["sign", &root, "--key", &k1, "--key", &k2]);

        let fresh_key = path("fresh");
        let server = Server::start_with(&["--freshness-key", &fresh_key]);
        let scopes = ["--scope", "root", "--scope", "nightly", "--scope", "files"];
        let token = [&["release-token", "add", "maintainer"][..], &scopes].concat();
        let token = server.admin(&token);
        fs::write(path("token"), token["token"].as_str().expect("a token")).expect("a file");
        let world = Self {
            folder,
            server,
            sequence: 0,
        };
        world.publish(&["publish", &root, "--root", &root]);
        world
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn publish(&self, arguments: &[&str]) -> String {
        let token = self.text("token");
        let server = ["--server", &self.server.url, "--token-file", &token];
        // Without --yes nothing happens, and it is said.
        let shown = release(&[arguments, &server].concat());
        assert!(shown.contains("nothing was changed"), "{shown}");
        release(&[arguments, &server, &["--yes"]].concat())
    }

    /// Publishes a version on nightly.
    pub(super) fn offer(&mut self, version: &str, fault: &str) {
        let files = self.path(version);
        fs::create_dir(&files).expect("a folder");
        let program = files.join(format!("darkreach-{TARGET}"));
        stamped_worker(&program, version, fault);
        accompany(&program);
        let before = self.text(&format!("nightly-{}.signed", self.sequence));
        self.sequence += 1;
        let after = self.text(&format!("nightly-{}.signed", self.sequence));
        let (root, files) = (self.text("root.signed"), self.text(version));
        let mut draft = vec!["draft", "nightly", version, &files, "--root", &root];
        draft.extend(["--out", &after]);
        if self.sequence > 1 {
            draft.extend(["--after", &before]);
        }
        release(&draft);
        release(&["sign", &after, "--key", &self.text("nightly")]);
        let files = ["--files", &files];
        let publish = [&["publish", &after, "--root", &root][..], &files].concat();
        let said = self.publish(&publish);
        assert!(said.contains("nodes follow it"), "{said}");
    }

    /// The installed worker, attached.
    fn worker(&self, trial_seconds: &str) -> PathBuf {
        let bin = self.path("bin");
        fs::create_dir(&bin).expect("a folder");
        let exe = bin.join("darkreach");
        stamped_worker(&exe, "1.0.0", "none");
        let root = self.text("root.signed");
        let config = format!(
            "update_channel = \"nightly\"\nupdate_root = {root:?}\nupdate_check_seconds = 0.2\n\
             update_trial_seconds = {trial_seconds}\ncheckpoint_seconds = 0.2\nthreads = 1\n"
        );
        let portable = self.path("worker");
        fs::create_dir(&portable).expect("a folder");
        fs::write(portable.join("config.toml"), config).expect("a configuration");
        let out = output(
            Command::new(&exe)
                .args(["attach", &self.server.url])
                .args(self.portable()),
        );
        assert!(out.status.success(), "{out:?}");
        exe
    }

    fn portable(&self) -> [String; 2] {
        ["--portable".to_owned(), self.text("worker")]
    }

    fn run(&self, exe: &Path) -> Process {
        let mut command = Command::new(exe);
        command
            .args(["run", "--json", "--until-idle"])
            .args(self.portable());
        Process::start(command)
    }
}

/// Runs the maintainers' program; its output.
fn release(arguments: &[&str]) -> String {
    let out = output(Command::new(program("darkreach-release")).args(arguments));
    assert!(
        out.status.success(),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).expect("text")
}

/// Waits for one of two events.
fn either(worker: &Process, names: [&str; 2]) -> Value {
    loop {
        let event = worker
            .next_event()
            .unwrap_or_else(|| panic!("ended without {names:?}: {}", worker.log()));
        if names.iter().any(|name| event["event"] == *name) {
            return event;
        }
    }
}

#[test]
fn a_worker_updates_itself_with_a_block_half_done() {
    let mut world = World::start();
    // Long enough that it is not over while the new version is on trial.
    let job = world.server.job("3", "60000..60500", 2, 1, 500);
    let exe = world.worker("240");
    let mut worker = world.run(&exe);
    let pid = worker.id();
    assert_eq!(worker.wait_for("started")["version"], "1.0.0");
    assert_eq!(worker.wait_for("claimed")["resumed"], false);
    worker.wait_for("checkpoint");

    world.offer("1.1.0", "none");
    assert_eq!(worker.wait_for("trying")["version"], "1.1.0");
    // On trial it goes on with the block.
    assert_eq!(worker.wait_for("started")["version"], "1.1.0");
    let resumed = worker.wait_for("claimed");
    assert_eq!(resumed["resumed"], true);
    assert!(
        resumed["done"].as_f64().is_some_and(|done| done > 0.0),
        "{resumed}"
    );
    assert_eq!(worker.wait_for("updated")["version"], "1.1.0");
    // The same process is the new version now.
    let started = worker.wait_for("started");
    assert_eq!(
        (&started["version"], &started["pid"]),
        (&"1.1.0".into(), &pid.into())
    );
    worker.wait_for("receipt");
    world.server.wait_validated(job);
    let (status, _) = worker.finish();
    assert!(status.success(), "{}", worker.log());

    let said = output(Command::new(&exe).arg("--version"));
    assert_eq!(
        String::from_utf8_lossy(&said.stdout).trim(),
        "darkreach 1.1.0"
    );
    // Everything of the block was computed once: nothing was lost, nothing counted twice.
    let results = world.server.api().job(job);
    assert_eq!(results["status"], "validated", "{results}");
}

#[test]
fn a_version_that_crashes_or_fails_its_self_test_never_replaces_a_working_one() {
    never_replaced(&[
        ("1.1.0", "crash", "the work failed"),
        ("1.2.0", "selftest", "self-test failed"),
    ]);
}

#[test]
fn a_version_that_hangs_or_cannot_reach_the_server_never_replaces_a_working_one() {
    never_replaced(&[
        ("1.1.0", "hang", "was not done after 20 seconds"),
        ("1.2.0", "unreachable", "cannot reach the server"),
    ]);
}

/// Offers versions with faults, one after the other: version, fault and a part of the reason told.
fn never_replaced(versions: &[(&str, &str, &str)]) {
    let mut world = World::start();
    let job = world.server.job("3", "60000..66000", 2, 1, 600);
    let exe = world.worker("20");
    let mut worker = world.run(&exe);
    worker.wait_for("checkpoint");
    for (version, fault, words) in versions.iter().copied() {
        world.offer(version, fault);
        let event = either(&worker, ["not_updated", "updated"]);
        assert_eq!(event["version"], version, "{event}");
        assert_eq!(event["attempt"], "rolled_back", "{event}");
        let reason = event["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(words), "{reason}");
        // It is at work again as what it was, and the bad one is not tried again.
        assert_eq!(worker.wait_for("started")["version"], "1.0.0");
    }
    worker.terminate();
    let (status, rest) = worker.finish();
    assert!(status.success(), "{}", worker.log());
    assert!(
        rest.iter().all(|event| event["event"] != "trying"),
        "{rest:?}"
    );
    let said = output(Command::new(&exe).arg("--version"));
    assert_eq!(
        String::from_utf8_lossy(&said.stdout).trim(),
        "darkreach 1.0.0"
    );
    let token = world.text("token");
    let arguments = [
        "status",
        "--json",
        "--server",
        &world.server.url,
        "--token-file",
        &token,
    ];
    let status: Value = serde_json::from_str(&release(&arguments)).expect("JSON");
    let bad: Vec<&str> = status["outcomes"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|o| o["failed"] == 1)
        .filter_map(|o| o["version"].as_str())
        .collect();
    assert!(bad.contains(&"1.1.0"), "{status}");
    assert_eq!(world.server.api().job(job)["id"], job);
}
