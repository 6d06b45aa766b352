//! Finding PostgreSQL's programs on this machine.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::PostgresError;

/// The oldest major version that the schema works with.
const OLDEST: u32 = 15;

/// The folder of a complete PostgreSQL.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
    /// Major version.
    pub(crate) major: u32,
}

impl Programs {
    /// Finds a PostgreSQL: that of `pg_config`, then the newest of a distribution's versioned
    /// folders, then one in `PATH`. For an existing cluster only its own major version fits.
    pub(crate) fn find(cluster_major: Option<u32>) -> Result<Self, PostgresError> {
        let found: Vec<Self> = folders().into_iter().filter_map(Self::at).collect();
        let fits = |programs: &&Self| match cluster_major {
            Some(major) => programs.major == major,
            None => programs.major >= OLDEST,
        };
        found.iter().find(fits).cloned().ok_or_else(|| {
            let mut seen: Vec<u32> = found.iter().map(|programs| programs.major).collect();
            seen.dedup();
            PostgresError::NoPrograms {
                wanted: match cluster_major {
                    Some(major) => format!("PostgreSQL {major}, which made this data directory,"),
                    None => format!("PostgreSQL {OLDEST} or newer"),
                },
                seen: match seen[..] {
                    [] => "none".to_owned(),
                    _ => format!("{seen:?}"),
                },
            }
        })
    }

    /// The path of one program.
    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    /// The programs in a folder, if they are all there.
    fn at(folder: PathBuf) -> Option<Self> {
        let complete = ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|program| folder.join(program).is_file());
        if !complete {
            return None;
        }
        let major = major_version(&folder.join("postgres"))?;
        Some(Self { folder, major })
    }
}

/// Where to look, best first.
fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output()
        && let Ok(text) = String::from_utf8(output.stdout)
        && !text.trim().is_empty()
    {
        folders.push(PathBuf::from(text.trim()));
    }
    // Debian and Ubuntu; then the PostgreSQL project's own RPMs.
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-")] {
        let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(parent)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let version = name.strip_prefix(prefix)?.parse().ok()?;
                Some((version, entry.path().join("bin")))
            })
            .collect();
        versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        folders.extend(versions.into_iter().map(|(_, folder)| folder));
    }
    if let Some(path) = std::env::var_os("PATH") {
        folders.extend(std::env::split_paths(&path));
    }
    folders
}

/// Reads `postgres (PostgreSQL) 15.13 (...)`.
fn major_version(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").output().ok()?;
    parse_major(std::str::from_utf8(&output.stdout).ok()?)
}

fn parse_major(text: &str) -> Option<u32> {
    let version = text.split("(PostgreSQL) ").nth(1)?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Programs, parse_major};

    #[test]
    fn versions_are_read_as_the_program_prints_them() {
        for (text, major) in [
            (
                "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n",
                Some(15),
            ),
            ("postgres (PostgreSQL) 18beta1\n", Some(18)),
            ("something else 15\n", None),
        ] {
            assert_eq!(parse_major(text), major, "{text}");
        }
    }

    #[test]
    fn a_cluster_of_a_version_that_is_not_installed_names_that_version() {
        let error = Programs::find(Some(7)).unwrap_err().to_string();
        assert!(error.contains("PostgreSQL 7"), "{error}");
    }
}
