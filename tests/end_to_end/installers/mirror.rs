//! A mirror on loopback with a signed release of one worker, and the root document behind it; what it
//! gives away can be spoiled.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

use darkreach_update::{
    Channel, SecretKey,
    document::{Artifact, ArtifactKind, Document, Freshness, Release, Role, Root, Vouched},
    seal,
};
use sha2::{Digest, Sha256};

/// Good for a century: dates are a test of their own.
const SPAN: (u64, u64) = (1_700_000_000, 4_800_000_000);

/// What is given away; each part can be replaced.
pub(super) struct Content {
    pub(super) channel: Vec<u8>,
    pub(super) freshness: Vec<u8>,
    pub(super) program: Vec<u8>,
    /// Paths that were asked for.
    pub(super) asked: Vec<String>,
}

/// The mirror; it ends with the test's process.
pub(super) struct Mirror {
    pub(super) content: Arc<Mutex<Content>>,
    pub(super) url: String,
    program: Vec<u8>,
}

impl Mirror {
    pub(super) fn start(program: Vec<u8>) -> Self {
        let content = Arc::new(Mutex::new(good(&program)));
        let url = serve(Arc::clone(&content));
        Self {
            content,
            url,
            program,
        }
    }

    /// The release as it should be.
    pub(super) fn release(&self) -> Release {
        release(&self.program)
    }

    /// Gives away again what is right.
    pub(super) fn mend(&self) {
        *self.content.lock().expect("content") = good(&self.program);
    }
}

fn good(program: &[u8]) -> Content {
    let release = release(program);
    Content {
        channel: signed(&release, &[11, 13]),
        freshness: signed(&vouch(&release), &[41]),
        program: program.to_vec(),
        asked: Vec::new(),
    }
}

/// The root document that names the keys: 1 to 3 of root, 11 to 13 of stable and beta (two must sign),
/// 31 of nightly, 41 of freshness.
pub(super) fn root() -> Vec<u8> {
    let root = Root::new(
        1,
        SPAN,
        role(2, &[1, 2, 3]),
        role(2, &[11, 12, 13]),
        role(2, &[11, 12, 13]),
        role(1, &[31]),
        role(1, &[41]),
    );
    signed(&root, &[1, 2])
}

/// A document with the signatures of these keys.
pub(super) fn signed<T: Document>(document: &T, keys: &[u8]) -> Vec<u8> {
    let mut envelope = seal(document.to_payload().expect("valid")).expect("small");
    for number in keys {
        envelope.sign(&key(*number));
    }
    envelope.to_bytes()
}

/// The word that a release is the newest.
pub(super) fn vouch(release: &Release) -> Freshness {
    let vouched = Vouched {
        channel: release.channel,
        epoch: release.epoch,
        sequence: release.sequence,
        sha256: Sha256::digest(release.to_payload().expect("valid")).into(),
    };
    Freshness::new(SPAN, 1, vec![vouched])
}

/// The public key of a number, as text.
pub(super) fn public(number: u8) -> String {
    key(number).public().to_string()
}

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

fn release(program: &[u8]) -> Release {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let artifact = |kind, target: &str, path: &str| Artifact {
        kind,
        target: target.to_owned(),
        path: path.to_owned(),
        size: program.len() as u64,
        sha256: Sha256::digest(program).into(),
        blake3: [7; 32],
    };
    let artifacts = vec![
        artifact(ArtifactKind::Server, &target, "1.1.0/server"),
        artifact(
            ArtifactKind::Worker,
            "riscv64-unknown-linux-gnu",
            "1.1.0/other",
        ),
        artifact(ArtifactKind::Worker, &target, "1.1.0/worker"),
    ];
    let version = "1.1.0".parse().expect("a version");
    let mut release = Release::new(Channel::Stable, version, artifacts);
    (release.issued, release.expires) = SPAN;
    release
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
            let mut content = content.lock().expect("content");
            let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
            content.asked.push(path.clone());
            let body = match &path[..] {
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
