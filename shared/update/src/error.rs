//! Why a document is refused, each reason in its own words.

use crate::{Channel, Version};

/// Why release metadata is not believed, or not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// More bytes than any document has.
    #[error("the {what} is larger than {most} bytes")]
    Oversized {
        /// What it should be.
        what: &'static str,
        /// The limit.
        most: usize,
    },
    /// Not an envelope.
    #[error("this is not a signed darkreach document: {0}")]
    Envelope(&'static str),
    /// One key signs twice: an attempt to pass one signature off as several.
    #[error("the key {0} appears twice among the signatures")]
    DuplicateKey(String),
    /// Not enough keys of the role signed it.
    #[error("{have} of the keys for {role} signed this, {need} must")]
    Signatures {
        /// The role.
        role: &'static str,
        /// Keys whose signature is good.
        have: usize,
        /// Keys that must sign.
        need: usize,
    },
    /// The signed content is not what such a document holds.
    #[error("the signed content of the {what} document is not valid: {reason}")]
    Content {
        /// Which kind of document.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Root versions come one by one.
    #[error("root version {found} where version {expected} should follow")]
    RootVersion {
        /// The version that follows.
        expected: u64,
        /// The version found.
        found: u64,
    },
    /// Too many rotations in one check.
    #[error("there are more than {0} new versions of root; something is wrong with the mirror")]
    TooManyRotations(u64),
    /// The mirror's freshness speaks of a root that we did not get, or of one that was replaced.
    #[error("the freshness document is for root version {theirs}, this is version {ours}")]
    RootMismatch {
        /// The version that we trust.
        ours: u64,
        /// The version that the freshness document names.
        theirs: u64,
    },
    /// The document is for another channel.
    #[error("this document is for {found}, not for {expected}")]
    WrongChannel {
        /// What we follow.
        expected: Channel,
        /// What it is for.
        found: Channel,
    },
    /// The document's epoch is not the one that root demands.
    #[error("the {channel} document is of epoch {found}, root demands {expected}")]
    Epoch {
        /// The channel.
        channel: Channel,
        /// What root demands.
        expected: u64,
        /// What the document says.
        found: u64,
    },
    /// Older than what was seen: a rollback.
    #[error(
        "{channel} offers sequence {found}, but {seen} was already seen: an old document is replayed"
    )]
    Rollback {
        /// The channel.
        channel: Channel,
        /// The newest sequence number seen.
        seen: u64,
        /// The number offered.
        found: u64,
    },
    /// Another document under a number that was seen.
    #[error("{channel} offers another document under sequence {sequence} than before")]
    Equivocation {
        /// The channel.
        channel: Channel,
        /// The number.
        sequence: u64,
    },
    /// Channel and freshness documents do not belong together.
    #[error("the freshness document does not vouch for this {channel} document: {reason}")]
    Mixed {
        /// The channel.
        channel: Channel,
        /// What does not fit.
        reason: &'static str,
    },
    /// Its time is over.
    #[error("the {what} document expired at {expired} (Unix time), it is {now}")]
    Expired {
        /// Which document.
        what: &'static str,
        /// When.
        expired: u64,
        /// The time it was compared with.
        now: u64,
    },
    /// The freshness document is too old: the mirror is frozen, or nobody dates it again.
    #[error(
        "nobody vouched for {channel} since {expired} (Unix time), it is {now}: the mirror is frozen or abandoned"
    )]
    Frozen {
        /// The channel.
        channel: Channel,
        /// When the last word ended.
        expired: u64,
        /// The time it was compared with.
        now: u64,
    },
    /// A text that is not a key.
    #[error("not a key: {0}")]
    Key(&'static str),
    /// No such channel.
    #[error("{0:?} is not stable, beta or nightly")]
    Channel(String),
    /// Received bytes are not the artifact.
    #[error("the file for {version} is not what was signed: {reason}")]
    Artifact {
        /// The release.
        version: Version,
        /// What does not fit.
        reason: &'static str,
    },
}

impl UpdateError {
    /// Whether it points at a fault or an attack on the way, rather than at passing time: this is
    /// what a node should tell its owner at once.
    pub fn is_suspicious(&self) -> bool {
        !matches!(
            self,
            Self::Expired { .. } | Self::Frozen { .. } | Self::RootMismatch { .. }
        )
    }
}
