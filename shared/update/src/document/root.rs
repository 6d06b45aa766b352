//! Root: which keys may sign what, and how many of them must. It is signed by the keys that it names
//! for itself, and by those of the version before, so a chain of roots leads from the one that is
//! built into a program to the newest.

use serde::{Deserialize, Serialize};

use super::{Document, span};
use crate::{Channel, PRODUCT, PublicKey};

/// The most keys in a role.
const MAX_KEYS: usize = 16;

/// What keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleName {
    /// Naming the keys of all roles.
    Root,
    /// The documents of a channel.
    Channel(Channel),
    /// Dating again what the others signed.
    Freshness,
}

impl RoleName {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Channel(channel) => channel.name(),
            Self::Freshness => "freshness",
        }
    }
}

/// The keys of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// How many of the keys must sign.
    pub threshold: u8,
    /// Raised when keys were stolen: what was signed for an earlier epoch is worth nothing, and
    /// sequence numbers begin again.
    pub epoch: u64,
    /// The keys.
    pub keys: Vec<PublicKey>,
}

impl Role {
    fn check(&self, name: &str) -> Result<(), String> {
        if self.keys.is_empty() || self.keys.len() > MAX_KEYS {
            return Err(format!("{name} has no key, or more than {MAX_KEYS}"));
        }
        if self.threshold == 0 || usize::from(self.threshold) > self.keys.len() {
            return Err(format!(
                "{name} demands {} of {} keys",
                self.threshold,
                self.keys.len()
            ));
        }
        for (i, key) in self.keys.iter().enumerate() {
            if self.keys[..i].iter().any(|other| other.id() == key.id()) {
                return Err(format!("{name} has the key {} twice", key.id()));
            }
        }
        Ok(())
    }
}

/// The root document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    #[serde(rename = "type")]
    kind: String,
    product: String,
    /// From 1, without gaps.
    pub version: u64,
    /// When it was made, in seconds since 1970.
    pub issued: u64,
    /// Until when it is good, in seconds since 1970.
    pub expires: u64,
    /// Who signs the next root.
    pub root: Role,
    /// Who signs what stable offers.
    pub stable: Role,
    /// Who signs what beta offers.
    pub beta: Role,
    /// Who signs what nightly offers.
    pub nightly: Role,
    /// Who dates again.
    pub freshness: Role,
}

impl Root {
    /// A root document.
    #[allow(clippy::too_many_arguments, reason = "one argument for each role")]
    pub fn new(
        version: u64,
        (issued, expires): (u64, u64),
        root: Role,
        stable: Role,
        beta: Role,
        nightly: Role,
        freshness: Role,
    ) -> Self {
        Self {
            kind: Self::TYPE.to_owned(),
            product: PRODUCT.to_owned(),
            version,
            issued,
            expires,
            root,
            stable,
            beta,
            nightly,
            freshness,
        }
    }

    /// The keys of a role.
    pub fn role(&self, name: RoleName) -> &Role {
        match name {
            RoleName::Root => &self.root,
            RoleName::Channel(Channel::Stable) => &self.stable,
            RoleName::Channel(Channel::Beta) => &self.beta,
            RoleName::Channel(Channel::Nightly) => &self.nightly,
            RoleName::Freshness => &self.freshness,
        }
    }

    /// The same, to be changed while a new version is made.
    pub fn role_mut(&mut self, name: RoleName) -> &mut Role {
        match name {
            RoleName::Root => &mut self.root,
            RoleName::Channel(Channel::Stable) => &mut self.stable,
            RoleName::Channel(Channel::Beta) => &mut self.beta,
            RoleName::Channel(Channel::Nightly) => &mut self.nightly,
            RoleName::Freshness => &mut self.freshness,
        }
    }

    /// The names of all roles.
    pub const ROLES: [RoleName; 5] = [
        RoleName::Root,
        RoleName::Channel(Channel::Stable),
        RoleName::Channel(Channel::Beta),
        RoleName::Channel(Channel::Nightly),
        RoleName::Freshness,
    ];
}

impl Document for Root {
    const NAME: &'static str = "root";
    const TYPE: &'static str = "darkreach-root-1";

    fn header(&self) -> (&str, &str) {
        (&self.kind, &self.product)
    }

    fn check(&self) -> Result<(), String> {
        if self.version == 0 {
            return Err("versions begin with 1".to_owned());
        }
        span(self.issued, self.expires)?;
        for name in Self::ROLES {
            self.role(name).check(name.name())?;
        }
        Ok(())
    }
}
