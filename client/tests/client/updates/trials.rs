//! Trials: shell scripts stand in for new programs, good and bad ones.

use std::time::Duration;

use darkreach::update::{Attempt, Begun, Candidate, Found, trial::Limits};
use darkreach_protocol::release::UpdateState;
use tokio::sync::mpsc::unbounded_channel;

use super::world::{World, version};

/// A program that answers `--version`, `selftest` and `run` with these lines of shell.
pub(crate) fn script(version: &str, selftest: &str, run: &str) -> Vec<u8> {
    format!(
        "#!/bin/sh\ncase \"$1\" in\n--version) echo \"darkreach {version}\" ;;\nselftest) {selftest} ;;\n\
         run) {run} ;;\nesac\n"
    )
    .into_bytes()
}

const LIMITS: Limits = Limits {
    version: Duration::from_secs(60),
    selftest: Duration::from_secs(60),
    work: Duration::from_secs(60),
};

/// A hang must be met soon here, and nothing else may be.
const SHORT: Limits = Limits {
    selftest: Duration::from_millis(300),
    work: Duration::from_millis(300),
    ..LIMITS
};

async fn candidate(world: &World, program: &[u8]) -> Candidate {
    world.publish(&world.release(1, "1.1.0", program), program);
    match world.updater().check(false).await.unwrap() {
        Found::Ready(candidate) => *candidate,
        other => panic!("{other:?}"),
    }
}

/// What comes of a program, where the old one reaches the server or not.
async fn attempt(world: &World, program: &[u8], limits: Limits, reaches: bool) -> Attempt {
    let candidate = candidate(world, program).await;
    let (_sender, mut stop) = unbounded_channel();
    let arguments = ["run".into()];
    let updater = world.updater();
    let attempt = updater.attempt(&candidate, &arguments, limits, &mut stop, async || reaches);
    attempt.await.unwrap()
}

#[tokio::test]
async fn a_good_program_is_installed_and_reported() {
    let world = World::new();
    let new = script("1.1.0", "true", "test \"$2\" = --trial");
    assert_eq!(
        attempt(&world, &new, LIMITS, true).await,
        Attempt::Installed
    );
    assert_eq!(std::fs::read(world.exe()).unwrap(), new);
    let updater = world.updater();
    let previous = updater.program().previous();
    assert_eq!(std::fs::read(previous).unwrap(), b"the old program");
    let report = updater.shelf().read().unwrap().to_report.unwrap();
    assert_eq!(report.running, "1.1.0");
    assert!(report.tried.unwrap().healthy);
}

#[tokio::test]
async fn bad_programs_never_get_the_name_and_are_not_tried_again() {
    let long = "exec sleep 600";
    for (program, limits, words) in [
        (
            script("1.1.0", "true", "kill -9 $$"),
            LIMITS,
            "the work failed",
        ),
        (script("1.1.0", "true", "exit 1"), LIMITS, "the work failed"),
        (
            script("1.1.0", "true", long),
            SHORT,
            "the work was not done",
        ),
        (
            script("1.1.0", "exit 1", "true"),
            LIMITS,
            "self-test failed",
        ),
        (
            script("1.1.0", long, "true"),
            SHORT,
            "self-test was not done",
        ),
        (script("1.0.9", "true", "true"), LIMITS, "calls itself"),
        (
            script("1.1.0", "true", "exit 75"),
            LIMITS,
            "cannot reach the server",
        ),
        (b"\x7fELF no program".to_vec(), LIMITS, "does not start"),
    ] {
        let world = World::new();
        let result = attempt(&world, &program, limits, true).await;
        match &result {
            Attempt::RolledBack(reason) => assert!(reason.contains(words), "{words}: {reason}"),
            other => panic!("{words}: {other:?}"),
        }
        assert_eq!(std::fs::read(world.exe()).unwrap(), b"the old program");
        let updater = world.updater();
        assert!(!updater.program().candidate().exists());
        let book = updater.shelf().read().unwrap();
        assert_eq!(book.bad, [version("1.1.0")]);
        let report = book.to_report.unwrap();
        assert_eq!(report.state, UpdateState::RolledBack);
        assert!(!report.tried.unwrap().healthy);
        match updater.check(true).await.unwrap() {
            Found::Nothing(words) => assert!(words.contains("not tried again"), "{words}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_nobody_reaches_condemns_nobody() {
    let world = World::new();
    let new = script("1.1.0", "true", "exit 75");
    let result = attempt(&world, &new, LIMITS, false).await;
    assert!(matches!(result, Attempt::Postponed(_)), "{result:?}");
    let updater = world.updater();
    assert!(updater.shelf().read().unwrap().bad.is_empty());
    assert!(matches!(
        updater.check(false).await.unwrap(),
        Found::Ready(_)
    ));
}

#[tokio::test]
async fn a_signal_breaks_the_trial_off_and_condemns_nobody() {
    let world = World::new();
    // It ends when its standard input does, as the real one.
    let new = script("1.1.0", "true", "cat >/dev/null");
    let candidate = candidate(&world, &new).await;
    let (sender, mut stop) = unbounded_channel();
    sender.send("SIGTERM").unwrap();
    let updater = world.updater();
    let arguments = ["run".into()];
    let attempt = updater.attempt(&candidate, &arguments, LIMITS, &mut stop, async || true);
    assert_eq!(attempt.await.unwrap(), Attempt::Stopped("SIGTERM"));
    assert_eq!(std::fs::read(world.exe()).unwrap(), b"the old program");
    assert!(updater.shelf().read().unwrap().bad.is_empty());
}

#[tokio::test]
async fn a_file_changed_after_its_download_is_not_run() {
    let world = World::new();
    let new = script("1.1.0", "true", "true");
    let candidate = candidate(&world, &new).await;
    std::fs::write(&candidate.path, script("1.1.0", "true", "echo evil")).unwrap();
    let (_sender, mut stop) = unbounded_channel();
    let updater = world.updater();
    let attempt = updater.attempt(&candidate, &[], LIMITS, &mut stop, async || true);
    attempt.await.unwrap_err();
    assert_eq!(std::fs::read(world.exe()).unwrap(), b"the old program");
}

#[tokio::test]
async fn a_program_that_never_settles_gives_way() {
    let mut world = World::new();
    let new = script("1.1.0", "true", "true");
    attempt(&world, &new, LIMITS, true).await;
    world.options.running = version("1.1.0");
    for _ in 0..3 {
        assert_eq!(world.updater().begin().unwrap(), Begun::Usual);
    }
    assert_eq!(world.updater().begin().unwrap(), Begun::PutBack);
    assert_eq!(std::fs::read(world.exe()).unwrap(), b"the old program");
    let book = world.updater().shelf().read().unwrap();
    assert_eq!(book.bad, [version("1.1.0")]);
    assert_eq!(book.to_report.unwrap().state, UpdateState::RolledBack);
}

#[tokio::test]
async fn a_program_that_settles_stays() {
    let mut world = World::new();
    attempt(&world, &script("1.1.0", "true", "true"), LIMITS, true).await;
    world.options.running = version("1.1.0");
    let updater = world.updater();
    updater.begin().unwrap();
    updater.settle().unwrap();
    for _ in 0..9 {
        assert_eq!(updater.begin().unwrap(), Begun::Usual);
    }
}
