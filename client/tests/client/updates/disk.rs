//! The swap on a disk that fails, or a machine that dies, at every step: the name always stands for a
//! whole program, old or new.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use darkreach::{
    state::files::Disk,
    update::{disk::Programs, program::Program},
};
use tempfile::TempDir;

use crate::disk::FailingDisk;

const OLD: &[u8] = b"the old program";
const NEW: &[u8] = b"the new program";

fn installed() -> (TempDir, Program) {
    let folder = tempfile::tempdir().unwrap();
    let exe = folder.path().join("darkreach");
    Disk.write_program(&exe, OLD).unwrap();
    let program = Program::at(exe);
    (folder, program)
}

/// A program that can be run, with this content.
fn assert_program(path: &Path, content: &[&[u8]], when: &str) {
    let bytes = fs::read(path).unwrap();
    assert!(content.contains(&bytes.as_slice()), "{when}: {bytes:?}");
    let mode = fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755, "{when}");
}

fn update(program: &Program, disk: &dyn Programs) -> bool {
    program.place(disk, NEW).is_ok() && program.swap(disk).is_ok()
}

#[test]
fn every_step_can_fail_and_the_update_can_be_done_again() {
    let mut steps = 0;
    loop {
        let (_folder, program) = installed();
        let disk = FailingDisk::after(steps);
        let done = update(&program, &disk);
        let when = format!("after {steps} steps");
        assert_eq!(done, !disk.has_failed(), "{when}");
        assert_program(program.exe(), &[OLD, NEW], &when);
        if done {
            assert_program(program.exe(), &[NEW], &when);
            break;
        }
        // The next start has room again.
        assert!(update(&program, &Disk), "{when}");
        assert_program(program.exe(), &[NEW], &when);
        assert_program(&program.previous(), &[OLD], &when);
        steps += 1;
    }
    // Write, rename, sync; remove, link, rename, sync; rename, sync.
    assert!(steps >= 8, "{steps}");
}

#[test]
fn going_back_can_fail_at_every_step() {
    let mut steps = 0;
    loop {
        let (_folder, program) = installed();
        assert!(update(&program, &Disk));
        let disk = FailingDisk::after(steps);
        let done = program.restore(&disk).is_ok();
        assert_program(program.exe(), &[OLD, NEW], "going back");
        if done {
            break;
        }
        program.restore(&Disk).unwrap();
        steps += 1;
        assert_program(program.exe(), &[OLD], "going back again");
    }
    assert!(steps >= 4, "{steps}");
}

#[test]
fn a_swap_without_a_candidate_changes_nothing() {
    let (_folder, program) = installed();
    program.swap(&Disk).unwrap_err();
    program.restore(&Disk).unwrap_err();
    assert_program(program.exe(), &[OLD], "nothing happened");
}

#[test]
fn two_updaters_do_not_meet() {
    let (_folder, program) = installed();
    let held = program.lock().unwrap();
    let refused = program.lock().unwrap_err();
    assert!(refused.to_string().contains("another process"), "{refused}");
    drop(held);
    program.lock().unwrap();
}
