//! The changelog as the gate of every release: a version about which it says nothing is not released.

use std::path::PathBuf;

use clap::Args;
use darkreach_update::Version;

use crate::error::ReleaseError;

/// Arguments of `notes`.
#[derive(Debug, Args)]
pub(crate) struct Notes {
    /// The version, with or without the `v` of its tag
    version: String,
    /// The changelog
    #[arg(long, default_value = "CHANGELOG.md", value_name = "FILE")]
    changelog: PathBuf,
}

impl Notes {
    pub(crate) fn execute(&self) -> Result<(), ReleaseError> {
        let version = self.version.strip_prefix('v').unwrap_or(&self.version);
        let version: Version = version
            .parse()
            .map_err(|e| ReleaseError::other(format!("{version:?} is no version: {e}")))?;
        let text = std::fs::read_to_string(&self.changelog)
            .map_err(ReleaseError::io("read", &self.changelog))?;
        let entry = entry(&text, &version).ok_or_else(|| {
            ReleaseError::other(format!(
                "{} says nothing under \"## {version}\"; write what is new, and what to mind",
                self.changelog.display()
            ))
        })?;
        println!("{entry}");
        Ok(())
    }
}

/// What stands under a version's heading, if anything does.
fn entry<'a>(text: &'a str, version: &Version) -> Option<&'a str> {
    let heading = format!("## {version}");
    let is_it = |line: &str| {
        let rest = line.trim_end().strip_prefix(&heading);
        // A date may follow.
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let mut at = 0;
    let mut begin = None;
    for line in text.split_inclusive('\n') {
        match begin {
            None if is_it(line) => begin = Some(at + line.len()),
            Some(begin) if line.starts_with("## ") => return said(&text[begin..at]),
            _ => {}
        }
        at += line.len();
    }
    said(&text[begin?..])
}

fn said(entry: &str) -> Option<&str> {
    Some(entry.trim()).filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::entry;

    const TEXT: &str = "# Changes\n\n## 1.10.0 (2026-11-30)\n\nMuch.\n\n### Mind\n\nThis.\n\n## 1.1.0\n\n## 1.0.0\n\nFirst.\n";

    #[test]
    fn a_version_has_what_stands_under_its_heading() {
        let of = |version: &str| entry(TEXT, &version.parse().unwrap());
        assert_eq!(of("1.10.0"), Some("Much.\n\n### Mind\n\nThis."));
        assert_eq!(of("1.0.0"), Some("First."));
        // One that begins alike, one with nothing under it, one that is not there.
        for version in ["1.1.0", "1.10.0-beta.1", "1.1.1"] {
            assert_eq!(of(version), None, "{version}");
        }
    }

    /// The gate: the version of this source has an entry.
    #[test]
    fn this_version_has_an_entry() {
        let text = include_str!("../../CHANGELOG.md");
        let version = env!("CARGO_PKG_VERSION").parse().unwrap();
        assert!(entry(text, &version).is_some(), "CHANGELOG.md: {version}");
    }
}
