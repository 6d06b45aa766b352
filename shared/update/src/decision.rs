//! What one host does with a release that it believes.

use crate::{
    Seed, Verified, Version, bucket,
    document::{Artifact, ArtifactKind, Release},
};

/// The host that decides.
#[derive(Clone, Copy, Debug)]
pub struct Installed<'a> {
    /// What runs.
    pub version: &'a Version,
    /// The platform: a Rust target triple.
    pub target: &'a str,
    /// The host's own.
    pub seed: &'a Seed,
    /// Versions that did not work here.
    pub bad: &'a [Version],
    /// The one version to stay at, if its owner said so.
    pub pin: Option<&'a Version>,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// It runs already.
    Current,
    /// The release is older than what runs, and nobody ordered a step back.
    Ahead,
    /// It is not this host's turn yet.
    NotYet {
        /// So far it goes to this many percent.
        percent: u8,
    },
    /// It did not work here before.
    KnownBad,
    /// The owner wants another version.
    Pinned,
    /// There is none for this platform.
    NoArtifact,
    /// Install it.
    Install {
        /// What to fetch.
        artifact: &'a Artifact,
        /// It is an ordered step back.
        downgrade: bool,
    },
}

impl Verified<Release> {
    /// What a host does with this release.
    pub fn decide(&self, host: &Installed<'_>) -> Decision<'_> {
        let release: &Release = self;
        if release.version == *host.version {
            return Decision::Current;
        }
        let downgrade = release.version < *host.version;
        if downgrade && !release.downgrade {
            return Decision::Ahead;
        }
        if host.bad.contains(&release.version) {
            return Decision::KnownBad;
        }
        if host.pin.is_some_and(|pin| *pin != release.version) {
            return Decision::Pinned;
        }
        // Below the minimum a version must not stay in use: then nobody waits for his turn.
        let must = *host.version < release.minimum_version;
        let bucket = bucket(host.seed, release.channel, &release.version);
        if !must && bucket >= release.rollout {
            return Decision::NotYet {
                percent: release.rollout,
            };
        }
        let artifact = release
            .artifacts
            .iter()
            .find(|a| a.target == host.target && a.kind == ArtifactKind::Worker);
        match artifact {
            Some(artifact) => Decision::Install {
                artifact,
                downgrade,
            },
            None => Decision::NoArtifact,
        }
    }
}
