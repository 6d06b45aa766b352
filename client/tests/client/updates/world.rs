//! Keys from fixed seeds, a root, documents, and an updater that follows them.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use darkreach::{
    link::{Options, ServerUrl},
    state::{
        directory::DataDir,
        files::{Disk, Files},
    },
    update::{
        Mirror, UpdateFailure, Updater, UpdaterOptions, disk::Programs, pace::Pace,
        program::Program,
    },
};
use darkreach_update::{
    Channel, SecretKey, Unverified, Version,
    document::{Artifact, ArtifactKind, Document, Freshness, Release, Role, Root, Vouched},
    seal,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::mirror::FakeMirror;

pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";
pub(crate) const DAY: u64 = 86_400;

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
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

pub(crate) fn signed<T: Document>(document: &T, keys: &[u8]) -> Unverified {
    let mut envelope = seal(document.to_payload().unwrap()).unwrap();
    for number in keys {
        envelope.sign(&key(*number));
    }
    envelope
}

/// Keys 1 to 3 are root's, 11 to 13 stable's, 31 nightly's, 41 dates again.
pub(crate) fn root() -> Root {
    Root::new(
        1,
        (now() - DAY, now() + 900 * DAY),
        role(2, &[1, 2, 3]),
        role(2, &[11, 12, 13]),
        role(2, &[11, 12, 13]),
        role(1, &[31]),
        role(1, &[41]),
    )
}

/// A program that lies in a folder of its own, a data directory, a mirror.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) mirror: FakeMirror,
    pub(crate) options: UpdaterOptions,
    pub(crate) disk: Arc<dyn Programs>,
}

pub(crate) fn version(text: &str) -> Version {
    text.parse().unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        Disk.write_program(&folder.path().join("bin/darkreach"), b"the old program")
            .unwrap();
        let options = UpdaterOptions {
            channel: Channel::Stable,
            pin: None,
            only_tell: false,
            root: signed(&root(), &[1, 2]).to_bytes(),
            running: version("1.0.0"),
            target: TARGET.to_owned(),
            pace: Pace {
                grace: Duration::from_secs(60),
                least: 1024,
            },
        };
        Self {
            folder,
            mirror: FakeMirror::start(),
            options,
            disk: Arc::new(Disk),
        }
    }

    pub(crate) fn exe(&self) -> PathBuf {
        self.folder.path().join("bin/darkreach")
    }

    pub(crate) fn updater(&self) -> Updater {
        self.open().unwrap()
    }

    /// The same on a disk that may fail.
    pub(crate) fn open(&self) -> Result<Updater, UpdateFailure> {
        let disk: Arc<dyn Files> = Arc::clone(&self.disk) as _;
        let data = DataDir::open(&self.folder.path().join("data"), disk)?;
        let url = ServerUrl::parse(&self.mirror.url, false).unwrap();
        let mirror = Mirror::new(&url, "", &Options::default())?;
        let program = Program::at(self.exe());
        let (options, disk) = (self.options.clone(), Arc::clone(&self.disk));
        Updater::open(&data, mirror, program, options, disk)
    }

    /// A release of these bytes, as stable would offer it.
    pub(crate) fn release(&self, sequence: u64, text: &str, program: &[u8]) -> Release {
        let artifact = Artifact {
            kind: ArtifactKind::Worker,
            target: TARGET.to_owned(),
            path: format!("{text}/darkreach"),
            size: program.len() as u64,
            sha256: Sha256::digest(program).into(),
            blake3: *blake3::hash(program).as_bytes(),
        };
        let mut release = Release::new(Channel::Stable, version(text), vec![artifact]);
        release.sequence = sequence;
        (release.issued, release.expires) = (now() - 60, now() + 30 * DAY);
        release
    }

    /// Publishes it as it is, with its file.
    pub(crate) fn publish(&self, release: &Release, program: &[u8]) {
        let document = signed(release, &[11, 12]);
        self.offer(&document, release);
        let path = format!("files/{}", release.artifacts[0].path);
        self.mirror.put(&path, program.to_vec());
    }

    /// Offers a document, freshly vouched for.
    pub(crate) fn offer(&self, document: &Unverified, release: &Release) {
        let word = self.vouch(document, release);
        self.mirror.put("channel/stable", document.to_bytes());
        self.mirror
            .put("freshness", signed(&word, &[41]).to_bytes());
    }

    pub(crate) fn vouch(&self, document: &Unverified, release: &Release) -> Freshness {
        let vouched = Vouched {
            channel: Channel::Stable,
            epoch: release.epoch,
            sequence: release.sequence,
            sha256: Sha256::digest(document.payload()).into(),
        };
        Freshness::new((now() - 60, now() + DAY), 1, vec![vouched])
    }
}
