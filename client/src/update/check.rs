//! A check: what the channel offers, whether it is believed, whether this computer takes it, and the
//! download.

use std::{path::PathBuf, sync::Arc};

use chrono::Utc;
use darkreach_update::{
    Channel, Decision, Installed, MAX_ROTATIONS, Trust, Unverified, UpdateError, Version,
    document::Artifact,
};

use super::{
    Mirror, Owner, UpdateFailure, book::Shelf, disk::Programs, owner, pace::Pace, program::Program,
};
use crate::state::{StateError, directory::DataDir, files};

/// How to update.
#[derive(Clone, Debug)]
pub struct UpdaterOptions {
    /// The channel to follow.
    pub channel: Channel,
    /// The one version to stay at.
    pub pin: Option<Version>,
    /// Only say what there is.
    pub only_tell: bool,
    /// The root document to begin with.
    pub root: Vec<u8>,
    /// The version that runs.
    pub running: Version,
    /// The platform.
    pub target: String,
    /// How slow a download may be.
    pub pace: Pace,
}

/// Follows a channel for one installed program.
pub struct Updater {
    pub(super) options: UpdaterOptions,
    pub(super) mirror: Mirror,
    pub(super) shelf: Shelf,
    pub(super) program: Program,
    pub(super) disk: Arc<dyn Programs>,
}

/// A downloaded and verified program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its version.
    pub version: Version,
    /// Where it lies.
    pub path: PathBuf,
    /// It is an ordered step back.
    pub downgrade: bool,
    /// What was signed.
    pub(super) artifact: Artifact,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing to do, for this reason.
    Nothing(String),
    /// There is a version that somebody else must install.
    Available {
        /// The version.
        version: Version,
        /// Why this program does not do it.
        reason: String,
    },
    /// A version lies ready.
    Ready(Box<Candidate>),
}

impl Updater {
    /// Prepares; nothing is fetched yet.
    ///
    /// # Errors
    /// [`UpdateFailure`].
    pub fn open(
        data: &DataDir,
        mirror: Mirror,
        program: Program,
        options: UpdaterOptions,
        disk: Arc<dyn Programs>,
    ) -> Result<Self, UpdateFailure> {
        if options.root.is_empty() {
            return Err(UpdateFailure::NoRoot);
        }
        Ok(Self {
            options,
            mirror,
            shelf: Shelf::open(data)?,
            program,
            disk,
        })
    }

    /// The book.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// The program that is kept up to date.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The channel.
    pub fn channel(&self) -> Channel {
        self.options.channel
    }

    /// The version that runs.
    pub fn running(&self) -> &Version {
        &self.options.running
    }

    /// Looks at the channel, and fetches what this computer should run. `force` overrides a deferral,
    /// nothing else.
    ///
    /// # Errors
    /// [`UpdateFailure`]; the program in use is untouched, and what was seen is remembered.
    pub async fn check(&self, force: bool) -> Result<Found, UpdateFailure> {
        let found = self.look(force).await;
        let words = match &found {
            Ok(Found::Nothing(words)) => words.clone(),
            Ok(Found::Available { version, reason }) => format!("{version} is available: {reason}"),
            Ok(Found::Ready(candidate)) => format!("{} is ready", candidate.version),
            Err(error) => error.to_string(),
        };
        let noted = self.shelf.change(|book| {
            book.outcome = Some(words);
            if found.is_ok() {
                book.checked = Some(Utc::now());
            }
        });
        let found = found?;
        noted?;
        Ok(found)
    }

    async fn look(&self, force: bool) -> Result<Found, UpdateFailure> {
        let book = self.shelf.read()?;
        let mut trust = match &book.trust {
            Some(state) => Trust::restore(&self.options.root, state)?,
            None => Trust::pinned(&self.options.root)?,
        };
        self.rotate(&mut trust).await?;
        let nothing = |words: &str| Ok(Found::Nothing(words.to_owned()));
        let channel = self.options.channel;
        let path = format!("channel/{channel}");
        let Some(document) = self.mirror.document(&path).await? else {
            self.shelf.tidy(None)?;
            return nothing("the channel offers nothing now");
        };
        let Some(freshness) = self.mirror.document("freshness").await? else {
            return nothing("nobody says that the release is fresh");
        };
        let now = u64::try_from(Utc::now().timestamp()).unwrap_or(0);
        let document = Unverified::parse(&document)?;
        let accepted = trust.accept(channel, &document, &Unverified::parse(&freshness)?, now);
        self.keep(&trust)?;
        let accepted = accepted?;
        if let Some(behind) = accepted.clock_behind {
            tracing::warn!(
                seconds = behind,
                "this computer's clock is behind what was signed; set it right"
            );
        }
        let release = accepted.release;
        let seed = self.shelf.seed()?;
        let host = Installed {
            version: &self.options.running,
            target: &self.options.target,
            seed: &seed,
            bad: &book.bad,
            pin: self.options.pin.as_ref(),
        };
        let (artifact, downgrade) = match release.decide(&host) {
            Decision::Install {
                artifact,
                downgrade,
            } => (artifact.clone(), downgrade),
            other => {
                self.shelf.tidy(None)?;
                return Ok(Found::Nothing(words(&other, &release.version)));
            }
        };
        let version = release.version.clone();
        let told = |reason: &str| {
            Ok(Found::Available {
                version: version.clone(),
                reason: reason.to_owned(),
            })
        };
        match owner(&self.program) {
            Owner::Manager(name) => {
                return told(&format!("this program belongs to {name}; update it there"));
            }
            Owner::Other => return told("this user may not change the program"),
            Owner::User if self.options.only_tell => return told("updates are switched off"),
            Owner::User => {}
        }
        if let Some(until) = book
            .deferred_until
            .filter(|until| !force && *until > Utc::now())
        {
            return told(&format!(
                "deferred until {}",
                until.format("%Y-%m-%d %H:%M UTC")
            ));
        }
        self.shelf.tidy(Some(&version))?;
        let path = self.download(&version, &artifact).await?;
        Ok(Found::Ready(Box::new(Candidate {
            version,
            path,
            downgrade,
            artifact,
        })))
    }

    /// Follows root to its newest version.
    async fn rotate(&self, trust: &mut Trust) -> Result<(), UpdateFailure> {
        for _ in 0..MAX_ROTATIONS {
            let next = trust.root().version.saturating_add(1);
            let Some(bytes) = self.mirror.document(&format!("root/{next}")).await? else {
                return Ok(());
            };
            trust.rotate(&Unverified::parse(&bytes)?)?;
            self.keep(trust)?;
        }
        Err(UpdateError::TooManyRotations(MAX_ROTATIONS).into())
    }

    fn keep(&self, trust: &Trust) -> Result<(), StateError> {
        let state = trust.state();
        if self.shelf.read()?.trust.as_ref() != Some(&state) {
            self.shelf.change(|book| book.trust = Some(state))?;
        }
        Ok(())
    }

    /// Fetches a file to the staging folder, from where an earlier try broke off.
    async fn download(
        &self,
        version: &Version,
        artifact: &Artifact,
    ) -> Result<PathBuf, UpdateFailure> {
        let path = self.shelf.staged(version);
        if verify(version, artifact, &path).is_ok() {
            return Ok(path);
        }
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let disk = &*self.disk;
        let mut have = std::fs::metadata(&part).map_or(0, |meta| meta.len());
        if have >= artifact.size {
            files::remove(disk, &part)?;
            have = 0;
        }
        let write = |at: u64, bytes: &[u8]| {
            if at == 0 {
                files::remove(disk, &part)?;
            }
            // Never a byte more on the disk than was signed.
            if at.saturating_add(bytes.len() as u64) > artifact.size {
                return Err(UpdateFailure::Refused(UpdateError::Artifact {
                    version: version.clone(),
                    reason: "it is longer",
                }));
            }
            let appended = disk.append(&part, bytes);
            Ok(appended.map_err(StateError::io("write", &part))?)
        };
        let fetched = self
            .mirror
            .file(
                &artifact.path,
                have,
                artifact.size,
                self.options.pace,
                write,
            )
            .await;
        if let Err(error) = fetched {
            if matches!(error, UpdateFailure::Refused(_)) {
                files::remove(disk, &part)?;
            }
            return Err(error);
        }
        if let Err(error) = verify(version, artifact, &part) {
            // Whatever it is, going on from it never makes it right.
            files::remove(disk, &part)?;
            return Err(error);
        }
        disk.rename(&part, &path)
            .map_err(StateError::io("rename", &part))?;
        Ok(path)
    }
}

/// That a file on the disk is what was signed.
pub(super) fn verify(
    version: &Version,
    artifact: &Artifact,
    path: &std::path::Path,
) -> Result<Vec<u8>, UpdateFailure> {
    let bytes = std::fs::read(path).map_err(StateError::io("read", path))?;
    let mut check = artifact.verifier();
    check.update(version, &bytes)?;
    check.finish(version)?;
    Ok(bytes)
}

fn words(decision: &Decision<'_>, version: &Version) -> String {
    match decision {
        Decision::Current | Decision::Install { .. } => "this is the newest version".to_owned(),
        Decision::Ahead => format!("the channel offers {version}, which is older"),
        Decision::NotYet { percent } => {
            format!("{version} goes to {percent} % of all computers so far, not to this one yet")
        }
        Decision::KnownBad => format!("{version} did not work here and is not tried again"),
        Decision::Pinned => format!("the channel offers {version}, another version is pinned"),
        Decision::NoArtifact => format!("there is no {version} for this platform"),
    }
}
