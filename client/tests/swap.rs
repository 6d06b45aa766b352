//! The swap of a program while it runs, under a long path with foreign letters, on whichever system this
//! is: the public workflow runs it on Windows, where a running program cannot be replaced.

// Helpers of tests are tests: what is not as expected must stop them.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    process::{Command, Stdio},
};

use darkreach::{
    state::files::Disk,
    update::{disk::Programs, program::Program},
};

#[test]
fn a_program_at_work_is_replaced_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    // With the prefix that lifts the limit on paths, where a system has one.
    let mut deep = folder.path().canonicalize().unwrap();
    for _ in 0..4 {
        deep.push("\u{6f22}\u{5b57} \u{dc}mlaut (x86) ".repeat(6).trim_end());
    }
    assert!(deep.as_os_str().len() > 400);
    fs::create_dir_all(&deep).unwrap();
    let old = fs::read(env!("CARGO_BIN_EXE_darkreach")).unwrap();
    let new = b"the new program".as_slice();
    let exe = deep
        .join("darkreach")
        .with_extension(std::env::consts::EXE_EXTENSION);
    Disk.write_program(&exe, &old).unwrap();
    // At work for some seconds, whatever happens here.
    let mut at_work = Command::new(&exe)
        .arg("selftest")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let program = Program::at(exe.clone());
    program.place(&Disk, new).unwrap();
    program.swap(&Disk).unwrap();
    assert_eq!(fs::read(&exe).unwrap(), new);
    assert_eq!(fs::read(program.previous()).unwrap(), old);
    let ended = at_work.try_wait().unwrap();
    assert!(
        ended.is_none(),
        "the test needs a program at work: {ended:?}"
    );
    at_work.kill().unwrap();
    at_work.wait().unwrap();
    program.restore(&Disk).unwrap();
    assert!(fs::read(&exe).unwrap() == old, "the old program is back");
    let version = Command::new(&exe).arg("--version").output().unwrap();
    assert!(version.status.success(), "{version:?}");
}
