//! `install.sh` on a system that has only curl and ca-certificates: it installs what is signed and
//! nothing else, whatever checks the signatures there, and takes away what it brought.

use std::{fs, path::Path, process::Output};

use darkreach_e2e::root::Root;
use darkreach_update::Channel;
use tempfile::TempDir;

use super::{
    build,
    mirror::{self, Content, Mirror, signed, vouch},
    text, worker,
};

const PROGRAM: &[u8] = b"#!/bin/sh\necho a program\n";
const INSTALLED: &str = "/usr/local/bin/darkreach";

/// The system that installs, and the mirror.
struct World {
    root: Root,
    mirror: Mirror,
    folder: TempDir,
}

impl World {
    fn new(system: &str) -> Self {
        Self::with(system, |_| PROGRAM.to_vec())
    }

    fn with(system: &str, program: impl FnOnce(&TempDir) -> Vec<u8>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mirror = Mirror::start(program(&folder));
        let path = |name: &str| folder.path().join(name);
        fs::write(path("root.signed"), mirror::root()).expect("a file");
        let (root_document, script) = (path("root.signed"), path("install.sh"));
        build(&[
            "install.sh",
            "--channel",
            "stable",
            "--server",
            &mirror.url,
            "--root",
            text(&root_document),
            text(&script),
        ]);
        let root = Root::unpack(system);
        root.copy(&script, "/tmp/install.sh");
        Self {
            root,
            mirror,
            folder,
        }
    }

    /// A system without openssl, whose signatures minisign checks.
    fn with_minisign() -> Self {
        let world = Self::new("tools");
        world.root.run(&["rm", "/usr/bin/openssl"]);
        world.root.run(&["minisign", "-v"]);
        world
    }

    /// A system with openssl alone: ca-certificates brings it.
    fn with_openssl() -> Self {
        let world = Self::new("base");
        assert!(!world.root.has("/usr/bin/minisign"));
        world.root.run(&["openssl", "version"]);
        world
    }

    fn script(&self, arguments: &[&str]) -> Output {
        self.root
            .try_run(&[&["sh", "/tmp/install.sh"], arguments].concat())
    }

    /// The installer must refuse this with these words, and leave nothing.
    fn refuses(&self, words: &str, spoil: impl FnOnce(&mut Content)) {
        spoil(&mut self.mirror.content.lock().expect("content"));
        let out = self.script(&[]);
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(
            !out.status.success() && said.contains(words),
            "{words}: {said}"
        );
        assert!(!self.root.has(INSTALLED), "{words}");
        self.mirror.mend();
    }

    fn refuses_what_is_tampered_with(&self) {
        let release = || self.mirror.release();
        self.refuses("1 of the keys signed", |c| {
            c.channel = signed(&release(), &[11]);
        });
        self.refuses("0 of the keys signed", |c| {
            c.channel = signed(&release(), &[31, 41, 1, 2]);
        });
        self.refuses("0 of the keys signed", |c| {
            c.channel = signed(&release(), &[]);
        });
        self.refuses("of the keys signed freshness", |c| {
            c.freshness = signed(&vouch(&release()), &[11, 12]);
        });
        // One byte of the signed part.
        self.refuses("0 of the keys signed", |c| {
            let at = c.channel.len() - 10;
            c.channel[at] ^= 1;
        });
        // One key's signature twice is one signature.
        self.refuses("1 of the keys signed", |c| {
            let text = String::from_utf8(signed(&release(), &[11])).expect("text");
            let line = text.lines().find(|line| line.starts_with("signature "));
            let line = line.expect("a signature").to_owned() + "\n";
            c.channel = text.replacen(&line, &line.repeat(2), 1).into_bytes();
        });
        self.refuses("not the newest", |c| {
            let mut newer = release();
            newer.sequence = 2;
            c.freshness = signed(&vouch(&newer), &[41]);
        });
        self.refuses("has expired", |c| {
            let mut old = release();
            (old.issued, old.expires) = (1_600_000_000, 1_700_000_000);
            c.channel = signed(&old, &[11, 12]);
            c.freshness = signed(&vouch(&old), &[41]);
        });
        self.refuses("another channel", |c| {
            let mut beta = release();
            beta.channel = Channel::Beta;
            c.channel = signed(&beta, &[11, 12]);
            c.freshness = signed(&vouch(&beta), &[41]);
        });
        self.refuses("not what was signed", |c| c.program[12] ^= 1);
        self.refuses("not whole", |c| {
            c.program.pop();
        });
        self.refuses("files/1.1.0/worker", |c| c.program.push(b'\n'));
        // After all of that, the good one is still installed.
        let out = self.script(&[]);
        assert!(out.status.success(), "{out:?}");
        assert_eq!(self.root.run(&[INSTALLED]), "a program\n");
    }
}

#[test]
fn with_openssl_alone_what_is_tampered_with_is_refused() {
    World::with_openssl().refuses_what_is_tampered_with();
}

#[test]
fn with_minisign_alone_what_is_tampered_with_is_refused() {
    World::with_minisign().refuses_what_is_tampered_with();
}

/// A checksum would say that all is well: it is never taken for proof.
#[test]
fn without_a_program_for_signatures_nothing_is_installed_nor_fetched() {
    let world = World::new("base");
    world.root.run(&["rm", "/usr/bin/openssl"]);
    let nothing = |why: &str| {
        world.refuses("neither minisign nor openssl 3", |_| {});
        let said = world.script(&[]).stderr;
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains("apt install minisign"), "{why}: {said}");
        let content = world.mirror.content.lock().expect("content");
        assert_eq!(content.asked, Vec::<String>::new(), "{why}");
    };
    nothing("neither");
    // An openssl of before 3.0 cannot check these signatures, and says nothing of -rawin.
    let old = "printf '#!/bin/sh\\necho \"-verify  Verify with public key\" >&2\\n' >/usr/bin/openssl; \
               chmod 755 /usr/bin/openssl";
    world.root.run(&["sh", "-c", old]);
    nothing("old");
}

#[test]
fn the_worker_is_installed_runs_and_goes_without_a_trace() {
    let world = World::with("base", |folder| {
        fs::read(worker(folder.path(), "1.1.0")).expect("a program")
    });
    let root = &world.root;
    let before = root.everything();
    let out = world.script(&[]);
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{out:?}");
    assert!(said.contains("darkreach 1.1.0 is installed"), "{said}");
    assert_eq!(root.run(&[INSTALLED, "--version"]), "darkreach 1.1.0\n");
    root.run(&[INSTALLED, "service", "install", "--no-start"]);
    // What attaching makes first of all, and what an update leaves beside the program.
    let data = "/root/.local/share/darkreach";
    let made = "mkdir -p $0 && echo darkreach data directory, layout 1 >$0/.darkreach && \
                touch /usr/local/bin/.darkreach-previous";
    root.run(&["sh", "-c", made, data]);

    let removed = world.script(&["--uninstall"]);
    assert!(removed.status.success(), "{removed:?}");
    assert!(root.has(&format!("{data}/.darkreach")), "work went away");
    assert!(String::from_utf8_lossy(&removed.stdout).contains(data));
    assert!(!root.has(INSTALLED));

    assert!(world.script(&[]).status.success());
    let purged = world.script(&["--uninstall", "--purge"]);
    assert!(purged.status.success(), "{purged:?}");
    // Folders that were made for it, empty now, are the system's own kind.
    root.run(&["rm", "-rf", "/root/.local", "/root/.config"]);
    assert_eq!(root.everything(), before);
    drop(world.folder);
}

/// The commands that docs/installing.md gives to those who trust no script, literally.
#[test]
fn the_check_by_hand_is_as_documented() {
    let world = World::with_minisign();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/installing.md");
    let page = fs::read_to_string(page).expect("the page");
    let section = page.split("## Checking a file by hand").nth(1);
    let commands = section.and_then(|text| text.split("```").nth(1));
    let commands = commands.and_then(|text| text.strip_prefix("sh\n"));
    let commands = commands.expect("a block of commands");
    let channel = String::from_utf8(signed(&world.mirror.release(), &[11, 13])).expect("text");
    let line = channel.lines().find(|line| line.starts_with("signature "));
    let parts: Vec<&str> = line.expect("a signature").split(' ').collect();
    let commands = commands
        .replace("https://HOST", &world.mirror.url)
        .replace("FIRST", parts[1])
        .replace("SECOND", parts[2]);
    // As if it had been downloaded.
    let file = "set -e\ncd /tmp\necho bytes >darkreach-x86_64-unknown-linux-gnu\n";
    let check = |key: u8| {
        let commands = format!("{file}{}", commands.replace("KEY", &mirror::public(key)));
        world.root.try_run(&["sh", "-c", &commands])
    };
    let signer = if parts[1][..12] == mirror::public(11)[..12] {
        11
    } else {
        13
    };
    let out = check(signer);
    assert!(out.status.success(), "{out:?}");
    assert!(
        String::from_utf8_lossy(&out.stdout).contains("verified"),
        "{out:?}"
    );
    assert!(!check(12).status.success(), "another key");
}

#[test]
fn what_a_package_manager_owns_is_neither_replaced_nor_removed() {
    let world = World::new("base");
    let mark = "install -d /usr/local/share/darkreach; \
                echo 'a manager' >/usr/local/share/darkreach/managed-by; echo theirs >/usr/local/bin/darkreach";
    world.root.run(&["sh", "-c", mark]);
    for arguments in [&[][..], &["--uninstall"]] {
        let out = world.script(arguments);
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(!out.status.success(), "{out:?}");
        assert!(said.contains("belongs to a manager"), "{said}");
        assert_eq!(world.root.read(INSTALLED), "theirs\n");
    }
}
