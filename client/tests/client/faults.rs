//! The worker's loop inside the test's process, with planted faults that no server can cause: a
//! disk that is full from the n-th operation on, for every n, and a computation that breaks.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use darkreach::{
    config::OnStop,
    display::{Display, Event},
    engine::Probe,
    link::{Link, Options as LinkOptions, ServerUrl},
    run::{self, Options},
    state::{
        directory::DataDir,
        files::{Disk, Files},
        node::Node,
    },
};
use darkreach_protocol::work::ReleaseReason;

use crate::{
    disk::FailingDisk,
    known::{report_of, spec},
    server::FakeServer,
};

/// Keeps the events, and acts on some.
struct Recorder {
    events: Arc<Mutex<Vec<Event>>>,
    act: Box<dyn Fn(&Event) + Send>,
}

impl Display for Recorder {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.events.lock().unwrap().push(event.clone());
        (self.act)(event);
        Ok(())
    }
}

/// Runs until idle; the events.
fn work(
    server: &FakeServer,
    folder: &std::path::Path,
    files: Arc<dyn Files>,
    probe: Option<Probe>,
    act: impl Fn(&Event) + Send + 'static,
) -> Vec<Event> {
    DataDir::open(folder, Arc::new(Disk)).unwrap();
    let data = DataDir::open(folder, files).unwrap();
    let node = Node {
        server: server.url().to_owned(),
        node_id: "node-1".to_owned(),
        token: "token".to_owned(),
        name: None,
        attached_at: chrono::DateTime::UNIX_EPOCH,
    };
    let url = ServerUrl::parse(server.url(), false).unwrap();
    let link = Link::new(url, Some(node.token.clone()), &LinkOptions::default()).unwrap();
    let options = Options {
        threads: 2,
        checkpoint: Duration::from_millis(20),
        heartbeat: Duration::from_secs(30),
        upload: Duration::from_secs(300),
        claim_ahead: 2,
        claim_ahead_time: Duration::from_secs(1),
        on_stop: OnStop::Keep,
        until_idle: true,
        log_candidates: false,
        probe,
    };
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let display = Box::new(Recorder {
        events: Arc::clone(&events),
        act: Box::new(act),
    });
    let (_stop, stopped) = tokio::sync::mpsc::unbounded_channel();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(run::run(data, node, link, options, display, stopped))
        .unwrap();
    std::mem::take(&mut *events.lock().unwrap())
}

#[test]
fn a_disk_that_is_full_from_the_nth_operation_on_loses_nothing_for_any_n() {
    let block = spec("1..400", "2500", 2, 1);
    let expected = report_of(&block);
    let (mut failures, mut told) = (0, 0);
    for n in 0.. {
        let server = FakeServer::start([block.clone()]);
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let disk = FailingDisk::after(n);
        let repaired = disk.clone();
        let warned = Arc::new(AtomicBool::new(false));
        let warn = Arc::clone(&warned);
        // Somebody reads the warning and makes room.
        let events = work(&server, &data, Arc::new(disk.clone()), None, move |event| {
            if let Event::Warning { message } = event {
                assert!(message.contains("the disk is full"), "{message}");
                warn.store(true, Ordering::SeqCst);
                repaired.repair();
            }
        });
        let got = server.books().results[&1].block_report();
        assert_eq!(got, expected, "n={n}");
        assert_eq!(server.books().results.len(), 1);
        let receipts = events.iter().filter(|e| matches!(e, Event::Receipt { .. }));
        assert_eq!(receipts.count(), 1, "n={n}");
        told += u32::from(warned.load(Ordering::SeqCst));
        let failed = disk.has_failed() || warned.load(Ordering::SeqCst);
        // What the trouble left behind does not harm the next run.
        work(&server, &data, Arc::new(Disk), None, |_| {});
        assert_eq!(server.books().results.len(), 1, "n={n}");
        if !failed {
            break;
        }
        failures += 1;
    }
    assert!(
        failures >= 8 && told >= 6,
        "{failures} failures, {told} warnings"
    );
}

#[test]
fn after_a_compute_error_nothing_is_reported_and_the_block_is_handed_back_as_failed() {
    let server = FakeServer::start([spec("1..400", "2500", 2, 1), spec("1..100", "100", 2, 1)]);
    let folder = tempfile::tempdir().unwrap();
    let broken = AtomicBool::new(false);
    let probe: Probe = Arc::new(move |block, unit| {
        // One unit of testing breaks, after the sieve went well.
        if block == 1 && unit.describe().starts_with("test") && !broken.swap(true, Ordering::SeqCst)
        {
            panic!("planted");
        }
    });
    let data = folder.path().join("data");
    let events = work(&server, &data, Arc::new(Disk), Some(probe), |_| {});
    let failed = events.iter().any(|event| {
        matches!(event, Event::Failed { assignment: 1, reason } if reason.contains("planted"))
    });
    assert!(failed, "{events:?}");
    let books = server.books();
    assert_eq!(books.results.keys().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(books.released.len(), 1);
    let (id, release) = &books.released[0];
    assert_eq!((*id, release.reason), (1, ReleaseReason::Failed));
    assert!(release.detail.as_ref().unwrap().contains("planted"));
    assert!(
        !books
            .log
            .contains(&"POST /api/v1/assignments/1/result".to_owned())
    );
}
