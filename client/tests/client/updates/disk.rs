//! The swap on a disk that fails, or a machine that dies, at every step: the name always stands for a
//! whole program, old or new.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

use darkreach::{
    state::files::{Disk, Files},
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

/// The system ends the lock of a process that is killed.
#[test]
fn a_second_updater_gets_no_lock_until_the_first_is_done_or_dead() {
    let (folder, program) = installed();
    let held = program.try_lock().unwrap().unwrap();
    assert!(program.try_lock().unwrap().is_none());
    drop(held);
    program.lock().unwrap();

    // Another process has it: flock(1) takes the same lock, and keeps it from what it starts.
    let lock = folder.path().join(".darkreach-update-lock");
    let mut other = Command::new("flock")
        .arg("--close")
        .arg(&lock)
        .args(["sh", "-c", "echo held; cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut said = BufReader::new(other.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    assert_eq!(line, "held\n");
    assert!(program.try_lock().unwrap().is_none());
    // SIGKILL. This waits, and does so until the lock is free.
    other.kill().unwrap();
    program.lock().unwrap();
    other.wait().unwrap();
}

/// Windows as far as the swap is concerned: a program that runs can be renamed, but neither replaced
/// nor removed.
#[derive(Debug)]
struct WindowsDisk {
    inner: FailingDisk,
    running: Mutex<PathBuf>,
}

impl WindowsDisk {
    fn refuse(&self, path: &Path) -> io::Result<()> {
        if *self.running.lock().unwrap() == path {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(())
    }
}

impl Files for WindowsDisk {
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.refuse(path)?;
        self.inner.write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.refuse(to)?;
        self.inner.rename(from, to)?;
        let mut running = self.running.lock().unwrap();
        if *running == from {
            *running = to.to_owned();
        }
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.inner.sync_folder(folder)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.refuse(path)?;
        self.inner.remove(path)
    }
}

impl Programs for WindowsDisk {
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.append(path, bytes)
    }

    fn write_program(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_program(path, bytes)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.link(from, to)
    }

    fn replaces_running(&self) -> bool {
        false
    }
}

/// Windows, with the program at work and so many operations to go.
fn windows(program: &Program, operations: i64) -> WindowsDisk {
    WindowsDisk {
        inner: FailingDisk::after(operations),
        running: Mutex::new(program.exe().to_owned()),
    }
}

#[test]
fn a_running_program_that_cannot_be_replaced_makes_way() {
    let (folder, program) = installed();
    let disk = windows(&program, i64::MAX);
    assert!(update(&program, &disk));
    assert_program(program.exe(), &[NEW], "after the swap");
    assert_program(&program.previous(), &[OLD], "after the swap");
    let away = folder.path().join(".darkreach-away");
    assert_eq!(*disk.running.lock().unwrap(), away);
    // The new program runs now, and goes back.
    *disk.running.lock().unwrap() = program.exe().to_owned();
    program.restore(&disk).unwrap();
    assert_program(program.exe(), &[OLD], "after going back");
}

/// Between the two renames of Windows nothing has the name; at every other step the old or the new
/// program has it, and the old one always lies there under some name.
#[test]
fn where_a_program_must_make_way_every_step_can_fail_and_be_done_again() {
    let (mut steps, mut without) = (0, 0);
    loop {
        let (folder, program) = installed();
        let disk = windows(&program, steps);
        let done = update(&program, &disk);
        let when = format!("after {steps} steps");
        assert_eq!(done, !disk.inner.has_failed(), "{when}");
        if program.exe().exists() {
            assert_program(program.exe(), &[OLD, NEW], &when);
        } else {
            without += 1;
            assert_program(&folder.path().join(".darkreach-away"), &[OLD], &when);
            assert_program(&program.previous(), &[OLD], &when);
        }
        if done {
            break;
        }
        steps += 1;
    }
    assert!(steps >= 9, "{steps}");
    assert_eq!(without, 1);
}

#[test]
fn a_long_and_foreign_path_is_a_path_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut deep = folder.path().to_owned();
    for _ in 0..9 {
        deep.push("\u{6f22}\u{5b57} \u{dc}mlaut & (x86) ".repeat(6));
    }
    assert!(deep.as_os_str().len() > 1000);
    fs::create_dir_all(&deep).unwrap();
    for name in ["darkreach", "darkreach.exe"] {
        let program = Program::at(deep.join(name));
        Disk.write_program(program.exe(), OLD).unwrap();
        assert!(update(&program, &Disk));
        assert_program(program.exe(), &[NEW], name);
        assert_program(&program.previous(), &[OLD], name);
        assert_eq!(program.previous().extension(), program.exe().extension());
    }
}
