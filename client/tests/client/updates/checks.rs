//! Checks and downloads: the attacks on the way, against the code that ships.

use std::time::Duration;

use darkreach::update::{Found, UpdateFailure};
use darkreach_update::{Channel, UpdateError};

use super::{
    mirror::Manners,
    world::{DAY, World, now, root, signed, version},
};

const NEW: &[u8] = b"the new program, longer than the old one";

async fn ready(world: &World) -> std::path::PathBuf {
    match world.updater().check(false).await.unwrap() {
        Found::Ready(candidate) => candidate.path,
        other => panic!("{other:?}"),
    }
}

/// What a check that finds nothing says.
async fn nothing(world: &World) -> String {
    match world.updater().check(false).await.unwrap() {
        Found::Nothing(words) => words,
        other => panic!("{other:?}"),
    }
}

async fn refused(world: &World) -> UpdateError {
    match world.updater().check(false).await {
        Err(UpdateFailure::Refused(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_release_is_fetched_verified_and_staged() {
    let world = World::new();
    assert_eq!(nothing(&world).await, "the channel offers nothing now");
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    let path = ready(&world).await;
    assert_eq!(std::fs::read(&path).unwrap(), NEW);
    // The program itself was not touched, and a second check fetches nothing again.
    assert_eq!(std::fs::read(world.exe()).unwrap(), b"the old program");
    world.mirror.log();
    assert_eq!(ready(&world).await, path);
    assert!(
        !world
            .mirror
            .log()
            .iter()
            .any(|line| line.starts_with("files/"))
    );
}

#[tokio::test]
async fn what_is_not_signed_as_it_must_be_is_refused() {
    let world = World::new();
    let release = world.release(1, "1.1.0", NEW);
    world.publish(&release, NEW);
    for keys in [&[][..], &[11], &[31], &[41], &[1, 2, 3]] {
        world.offer(&signed(&release, keys), &release);
        let error = refused(&world).await;
        assert!(
            matches!(error, UpdateError::Signatures { .. }),
            "{keys:?}: {error}"
        );
    }
    world
        .mirror
        .put("channel/stable", b"<html>portal</html>".to_vec());
    assert!(matches!(refused(&world).await, UpdateError::Envelope(_)));
    world.mirror.put("channel/stable", vec![b'x'; 300_000]);
    let oversized = world.updater().check(false).await;
    assert!(
        matches!(oversized, Err(UpdateFailure::Answer { .. })),
        "{oversized:?}"
    );
}

#[tokio::test]
async fn an_old_release_is_refused_also_after_a_restart() {
    let world = World::new();
    world.publish(&world.release(8, "1.1.0", NEW), NEW);
    ready(&world).await;
    world.publish(&world.release(7, "1.2.0", NEW), NEW);
    let error = refused(&world).await;
    assert!(
        matches!(
            error,
            UpdateError::Rollback {
                seen: 8,
                found: 7,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_frozen_mirror_is_reported_and_work_is_not_concerned() {
    let world = World::new();
    let release = world.release(1, "1.1.0", NEW);
    world.publish(&release, NEW);
    let document = signed(&release, &[11, 12]);
    let mut old = world.vouch(&document, &release);
    (old.issued, old.expires) = (now() - 4 * DAY, now() - DAY);
    world
        .mirror
        .put("freshness", signed(&old, &[41]).to_bytes());
    assert!(matches!(refused(&world).await, UpdateError::Frozen { .. }));
    let book = world.updater().shelf().read().unwrap();
    assert!(book.outcome.unwrap().contains("frozen"));
}

#[tokio::test]
async fn a_rotated_root_is_followed_and_kept() {
    let world = World::new();
    let mut second = root();
    second.version = 2;
    world
        .mirror
        .put("root/2", signed(&second, &[1, 3]).to_bytes());
    let release = world.release(1, "1.1.0", NEW);
    world.publish(&release, NEW);
    // The word is for the old root still: somebody hides half of it.
    assert!(matches!(
        refused(&world).await,
        UpdateError::RootMismatch { .. }
    ));
    let document = signed(&release, &[11, 12]);
    let mut word = world.vouch(&document, &release);
    word.root_version = 2;
    world
        .mirror
        .put("freshness", signed(&word, &[41]).to_bytes());
    ready(&world).await;
    world.mirror.log();
    ready(&world).await;
    assert!(world.mirror.log()[0].starts_with("root/3"));
    // A forged third one stops everything.
    let mut third = second.clone();
    third.version = 3;
    world.mirror.put("root/3", signed(&third, &[1]).to_bytes());
    assert!(matches!(
        refused(&world).await,
        UpdateError::Signatures { .. }
    ));
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_was() {
    let world = World::new();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    world.mirror.behave(Manners::BreaksOff(10));
    assert!(world.updater().check(false).await.is_err());
    world.mirror.log();
    assert!(world.updater().check(false).await.is_err());
    world.mirror.behave(Manners::Good);
    let path = ready(&world).await;
    assert_eq!(std::fs::read(path).unwrap(), NEW);
    let log = world.mirror.log();
    let files: Vec<&str> = log
        .iter()
        .filter_map(|line| line.strip_prefix("files/1.1.0/darkreach "))
        .collect();
    assert_eq!(files, ["10", "20"]);
}

#[tokio::test]
async fn a_mirror_without_ranges_is_started_over() {
    let world = World::new();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    world.mirror.behave(Manners::BreaksOff(10));
    assert!(world.updater().check(false).await.is_err());
    world.mirror.behave(Manners::WholeOnly);
    assert_eq!(std::fs::read(ready(&world).await).unwrap(), NEW);
}

#[tokio::test]
async fn an_endless_body_leaves_nothing_behind() {
    let world = World::new();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    world.mirror.behave(Manners::Endless);
    let error = refused(&world).await;
    assert!(error.to_string().contains("longer"), "{error}");
    let staging = world.folder.path().join("data/update/staging");
    assert_eq!(std::fs::read_dir(staging).unwrap().count(), 0);
}

#[tokio::test]
async fn a_dripping_mirror_is_given_up() {
    let mut world = World::new();
    world.options.pace.grace = Duration::from_millis(200);
    world.options.pace.least = u64::MAX;
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    world.mirror.behave(Manners::Drips);
    let given_up = world.updater().check(false).await;
    assert!(
        matches!(given_up, Err(UpdateFailure::TooSlow { .. })),
        "{given_up:?}"
    );
}

#[tokio::test]
async fn other_bytes_than_signed_are_never_staged() {
    let world = World::new();
    let release = world.release(1, "1.1.0", NEW);
    world.publish(&release, NEW);
    let mut other = NEW.to_vec();
    other[5] ^= 1;
    world.mirror.put("files/1.1.0/darkreach", other);
    let error = refused(&world).await;
    assert!(error.to_string().contains("SHA-256"), "{error}");
    // The bad bytes are gone; the good ones come through.
    world.mirror.put("files/1.1.0/darkreach", NEW.to_vec());
    ready(&world).await;
}

#[tokio::test]
async fn a_hold_takes_effect_at_the_next_check() {
    let world = World::new();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    let staged = ready(&world).await;
    world.mirror.remove("channel/stable");
    assert_eq!(nothing(&world).await, "the channel offers nothing now");
    assert!(!staged.exists());
}

#[tokio::test]
async fn pin_deferral_and_only_telling_are_honoured() {
    let mut world = World::new();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    world.options.pin = Some(version("1.0.0"));
    assert!(nothing(&world).await.contains("another version is pinned"));
    world.options.pin = None;
    world.options.only_tell = true;
    let told = world.updater().check(false).await.unwrap();
    assert!(matches!(told, Found::Available { .. }), "{told:?}");
    world.options.only_tell = false;
    let until = chrono::Utc::now() + chrono::Duration::days(2);
    let updater = world.updater();
    updater
        .shelf()
        .change(|book| book.deferred_until = Some(until))
        .unwrap();
    let told = updater.check(false).await.unwrap();
    assert!(matches!(told, Found::Available { .. }), "{told:?}");
    let forced = updater.check(true).await.unwrap();
    assert!(matches!(forced, Found::Ready(_)), "{forced:?}");
}

#[tokio::test]
async fn a_program_of_a_package_manager_is_only_told_about() {
    let world = World::new();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    let mark = world.folder.path().join("bin/darkreach.managed-by");
    std::fs::write(mark, "apt\n").unwrap();
    match world.updater().check(true).await.unwrap() {
        Found::Available { reason, .. } => assert!(reason.contains("apt"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert!(
        !world
            .mirror
            .log()
            .iter()
            .any(|line| line.starts_with("files/"))
    );
}

#[tokio::test]
async fn a_release_for_another_platform_and_a_step_back_are_not_taken() {
    let mut world = World::new();
    world.options.target = "aarch64-apple-darwin".to_owned();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    assert!(nothing(&world).await.contains("for this platform"));
    world.options.target = super::world::TARGET.to_owned();
    world.options.running = version("1.2.0");
    assert!(nothing(&world).await.contains("older"));
    let mut order = world.release(2, "1.1.0", NEW);
    order.downgrade = true;
    world.publish(&order, NEW);
    ready(&world).await;
}

#[tokio::test]
async fn a_damaged_book_stops_updating_and_says_so() {
    let world = World::new();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    ready(&world).await;
    let book = world.folder.path().join("data/update/state.json");
    std::fs::write(&book, "{").unwrap();
    let error = world.updater().check(false).await.unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[test]
fn the_seed_is_drawn_once() {
    let world = World::new();
    let updater = world.updater();
    updater.shelf().seed().unwrap();
    let path = world.folder.path().join("data/update/seed");
    let first = std::fs::read(&path).unwrap();
    updater.shelf().seed().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), first);
    assert_eq!(first.len(), 32);
}

/// What a mirror could learn of the host's place in rollouts: nothing, whatever the percentage.
#[tokio::test]
async fn the_seed_never_leaves_this_computer() {
    let asked = async || {
        let world = World::new();
        let mut release = world.release(1, "1.1.0", NEW);
        release.rollout = 0;
        world.publish(&release, NEW);
        let words = nothing(&world).await;
        assert!(words.contains("not to this one yet"), "{words}");
        let seed = std::fs::read(world.folder.path().join("data/update/seed")).unwrap();
        let received = world.mirror.received();
        let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!received.to_lowercase().contains(&hex[..16]), "{received}");
        received.replace(&world.mirror.url["http://".len()..], "MIRROR")
    };
    // Two hosts with two seeds say the same.
    assert_eq!(asked().await, asked().await);
}

/// In the rollback window an older program finds what a newer one wrote.
#[tokio::test]
async fn a_book_of_a_later_version_is_read_and_nothing_of_it_lost() {
    let world = World::new();
    world.publish(&world.release(1, "1.1.0", NEW), NEW);
    ready(&world).await;
    let path = world.folder.path().join("data/update/state.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replacen('{', r#"{"of_version_nine": {"a": [1]},"#, 1);
    std::fs::write(&path, text).unwrap();
    ready(&world).await;
    let book = world.updater().shelf().read().unwrap();
    assert!(book.trust.is_some());
    assert_eq!(book.later["of_version_nine"]["a"][0], 1);
    assert!(
        std::fs::read_to_string(&path)
            .unwrap()
            .contains("of_version_nine")
    );
}

/// Each of them is signed by enough of the right keys.
#[tokio::test]
async fn what_is_mixed_expired_or_of_another_channel_or_kind_is_refused() {
    let world = World::new();
    let first = world.release(1, "1.1.0", NEW);
    let second = world.release(2, "1.2.0", NEW);
    let [one, two] = [&first, &second].map(|release| signed(release, &[11, 12]));
    // The word of one release with the document of another.
    world.publish(&first, NEW);
    world.mirror.put("channel/stable", two.to_bytes());
    refused(&world).await;
    // Beta's document on stable; its keys are the same.
    let mut beta = first.clone();
    beta.channel = Channel::Beta;
    world.offer(&signed(&beta, &[11, 12]), &beta);
    refused(&world).await;
    // Another kind of document in its place.
    let word = signed(&world.vouch(&one, &first), &[41, 11, 12]);
    world.mirror.put("channel/stable", word.to_bytes());
    refused(&world).await;
    let mut old = world.release(3, "1.1.0", NEW);
    (old.issued, old.expires) = (now() - 9 * DAY, now() - DAY);
    world.offer(&signed(&old, &[11, 12]), &old);
    refused(&world).await;
    assert_eq!(std::fs::read(world.exe()).unwrap(), b"the old program");
    let staging = world.folder.path().join("data/update/staging");
    assert_eq!(std::fs::read_dir(staging).unwrap().count(), 0);
}
