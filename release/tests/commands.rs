//! The maintainers' program without any server: keys, roots, drafts, signatures.

// Helpers of tests are tests: what is not as expected must stop them.
#![allow(clippy::unwrap_used)]

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

use darkreach_update::{Channel, Trust, Unverified};
use tempfile::TempDir;

/// As little as a bill of materials can be.
const BILL: &str = r#"{"bomFormat": "CycloneDX", "components": [],
    "metadata": {"component": {"hashes": [{"alg": "SHA-256", "content": "SUM"}]}}}"#;

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command in the folder: whether it succeeded, and all that it said.
    fn try_say(&self, line: &str) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_darkreach-release"))
            .args(line.split(' '))
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    fn say(&self, line: &str) -> String {
        let (fine, said) = self.try_say(line);
        assert!(fine, "{line}: {said}");
        said
    }

    fn refused(&self, line: &str) -> String {
        let (fine, said) = self.try_say(line);
        assert!(!fine, "{line}: {said}");
        said
    }

    fn key(&self, name: &str) -> String {
        self.say(&format!("keygen {name}"))
            .lines()
            .next()
            .unwrap()
            .to_owned()
    }

    /// A signed root; keys r1 to r3 are root's, s1 and s2 stable's and beta's, n nightly's.
    fn root(&self) {
        let [r1, r2, r3] = ["r1", "r2", "r3"].map(|name| self.key(name));
        let [s1, s2, n, f] = ["s1", "s2", "n", "f"].map(|name| self.key(name));
        self.say(&format!(
            "root init root.signed --role root=2:{r1},{r2},{r3} --role stable=2:{s1},{s2} \
             --role beta=2:{s1},{s2} --role nightly=1:{n} --role freshness=1:{f}"
        ));
        self.say("sign root.signed --key r1 --key r3");
    }

    fn files(&self) {
        fs::create_dir(self.path("dist")).unwrap();
        fs::write(
            self.path("dist/darkreach-x86_64-unknown-linux-gnu"),
            "program",
        )
        .unwrap();
        // SHA-256 of these bytes.
        let sum = "1310ca2c8932dbd118668bd97442558a3e1f546b5e15c69699dfbd6024f548d8";
        let bill = BILL.replace("SUM", sum);
        let name = "dist/darkreach-x86_64-unknown-linux-gnu.cdx.json";
        fs::write(self.path(name), bill).unwrap();
        self.say("sums dist");
    }

    fn document(&self, name: &str) -> Unverified {
        Unverified::parse(&fs::read(self.path(name)).unwrap()).unwrap()
    }

    fn trust(&self) -> Trust {
        Trust::pinned(&fs::read(self.path("root.signed")).unwrap()).unwrap()
    }
}

#[test]
fn a_secret_key_is_its_owners_alone_and_never_printed() {
    let desk = Desk::new();
    let said = desk.say("keygen key");
    let secret = fs::read_to_string(desk.path("key")).unwrap();
    let secret = secret.lines().nth(1).unwrap();
    assert!(!said.contains(secret));
    let mode = fs::metadata(desk.path("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Another key never takes its place.
    desk.refused("keygen key");

    desk.root();
    fs::set_permissions(desk.path("r1"), PermissionsExt::from_mode(0o640)).unwrap();
    let said = desk.refused("sign root.signed --key r1");
    assert!(said.contains("can be read by others"), "{said}");
}

#[test]
fn a_release_goes_from_nightly_to_beta_to_stable() {
    let desk = Desk::new();
    desk.root();
    desk.files();
    desk.say("draft nightly 1.1.0 dist --root root.signed --out n1");
    assert!(
        desk.trust()
            .verify_release(Channel::Nightly, &desk.document("n1"))
            .is_err()
    );
    desk.say("sign n1 --key n");
    let trust = desk.trust();
    let release = trust
        .verify_release(Channel::Nightly, &desk.document("n1"))
        .unwrap();
    assert_eq!((release.sequence, release.rollout), (1, 100));
    // Program, bill, two lists of checksums.
    assert_eq!(release.artifacts.len(), 4);

    // Not past beta, not without signatures.
    desk.refused("promote stable n1 --root root.signed --out s");
    desk.say("draft nightly 1.2.0 dist --root root.signed --after n1 --out unsigned");
    desk.refused("promote beta unsigned --root root.signed --out b");

    desk.say("promote beta n1 --root root.signed --out b1 --percent 20");
    desk.say("sign b1 --key s1");
    assert!(
        trust
            .verify_release(Channel::Beta, &desk.document("b1"))
            .is_err()
    );
    desk.say("sign b1 --key s2");
    let beta = trust
        .verify_release(Channel::Beta, &desk.document("b1"))
        .unwrap();
    assert_eq!((beta.rollout, &beta.artifacts), (20, &release.artifacts));

    desk.say("rollout 60 b1 --root root.signed --after b1 --out b2");
    desk.say("sign b2 --key s1 --key s2");
    let more = trust
        .verify_release(Channel::Beta, &desk.document("b2"))
        .unwrap();
    assert_eq!((more.sequence, more.rollout), (2, 60));

    desk.say("promote stable b2 --root root.signed --out s1.signed");
    // A document is somebody's work: it is not written over.
    desk.refused("promote stable b2 --root root.signed --out s1.signed");
}

#[test]
fn nothing_is_offered_without_bill_and_checksums() {
    let desk = Desk::new();
    desk.root();
    let draft = "draft nightly 1.1.0 dist --root root.signed --out n1";
    desk.files();
    let program = desk.path("dist/darkreach-x86_64-unknown-linux-gnu");
    fs::write(&program, "another program").unwrap();
    let said = desk.refused(draft);
    assert!(
        said.contains("is not the bill of materials of this"),
        "{said}"
    );
    let said = desk.refused("sums dist");
    assert!(
        said.contains("is not the file that SHA256SUMS names"),
        "{said}"
    );
    fs::write(&program, "program").unwrap();
    fs::write(desk.path("dist/darkreach_1.1.0_amd64.deb"), "package").unwrap();
    let said = desk.refused(draft);
    assert!(
        said.contains("does not name darkreach_1.1.0_amd64.deb"),
        "{said}"
    );
    let said = desk.say("sums dist");
    assert!(said.contains("5 files"), "{said}");
    desk.say(draft);
}

#[test]
fn a_rollback_is_an_order_that_follows_the_newest_document() {
    let desk = Desk::new();
    desk.root();
    desk.files();
    for (version, after, out) in [("1.1.0", "", "n1"), ("1.2.0", " --after n1", "n2")] {
        desk.say(&format!(
            "draft nightly {version} dist --root root.signed{after} --out {out}"
        ));
        desk.say(&format!("sign {out} --key n"));
    }
    desk.refused("rollback n1 --root root.signed --out n3");
    desk.say("rollback n1 --root root.signed --after n2 --out n3");
    desk.say("sign n3 --key n");
    let order = desk
        .trust()
        .verify_release(Channel::Nightly, &desk.document("n3"))
        .unwrap();
    assert_eq!((order.sequence, order.downgrade), (3, true));
    assert_eq!(order.version.to_string(), "1.1.0");
}

#[test]
fn a_rotation_voids_what_a_stolen_key_signed() {
    let desk = Desk::new();
    desk.root();
    desk.files();
    desk.say("draft nightly 1.1.0 dist --root root.signed --out n1");
    desk.say("sign n1 --key n");
    let new = desk.key("n-new");
    desk.say(&format!(
        "root rotate root.signed root2 --role nightly=1:{new} --void nightly"
    ));
    desk.say("sign root2 --key r2 --key r3");
    let mut trust = desk.trust();
    trust.rotate(&desk.document("root2")).unwrap();
    assert!(
        trust
            .verify_release(Channel::Nightly, &desk.document("n1"))
            .is_err()
    );
    // The next document begins the new epoch.
    desk.say("draft nightly 1.2.0 dist --root root2 --after n1 --out n2");
    desk.say("sign n2 --key n-new");
    let next = trust
        .verify_release(Channel::Nightly, &desk.document("n2"))
        .unwrap();
    assert_eq!((next.epoch, next.sequence), (2, 1));
}

#[test]
fn mistakes_are_named() {
    let desk = Desk::new();
    desk.root();
    let said = desk.refused("root init other --role stable=2:nonsense");
    assert!(said.contains("not a key"), "{said}");
    let said = desk.refused("root rotate root.signed other --role stable=3:");
    assert!(said.contains("not a key"), "{said}");
    let said = desk.refused("sign missing --key n");
    assert!(said.contains("cannot read missing"), "{said}");
    let said = desk.refused("sign root.signed --key root.signed");
    assert!(said.contains("can be read by others"), "{said}");
}
