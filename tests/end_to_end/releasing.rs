//! `docs/releasing.md`, command by command: the page is run as it stands, against a real server. Only
//! the long build is replaced by programs that lie ready.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use darkreach_e2e::{
    process::{output, program},
    release_files::accompany,
    server::Server,
};
use serde_json::Value;

/// Sections whose commands need other tools, or none.
const OTHERS: [&str; 2] = ["Installers", "What is not there yet"];

/// The blocks of shell commands, in order.
fn blocks() -> Vec<String> {
    let page = include_str!("../../docs/releasing.md");
    let mut blocks = Vec::new();
    let (mut section, mut open) = ("", None);
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        }
        match (line.trim(), &mut open) {
            ("```sh", None) => open = Some(String::new()),
            ("```", Some(block)) => {
                if !OTHERS.contains(&section) {
                    blocks.push(std::mem::take(block));
                }
                open = None;
            }
            (line, Some(block)) => *block += &format!("{line}\n"),
            _ => {}
        }
    }
    blocks
}

/// What stands between the page and the real program: a build takes what lies ready, and whatever is
/// done for others is shown first, which must change nothing.
const SHIM: &str = r#"#!/usr/bin/env bash
set -euo pipefail
if [ "$1" = build ]; then
    exec cp -r "$READY/$2" "$2"
fi
shown=()
for argument in "$@"; do
    [ "$argument" = --yes ] || shown+=("$argument")
done
if [ "${#shown[@]}" != "$#" ]; then
    said=$("$RELEASE" "${shown[@]}")
    [[ $said == *"nothing was changed"* ]]
fi
exec "$RELEASE" "$@"
"#;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let desk = Self { folder };
        fs::create_dir(desk.path().join("bin")).expect("a folder");
        desk.script("darkreach-release", SHIM);
        for version in ["1.3.0", "1.4.0"] {
            let ready = desk.path().join(format!("ready/dist-{version}"));
            fs::create_dir_all(&ready).expect("a folder");
            for name in ["darkreach", "darkreach-server"] {
                let file = ready.join(format!("{name}-x86_64-unknown-linux-gnu"));
                fs::write(&file, format!("{name} {version}")).expect("a stand-in");
                accompany(&file);
            }
        }
        let changes = "# Changes\n\n## 1.4.0\n\nMore.\n\n## 1.3.0\n\nThe first one.\n";
        fs::write(desk.path().join("CHANGELOG.md"), changes).expect("a changelog");
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.path().join("bin").join(name);
        fs::write(&path, text).expect("a script");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("chmod");
    }

    fn try_run(&self, script: &str) -> Output {
        let path = std::env::var("PATH").unwrap_or_default();
        output(
            Command::new("bash")
                .args(["-euo", "pipefail", "-xc", script])
                .current_dir(self.path())
                .env("PATH", format!("{}/bin:{path}", self.path().display()))
                .env("RELEASE", program("darkreach-release"))
                .env("READY", self.path().join("ready")),
        )
    }

    /// What a script that must succeed says.
    fn run(&self, script: &str) -> String {
        let output = self.try_run(script);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let steps = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{steps}");
        said
    }
}

#[test]
fn the_page_on_releasing_is_true_to_the_letter() {
    let desk = Desk::new();
    let mut blocks = blocks().into_iter();
    desk.run(&blocks.next().expect("keys and a root"));
    let freshness = desk.path().join("freshness.key");
    let server = Server::start_with(&["--freshness-key", &freshness.display().to_string()]);
    let data = server.data_dir();
    let real = program("darkreach-server");
    let shim = format!(
        "#!/bin/sh\nexec {} \"$@\" --data-dir {}\n",
        real.display(),
        data.display()
    );
    desk.script("darkreach-server", &shim);
    let rest: Vec<String> = blocks.collect();
    let rest = rest.concat().replace("https://example.org", &server.url);
    assert!(rest.matches("--yes").count() >= 10, "{rest}");
    let said = desk.run(&rest);

    for words in [
        // A publication says what changes and for how many.
        "stable offers nothing now and has 0 nodes",
        "stable offers 1.3.0 to 100 % now",
        "also in place of newer versions",
        "would give version 1.4.0 to nobody any more",
        "root version 2",
        "the same as dist-1.3.0/darkreach-server-x86_64-unknown-linux-gnu",
        "bills of materials and checksums fit the files",
        "everything is as it was signed",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }

    let ask = |arguments: &str| {
        let url = &server.url;
        format!("darkreach-release {arguments} --server {url} --token-file ann.token")
    };
    let status: Value = serde_json::from_str(&desk.run(&ask("status --json"))).expect("JSON");
    assert_eq!(status["root_version"], 2);
    let offered = |name: &str| {
        let channels = status["channels"].as_array().expect("channels");
        let channel = channels.iter().find(|c| c["channel"] == name);
        let channel = channel.expect("the channel");
        assert_eq!(channel["held"], Value::Null, "{name}");
        let numbers = ["version", "rollout_percent", "epoch", "sequence"];
        numbers.map(|field| channel[field].to_string())
    };
    assert_eq!(offered("stable"), [r#""1.3.0""#, "100", "1", "3"]);
    assert_eq!(offered("beta"), [r#""1.4.0""#, "100", "1", "3"]);
    assert_eq!(offered("nightly"), [r#""1.4.0""#, "100", "2", "1"]);
    let trail: Vec<&str> = status["audit"]
        .as_array()
        .expect("a trail")
        .iter()
        .filter(|entry| entry["by"] == "ann")
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    // Two roots, nine channel documents, one hold.
    assert_eq!(trail.len(), 12, "{trail:?}");
    assert!(trail.contains(&"hold"), "{trail:?}");

    // The stolen key is worth nothing any more, neither here nor with the new root.
    let stolen = "darkreach-release draft nightly 9.9.9 dist-1.4.0 --root root-2.signed --sequence 7 \
                  --out stolen.signed\ndarkreach-release sign stolen.signed --key nightly.key";
    desk.run(stolen);
    let refused = desk.try_run(&ask(
        "publish stolen.signed --root root-2.signed --files dist-1.4.0 --yes",
    ));
    assert!(!refused.status.success());

    // A mirror that gives other bytes is found by anybody.
    let file = data.join("releases/1.3.0/darkreach-x86_64-unknown-linux-gnu");
    fs::write(file, "darkreach 1.3.x").expect("a changed file");
    let found = desk.try_run(&format!(
        "darkreach-release verify stable --root root.signed --server {}",
        server.url
    ));
    assert!(!found.status.success());
    let said = String::from_utf8_lossy(&found.stderr);
    assert!(said.contains("SHA-256"), "{said}");
}
