//! Checking a published release, by anybody: nothing but the root document has to be believed.

use std::{collections::BTreeMap, io::Read, path::PathBuf};

use clap::Args;
use darkreach_protocol::paths;
use darkreach_update::{
    Channel, MAX_DOCUMENT_BYTES, MAX_ROTATIONS, Trust, Unverified, Version,
    document::{Artifact, ArtifactKind},
};
use reqwest::blocking::{Client, Response};

use crate::{
    error::ReleaseError,
    files::{self, now},
    server, show,
    sums::{self, Sums},
};

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The channel
    channel: Channel,
    /// A root document that is believed, of any version so far
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// The server
    #[arg(long, env = "DARKREACH_SERVER", value_name = "URL")]
    server: String,
    /// A folder with an own build, whose programs must be those of the release
    #[arg(long, value_name = "DIR")]
    compare: Option<PathBuf>,
}

impl Verify {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let client = server::client(&self.server)?;
        let base = self.server.trim_end_matches('/');
        let fetch = |path: &str| get(&client, &format!("{base}{path}"));
        let root = files::document(&self.root)?;
        let mut trust =
            Trust::pinned(&root.to_bytes()).map_err(ReleaseError::document(&self.root))?;
        for _ in 0..MAX_ROTATIONS {
            let next = paths::release_root(trust.root().version + 1);
            let Some(response) = fetch(&next)? else { break };
            trust.rotate(&Unverified::parse(&document(response)?)?)?;
        }
        println!("{}", show::root(trust.root()));
        let missing = |what: &str| ReleaseError::other(format!("the server has no {what}"));
        let path = paths::release_channel(self.channel.name());
        let channel = fetch(&path)?.ok_or_else(|| missing("release on this channel"))?;
        let channel = Unverified::parse(&document(channel)?)?;
        let fresh = fetch(paths::RELEASE_FRESHNESS)?;
        let fresh = fresh.ok_or_else(|| missing("word that it is fresh"))?;
        let fresh = Unverified::parse(&document(fresh)?)?;
        let release = trust.accept(self.channel, &channel, &fresh, now())?.release;
        println!("{}", show::release(&release));
        let mut sums = BTreeMap::new();
        let mut small = BTreeMap::new();
        let mut compared = 0;
        for artifact in &release.artifacts {
            let name = artifact.path.rsplit('/').next().unwrap_or_default();
            let response = fetch(&paths::release_file(&artifact.path))?;
            let response = response.ok_or_else(|| missing(&artifact.path))?;
            let kept = receive(response, artifact, &release.version)?;
            println!("right: {}", artifact.path);
            if let Some(bytes) = kept {
                small.insert(name, bytes);
            }
            let own = Sums {
                sha256: sums::hex(&artifact.sha256),
                blake3: sums::hex(&artifact.blake3),
            };
            sums.insert(name.to_owned(), own);
            let built = self.compare.as_ref().map(|folder| folder.join(name));
            if let Some(path) = built.filter(|path| path.exists() && is_built(artifact)) {
                let bytes = std::fs::read(&path).map_err(ReleaseError::io("read", &path))?;
                let mut own = artifact.verifier();
                own.update(&release.version, &bytes)
                    .and_then(|()| own.finish(&release.version))
                    .map_err(ReleaseError::document(&path))?;
                println!("the same as {}", path.display());
                compared += 1;
            }
        }
        sums::check(&sums, |name| small.get(name).cloned())?;
        if let Some(folder) = self.compare.as_ref().filter(|_| compared == 0) {
            return Err(ReleaseError::other(format!(
                "{} has no file of this release to compare",
                folder.display()
            )));
        }
        println!("bills of materials and checksums fit the files");
        println!("everything is as it was signed");
        Ok(())
    }
}

/// Whether a file comes out of `build`, byte for byte.
fn is_built(artifact: &Artifact) -> bool {
    matches!(artifact.kind, ArtifactKind::Worker | ArtifactKind::Server)
}

/// Bills and checksums are kept for looking into; they are never larger.
const SMALL: u64 = 4 << 20;

/// Takes a file in and checks that it is the one signed; its content, if it is to be looked into.
fn receive(
    mut response: Response,
    artifact: &Artifact,
    version: &Version,
) -> Result<Option<Vec<u8>>, ReleaseError> {
    let mut check = artifact.verifier();
    let keep = !is_built(artifact) && artifact.size <= SMALL;
    let (mut kept, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = response.read(&mut piece);
        let read = read.map_err(|e| ReleaseError::other(format!("{}: {e}", artifact.path)))?;
        if read == 0 {
            break;
        }
        check.update(version, &piece[..read])?;
        if keep {
            kept.extend_from_slice(&piece[..read]);
        }
    }
    check.finish(version)?;
    Ok(keep.then_some(kept))
}

/// An answer with content; `None` for none.
fn get(client: &Client, url: &str) -> Result<Option<Response>, ReleaseError> {
    let request = client.get(url).header("accept-encoding", "identity");
    let response = request.send().map_err(|source| ReleaseError::Http {
        url: url.to_owned(),
        source,
    })?;
    match response.status().as_u16() {
        200 => Ok(Some(response)),
        204 | 404 => Ok(None),
        status => Err(ReleaseError::other(format!("{url}: status {status}"))),
    }
}

fn document(response: Response) -> Result<Vec<u8>, ReleaseError> {
    let mut bytes = Vec::new();
    response
        .take(MAX_DOCUMENT_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| ReleaseError::other(format!("a document broke off: {e}")))?;
    Ok(bytes)
}
