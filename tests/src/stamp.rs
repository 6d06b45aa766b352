//! Writing a version and a fault into a copy of the program `stamped-worker`.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use crate::process::program;

/// How the place in the program begins.
pub const MARK: &[u8] = b"darkreach-e2e stamp:";
/// Bytes of the version, padded with blanks.
pub const VERSION_LENGTH: usize = 32;
/// Bytes of the fault, padded with blanks.
pub const FAULT_LENGTH: usize = 16;

/// Writes the program of a version, with a fault (`none`, `crash`, `hang`, `selftest`, `unreachable`, and
/// `err once`, `err always`: the computer miscalculates in checked tests).
pub fn stamped_worker(to: &Path, version: &str, fault: &str) {
    let mut bytes = fs::read(program("stamped-worker")).expect("the program");
    let mut places = bytes
        .windows(MARK.len() + 5)
        .enumerate()
        // The mark alone stands in the program once more, to be looked for.
        .filter(|(_, w)| w.starts_with(MARK) && w.ends_with(b"0.1.0"))
        .map(|(at, _)| at);
    let at = places.next().expect("a stamp in the program");
    assert_eq!(places.next(), None, "one stamp");
    let stamp = format!("{version:VERSION_LENGTH$}{fault:FAULT_LENGTH$}");
    let at = at + MARK.len();
    bytes[at..at + stamp.len()].copy_from_slice(stamp.as_bytes());
    fs::write(to, bytes).expect("a program");
    fs::set_permissions(to, fs::Permissions::from_mode(0o755)).expect("chmod");
}
