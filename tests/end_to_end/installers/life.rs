//! The life of a package, the same for every package manager: it is installed, works as the account of
//! its service, is upgraded with work done and settings changed, and goes without a trace.

use std::{collections::BTreeMap, path::PathBuf};

use darkreach_e2e::{process::output, root::Root, server::Server};
use tempfile::TempDir;

use super::{mirror, text, worker};

pub(super) const ACCOUNT: &str = "darkreach";
const DATA: &str = "/var/lib/darkreach";
const SETTINGS: &str = "/etc/darkreach/config.toml";
const UNIT: &str = "/usr/lib/systemd/system/darkreach.service";
const LINK: &str = "/etc/systemd/system/multi-user.target.wants/darkreach.service";

/// A package on a system, and a server that it works for.
pub(super) struct Life {
    pub(super) root: Root,
    server: Server,
    folder: TempDir,
    before: BTreeMap<String, String>,
}

impl Life {
    pub(super) fn new(system: &str) -> Self {
        let root = Root::unpack(system);
        Self {
            before: root.everything(),
            root,
            server: Server::start(),
            folder: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    /// Has `make` pack the worker of a version, and puts the package into the system.
    pub(super) fn package(&self, version: &str, make: impl FnOnce(&str, &str)) -> String {
        let program = worker(self.folder.path(), version);
        let package: PathBuf = self.folder.path().join(format!("{version}.package"));
        make(text(&program), text(&package));
        let there = format!("/tmp/{version}.package");
        self.root.copy(&package, &there);
        there
    }

    /// What must be so right after an installation, and the first work.
    pub(super) fn installed(&self, version: &str, manager: &str) {
        let root = &self.root;
        assert_eq!(self.version(), version);
        let account = root.run(&["getent", "passwd", ACCOUNT]);
        assert!(account.contains(&format!(":{DATA}:")), "{account}");
        assert!(account.trim_end().ends_with("nologin"), "{account}");
        assert_eq!(
            root.run(&["stat", "-c", "%U:%G %a", DATA]).trim(),
            "darkreach:darkreach 700"
        );
        assert!(
            root.read("/usr/share/doc/darkreach/THIRD-PARTY.txt")
                .contains("serde")
        );
        // Enabled, though no systemd runs here.
        assert!(self.is_enabled());
        // Before it is attached it says so, and the unit would not start it.
        assert!(
            root.read(UNIT)
                .contains(&format!("\nConditionPathExists={DATA}/node.json\n"))
        );
        let early = output(&mut root.command_as(ACCOUNT, &self.start()));
        assert!(!early.status.success(), "{early:?}");

        let attach = ["/usr/bin/darkreach", "attach", &self.server.url];
        let places = ["--data-dir", DATA, "--config", SETTINGS];
        root.run_as(ACCOUNT, &[&attach[..], &places].concat());
        assert!(root.has(&format!("{DATA}/node.json")));
        self.works(version);
        // It belongs to its package manager, and knows that it is not to update itself.
        let document = self.folder.path().join("root.signed");
        std::fs::write(&document, mirror::root()).expect("a file");
        root.copy(&document, "/tmp/root.signed");
        let with_root = ["env", "DARKREACH_UPDATE_ROOT=/tmp/root.signed"];
        let status = ["/usr/bin/darkreach", "update", "status"];
        let said = root.run_as(ACCOUNT, &[&with_root[..], &status, &places].concat());
        assert!(said.contains(&format!("owned by {manager};")), "{said}");
    }

    /// A volunteer changes a setting and switches the service off.
    pub(super) fn settings_changed(&self) {
        let change = format!("echo 'threads = 1' >>{SETTINGS} && rm {LINK}");
        self.root.run(&["sh", "-c", &change]);
    }

    /// What must be so after an upgrade with [`settings_changed`](Self::settings_changed) before it.
    pub(super) fn upgraded(&self, version: &str) {
        assert_eq!(self.version(), version);
        assert!(self.root.read(SETTINGS).contains("threads = 1"));
        assert!(
            !self.is_enabled(),
            "an upgrade switched the service on again"
        );
        self.works(version);
    }

    /// What must be so when the package is gone and the volunteer's own files are not.
    pub(super) fn removed(&self) {
        for gone in ["/usr/bin/darkreach", UNIT, "/usr/share/darkreach", LINK] {
            assert!(!self.root.has(gone), "{gone}");
        }
        assert!(self.root.has(&format!("{DATA}/node.json")));
    }

    /// Nothing is left of it, nothing else was changed.
    pub(super) fn without_a_trace(&self) {
        let after = self.root.everything();
        // Copies that the tools for accounts make before they change something, and when a folder's
        // list of packages was read.
        let other = |path: &str| {
            path.trim_end_matches(" text").ends_with('-') || path.contains("deb-systemd-helper")
        };
        let changed = |one: &BTreeMap<_, _>, two: &BTreeMap<_, _>| -> Vec<String> {
            let differs = |(path, what): &(&String, &String)| two.get(*path) != Some(*what);
            let found = one.iter().filter(differs).map(|(path, _)| path.clone());
            found.filter(|path| !other(path)).collect()
        };
        assert_eq!(changed(&after, &self.before), Vec::<String>::new(), "left");
        assert_eq!(changed(&self.before, &after), Vec::<String>::new(), "lost");
    }

    fn version(&self) -> String {
        let said = self.root.run(&["/usr/bin/darkreach", "--version"]);
        said.trim().trim_start_matches("darkreach ").to_owned()
    }

    fn is_enabled(&self) -> bool {
        self.root.try_run(&["test", "-L", LINK]).status.success()
    }

    /// What the unit starts.
    fn start(&self) -> Vec<String> {
        let unit = self.root.read(UNIT);
        assert!(unit.contains(&format!("\nUser={ACCOUNT}\n")), "{unit}");
        let line = unit
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart="));
        let line = line.expect("a program to start");
        line.split(' ').map(str::to_owned).collect()
    }

    /// Does a job as the service would; every file that it leaves is its account's own.
    fn works(&self, version: &str) {
        let job = self.server.job("1..100", "50", 2, 1, 50);
        let mut start = self.start();
        start.extend(["--until-idle".to_owned(), "--json".to_owned()]);
        let events = self.root.run_as(ACCOUNT, &start);
        assert!(
            events.contains(&format!("\"version\":\"{version}\"")),
            "{events}"
        );
        self.server.wait_validated(job);
        let others = ["find", DATA, "!", "-user", ACCOUNT];
        assert_eq!(self.root.run(&others), "");
    }
}
