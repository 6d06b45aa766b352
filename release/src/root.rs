//! Root documents: who may sign what.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use darkreach_update::{
    PublicKey, Trust, UpdateError,
    document::{Document, Role, RoleName, Root as RootDocument},
    seal,
};

use crate::{
    error::ReleaseError,
    files::{self, DAY, now},
    show,
};

/// The subcommands of `root`.
#[derive(Debug, Subcommand)]
pub(crate) enum Root {
    /// Make the first version
    Init(Init),
    /// Make the next version
    Rotate(Rotate),
}

/// A role on the command line: `ROLE=THRESHOLD:KEY,KEY,..`.
#[derive(Clone, Debug)]
struct RoleArgument(RoleName, u8, Vec<PublicKey>);

impl std::str::FromStr for RoleArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape = || "a role looks like stable=2:KEY,KEY,KEY".to_owned();
        // Keys end in `=` signs of their own.
        let (name, rest) = text.split_once('=').ok_or_else(shape)?;
        let (threshold, keys) = rest.split_once(':').ok_or_else(shape)?;
        let name = role_name(name)?;
        let threshold = threshold.parse().map_err(|_| shape())?;
        let keys: Result<_, UpdateError> = keys.split(',').map(PublicKey::parse).collect();
        Ok(Self(name, threshold, keys.map_err(|e| e.to_string())?))
    }
}

fn role_name(name: &str) -> Result<RoleName, String> {
    RootDocument::ROLES
        .into_iter()
        .find(|role| role.name() == name)
        .ok_or_else(|| format!("{name:?} is not root, stable, beta, nightly or freshness"))
}

/// Arguments of `root init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The file for the document; it must not exist
    out: PathBuf,
    /// Keys of a role, as ROLE=THRESHOLD:KEY,KEY,..; all five roles are needed
    #[arg(long = "role", required = true)]
    roles: Vec<RoleArgument>,
    /// For how many days it is good
    #[arg(long, default_value_t = 730)]
    days: u64,
}

/// Arguments of `root rotate`.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// The signed document of the version before
    from: PathBuf,
    /// The file for the document; it must not exist
    out: PathBuf,
    /// New keys of a role, as ROLE=THRESHOLD:KEY,KEY,..
    #[arg(long = "role")]
    roles: Vec<RoleArgument>,
    /// Make everything worthless that a role signed so far: after a theft
    #[arg(long = "void", value_name = "ROLE", value_parser = |text: &str| role_name(text).map(|r| r.name()))]
    void: Vec<&'static str>,
    /// For how many days it is good
    #[arg(long, default_value_t = 730)]
    days: u64,
}

impl Root {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let (document, out) = match self {
            Self::Init(c) => (c.make()?, &c.out),
            Self::Rotate(c) => (c.make()?, &c.out),
        };
        let sealed = seal(document.to_payload()?)?;
        files::write_new(out, &sealed.to_bytes(), 0o644)?;
        println!("{}", show::root(&document));
        let keys = usize::from(document.root.threshold);
        eprintln!(
            "{} must now be signed by {keys} keys of root",
            out.display()
        );
        if matches!(self, Self::Rotate(_)) {
            eprintln!("and by as many of root's keys in the version before, if those are others");
        }
        Ok(())
    }
}

impl Init {
    fn make(&self) -> Result<RootDocument, ReleaseError> {
        let role = |name: RoleName| {
            let found = self.roles.iter().find(|r| r.0 == name);
            let RoleArgument(_, threshold, keys) = found.ok_or_else(|| {
                ReleaseError::other(format!(
                    "--role {}=THRESHOLD:KEY,.. is missing",
                    name.name()
                ))
            })?;
            Ok::<_, ReleaseError>(Role {
                threshold: *threshold,
                epoch: 1,
                keys: keys.clone(),
            })
        };
        let [root, stable, beta, nightly, freshness] = RootDocument::ROLES;
        let issued = now();
        Ok(RootDocument::new(
            1,
            (issued, issued + self.days * DAY),
            role(root)?,
            role(stable)?,
            role(beta)?,
            role(nightly)?,
            role(freshness)?,
        ))
    }
}

impl Rotate {
    fn make(&self) -> Result<RootDocument, ReleaseError> {
        let before = files::document(&self.from)?;
        let trust =
            Trust::pinned(&before.to_bytes()).map_err(ReleaseError::document(&self.from))?;
        let mut root: RootDocument = (**trust.root()).clone();
        root.version += 1;
        root.issued = now();
        root.expires = root.issued + self.days * DAY;
        for RoleArgument(name, threshold, keys) in &self.roles {
            let role = root.role_mut(*name);
            role.threshold = *threshold;
            role.keys.clone_from(keys);
        }
        for name in RootDocument::ROLES {
            if self.void.contains(&name.name()) {
                root.role_mut(name).epoch += 1;
            }
        }
        Ok(root)
    }
}
