//! What volunteers install, each made by the one command that makes it for a release: packages are
//! installed, upgraded and removed on small systems of their own, and the scripts run on one that has
//! what they say they need and no more.

mod containers;
mod deb;
mod documented;
mod life;
mod mirror;
mod msi;
mod others;
mod published;
mod rpm;
mod script;
mod tarball;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use darkreach_e2e::{process::output, stamp::stamped_worker};

/// Runs `installers/build`.
fn try_build(arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../installers/build");
    let mut command = Command::new(script);
    // Small packages are for releases, which are made once.
    output(command.args(arguments).env("PACKAGE_EFFORT", "0"))
}

/// The same for what must succeed.
fn build(arguments: &[&str]) {
    let made = try_build(arguments);
    assert!(
        made.status.success(),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&made.stdout),
        String::from_utf8_lossy(&made.stderr)
    );
}

/// The worker of a version, small as in a release: without symbols.
fn worker(folder: &Path, version: &str) -> PathBuf {
    let (big, small) = (folder.join("unstripped"), folder.join(version));
    stamped_worker(&big, version, "none");
    let stripped = output(Command::new("strip").arg("-o").arg(&small).arg(&big));
    assert!(stripped.status.success(), "{stripped:?}");
    fs::remove_file(&big).expect("it was there");
    small
}

/// A path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().expect("a path of plain text")
}

/// The processor as Debian and as RPM call it.
fn architecture() -> (&'static str, &'static str) {
    match std::env::consts::ARCH {
        "x86_64" => ("amd64", "x86_64"),
        "aarch64" => ("arm64", "aarch64"),
        other => panic!("no packages are made for {other}"),
    }
}
