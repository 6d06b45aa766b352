//! What the server is told, and what it says. Whatever others would see is only shown without
//! `--yes`.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use darkreach_protocol::{
    paths,
    problem::{Problem, ProblemKind},
    release::{HoldRequest, ReleaseStatus},
};
use darkreach_update::{
    Channel, Trust,
    document::{Release, Root},
};
use reqwest::blocking::{Client, RequestBuilder, Response};

use crate::{error::ReleaseError, files, show};

/// A whole upload, over a slow line.
const UPLOAD: Duration = Duration::from_secs(3600);

/// The server, and the right to do something there.
#[derive(Args)]
pub(crate) struct Server {
    /// The server
    #[arg(long, env = "DARKREACH_SERVER", value_name = "URL")]
    server: String,
    /// The file with the token for releases
    #[arg(long, env = "DARKREACH_RELEASE_TOKEN_FILE", value_name = "FILE")]
    token_file: PathBuf,
    /// Do it, instead of only showing it
    #[arg(long)]
    yes: bool,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({})", self.server)
    }
}

impl Server {
    pub(crate) fn client(&self) -> Result<Connection, ReleaseError> {
        if !self.server.starts_with("https://") && !is_loopback(&self.server) {
            return Err(ReleaseError::other(
                "the token would be readable on the way: use https://",
            ));
        }
        let token = std::fs::read_to_string(&self.token_file)
            .map_err(ReleaseError::io("read", &self.token_file))?;
        let client = client(&self.server)?;
        let token = token.trim();
        if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
            return Err(ReleaseError::other(format!(
                "{} does not hold one token, and nothing else",
                self.token_file.display()
            )));
        }
        Ok(Connection {
            base: self.server.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            client,
        })
    }
}

/// Whether an address is this machine's own: by its host, not by how it begins.
fn is_loopback(server: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(server) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|a| a.is_loopback())
}

/// A client for a server; one on this machine is never asked through a proxy.
pub(crate) fn client(server: &str) -> Result<Client, ReleaseError> {
    let client = Client::builder().timeout(UPLOAD);
    let client = if is_loopback(server) {
        client.no_proxy()
    } else {
        client
    };
    client.build().map_err(|source| ReleaseError::Http {
        url: server.to_owned(),
        source,
    })
}

pub(crate) struct Connection {
    base: String,
    token: String,
    client: Client,
}

impl Connection {
    fn send(&self, request: RequestBuilder) -> Result<Response, ReleaseError> {
        let response = request.bearer_auth(&self.token).send();
        let response = response.map_err(|source| ReleaseError::Http {
            url: self.base.clone(),
            source,
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let problem = response.json::<Problem>();
        Err(ReleaseError::Problem(problem.unwrap_or_else(|_| {
            Problem::new(ProblemKind::Other, format!("status {status}"))
        })))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) fn status(&self) -> Result<ReleaseStatus, ReleaseError> {
        let url = self.url(paths::RELEASE_STATUS);
        let response = self.send(self.client.get(&url))?;
        response
            .json()
            .map_err(|source| ReleaseError::Http { url, source })
    }
}

/// Arguments of `publish`.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// The signed document: of a channel, or a root
    document: PathBuf,
    /// The folder with the files that it names; without it they must be there already
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// The signed root document in force, by which a channel document is checked first
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    #[command(flatten)]
    server: Server,
}

impl Publish {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let document = files::document(&self.document)?;
        let root = files::document(&self.root)?;
        let mut trust =
            Trust::pinned(&root.to_bytes()).map_err(ReleaseError::document(&self.root))?;
        let wrong = || ReleaseError::document(&self.document);
        let connection = self.server.client()?;
        if serde_json::from_slice::<Root>(document.payload()).is_ok() {
            if document != root {
                trust.rotate(&document).map_err(wrong())?;
            }
            println!("{}", show::root(trust.root()));
            if !self.meant() {
                return Ok(());
            }
            let url = connection.url(&paths::release_root(0));
            connection.send(connection.client.post(url).body(document.to_bytes()))?;
            return told("the root document is uploaded");
        }
        let claimed: Release = serde_json::from_slice(document.payload())
            .map_err(|e| ReleaseError::other(format!("{}: {e}", self.document.display())))?;
        let release = trust
            .verify_release(claimed.channel, &document)
            .map_err(wrong())?;
        println!("{}", show::release(&release));
        println!("{}", effect(&connection.status()?, &release));
        if let Some(folder) = &self.files {
            for artifact in &release.artifacts {
                check(folder, artifact, &release)?;
            }
        }
        if !self.meant() {
            return Ok(());
        }
        if let Some(folder) = &self.files {
            for artifact in &release.artifacts {
                let url = connection.url(&paths::release_file(&artifact.path));
                let path = folder.join(name_of(&artifact.path));
                let file = std::fs::File::open(&path).map_err(ReleaseError::io("read", &path))?;
                match connection.send(connection.client.put(url).body(file)) {
                    Ok(_) => eprintln!("uploaded {}", artifact.path),
                    // A promotion names files that are there; nodes check them by their hashes.
                    Err(ReleaseError::Problem(p)) if p.kind == ProblemKind::ResultConflict => {
                        eprintln!("{} is there already", artifact.path);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        let url = connection.url(&paths::release_channel(release.channel.name()));
        connection.send(connection.client.post(url).body(document.to_bytes()))?;
        told("the channel document is uploaded; nodes follow it at their next check")
    }

    fn meant(&self) -> bool {
        meant(self.server.yes)
    }
}

fn meant(yes: bool) -> bool {
    if !yes {
        println!("nothing was changed; with --yes it is done");
    }
    yes
}

fn told(words: &str) -> Result<(), ReleaseError> {
    println!("{words}");
    Ok(())
}

/// A file's name in the folder it comes from.
fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// That a file of a folder is the one that was signed.
fn check(
    folder: &Path,
    artifact: &darkreach_update::document::Artifact,
    release: &Release,
) -> Result<(), ReleaseError> {
    let path = folder.join(name_of(&artifact.path));
    let bytes = std::fs::read(&path).map_err(ReleaseError::io("read", &path))?;
    let mut check = artifact.verifier();
    check
        .update(&release.version, &bytes)
        .and_then(|()| check.finish(&release.version))
        .map_err(ReleaseError::document(&path))
}

/// How many nodes a document concerns.
fn effect(status: &ReleaseStatus, release: &Release) -> String {
    let channel = release.channel.name();
    let version = release.version.to_string();
    let nodes = status.adoption.iter().filter(|a| a.channel == channel);
    let (mut all, mut have) = (0, 0);
    for row in nodes {
        all += row.nodes;
        if row.version == version {
            have += row.nodes;
        }
    }
    let now = status.channels.iter().find(|c| c.channel == channel);
    let now = now.map_or("nothing".to_owned(), |c| {
        let held = if c.held.is_some() { ", held" } else { "" };
        format!("{} to {} %{held}", c.version, c.rollout_percent)
    });
    format!(
        "{channel} offers {now} now and has {all} nodes; {have} run {version} already, about {} \
         would take it",
        (all - have) * u64::from(release.rollout) / 100
    )
}

/// Arguments of `halt`.
#[derive(Debug, Args)]
pub(crate) struct Halt {
    /// The channel
    channel: Channel,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: Server,
}

impl Halt {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let connection = self.server.client()?;
        let status = connection.status()?;
        let channel = self.channel.name();
        let Some(now) = status.channels.iter().find(|c| c.channel == channel) else {
            return Err(ReleaseError::other(format!("{channel} offers nothing")));
        };
        println!(
            "{channel} would give version {} to nobody any more; those who have it keep it. Only a \
             newer signed document ends this.",
            now.version
        );
        if !meant(self.server.yes) {
            return Ok(());
        }
        let url = connection.url(&paths::release_hold(channel));
        let request = HoldRequest {
            reason: self.reason.clone(),
        };
        connection.send(connection.client.post(url).json(&request))?;
        told("held")
    }
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_this_machine() {
        for (url, expected) in [
            ("http://127.0.0.1:7770", true),
            ("http://[::1]:7770/", true),
            ("http://localhost", true),
            ("http://localhost.example.org", false),
            ("http://127.example.org", false),
            ("http://example.org/127.0.0.1", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_loopback(url), expected, "{url}");
        }
    }
}
