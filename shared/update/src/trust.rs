//! What a host believes: the newest root that it was led to, and the newest document that it saw of
//! each channel. Everything that is offered is judged against it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Channel, Unverified, UpdateError, Verified,
    document::{Document, Freshness, Release, RoleName, Root, parse},
    text::hex_digest,
    verified::{count, verify},
};

/// The newest document seen of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// The channel.
    pub channel: Channel,
    /// Its epoch.
    pub epoch: u64,
    /// Its sequence number.
    pub sequence: u64,
    /// SHA-256 of its signed bytes.
    #[serde(with = "hex_digest")]
    pub sha256: [u8; 32],
}

/// What is kept between two checks: plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustState {
    /// The newest root, with its envelope.
    pub root: String,
    /// The newest document seen of each channel.
    pub seen: Vec<Seen>,
}

/// A document that may be followed.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The release.
    pub release: Verified<Release>,
    /// By how many seconds this host's clock is at least behind, if what was signed is later: then
    /// nobody can tell whether the mirror is up to date.
    pub clock_behind: Option<u64>,
}

/// What a host believes.
#[derive(Clone, Debug)]
pub struct Trust {
    root: Verified<Root>,
    envelope: Unverified,
    seen: BTreeMap<Channel, Seen>,
}

impl Trust {
    /// Begins with the root that is built into the program.
    ///
    /// # Errors
    /// [`UpdateError`] if it is not a root that its own keys signed.
    pub fn pinned(root: &[u8]) -> Result<Self, UpdateError> {
        let envelope = Unverified::parse(root)?;
        let document: Root = parse(&envelope.payload)?;
        let root = verify(&envelope, document.role(RoleName::Root), Root::NAME)?;
        Ok(Self {
            root,
            envelope,
            seen: BTreeMap::new(),
        })
    }

    /// Goes on from what was kept. The newer of the two roots counts: a program may be built with a
    /// later one than its predecessor was led to.
    ///
    /// # Errors
    /// [`UpdateError`] if what was kept is damaged.
    pub fn restore(pinned: &[u8], state: &TrustState) -> Result<Self, UpdateError> {
        let mut trust = Self::pinned(pinned)?;
        let kept = Self::pinned(state.root.as_bytes())?;
        if kept.root.version > trust.root.version {
            trust = kept;
        }
        trust.seen = state.seen.iter().map(|s| (s.channel, *s)).collect();
        Ok(trust)
    }

    /// What to keep.
    pub fn state(&self) -> TrustState {
        TrustState {
            // Documents are JSON in an envelope of text: nothing is lost.
            root: String::from_utf8_lossy(&self.envelope.to_bytes()).into_owned(),
            seen: self.seen.values().copied().collect(),
        }
    }

    /// The root in force.
    pub fn root(&self) -> &Verified<Root> {
        &self.root
    }

    /// The newest document seen of a channel.
    pub fn seen(&self, channel: Channel) -> Option<&Seen> {
        self.seen.get(&channel)
    }

    /// Follows one rotation: the next version, signed by enough keys of this root and of its own.
    /// Whether the roots in between have expired does not matter; the last one's expiry is looked
    /// at when something is accepted.
    ///
    /// # Errors
    /// [`UpdateError`]; the root in force stays.
    pub fn rotate(&mut self, next: &Unverified) -> Result<(), UpdateError> {
        count(next, self.root.role(RoleName::Root), Root::NAME)?;
        let document: Root = parse(&next.payload)?;
        let expected = self.root.version.saturating_add(1);
        if document.version != expected {
            return Err(UpdateError::RootVersion {
                expected,
                found: document.version,
            });
        }
        for name in Root::ROLES {
            let (old, new) = (self.root.role(name).epoch, document.role(name).epoch);
            if new < old {
                return Err(UpdateError::Content {
                    what: Root::NAME,
                    reason: format!("the epoch of {} goes from {old} to {new}", name.name()),
                });
            }
        }
        self.root = verify(next, document.role(RoleName::Root), Root::NAME)?;
        self.envelope = next.clone();
        Ok(())
    }

    /// Judges a channel's document together with the word that it is the newest one. `now` is the
    /// host's clock in seconds since 1970, which may be wrong: being behind never makes anything
    /// older acceptable, because sequence numbers decide about that; being ahead only makes
    /// everything look expired.
    ///
    /// What was seen is remembered also when the document is then refused as expired.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub fn accept(
        &mut self,
        channel: Channel,
        document: &Unverified,
        freshness: &Unverified,
        now: u64,
    ) -> Result<Accepted, UpdateError> {
        let release = self.verify_release(channel, document)?;
        let freshness = self.verify_freshness(freshness)?;
        if freshness.root_version != self.root.version {
            return Err(UpdateError::RootMismatch {
                ours: self.root.version,
                theirs: freshness.root_version,
            });
        }
        vouched(&release, &freshness)?;
        self.remember(&release)?;

        // The earliest that it can be, by what was signed.
        let signed = release.issued.max(freshness.issued);
        let time = now.max(signed);
        let root = self.root.expires;
        expired(Root::NAME, root, time)?;
        expired(Release::NAME, release.expires, time)?;
        if freshness.expires <= time {
            return Err(UpdateError::Frozen {
                channel,
                expired: freshness.expires,
                now: time,
            });
        }
        Ok(Accepted {
            release,
            clock_behind: signed.checked_sub(now).filter(|behind| *behind > TOLERANCE),
        })
    }

    /// That a document is signed for this channel and epoch. Nothing is said about its age: this is
    /// for the server, which stores documents, and for those who check a published release.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub fn verify_release(
        &self,
        channel: Channel,
        document: &Unverified,
    ) -> Result<Verified<Release>, UpdateError> {
        let name = RoleName::Channel(channel);
        let role = self.root.role(name);
        let release: Verified<Release> = verify(document, role, name.name())?;
        if release.channel != channel {
            return Err(UpdateError::WrongChannel {
                expected: channel,
                found: release.channel,
            });
        }
        if release.epoch != role.epoch {
            return Err(UpdateError::Epoch {
                channel,
                expected: role.epoch,
                found: release.epoch,
            });
        }
        Ok(release)
    }

    /// That a freshness document is signed by the keys for it.
    ///
    /// # Errors
    /// [`UpdateError`].
    pub fn verify_freshness(
        &self,
        freshness: &Unverified,
    ) -> Result<Verified<Freshness>, UpdateError> {
        let role = self.root.role(RoleName::Freshness);
        verify(freshness, role, Freshness::NAME)
    }

    /// Refuses what is older than what was seen, and remembers the rest.
    fn remember(&mut self, release: &Verified<Release>) -> Result<(), UpdateError> {
        let channel = release.channel;
        let (epoch, sequence) = (release.epoch, release.sequence);
        if let Some(seen) = self.seen.get(&channel).filter(|seen| seen.epoch >= epoch) {
            if (epoch, sequence) < (seen.epoch, seen.sequence) {
                return Err(UpdateError::Rollback {
                    channel,
                    seen: seen.sequence,
                    found: sequence,
                });
            }
            if sequence == seen.sequence && release.digest() != seen.sha256 {
                return Err(UpdateError::Equivocation { channel, sequence });
            }
        }
        let seen = Seen {
            channel,
            epoch,
            sequence,
            sha256: release.digest(),
        };
        self.seen.insert(channel, seen);
        Ok(())
    }
}

/// By how much a clock may be behind before it is worth a word, in seconds.
const TOLERANCE: u64 = 3600;

fn expired(what: &'static str, expires: u64, now: u64) -> Result<(), UpdateError> {
    if now < expires {
        return Ok(());
    }
    Err(UpdateError::Expired {
        what,
        expired: expires,
        now,
    })
}

/// That freshness speaks of exactly this document.
fn vouched(release: &Verified<Release>, freshness: &Freshness) -> Result<(), UpdateError> {
    let channel = release.channel;
    let mixed = |reason| UpdateError::Mixed { channel, reason };
    let vouched = freshness
        .of(channel)
        .ok_or(mixed("it does not name the channel"))?;
    if (vouched.epoch, vouched.sequence) != (release.epoch, release.sequence) {
        return Err(mixed("it names another sequence number"));
    }
    if vouched.sha256 != release.digest() {
        return Err(mixed("it names another digest"));
    }
    Ok(())
}
