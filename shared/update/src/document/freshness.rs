//! Freshness: a short-lived word that certain documents are the newest. Its key may lie on a server,
//! because all it can do is to date again what the offline keys signed: it names documents by
//! sequence number and digest, and whoever holds it can neither make one nor bring an old one back.

use serde::{Deserialize, Serialize};

use super::{Document, span};
use crate::{Channel, PRODUCT, text::hex_digest};

/// A channel's newest document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vouched {
    /// The channel.
    pub channel: Channel,
    /// The document's epoch.
    pub epoch: u64,
    /// The document's sequence number.
    pub sequence: u64,
    /// SHA-256 of its signed bytes.
    #[serde(with = "hex_digest")]
    pub sha256: [u8; 32],
}

/// The freshness document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Freshness {
    #[serde(rename = "type")]
    kind: String,
    product: String,
    /// When it was made, in seconds since 1970.
    pub issued: u64,
    /// Until when it holds, in seconds since 1970.
    pub expires: u64,
    /// The newest version of root.
    pub root_version: u64,
    /// The newest document of each channel that has one.
    pub channels: Vec<Vouched>,
}

impl Freshness {
    /// A freshness document.
    pub fn new((issued, expires): (u64, u64), root_version: u64, channels: Vec<Vouched>) -> Self {
        Self {
            kind: Self::TYPE.to_owned(),
            product: PRODUCT.to_owned(),
            issued,
            expires,
            root_version,
            channels,
        }
    }

    /// What it says of a channel.
    pub fn of(&self, channel: Channel) -> Option<&Vouched> {
        self.channels.iter().find(|v| v.channel == channel)
    }
}

impl Document for Freshness {
    const NAME: &'static str = "freshness";
    const TYPE: &'static str = "darkreach-freshness-1";

    fn header(&self) -> (&str, &str) {
        (&self.kind, &self.product)
    }

    fn check(&self) -> Result<(), String> {
        span(self.issued, self.expires)?;
        for (i, vouched) in self.channels.iter().enumerate() {
            let channel = vouched.channel;
            if self.channels[..i].iter().any(|v| v.channel == channel) {
                return Err(format!("it names {channel} twice"));
            }
        }
        Ok(())
    }
}
