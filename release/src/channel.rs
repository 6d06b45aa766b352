//! Channel documents: what is offered to whom. Each command makes a document that must be signed and
//! published; none of them changes anything by itself.

use std::path::{Path, PathBuf};

use clap::Args;
use darkreach_update::{
    Channel, Trust, Unverified, Verified, Version,
    document::{Document, Release, RoleName},
    seal,
};

use crate::{
    error::ReleaseError,
    files::{self, DAY, now},
    show, sums,
};

/// For how many days a document of the channel is good at most.
fn lifetime(channel: Channel) -> u64 {
    match channel {
        Channel::Nightly => 14,
        Channel::Stable | Channel::Beta => 180,
    }
}

/// What every new channel document needs.
#[derive(Debug, Args)]
struct Common {
    /// The signed root document in force
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// The newest signed document of the channel; without it this is the channel's first one
    #[arg(long, value_name = "FILE", conflicts_with = "sequence")]
    after: Option<PathBuf>,
    /// The document's number, where the one before is not at hand; `status` tells the newest
    #[arg(long, value_name = "NUMBER")]
    sequence: Option<u64>,
    /// The file for the document; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// For how many days it is good at most [default: 14 for nightly, 180 for the others]
    #[arg(long)]
    days: Option<u64>,
}

impl Common {
    fn trust(&self) -> Result<Trust, ReleaseError> {
        let root = files::document(&self.root)?;
        Trust::pinned(&root.to_bytes()).map_err(ReleaseError::document(&self.root))
    }

    /// Numbers, dates and writes it.
    fn write(&self, trust: &Trust, mut release: Release) -> Result<(), ReleaseError> {
        let channel = release.channel;
        let role = trust.root().role(RoleName::Channel(channel));
        release.epoch = role.epoch;
        release.sequence = match &self.after {
            Some(path) => {
                let before: Release = read(path)?;
                if before.channel != channel {
                    return Err(ReleaseError::other(format!(
                        "{} is a document of {}, not of {channel}",
                        path.display(),
                        before.channel
                    )));
                }
                // A raised epoch begins again.
                if before.epoch == role.epoch {
                    before.sequence + 1
                } else {
                    1
                }
            }
            None => self.sequence.unwrap_or(1),
        };
        release.issued = now();
        release.expires = release.issued + self.days.unwrap_or(lifetime(channel)) * DAY;
        let sealed = seal(release.to_payload()?)?;
        files::write_new(&self.out, &sealed.to_bytes(), 0o644)?;
        println!("{}", show::release(&release));
        let need = role.threshold;
        eprintln!(
            "{} must now be signed by {need} keys of {channel}",
            self.out.display()
        );
        Ok(())
    }
}

/// A channel document whose signatures do not matter here: only its number is looked at.
fn read(path: &Path) -> Result<Release, ReleaseError> {
    let document = files::document(path)?;
    serde_json::from_slice(document.payload())
        .map_err(|e| ReleaseError::other(format!("{}: {e}", path.display())))
}

/// A channel document that its channel's keys signed.
fn verified(trust: &Trust, path: &Path) -> Result<(Unverified, Verified<Release>), ReleaseError> {
    let channel = read(path)?.channel;
    let document = files::document(path)?;
    let release = trust.verify_release(channel, &document);
    Ok((document, release.map_err(ReleaseError::document(path))?))
}

/// Arguments of `draft`.
#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// The channel
    channel: Channel,
    /// The version
    version: Version,
    /// The folder with the files
    files: PathBuf,
    #[command(flatten)]
    common: Common,
    /// To how many percent of the nodes it goes at first
    #[arg(long, default_value_t = 100)]
    percent: u8,
    /// Nodes below this version take it without waiting for their turn
    #[arg(long, default_value = "0.0.0")]
    minimum: Version,
    /// What is new, as a text file
    #[arg(long, value_name = "FILE")]
    notes: Option<PathBuf>,
}

impl Draft {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let trust = self.common.trust()?;
        let version = self.version.to_string();
        let names = files::names(&self.files)?;
        let sums = names.iter().map(|name| {
            let sums = sums::of(&self.files.join(name))?;
            Ok((name.clone(), sums))
        });
        let sums = sums.collect::<Result<_, ReleaseError>>()?;
        sums::check(&sums, |name| std::fs::read(self.files.join(name)).ok())?;
        let artifacts = names
            .iter()
            .map(|name| files::artifact(&self.files, &version, name));
        let artifacts = artifacts.collect::<Result<Vec<_>, _>>()?;
        let mut release = Release::new(self.channel, self.version.clone(), artifacts);
        release.rollout = self.percent;
        release.minimum_version = self.minimum.clone();
        if let Some(path) = &self.notes {
            release.notes =
                std::fs::read_to_string(path).map_err(ReleaseError::io("read", path))?;
        }
        self.common.write(&trust, release)
    }
}

/// Arguments of `promote`.
#[derive(Debug, Args)]
pub(crate) struct Promote {
    /// The channel that gets the release
    to: Channel,
    /// The signed document of the channel that has it
    from: PathBuf,
    #[command(flatten)]
    common: Common,
    /// To how many percent of the nodes it goes at first
    #[arg(long, default_value_t = 10)]
    percent: u8,
}

impl Promote {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let trust = self.common.trust()?;
        let (_, from) = verified(&trust, &self.from)?;
        // Nightly to beta to stable: each step was looked at in the one before.
        let allowed = matches!(
            (from.channel, self.to),
            (Channel::Nightly, Channel::Beta) | (Channel::Beta, Channel::Stable)
        );
        if !allowed {
            return Err(ReleaseError::other(format!(
                "a release goes from nightly to beta and from beta to stable, not from {} to {}",
                from.channel, self.to
            )));
        }
        let mut release: Release = (*from).clone();
        release.channel = self.to;
        release.rollout = self.percent;
        release.downgrade = false;
        self.common.write(&trust, release)
    }
}

/// Arguments of `rollout`.
#[derive(Debug, Args)]
pub(crate) struct Rollout {
    /// To how many percent of the nodes it goes
    percent: u8,
    /// The signed document that offers the release: the channel's newest
    from: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Rollout {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let trust = self.common.trust()?;
        let (_, from) = verified(&trust, &self.from)?;
        let mut release: Release = (*from).clone();
        release.rollout = self.percent;
        self.common.write(&trust, release)
    }
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The signed document of the channel that offered the older release
    to: PathBuf,
    #[command(flatten)]
    common: Common,
}

impl Rollback {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let trust = self.common.trust()?;
        if self.common.after.is_none() && self.common.sequence.is_none() {
            return Err(ReleaseError::other(
                "name the channel's newest document with --after: a rollback follows it",
            ));
        }
        let (_, to) = verified(&trust, &self.to)?;
        let mut release: Release = (*to).clone();
        release.rollout = 100;
        release.downgrade = true;
        self.common.write(&trust, release)
    }
}
