//! What must survive: checkpoints, results, the marker, the lock.

use std::{fs, path::Path, sync::Arc};

use darkreach::{
    engine::Spent,
    state::{
        StateError,
        checkpoint::{Checkpoint, CheckpointStore},
        directory::{DataDir, MARKER},
        files::{Disk, Files},
        lock,
        outbox::Parcel,
    },
};
use darkreach_protocol::work::ResultReport;
use uuid::Uuid;

use crate::disk::FailingDisk;

fn open(root: &Path) -> DataDir {
    DataDir::open(root, Arc::new(Disk)).unwrap()
}

fn checkpoint(generation: u64) -> Checkpoint {
    Checkpoint {
        generation,
        state: format!("state {generation} ").repeat(9).into_bytes(),
        spent: Spent {
            cpu_seconds: generation as f64,
            wall_seconds: 0.5,
        },
    }
}

fn store(folder: &Path, files: impl Files + 'static) -> CheckpointStore {
    CheckpointStore::new(folder.to_owned(), 7, Arc::new(files))
}

#[test]
fn a_folder_without_our_marker_is_refused_and_untouched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "years").unwrap();
    let refused = DataDir::open(folder.path(), Arc::new(Disk)).unwrap_err();
    assert!(matches!(refused, StateError::NotOurs { .. }), "{refused}");
    assert!(refused.hint().unwrap().contains("--data-dir"));
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1);

    let ours = folder.path().join("new/data");
    open(&ours);
    fs::write(ours.join("anything"), "").unwrap();
    open(&ours);
    fs::write(ours.join(MARKER), "darkreach data directory, layout 2\n").unwrap();
    let refused = DataDir::open(&ours, Arc::new(Disk)).unwrap_err();
    assert!(matches!(refused, StateError::Layout { .. }), "{refused}");
}

#[test]
fn a_second_worker_is_told_who_works_there() {
    let folder = tempfile::tempdir().unwrap();
    let data = open(folder.path());
    assert_eq!(lock::holder(&data).unwrap(), None);
    let first = lock::take(&data).unwrap();
    let refused = lock::take(&data).unwrap_err().to_string();
    let pid = std::process::id();
    assert!(
        refused.contains(&format!("another worker (process {pid})")),
        "{refused}"
    );
    assert_eq!(lock::holder(&data).unwrap(), Some(pid));
    drop(first);
    lock::take(&data).unwrap();
}

#[test]
#[cfg(unix)]
fn what_is_written_only_its_owner_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = open(&folder.path().join("data"));
    darkreach::state::node::store(
        &data,
        &darkreach::state::node::Node {
            server: "https://example.org".to_owned(),
            node_id: "n".to_owned(),
            token: "very secret".to_owned(),
            name: None,
            attached_at: chrono::DateTime::UNIX_EPOCH,
        },
    )
    .unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data.path("node.json")), 0o600);
    assert_eq!(mode(data.root()), 0o700);
    let node = darkreach::state::node::load(&data).unwrap().unwrap();
    assert_eq!(node.token, "very secret");
    assert!(!format!("{node:?}").contains("very secret"));
}

#[test]
fn two_generations_are_kept_and_the_newest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), Disk);
    assert!(store.load().unwrap().good.is_empty());
    for generation in 1..=5 {
        store.write(&checkpoint(generation)).unwrap();
    }
    let loaded = store.load().unwrap();
    assert_eq!(loaded.good, [checkpoint(5), checkpoint(4)]);
    assert!(loaded.damaged.is_empty());
    store.clear().unwrap();
    assert!(store.load().unwrap().good.is_empty());
}

#[test]
fn whichever_write_fails_the_last_good_checkpoint_is_read() {
    let mut failures = 0;
    for n in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let disk = FailingDisk::after(n);
        let writer = store(folder.path(), disk.clone());
        let mut done = 0;
        for generation in 1..=4 {
            if writer.write(&checkpoint(generation)).is_err() {
                break;
            }
            done = generation;
        }
        // As after a crash: another process reads what is there.
        let loaded = store(folder.path(), Disk).load().unwrap();
        assert!(loaded.damaged.is_empty(), "n={n}: {:?}", loaded.damaged);
        let newest = loaded.good.first().map_or(0, |c| c.generation);
        // The one that failed may have come through, an acknowledged one may not be lost.
        assert!(
            newest == done || newest == done + 1,
            "n={n}: {newest} of {done}"
        );
        for found in &loaded.good {
            assert_eq!(*found, checkpoint(found.generation), "n={n}");
        }
        if !disk.has_failed() {
            assert_eq!(done, 4);
            break;
        }
        failures += 1;
        // And with room on the disk again it goes on.
        disk.repair();
        writer.write(&checkpoint(done + 1)).unwrap();
        writer.write(&checkpoint(done + 2)).unwrap();
        assert_eq!(writer.load().unwrap().good[0].generation, done + 2);
    }
    assert!(failures >= 12, "only {failures} places to fail");
}

#[test]
fn a_damaged_newest_checkpoint_gives_way_to_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let writer = store(folder.path(), Disk);
    writer.write(&checkpoint(1)).unwrap();
    writer.write(&checkpoint(2)).unwrap();
    let path = folder.path().join("checkpoint-2");
    let whole = fs::read(&path).unwrap();
    let mut damages = Vec::new();
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut flipped = whole.clone();
            flipped[at] ^= 1 << bit;
            damages.push(flipped);
        }
        damages.push(whole[..at].to_vec());
    }
    damages.push([&whole[..], b"x"].concat());
    let previous = fs::read(folder.path().join("checkpoint-1")).unwrap();
    damages.push(previous);
    for damaged in damages {
        fs::write(&path, &damaged).unwrap();
        let loaded = writer.load().unwrap();
        assert_eq!(loaded.good, [checkpoint(1)]);
        let told = loaded.damaged[0].to_string();
        assert!(told.contains("checkpoint-2 is damaged"), "{told}");
    }
    // The number of a damaged generation is not used again.
    assert_eq!(writer.newest().unwrap(), 2);
}

#[test]
fn a_checkpoint_of_another_assignment_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path(), Disk).write(&checkpoint(1)).unwrap();
    let other = CheckpointStore::new(folder.path().to_owned(), 8, Arc::new(Disk));
    let loaded = other.load().unwrap();
    assert!(loaded.good.is_empty());
    assert!(
        loaded.damaged[0]
            .to_string()
            .contains("belongs to assignment 7")
    );
}

fn parcel(assignment: i64) -> Parcel {
    Parcel {
        assignment,
        report: ResultReport {
            key: Uuid::from_u128(assignment as u128),
            client_version: "test".to_owned(),
            ledger: vec![1, 2, 3],
            primes: Vec::new(),
            cpu_seconds: 1.0,
            wall_seconds: 1.0,
        },
    }
}

#[test]
fn whichever_write_fails_a_result_is_whole_or_not_there_and_an_acknowledged_one_stays() {
    let mut failures = 0;
    for n in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        open(&root);
        let disk = FailingDisk::after(n);
        let outbox = DataDir::open(&root, Arc::new(disk.clone()))
            .unwrap()
            .outbox();
        let put: Vec<bool> = [1, 2].map(|id| outbox.put(&parcel(id)).is_ok()).to_vec();
        let refused = outbox.refuse(parcel(2), "no").is_ok();
        let left = open(&root).outbox();
        let there = left.list().unwrap();
        for id in &there {
            assert_eq!(left.get(*id).unwrap().unwrap(), parcel(*id), "n={n}");
        }
        // A result that was acknowledged is there until it is delivered or set aside.
        assert!(there.contains(&1) || !put[0], "n={n}");
        let aside = left.refused().unwrap().iter().any(|f| f.starts_with("2-"));
        assert!(there.contains(&2) || aside || !put[1], "n={n}");
        assert!(aside || !refused, "n={n}");
        let delivered = outbox.delivered(1).is_ok();
        assert!(!left.list().unwrap().contains(&1) || !delivered, "n={n}");
        if !disk.has_failed() {
            assert!(left.list().unwrap().is_empty() && put == [true, true]);
            break;
        }
        failures += 1;
    }
    assert!(failures >= 10, "only {failures} places to fail");
}

#[test]
fn the_first_key_of_a_result_is_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(&folder.path().join("data")).outbox();
    outbox.put(&parcel(1)).unwrap();
    let mut again = parcel(1);
    again.report.key = Uuid::from_u128(99);
    outbox.put(&again).unwrap();
    assert_eq!(outbox.get(1).unwrap().unwrap(), parcel(1));
}

#[test]
fn a_refused_result_keeps_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let data = open(&folder.path().join("data"));
    let outbox = data.outbox();
    outbox.put(&parcel(3)).unwrap();
    outbox
        .refuse(parcel(3), "the block is not leased to this node")
        .unwrap();
    assert_eq!(outbox.list().unwrap(), Vec::<i64>::new());
    let names = outbox.refused().unwrap();
    assert_eq!(names.len(), 1);
    let text = fs::read_to_string(data.path("outbox/refused").join(&names[0])).unwrap();
    assert!(
        text.contains("the block is not leased to this node"),
        "{text}"
    );
    assert!(text.contains(&parcel(3).report.key.to_string()), "{text}");
}
