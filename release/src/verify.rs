//! Checking a published release, by anybody: nothing but the root document has to be believed.

use std::{io::Read, path::PathBuf, time::Duration};

use clap::Args;
use darkreach_protocol::paths;
use darkreach_update::{
    Channel, MAX_DOCUMENT_BYTES, MAX_ROTATIONS, Trust, Unverified, document::ArtifactKind,
};
use reqwest::blocking::{Client, Response};

use crate::{
    error::ReleaseError,
    files::{self, now},
    show,
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
    /// A folder with files of an own build, to be compared with those of the release
    #[arg(long, value_name = "DIR")]
    compare: Option<PathBuf>,
}

impl Verify {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let client = Client::builder().timeout(Duration::from_secs(3600)).build();
        let base = self.server.trim_end_matches('/').to_owned();
        let client = client.map_err(|source| ReleaseError::Http {
            url: base.clone(),
            source,
        })?;
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
        let mut materials = 0;
        for artifact in &release.artifacts {
            let response = fetch(&paths::release_file(&artifact.path))?;
            let mut response = response.ok_or_else(|| missing(&artifact.path))?;
            let mut check = artifact.verifier();
            let mut piece = vec![0; 64 * 1024];
            loop {
                let read = response.read(&mut piece);
                let read =
                    read.map_err(|e| ReleaseError::other(format!("{}: {e}", artifact.path)))?;
                if read == 0 {
                    break;
                }
                check.update(&release.version, &piece[..read])?;
            }
            check.finish(&release.version)?;
            materials += usize::from(artifact.kind == ArtifactKind::Materials);
            println!("right: {}", artifact.path);
            if let Some(folder) = &self.compare {
                let name = artifact.path.rsplit('/').next().unwrap_or_default();
                let path = folder.join(name);
                if artifact.kind != ArtifactKind::Package && path.exists() {
                    let bytes = std::fs::read(&path).map_err(ReleaseError::io("read", &path))?;
                    let mut own = artifact.verifier();
                    own.update(&release.version, &bytes)
                        .and_then(|()| own.finish(&release.version))
                        .map_err(ReleaseError::document(&path))?;
                    println!("the same as {}", path.display());
                }
            }
        }
        if materials == 0 {
            return Err(missing("bill of materials for this release"));
        }
        println!("everything is as it was signed");
        Ok(())
    }
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
