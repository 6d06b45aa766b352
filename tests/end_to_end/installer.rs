//! `install.sh` against a server on loopback: it installs what is signed and nothing else.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::PathBuf,
    process::{Command, Output},
    sync::{Arc, Mutex},
    thread,
};

use darkreach_e2e::process::output;
use darkreach_update::{
    Channel, SecretKey,
    document::{Artifact, ArtifactKind, Document, Freshness, Release, Role, Root, Vouched},
    seal,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const PROGRAM: &[u8] = b"#!/bin/sh\necho a program\n";
/// Good for a century: dates are a test of their own.
const SPAN: (u64, u64) = (1_700_000_000, 4_800_000_000);

fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

fn role(threshold: u8, keys: &[u8]) -> Role {
    Role {
        threshold,
        epoch: 1,
        keys: keys.iter().map(|n| key(*n).public()).collect(),
    }
}

fn signed<T: Document>(document: &T, keys: &[u8]) -> Vec<u8> {
    let mut envelope = seal(document.to_payload().expect("valid")).expect("small");
    for number in keys {
        envelope.sign(&key(*number));
    }
    envelope.to_bytes()
}

/// What the server answers, by path.
struct Content {
    channel: Vec<u8>,
    freshness: Vec<u8>,
    program: Vec<u8>,
}

/// The machine that installs, and the server.
struct World {
    folder: TempDir,
    content: Arc<Mutex<Content>>,
    url: String,
}

fn release() -> Release {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let worker = |kind, target: &str, path: &str| Artifact {
        kind,
        target: target.to_owned(),
        path: path.to_owned(),
        size: PROGRAM.len() as u64,
        sha256: Sha256::digest(PROGRAM).into(),
        blake3: [7; 32],
    };
    let artifacts = vec![
        worker(ArtifactKind::Server, &target, "1.1.0/server"),
        worker(
            ArtifactKind::Worker,
            "riscv64-unknown-linux-gnu",
            "1.1.0/other",
        ),
        worker(ArtifactKind::Worker, &target, "1.1.0/worker"),
    ];
    let version = "1.1.0".parse().expect("a version");
    let mut release = Release::new(Channel::Stable, version, artifacts);
    (release.issued, release.expires) = SPAN;
    release
}

fn vouch(release: &Release) -> Freshness {
    let vouched = Vouched {
        channel: release.channel,
        epoch: release.epoch,
        sequence: release.sequence,
        sha256: Sha256::digest(release.to_payload().expect("valid")).into(),
    };
    Freshness::new(SPAN, 1, vec![vouched])
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Root::new(
            1,
            SPAN,
            role(2, &[1, 2, 3]),
            role(2, &[11, 12, 13]),
            role(2, &[11, 12, 13]),
            role(1, &[31]),
            role(1, &[41]),
        );
        let content = Arc::new(Mutex::new(Content {
            channel: signed(&release(), &[11, 13]),
            freshness: signed(&vouch(&release()), &[41]),
            program: PROGRAM.to_vec(),
        }));
        let url = serve(Arc::clone(&content));
        let path = folder.path().join("root.signed");
        fs::write(&path, signed(&root, &[1, 2])).expect("a file");
        let world = Self {
            folder,
            content,
            url,
        };
        let made = output(
            Command::new(installers().join("build"))
                .args(["install.sh", "--channel", "stable", "--server", &world.url])
                .arg("--root")
                .arg(&path)
                .arg(world.folder.path().join("install.sh")),
        );
        assert!(made.status.success(), "{made:?}");
        world
    }

    fn install(&self) -> Output {
        output(
            Command::new("sh")
                .arg(self.folder.path().join("install.sh"))
                .arg("--to")
                .arg(self.folder.path().join("bin")),
        )
    }

    fn installed(&self) -> PathBuf {
        self.folder.path().join("bin/darkreach")
    }

    /// Spoils what the server has; the installer must refuse it with these words.
    fn refuses(&self, words: &str, spoil: impl FnOnce(&mut Content)) {
        spoil(&mut self.content.lock().expect("content"));
        let out = self.install();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(
            !out.status.success() && said.contains(words),
            "{words}: {said}"
        );
        assert!(!self.installed().exists(), "{words}");
        let mut content = self.content.lock().expect("content");
        *content = Content {
            channel: signed(&release(), &[11, 13]),
            freshness: signed(&vouch(&release()), &[41]),
            program: PROGRAM.to_vec(),
        };
    }
}

fn installers() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../installers")
}

fn serve(content: Arc<Mutex<Content>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            // Up to the empty line.
            let _headers = lines.take_while(|line| !line.is_empty()).count();
            let content = content.lock().expect("content");
            let body = match first.split(' ').nth(1).unwrap_or_default() {
                "/api/v1/releases/channel/stable" => &content.channel[..],
                "/api/v1/releases/freshness" => &content.freshness,
                "/api/v1/releases/files/1.1.0/worker" => &content.program,
                _ => b"",
            };
            let status = if body.is_empty() {
                "404 Not Found"
            } else {
                "200 OK"
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            // A client that has read enough goes early.
            let _ = stream.write_all(&[head.as_bytes(), body].concat());
        }
    });
    url
}

#[test]
fn what_is_signed_is_installed() {
    let world = World::new();
    let out = world.install();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert_eq!(fs::read(world.installed()).expect("a program"), PROGRAM);
    let said = output(&mut Command::new(world.installed()));
    assert_eq!(said.stdout, b"a program\n");
}

#[test]
fn what_is_tampered_with_is_refused() {
    let world = World::new();
    world.refuses("1 of the keys signed", |c| {
        c.channel = signed(&release(), &[11])
    });
    world.refuses("0 of the keys signed", |c| {
        c.channel = signed(&release(), &[31, 41, 1, 2])
    });
    world.refuses("0 of the keys signed", |c| {
        c.channel = signed(&release(), &[])
    });
    world.refuses("of the keys signed freshness", |c| {
        c.freshness = signed(&vouch(&release()), &[11, 12]);
    });
    // One byte of the signed part.
    world.refuses("0 of the keys signed", |c| {
        let at = c.channel.len() - 10;
        c.channel[at] ^= 1;
    });
    world.refuses("not the newest", |c| {
        let mut newer = release();
        newer.sequence = 2;
        c.freshness = signed(&vouch(&newer), &[41]);
    });
    world.refuses("has expired", |c| {
        let mut old = release();
        (old.issued, old.expires) = (1_600_000_000, 1_700_000_000);
        c.channel = signed(&old, &[11, 12]);
        c.freshness = signed(&vouch(&old), &[41]);
    });
    world.refuses("another channel", |c| {
        let mut beta = release();
        beta.channel = Channel::Beta;
        c.channel = signed(&beta, &[11, 12]);
        c.freshness = signed(&vouch(&beta), &[41]);
    });
    world.refuses("not what was signed", |c| c.program[12] ^= 1);
    world.refuses("not whole", |c| {
        c.program.pop();
    });
    world.refuses("files/1.1.0/worker", |c| c.program.push(b'\n'));
    // After all of that, the good one is still installed.
    assert!(world.install().status.success());
}

#[test]
fn without_a_program_for_signatures_nothing_is_installed() {
    let world = World::new();
    // A folder with everything that the script needs, and neither minisign nor openssl.
    let bin = world.folder.path().join("tools");
    fs::create_dir(&bin).expect("a folder");
    for tool in [
        "sh",
        "curl",
        "sha256sum",
        "base64",
        "awk",
        "id",
        "uname",
        "mktemp",
        "rm",
        "sed",
    ] {
        let found = output(Command::new("sh").args(["-c", &format!("command -v {tool}")]));
        let path = String::from_utf8(found.stdout).expect("a path");
        std::os::unix::fs::symlink(path.trim(), bin.join(tool)).expect("a link");
    }
    let out = output(
        Command::new("sh")
            .arg(world.folder.path().join("install.sh"))
            .arg("--to")
            .arg(world.folder.path().join("bin"))
            .env("PATH", &bin),
    );
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(
        !out.status.success() && said.contains("neither minisign nor openssl"),
        "{said}"
    );
    assert!(said.contains("apt install minisign"), "{said}");
    assert!(!world.installed().exists());
}

/// The package, taken apart: what is in it, that its owner is marked, and that it is the same twice.
#[test]
fn a_deb_holds_what_the_description_says_and_is_the_same_twice() {
    if output(Command::new("sh").args(["-c", "command -v dpkg-deb"]))
        .stdout
        .is_empty()
    {
        darkreach_e2e::skips::skip(
            "a_deb_holds_what_the_description_says_and_is_the_same_twice: no dpkg-deb",
        );
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("program"), PROGRAM).expect("a file");
    let deb = |out: &str| {
        let made = output(
            Command::new(installers().join("build"))
                .arg("deb")
                .arg(path("program"))
                .args(["1.0.0-rc.1", "amd64"])
                .arg(path(out)),
        );
        assert!(made.status.success(), "{made:?}");
        fs::read(path(out)).expect("a package")
    };
    assert!(deb("one.deb") == deb("two.deb"), "two builds differ");
    let unpack = |option: &str, to: &str| {
        let mut command = Command::new("dpkg-deb");
        command.arg(option).arg(path("one.deb")).arg(path(to));
        assert!(output(&mut command).status.success());
    };
    unpack("--extract", "root");
    unpack("--control", "control");
    let read = |name: &str| fs::read_to_string(path(name)).expect(name);
    assert_eq!(
        fs::read(path("root/usr/bin/darkreach")).expect("a program"),
        PROGRAM
    );
    assert_eq!(read("root/usr/share/darkreach/managed-by"), "apt or dpkg\n");
    assert!(read("control/control").contains("\nVersion: 1.0.0~rc.1\n"));
    let unit = read("root/usr/lib/systemd/system/darkreach.service");
    assert!(unit.contains("ExecStart=/usr/bin/darkreach run --data-dir /var/lib/darkreach"));
    assert!(unit.contains("User=darkreach\n"));
    for script in ["postinst", "prerm", "postrm"] {
        let checked = output(
            Command::new("sh")
                .arg("-n")
                .arg(path("control").join(script)),
        );
        assert!(checked.status.success(), "{script}");
    }
}
