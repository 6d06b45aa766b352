//! A small world: keys from fixed seeds, a root, documents that are right until a test spoils them.

use darkreach_update::{
    Channel, SecretKey, Trust, Unverified, Version,
    document::{
        Artifact, ArtifactKind, Document, Freshness, Release, Role, RoleName, Root, Vouched,
    },
    seal,
};
use sha2::{Digest, Sha256};

/// The time of the tests: 2026-11-01.
pub(crate) const NOW: u64 = 1_793_491_200;
pub(crate) const DAY: u64 = 86_400;
pub(crate) const YEAR: u64 = 365 * DAY;
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A key by its number.
pub(crate) fn key(number: u8) -> SecretKey {
    SecretKey::from_seed(&[number; 32])
}

/// A role of keys.
pub(crate) fn role(threshold: u8, keys: &[u8]) -> Role {
    Role {
        threshold,
        epoch: 1,
        keys: keys.iter().map(|n| key(*n).public()).collect(),
    }
}

/// Keys 1 to 3 are root's, 11 to 13 stable's, 21 to 23 beta's, 31 nightly's, 41 dates again.
pub(crate) fn root() -> Root {
    Root::new(
        1,
        (NOW - YEAR, NOW + YEAR),
        role(2, &[1, 2, 3]),
        role(2, &[11, 12, 13]),
        role(2, &[21, 22, 23]),
        role(1, &[31]),
        role(1, &[41]),
    )
}

/// A document signed by these keys.
pub(crate) fn signed<T: Document>(document: &T, keys: &[u8]) -> Unverified {
    payload_signed(document.to_payload().unwrap(), keys)
}

/// Any bytes signed by these keys.
pub(crate) fn payload_signed(payload: Vec<u8>, keys: &[u8]) -> Unverified {
    let mut envelope = seal(payload).unwrap();
    for number in keys {
        envelope.sign(&key(*number));
    }
    envelope
}

/// A worker's file.
pub(crate) fn artifact(content: &[u8]) -> Artifact {
    Artifact {
        kind: ArtifactKind::Worker,
        target: TARGET.to_owned(),
        path: "1.1.0/darkreach-x86_64-unknown-linux-gnu".to_owned(),
        size: content.len() as u64,
        sha256: Sha256::digest(content).into(),
        blake3: *blake3::hash(content).as_bytes(),
    }
}

/// Stable offers 1.1.0 under a sequence number.
pub(crate) fn release(sequence: u64) -> Release {
    let mut release = Release::new(
        Channel::Stable,
        Version::new(1, 1, 0),
        vec![artifact(b"the new program")],
    );
    release.sequence = sequence;
    release.issued = NOW - DAY;
    release.expires = NOW + 30 * DAY;
    release.minimum_version = Version::new(1, 0, 0);
    release
}

/// The word that this document is the newest.
pub(crate) fn freshness(release: &Release, document: &Unverified) -> Freshness {
    let vouched = Vouched {
        channel: release.channel,
        epoch: release.epoch,
        sequence: release.sequence,
        sha256: Sha256::digest(document.payload()).into(),
    };
    Freshness::new((NOW - 3600, NOW + 3 * DAY), 1, vec![vouched])
}

/// Trust in the first root.
pub(crate) fn trust() -> Trust {
    Trust::pinned(&signed(&root(), &[1, 2]).to_bytes()).unwrap()
}

/// A release, signed by the right keys, and its freshness.
pub(crate) fn offer(release: &Release) -> (Unverified, Unverified) {
    let document = signed(release, &[11, 13]);
    let fresh = signed(&freshness(release, &document), &[41]);
    (document, fresh)
}

/// What happens to a release at a time.
pub(crate) fn accept_at(
    trust: &mut Trust,
    release: &Release,
    now: u64,
) -> Result<darkreach_update::Accepted, darkreach_update::UpdateError> {
    let (document, fresh) = offer(release);
    trust.accept(Channel::Stable, &document, &fresh, now)
}

/// The next version of a root.
pub(crate) fn next(root: &Root) -> Root {
    let mut next = root.clone();
    next.version += 1;
    next
}

pub(crate) const STABLE: RoleName = RoleName::Channel(Channel::Stable);
