//! Definitions of images. No engine for containers is needed: what a definition copies is there, and
//! what it has an engine run is run.

use std::{fs, path::Path, process::Command};

use darkreach_e2e::{
    process::{output, program},
    root::Root,
    server::Server,
    worker::Worker,
};

use super::{build, text};

/// A definition: its lines, with those that go on in the next one joined.
struct Definition(Vec<String>);

impl Definition {
    fn make(kind: &str, program: &Path, folder: &Path) -> Self {
        build(&["container", kind, text(program), text(folder)]);
        let all = fs::read_to_string(folder.join("Containerfile")).expect("a definition");
        let lines = all.replace("\\\n", " ");
        let definition = Self(lines.lines().map(str::to_owned).collect());
        for source in definition.one("COPY").split(' ').rev().skip(1) {
            assert!(folder.join(source).exists(), "{source}");
        }
        let user = definition.one("USER");
        assert!(user.starts_with("10001:"), "{user}");
        definition
    }

    /// What stands after the one instruction of this name.
    fn one(&self, name: &str) -> &str {
        let mut found = self
            .0
            .iter()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let one = found.next().unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(found.next(), None, "{name}");
        one
    }

    fn words(&self, name: &str) -> Vec<String> {
        let list = self.one(name);
        let list = &list[list.find('[').expect("a list")..];
        serde_json::from_str(list).unwrap_or_else(|e| panic!("{name} {list}: {e}"))
    }

    /// Runs what `RUN` does after packages are installed.
    fn make_account(&self, root: &Root) {
        for step in self.one("RUN").split(" && ").map(str::trim) {
            if step.starts_with("apt-get ") || step.starts_with("rm -rf /var/lib/apt/lists/") {
                continue;
            }
            root.run(&["sh", "-c", step]);
        }
        let volume = self.one("VOLUME");
        assert_eq!(
            root.run(&["stat", "-c", "%u:%g %a", volume]).trim(),
            "10001:10001 700"
        );
    }
}

#[test]
fn the_worker_s_image_says_whether_the_worker_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let definition = Definition::make("worker", &program("darkreach"), folder.path());
    definition.make_account(&Root::unpack("base"));
    let mark = fs::read_to_string(folder.path().join("darkreach.managed-by")).expect("the mark");
    assert_eq!(mark, "the container image\n");
    assert!(
        definition
            .one("COPY")
            .contains("darkreach.managed-by /usr/local/bin/")
    );
    assert_eq!(definition.words("ENTRYPOINT"), ["darkreach"]);
    assert_eq!(definition.words("CMD"), ["run"]);

    let server = Server::start();
    server.job("3", "60000..60500", 2, 1, 500);
    let worker = Worker::attach(&server.url);
    let (variable, _) = definition.one("ENV").split_once('=').expect("a variable");
    let healthy = || {
        let check = definition.words("HEALTHCHECK");
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let mut command = Command::new(&check[0]);
        command.args(&check[1..]).env("PATH", path);
        output(command.env(variable, worker.data_dir()))
            .status
            .success()
    };
    assert!(!healthy());
    let mut running = worker.run(&[]);
    running.wait_for("claimed");
    assert!(healthy());
    // As an engine stops it.
    assert_eq!(definition.one("STOPSIGNAL"), "SIGTERM");
    running.terminate();
    assert!(running.finish().0.success());
    assert!(!healthy());
}

#[test]
fn the_server_s_image_says_whether_the_server_is_ready() {
    let folder = tempfile::tempdir().expect("a folder");
    let definition = Definition::make("server", &program("darkreach-server"), folder.path());
    definition.make_account(&Root::unpack("base"));
    let start = definition.words("CMD");
    let port = start.iter().find_map(|word| word.strip_prefix("0.0.0.0:"));
    assert_eq!(port, Some(definition.one("EXPOSE")));
    assert!(start.contains(&definition.one("VOLUME").to_owned()));

    let server = Server::start();
    let check: Vec<String> = definition
        .words("HEALTHCHECK")
        .iter()
        // The port of the server of this test.
        .map(|word| match word.split_once("http://127.0.0.1:7770") {
            Some((_, path)) => format!("{}{path}", server.url),
            None => word.clone(),
        })
        .collect();
    assert!(check.iter().any(|word| word.starts_with(&server.url)));
    let healthy = || {
        output(Command::new(&check[0]).args(&check[1..]))
            .status
            .success()
    };
    assert!(healthy());
    drop(server);
    assert!(!healthy());
}
