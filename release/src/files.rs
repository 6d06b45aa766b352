//! Reading and writing documents, keys and artifacts.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use darkreach_update::{
    MAX_DOCUMENT_BYTES, SecretKey, Unverified,
    document::{Artifact, ArtifactKind},
};
use sha2::{Digest, Sha256};

use crate::error::ReleaseError;

/// Seconds of a day.
pub(crate) const DAY: u64 = 86_400;

/// The time now, in seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs())
}

/// A document, whoever signed it.
pub(crate) fn document(path: &Path) -> Result<Unverified, ReleaseError> {
    let length = fs::metadata(path)
        .map_err(ReleaseError::io("read", path))?
        .len();
    if length > MAX_DOCUMENT_BYTES as u64 {
        return Err(ReleaseError::other(format!(
            "{} is larger than any document",
            path.display()
        )));
    }
    let bytes = fs::read(path).map_err(ReleaseError::io("read", path))?;
    Unverified::parse(&bytes).map_err(ReleaseError::document(path))
}

/// Writes a file that is not there yet; one that is there is somebody's work.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), ReleaseError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut file = options
        .open(path)
        .map_err(ReleaseError::io("create", path))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(ReleaseError::io("write", path))
}

/// Replaces a file, whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ReleaseError> {
    let mut half = path.as_os_str().to_owned();
    half.push(".tmp");
    let half = Path::new(&half);
    fs::write(half, bytes).map_err(ReleaseError::io("write", half))?;
    fs::rename(half, path).map_err(ReleaseError::io("write", path))
}

/// The names of a folder's files, in order.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, ReleaseError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(ReleaseError::io("read", folder))? {
        let entry = entry.map_err(ReleaseError::io("read", folder))?;
        let name = entry.file_name().into_string();
        names.push(name.map_err(|name| {
            ReleaseError::other(format!("{name:?} is no name for a file of a release"))
        })?);
    }
    names.sort();
    Ok(names)
}

/// A secret key, if nobody else can read it.
pub(crate) fn secret(path: &Path) -> Result<SecretKey, ReleaseError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let meta = fs::metadata(path).map_err(ReleaseError::io("read", path))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(ReleaseError::other(format!(
                "{} can be read by others than its owner; run chmod 600 on it, and think about \
                 whether the key is still secret",
                path.display()
            )));
        }
    }
    let text = fs::read_to_string(path).map_err(ReleaseError::io("read", path))?;
    SecretKey::parse_file(&text).map_err(ReleaseError::document(path))
}

/// A file as an artifact. Its name says what it is: `darkreach-TARGET`, `darkreach-server-TARGET`
/// (with `.exe` on Windows) are programs, `*.cdx.json` bills of materials, anything else packages.
pub(crate) fn artifact(folder: &Path, version: &str, name: &str) -> Result<Artifact, ReleaseError> {
    let path = folder.join(name);
    let bytes = fs::read(&path).map_err(ReleaseError::io("read", &path))?;
    let (kind, target) = kind(name);
    Ok(Artifact {
        kind,
        target: target.to_owned(),
        path: format!("{version}/{name}"),
        size: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).into(),
        blake3: *blake3::hash(&bytes).as_bytes(),
    })
}

/// What a file of this name is, and for which platform.
pub(crate) fn kind(name: &str) -> (ArtifactKind, &str) {
    let bare = name.strip_suffix(".exe").unwrap_or(name);
    let is_target = |t: &str| t.split('-').count() >= 3 && !t.contains('.');
    if let Some(target) = bare
        .strip_prefix("darkreach-server-")
        .filter(|t| is_target(t))
    {
        return (ArtifactKind::Server, target);
    }
    if let Some(target) = bare.strip_prefix("darkreach-").filter(|t| is_target(t)) {
        return (ArtifactKind::Worker, target);
    }
    if name.ends_with(".cdx.json") {
        return (ArtifactKind::Materials, "any");
    }
    (ArtifactKind::Package, "any")
}

#[cfg(test)]
mod tests {
    use super::{ArtifactKind, kind};

    #[test]
    fn names_say_what_a_file_is() {
        for (name, expected) in [
            (
                "darkreach-x86_64-unknown-linux-gnu",
                (ArtifactKind::Worker, "x86_64-unknown-linux-gnu"),
            ),
            (
                "darkreach-x86_64-pc-windows-msvc.exe",
                (ArtifactKind::Worker, "x86_64-pc-windows-msvc"),
            ),
            (
                "darkreach-server-aarch64-unknown-linux-gnu",
                (ArtifactKind::Server, "aarch64-unknown-linux-gnu"),
            ),
            ("darkreach.cdx.json", (ArtifactKind::Materials, "any")),
            ("darkreach_1.0.0_amd64.deb", (ArtifactKind::Package, "any")),
            ("SHA256SUMS", (ArtifactKind::Package, "any")),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}
