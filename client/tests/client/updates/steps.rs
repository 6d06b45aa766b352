//! A whole update, from the check to the swap, on a disk that is full or a machine that dies at every
//! step: what is left starts, and the next try comes through.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc, time::Duration};

use darkreach::update::{Attempt, Candidate, Found, UpdateFailure, trial::Limits};
use tokio::sync::mpsc::unbounded_channel;

use super::{
    trials::script,
    world::{World, version},
};
use crate::disk::FailingDisk;

const OLD: &[u8] = b"the old program";
const LIMITS: Limits = Limits {
    version: Duration::from_secs(60),
    selftest: Duration::from_secs(60),
    work: Duration::from_secs(60),
};

/// A check and, if it finds something, the attempt.
async fn update(world: &World) -> Result<Attempt, UpdateFailure> {
    let updater = world.open()?;
    let candidate = match updater.check(false).await? {
        Found::Ready(candidate) => *candidate,
        other => return Ok(Attempt::Postponed(format!("{other:?}"))),
    };
    attempt(world, &candidate).await
}

async fn attempt(world: &World, candidate: &Candidate) -> Result<Attempt, UpdateFailure> {
    let (_sender, mut stop) = unbounded_channel();
    let arguments = ["run".into()];
    let updater = world.open()?;
    updater
        .attempt(candidate, &arguments, LIMITS, &mut stop, async || true)
        .await
}

fn assert_runs(exe: &Path, content: &[&[u8]], when: &str) {
    let bytes = std::fs::read(exe).unwrap();
    assert!(
        content.contains(&bytes.as_slice()),
        "{when}: {} bytes",
        bytes.len()
    );
    let mode = std::fs::metadata(exe).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755, "{when}");
}

#[tokio::test]
async fn every_step_of_an_update_can_be_the_last_one() {
    let new = script("1.1.0", "true", "true");
    let mut steps = 0;
    loop {
        let mut world = World::new();
        world.publish(&world.release(1, "1.1.0", &new), &new);
        let disk = FailingDisk::after(steps);
        world.disk = Arc::new(disk.clone());
        let outcome = update(&world).await;
        let when = format!("after {steps} steps: {outcome:?}");
        assert_runs(&world.exe(), &[OLD, &new], &when);
        if !disk.has_failed() {
            assert_eq!(outcome.unwrap(), Attempt::Installed);
            break;
        }
        // The machine starts again, with room on the disk; whichever program it is that starts.
        disk.repair();
        if std::fs::read(world.exe()).unwrap() == new {
            world.options.running = version("1.1.0");
        } else {
            let again = update(&world).await.unwrap();
            assert_eq!(again, Attempt::Installed, "{when}");
            assert_runs(&world.exe(), &[&new], &when);
        }
        let updater = world.updater();
        assert_runs(&updater.program().previous(), &[OLD], &when);
        assert!(updater.shelf().read().unwrap().bad.is_empty(), "{when}");
        steps += 1;
    }
    // Books, seed, downloads, program and names.
    assert!(steps > 30, "{steps}");
}

/// Two workers of one program, each with a data directory of its own: the second waits for the first,
/// and finds its work done.
#[tokio::test]
async fn a_second_updater_waits_and_takes_over_what_the_first_installed() {
    let world = World::new();
    let log = world.folder.path().join("trials");
    let new = script("1.1.0", &format!("echo tried >>{}", log.display()), "true");
    world.publish(&world.release(1, "1.1.0", &new), &new);
    let updater = world.updater();
    let candidate = match updater.check(false).await.unwrap() {
        Found::Ready(candidate) => *candidate,
        other => panic!("{other:?}"),
    };
    let program = updater.program().clone();
    let first = program.try_lock().unwrap().unwrap();
    let second = attempt(&world, &candidate);
    tokio::pin!(second);
    // It has begun, and is not done while the other one is at it.
    let begun = tokio::time::timeout(Duration::ZERO, &mut second).await;
    assert!(begun.is_err(), "{begun:?}");
    program.place(&*world.disk, &new).unwrap();
    program.swap(&*world.disk).unwrap();
    drop(first);
    assert_eq!(second.await.unwrap(), Attempt::Installed);
    assert!(!log.exists(), "the second tried it once more");
    let book = world.updater().shelf().read().unwrap();
    assert_eq!(book.unsettled, Some(version("1.1.0")));
}

#[tokio::test]
async fn a_signal_ends_the_wait_for_another_updater() {
    let world = World::new();
    let new = script("1.1.0", "true", "true");
    world.publish(&world.release(1, "1.1.0", &new), &new);
    let updater = world.updater();
    let candidate = match updater.check(false).await.unwrap() {
        Found::Ready(candidate) => *candidate,
        other => panic!("{other:?}"),
    };
    let _first = updater.program().try_lock().unwrap().unwrap();
    let (sender, mut stop) = unbounded_channel();
    sender.send("SIGTERM").unwrap();
    let attempt = updater.attempt(&candidate, &[], LIMITS, &mut stop, async || true);
    assert_eq!(attempt.await.unwrap(), Attempt::Stopped("SIGTERM"));
}
