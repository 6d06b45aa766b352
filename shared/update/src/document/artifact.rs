//! One file of a release, and the check that received bytes are that file.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{UpdateError, Version, text::hex_digest};

/// The largest artifact in bytes.
pub const MAX_ARTIFACT_BYTES: u64 = 1 << 30;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// The worker's executable itself: what an update installs. It is no archive, so nothing is
    /// ever unpacked by a program that updates itself.
    Worker,
    /// The server's executable.
    Server,
    /// A package or archive, for people and package managers.
    Package,
    /// A bill of materials.
    Materials,
}

impl ArtifactKind {
    /// Whether it is an executable, of which a release has one for each target.
    pub(crate) fn is_program(self) -> bool {
        matches!(self, Self::Worker | Self::Server)
    }
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// What it is.
    pub kind: ArtifactKind,
    /// For which platform: a Rust target triple, or `any`.
    pub target: String,
    /// Where, relative to any mirror: names of letters, digits, `.`, `-`, `_` and `+`, with `/`
    /// between them.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256.
    #[serde(with = "hex_digest")]
    pub sha256: [u8; 32],
    /// BLAKE3: a second hash of another construction, so that one broken hash is not enough.
    #[serde(with = "hex_digest")]
    pub blake3: [u8; 32],
}

impl Artifact {
    pub(super) fn check(&self) -> Result<(), String> {
        check_path(&self.path)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if self.target.is_empty() || self.target.len() > 64 || !self.target.chars().all(plain) {
            return Err(format!("the target {:?} is no target triple", self.target));
        }
        if self.size == 0 || self.size > MAX_ARTIFACT_BYTES {
            return Err(format!("{} has {} bytes", self.path, self.size));
        }
        Ok(())
    }

    /// Begins to check received bytes.
    pub fn verifier(&self) -> ArtifactCheck {
        ArtifactCheck {
            artifact: self.clone(),
            received: 0,
            sha256: Sha256::new(),
            blake3: blake3::Hasher::new(),
        }
    }
}

/// Whether a path is one that an artifact can have: it stays below the mirror's address and below a
/// folder.
pub fn is_plain_path(path: &str) -> bool {
    check_path(path).is_ok()
}

/// That a path stays below the mirror's address and below a folder.
fn check_path(path: &str) -> Result<(), String> {
    let name = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(plain)
    };
    if path.len() <= 200 && path.split('/').all(name) {
        return Ok(());
    }
    let shown: String = path.chars().take(80).collect();
    Err(format!("{shown:?} is no plain relative path"))
}

/// Bytes on their way in: counted and hashed as they come, refused as soon as there are too many.
#[derive(Clone, Debug)]
pub struct ArtifactCheck {
    artifact: Artifact,
    received: u64,
    sha256: Sha256,
    blake3: blake3::Hasher,
}

impl ArtifactCheck {
    /// The next bytes.
    ///
    /// # Errors
    /// [`UpdateError::Artifact`] when there are more than signed; they must not be stored then.
    pub fn update(&mut self, version: &Version, bytes: &[u8]) -> Result<(), UpdateError> {
        self.received = self.received.saturating_add(bytes.len() as u64);
        if self.received > self.artifact.size {
            return Err(refuse(version, "it is longer"));
        }
        self.sha256.update(bytes);
        self.blake3.update(bytes);
        Ok(())
    }

    /// How many bytes came.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// That they are the whole file.
    ///
    /// # Errors
    /// [`UpdateError::Artifact`].
    pub fn finish(self, version: &Version) -> Result<(), UpdateError> {
        if self.received != self.artifact.size {
            return Err(refuse(version, "it is shorter"));
        }
        if <[u8; 32]>::from(self.sha256.finalize()) != self.artifact.sha256 {
            return Err(refuse(version, "its SHA-256 is another"));
        }
        if *self.blake3.finalize().as_bytes() != self.artifact.blake3 {
            return Err(refuse(version, "its BLAKE3 is another"));
        }
        Ok(())
    }
}

fn refuse(version: &Version, reason: &'static str) -> UpdateError {
    UpdateError::Artifact {
        version: version.clone(),
        reason,
    }
}
