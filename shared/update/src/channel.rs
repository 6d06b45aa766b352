//! The release channels.

use serde::{Deserialize, Serialize};

use crate::UpdateError;

/// A release channel.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// For everybody.
    #[default]
    Stable,
    /// What becomes stable next.
    Beta,
    /// Built every night.
    Nightly,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Stable, Self::Beta, Self::Nightly];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Beta => "beta",
            Self::Nightly => "nightly",
        }
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Channel {
    type Err = UpdateError;

    fn from_str(text: &str) -> Result<Self, UpdateError> {
        Self::ALL
            .into_iter()
            .find(|channel| channel.name() == text)
            .ok_or_else(|| UpdateError::Channel(text.chars().take(40).collect()))
    }
}
