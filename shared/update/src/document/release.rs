//! What a channel offers: one release, whom it goes to, and for how long this may be said.

use serde::{Deserialize, Serialize};

use super::{Artifact, Document, span};
use crate::{Channel, PRODUCT, Version};

/// The most artifacts of a release.
const MAX_ARTIFACTS: usize = 128;
/// The longest notes in bytes.
const MAX_NOTES: usize = 20_000;
/// The longest version in bytes.
const MAX_VERSION: usize = 64;

/// The channel document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    #[serde(rename = "type")]
    kind: String,
    product: String,
    /// The channel.
    pub channel: Channel,
    /// The epoch of the channel's role in root.
    pub epoch: u64,
    /// Rises with every document of the channel and epoch; a lower number than one seen is refused.
    pub sequence: u64,
    /// When it was made, in seconds since 1970.
    pub issued: u64,
    /// Until when it is good at most, in seconds since 1970, however often it is dated again.
    pub expires: u64,
    /// The release.
    pub version: Version,
    /// What runs below this takes the release without waiting for its turn.
    pub minimum_version: Version,
    /// To how many percent of the hosts it goes, 0 to 100.
    pub rollout: u8,
    /// An order to install it in place of newer versions too.
    pub downgrade: bool,
    /// What is new, for people.
    pub notes: String,
    /// The files.
    pub artifacts: Vec<Artifact>,
}

impl Release {
    /// A document that offers a version to everybody; the other fields can be changed before it is
    /// signed.
    pub fn new(channel: Channel, version: Version, artifacts: Vec<Artifact>) -> Self {
        Self {
            kind: Self::TYPE.to_owned(),
            product: PRODUCT.to_owned(),
            channel,
            epoch: 1,
            sequence: 1,
            issued: 0,
            expires: 1,
            version,
            minimum_version: Version::new(0, 0, 0),
            rollout: 100,
            downgrade: false,
            notes: String::new(),
            artifacts,
        }
    }
}

impl Document for Release {
    const NAME: &'static str = "channel";
    const TYPE: &'static str = "darkreach-channel-1";

    fn header(&self) -> (&str, &str) {
        (&self.kind, &self.product)
    }

    fn check(&self) -> Result<(), String> {
        span(self.issued, self.expires)?;
        if self.sequence == 0 {
            return Err("sequence numbers begin with 1".to_owned());
        }
        if self.rollout > 100 {
            return Err(format!("a rollout to {} percent", self.rollout));
        }
        for version in [&self.version, &self.minimum_version] {
            if !version.build.is_empty() || version.to_string().len() > MAX_VERSION {
                return Err(format!(
                    "the version {version} has build metadata or more than {MAX_VERSION} characters"
                ));
            }
        }
        if self.minimum_version > self.version {
            return Err("the minimum version is above the version offered".to_owned());
        }
        if self.notes.len() > MAX_NOTES {
            return Err(format!("notes of more than {MAX_NOTES} bytes"));
        }
        if self.artifacts.is_empty() || self.artifacts.len() > MAX_ARTIFACTS {
            return Err(format!("no artifact, or more than {MAX_ARTIFACTS}"));
        }
        for (i, artifact) in self.artifacts.iter().enumerate() {
            artifact.check()?;
            if self.artifacts[..i].iter().any(|a| a.path == artifact.path) {
                return Err(format!("the path {} twice", artifact.path));
            }
            let same = |a: &Artifact| a.kind == artifact.kind && a.target == artifact.target;
            if artifact.kind.is_program() && self.artifacts[..i].iter().any(same) {
                return Err(format!("two programs for {}", artifact.target));
            }
        }
        Ok(())
    }
}
