//! The source that is built: its packages as cargo resolves them, its version, its commit.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::machine::say;
use crate::error::ReleaseError;

/// The source tree that the command is run in.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// Where cargo builds.
    pub(super) target_folder: PathBuf,
    /// The version of the programs.
    pub(super) version: String,
    /// The version of the compiler that releases are built with.
    pub(super) compiler: String,
    /// The commit, where git is there to tell.
    pub(super) commit: Option<String>,
    /// Whether files differ from the commit.
    pub(super) changed: bool,
    /// The date of the commit, in seconds since 1970: the only date that goes into a release.
    pub(super) date: i64,
    packages: BTreeMap<String, Package>,
    /// What each package uses, itself and not only to be built or tested.
    uses: BTreeMap<String, Vec<String>>,
    /// SHA-256 of each package's archive, by name and version.
    sums: BTreeMap<(String, String), String>,
}

/// A package as cargo describes it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Package {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) license: Option<String>,
    pub(super) source: Option<String>,
    pub(super) manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    target_directory: PathBuf,
    workspace_root: PathBuf,
    metadata: Option<Workspace>,
}

#[derive(Deserialize)]
struct Workspace {
    release: Option<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    rust: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    checksum: Option<String>,
}

impl Source {
    pub(super) fn read(target: &str) -> Result<Self, ReleaseError> {
        let filter = ["--filter-platform", target];
        let asked = [
            &["metadata", "--locked", "--format-version", "1"],
            &filter[..],
        ]
        .concat();
        let text = say("cargo", &asked)?;
        let metadata: Metadata = serde_json::from_str(&text)
            .map_err(|e| ReleaseError::other(format!("cargo metadata: {e}")))?;
        let folder = metadata.workspace_root;
        let wanted = metadata.metadata.and_then(|m| m.release);
        let wanted = wanted.ok_or_else(|| {
            ReleaseError::other("Cargo.toml does not say workspace.metadata.release.rust")
        })?;
        let packages: BTreeMap<String, Package> = metadata
            .packages
            .into_iter()
            .map(|package| (package.id.clone(), package))
            .collect();
        let version = packages
            .values()
            .find(|p| p.source.is_none() && p.name == "darkreach")
            .ok_or_else(|| ReleaseError::other("run this in darkreach's source"))?
            .version
            .clone();
        let linked = |edge: &&Edge| edge.dep_kinds.iter().any(|k| k.kind.is_none());
        let uses = |node: Node| {
            let deps = node.deps.iter().filter(linked).map(|e| e.pkg.clone());
            (node.id, deps.collect())
        };
        let git = |arguments: &[&str]| say("git", arguments).ok();
        let commit = git(&["rev-parse", "HEAD"]);
        Ok(Self {
            sums: locked(&folder.join("Cargo.lock"))?,
            uses: metadata.resolve.nodes.into_iter().map(uses).collect(),
            target_folder: metadata.target_directory,
            compiler: wanted.rust,
            changed: commit.is_some()
                && git(&["status", "--porcelain", "--untracked-files=no"]).as_deref() != Some(""),
            commit,
            date: date(git(&["log", "-1", "--format=%ct"]))?,
            folder,
            version,
            packages,
        })
    }

    /// Everything that is linked into a program, its own package first.
    pub(super) fn linked(&self, package: &str) -> Result<Vec<&Package>, ReleaseError> {
        let own = |p: &&Package| p.source.is_none() && p.name == package;
        let first =
            self.packages.values().find(own).ok_or_else(|| {
                ReleaseError::other(format!("the source has no package {package}"))
            })?;
        let mut seen = BTreeSet::new();
        let mut open = vec![&first.id];
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(self.uses.get(id).into_iter().flatten());
            }
        }
        seen.remove(&first.id);
        let rest = seen.into_iter().filter_map(|id| self.packages.get(id));
        Ok(std::iter::once(first).chain(rest).collect())
    }

    /// What a package uses directly.
    pub(super) fn uses(&self, package: &Package) -> impl Iterator<Item = &Package> {
        let ids = self.uses.get(&package.id).into_iter().flatten();
        ids.filter_map(|id| self.packages.get(id))
    }

    /// SHA-256 of the archive of a package from the registry, as the lock file has it.
    pub(super) fn sum(&self, package: &Package) -> Option<&str> {
        let key = (package.name.clone(), package.version.clone());
        self.sums.get(&key).map(String::as_str)
    }
}

fn locked(path: &Path) -> Result<BTreeMap<(String, String), String>, ReleaseError> {
    let text = std::fs::read_to_string(path).map_err(ReleaseError::io("read", path))?;
    let lock: Lock = toml::from_str(&text)
        .map_err(|e| ReleaseError::other(format!("{}: {e}", path.display())))?;
    let with_sum = |p: Locked| Some(((p.name, p.version), p.checksum?));
    Ok(lock.package.into_iter().filter_map(with_sum).collect())
}

/// `SOURCE_DATE_EPOCH` where it is set, as reproducible builds have it, otherwise the commit's date.
fn date(commit: Option<String>) -> Result<i64, ReleaseError> {
    let text = std::env::var("SOURCE_DATE_EPOCH").ok().or(commit);
    let text = text.ok_or_else(|| {
        ReleaseError::other(
            "there is no git to say the date of the commit: set SOURCE_DATE_EPOCH to it",
        )
    })?;
    text.parse()
        .map_err(|_| ReleaseError::other(format!("SOURCE_DATE_EPOCH is {text:?}, not seconds")))
}
