//! The compilation itself: the same bytes from the same source and tools, in whichever folder, under
//! whichever account and settings.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::source::Source;
use crate::error::ReleaseError;

/// A program that was compiled.
#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Its package, which has its name.
    pub(super) package: String,
    /// Where cargo put it.
    pub(super) built: PathBuf,
}

impl Program {
    /// Its name in a release.
    pub(super) fn file_name(&self, target: &str) -> String {
        format!("{}-{target}{}", self.package, ending(target))
    }
}

fn ending(target: &str) -> &'static str {
    if target.contains("windows") {
        ".exe"
    } else {
        ""
    }
}

/// The programs of a platform. The server runs a PostgreSQL on a Unix socket.
fn programs(target: &str) -> &'static [&'static str] {
    if target.contains("windows") {
        &["darkreach"]
    } else {
        &["darkreach", "darkreach-server"]
    }
}

/// Settings of the one who builds that would change the bytes.
const SETTINGS: [&str; 12] = [
    "RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "CARGO_BUILD_TARGET",
    "CFLAGS",
    "CPPFLAGS",
    "CXXFLAGS",
    "ASFLAGS",
    "LDFLAGS",
    "GMP_MPFR_SYS_CACHE",
];

pub(super) fn compile(
    source: &Source,
    target: &str,
    only: &[String],
    root: &Path,
) -> Result<Vec<Program>, ReleaseError> {
    let has = programs(target);
    if let Some(name) = only.iter().find(|name| !has.contains(&name.as_str())) {
        return Err(ReleaseError::other(format!(
            "{target} has no program {name}; it has {}",
            has.join(", ")
        )));
    }
    let mut programs = has.to_vec();
    programs.retain(|name| only.is_empty() || only.iter().any(|wanted| wanted == name));
    let mut command = Command::new("cargo");
    command.current_dir(&source.folder).args([
        "build",
        "--locked",
        "--profile",
        "dist",
        "--target",
        target,
    ]);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if SETTINGS.contains(&&*name) || name.starts_with("CARGO_PROFILE_") {
            command.env_remove(&*name);
        }
    }
    command
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            flags(source, target).join("\x1f"),
        )
        .env("CARGO_INCREMENTAL", "0")
        // GMP is built here and now; it keeps relative paths only.
        .env("GMP_MPFR_SYS_CACHE", "")
        .env("SOURCE_DATE_EPOCH", source.date.to_string())
        .env("ZERO_AR_DATE", "1")
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .env("DARKREACH_VERSION", &source.version)
        .env("DARKREACH_ROOT", root);
    for program in &programs {
        command.args(["--package", program, "--bin", program]);
    }
    let status = command
        .status()
        .map_err(ReleaseError::io("run", Path::new("cargo")))?;
    if !status.success() {
        return Err(ReleaseError::other(format!("cargo failed ({status})")));
    }
    let folder = source.target_folder.join(target).join("dist");
    let program = |package: &&str| Program {
        package: (*package).to_owned(),
        built: folder.join(format!("{package}{}", ending(target))),
    };
    Ok(programs.iter().map(program).collect())
}

/// Flags of the Rust compiler: no path of this machine in the program (the last one that fits
/// counts), no time of the day, and for Linux nothing of the system.
fn flags(source: &Source, target: &str) -> Vec<String> {
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let mut flags = vec![
        remap(&source.folder, "/build"),
        remap(&source.target_folder, "/build/target"),
    ];
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    if let Some(home) = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))) {
        flags.push(remap(&home, "/cargo"));
    }
    // Cargo forgets the profile's own word on this where packages have settings of their own.
    flags.extend(["-C", "strip=symbols"].map(str::to_owned));
    if target.contains("linux") {
        flags.extend(["-C", "target-feature=+crt-static"].map(str::to_owned));
    }
    if target.contains("windows-gnu") {
        flags.extend(["-C", "link-arg=-Wl,--no-insert-timestamp"].map(str::to_owned));
    }
    flags
}
