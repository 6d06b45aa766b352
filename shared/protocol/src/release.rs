//! What nodes and maintainers say about releases. The releases themselves are signed documents, which
//! this contract only carries.

use serde::{Deserialize, Serialize};

/// How a node's updating goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateState {
    /// It runs what it should.
    Current,
    /// A release is being fetched.
    Downloading,
    /// A release is ready and comes at the next checkpoint.
    Waiting,
    /// A release could not be fetched or installed.
    Failed,
    /// A release was tried and did not work: the one before runs.
    RolledBack,
    /// Its owner or a package manager decides.
    Disabled,
}

impl UpdateState {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Downloading => "downloading",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::RolledBack => "rolled_back",
            Self::Disabled => "disabled",
        }
    }
}

/// A node says how its updating goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateReport {
    /// The version that runs.
    pub running: String,
    /// The channel that it follows.
    pub channel: String,
    /// How it goes.
    pub state: UpdateState,
    /// What went wrong, in at most 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What became of a release that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Tried>,
}

/// A release that a node tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// Its version.
    pub version: String,
    /// Whether it worked.
    pub healthy: bool,
}

/// A maintainer keeps a release back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldRequest {
    /// Why, in at most 500 characters.
    pub reason: String,
}

/// What maintainers see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseStatus {
    /// The newest version of root, if there is one.
    pub root_version: Option<u64>,
    /// What each channel offers.
    pub channels: Vec<ChannelStatus>,
    /// How many nodes run which version.
    pub adoption: Vec<Adoption>,
    /// How many nodes tried which version, newest first.
    pub outcomes: Vec<Outcomes>,
    /// What was done, newest first.
    pub audit: Vec<AuditEntry>,
}

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelStatus {
    /// Its name.
    pub channel: String,
    /// Epoch of its newest document.
    pub epoch: u64,
    /// Sequence number of its newest document.
    pub sequence: u64,
    /// The version offered.
    pub version: String,
    /// To how many percent.
    pub rollout_percent: u8,
    /// Why it is kept back, if it is.
    pub held: Option<String>,
}

/// Nodes of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adoption {
    /// The channel that they follow.
    pub channel: String,
    /// The version that they run.
    pub version: String,
    /// How many.
    pub nodes: u64,
    /// How many of them have trouble with an update.
    pub failed: u64,
}

/// Nodes that tried a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// The version.
    pub version: String,
    /// On how many it works.
    pub healthy: u64,
    /// On how many it did not.
    pub failed: u64,
}

/// One line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When, RFC 3339.
    pub at: String,
    /// By whose token; nobody's: the server itself, or somebody at its command line.
    pub by: Option<String>,
    /// What.
    pub action: String,
    /// With what.
    pub detail: serde_json::Value,
}
