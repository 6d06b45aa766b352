//! The engine: the same report whatever the number of threads and interruptions, every block
//! finished, no core idle between blocks, and no report after a failure.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

use darkreach::engine::{Engine, Happening, Options, Probe, Saved, Spent};
use darkreach_primes::{
    search::{Search, report::BlockReport},
    spec::SearchSpec,
};

use crate::known::{report_of, spec};

fn start(threads: usize, probe: Option<Probe>) -> (Engine, Receiver<Happening>) {
    let (sender, happenings) = channel();
    let options = Options {
        threads,
        report_all: true,
        probe,
    };
    let sink = Arc::new(move |happening| {
        // A test that has seen enough drops the receiver.
        let _ = sender.send(happening);
    });
    (Engine::start(options, sink).unwrap(), happenings)
}

fn finished(happenings: &Receiver<Happening>, wanted: i64) -> BlockReport {
    for happening in happenings {
        match happening {
            Happening::Finished { id, report, .. } if id == wanted => return report,
            Happening::Failed { message, .. } => panic!("{message}"),
            _ => {}
        }
    }
    panic!("the engine ended before block {wanted}");
}

/// Some thousand candidates of each kind, in dozens of units.
fn blocks() -> Vec<SearchSpec> {
    vec![
        spec("1..8000", "3000", 2, 1),
        spec("1..4000", "3001", 2, -1),
        spec("7", "1..3000", 2, 1),
        spec("1..1500", "1500", 3, -1),
    ]
}

#[test]
fn every_number_of_threads_gives_the_same_report() {
    let expected: Vec<_> = blocks().iter().map(report_of).collect();
    assert!(expected.iter().any(|report| !report.primes.is_empty()));
    for threads in 1..=4 {
        let (engine, happenings) = start(threads, None);
        for (id, spec) in blocks().iter().enumerate() {
            engine.add(id as i64, Search::new(spec).unwrap(), Spent::default());
        }
        let mut got = vec![None; expected.len()];
        while got.contains(&None) {
            if let Happening::Finished { id, report, .. } = happenings.recv().unwrap() {
                got[id as usize] = Some(report);
            }
        }
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(got.as_ref(), Some(expected), "{threads} threads");
        }
    }
}

/// Stops after this many units, whichever threads run them; the engine is then as after a signal.
fn stop_after(units: u64) -> (Probe, Receiver<()>) {
    let left = AtomicU64::new(units);
    let (sender, stopped) = channel();
    let probe: Probe = Arc::new(move |_, _| {
        if left.fetch_sub(1, Ordering::SeqCst) == 1 {
            let _ = sender.send(());
        }
    });
    (probe, stopped)
}

#[test]
fn a_search_stopped_and_resumed_at_random_points_gives_the_same_report() {
    let seed = 20_240_607;
    println!("seed {seed}");
    let mut random: u64 = seed;
    let mut next = |below: u64| {
        // SplitMix64.
        random = random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    };
    let mut stops = 0;
    for spec in blocks() {
        let expected = report_of(&spec);
        let mut state: Option<Saved> = None;
        let report = loop {
            let search = match &state {
                Some(saved) => Search::resume(&spec, &saved.bytes, true).unwrap(),
                None => Search::new(&spec).unwrap(),
            };
            let (probe, reached) = stop_after(1 + next(5));
            let threads = 1 + next(4) as usize;
            let (engine, happenings) = start(threads, Some(probe));
            let before = state.as_ref().map_or(Spent::default(), |s| s.spent);
            engine.add(1, search, before);
            // Either enough units were begun or the block is done.
            let done = loop {
                if reached.try_recv().is_ok() {
                    break None;
                }
                match happenings.recv_timeout(Duration::from_millis(1)) {
                    Ok(Happening::Finished { report, .. }) => break Some(report),
                    Ok(Happening::Failed { message, .. }) => panic!("{message}"),
                    _ => {}
                }
            };
            if let Some(report) = done {
                break report;
            }
            // Half of the stops are as after a crash: what was saved while it ran.
            let crash = next(2) == 0;
            if crash {
                engine.snapshot(Duration::from_secs(10));
            } else {
                engine.stop();
            }
            stops += 1;
            match engine.save(1) {
                Some(saved) => {
                    assert!(saved.spent.cpu_seconds >= before.cpu_seconds);
                    state = Some(saved);
                }
                None => break finished(&happenings, 1),
            }
        };
        assert_eq!(report, expected, "{} after {stops} stops", spec.describe());
    }
    assert!(stops >= 4, "only {stops} stops");
}

#[test]
fn the_next_block_is_begun_before_the_last_unit_of_this_one_is_done() {
    // One thread holds on to a unit of block 1; only the other thread's going on with block 2
    // lets it go. If threads waited for the end of a block, this would never end.
    let (release, held) = channel::<()>();
    let held = Mutex::new(Some(held));
    let release = Mutex::new(Some(release));
    let probe: Probe = Arc::new(move |block, _| match block {
        1 => {
            let held = held.lock().unwrap().take();
            if let Some(held) = held {
                let _ = held.recv();
            }
        }
        _ => drop(release.lock().unwrap().take()),
    });
    let (engine, happenings) = start(2, Some(probe));
    for id in [1, 2] {
        let spec = spec("1..200", "100", 2, 1);
        engine.add(id, Search::new(&spec).unwrap(), Spent::default());
    }
    finished(&happenings, 1);
}

#[test]
fn a_panic_in_a_unit_fails_its_block_and_no_other() {
    let units = AtomicU64::new(0);
    let probe: Probe = Arc::new(move |block, _| {
        if block == 1 && units.fetch_add(1, Ordering::SeqCst) == 3 {
            panic!("planted");
        }
    });
    let (engine, happenings) = start(2, Some(probe));
    let spec = spec("1..600", "4000", 2, 1);
    for id in [1, 2] {
        engine.add(id, Search::new(&spec).unwrap(), Spent::default());
    }
    // In whatever order: a thread that is not given the processor may hold block 1 up for long.
    let (mut failed, mut finished) = (None, false);
    while failed.is_none() || !finished {
        match happenings.recv().unwrap() {
            Happening::Failed { id, message } => failed = Some((id, message)),
            Happening::Finished { id: 1, .. } => panic!("a failed block was finished"),
            Happening::Finished { id: 2, report, .. } => {
                assert_eq!(report, report_of(&spec));
                finished = true;
            }
            _ => {}
        }
    }
    let (id, message) = failed.unwrap();
    assert_eq!(id, 1);
    assert!(message.contains("planted"), "{message}");
    assert!(engine.save(1).is_none());
}

#[test]
fn what_was_told_before_a_save_is_in_it_and_nothing_told_after() {
    let spec = spec("1..600", "4000", 2, 1);
    // Every unit begins with a save, so saves fall between all steps of three threads.
    let engine: Arc<OnceLock<Engine>> = Arc::default();
    let states: Arc<Mutex<Vec<Saved>>> = Arc::default();
    let (saver, keeper) = (Arc::clone(&engine), Arc::clone(&states));
    let probe: Probe = Arc::new(move |_, _| {
        if let Some(engine) = saver.get() {
            // The lock makes the order of the states that of the saves.
            let mut states = keeper.lock().unwrap();
            states.extend(engine.save(1));
        }
    });
    let (started, happenings) = start(3, Some(probe));
    let engine = engine.get_or_init(|| started);
    engine.add(1, Search::new(&spec).unwrap(), Spent::default());
    let (mut told, mut decided) = (Vec::new(), 0_u64);
    loop {
        match happenings.recv().unwrap() {
            Happening::Decided { .. } => decided += 1,
            Happening::Saved { .. } => told.push(decided),
            Happening::Finished { progress, .. } => {
                assert_eq!(progress.tested, decided);
                break;
            }
            _ => {}
        }
    }
    engine.stop();
    let states = states.lock().unwrap();
    assert!(states.len() >= 5, "{}", states.len());
    for (state, told) in states.iter().zip(told) {
        let resumed = Search::resume(&spec, &state.bytes, true).unwrap();
        assert_eq!(resumed.progress().tested, told);
        assert_eq!(state.progress.tested, told);
    }
}

#[test]
fn a_block_can_be_taken_out_while_it_computes() {
    let spec = spec("1..600", "4000", 2, 1);
    let (engine, happenings) = start(2, None);
    engine.add(1, Search::new(&spec).unwrap(), Spent::default());
    for happening in &happenings {
        if matches!(happening, Happening::Decided { .. }) {
            break;
        }
    }
    let saved = engine.remove(1).unwrap();
    assert!(engine.remove(1).is_none());
    assert!(engine.progress().is_empty());
    engine.add(
        2,
        Search::resume(&spec, &saved.bytes, true).unwrap(),
        saved.spent,
    );
    assert_eq!(finished(&happenings, 2), report_of(&spec));
}
