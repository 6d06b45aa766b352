//! The pool: everything is done once, panics come out, and it sleeps and ends as it says.

use std::{
    collections::HashSet,
    io,
    sync::{
        Barrier,
        atomic::{AtomicU64, AtomicUsize},
    },
};

use super::*;

fn pool(threads: usize) -> Pool {
    Pool::new(threads).expect("a few threads can be had")
}

#[test]
fn every_item_is_done_once() {
    for threads in 1..=5 {
        let pool = pool(threads);
        assert_eq!(pool.threads(), threads);
        for round in 0..2_000u64 {
            let count = round % 12;
            let done: Vec<AtomicU64> = (0..count).map(|_| AtomicU64::new(0)).collect();
            let mut items: Vec<u64> = (0..count).collect();
            pool.each(&mut items, |item| {
                done[*item as usize].fetch_add(*item + 1, Ordering::Relaxed);
                *item += 100;
            });
            assert!(items.iter().copied().eq(100..100 + count));
            for (item, done) in done.iter().enumerate() {
                assert_eq!(
                    done.load(Ordering::Relaxed),
                    item as u64 + 1,
                    "{threads}, {round}"
                );
            }
        }
    }
}

/// Does `work` on every thread of a pool at once.
fn on_all(pool: &Pool, work: impl Fn(usize) + Sync) {
    let threads = pool.threads();
    let meet = Barrier::new(threads);
    let mut items: Vec<usize> = (0..threads).collect();
    pool.each(&mut items, |item| {
        // Nobody can take a second item before everybody has one.
        meet.wait();
        work(*item);
    });
}

#[test]
fn all_threads_work() {
    let pool = pool(4);
    let seen = Mutex::new(HashSet::new());
    on_all(&pool, |_| {
        lock(&seen).insert(thread::current().id());
    });
    assert_eq!(lock(&seen).len(), 4);
}

#[test]
fn panics_come_out_whoever_had_them_and_the_pool_goes_on() {
    let pool = pool(3);
    let here = thread::current().id();
    for on_the_callers_thread in [true, false, true, false] {
        let finished = AtomicUsize::new(0);
        let failed = panic::catch_unwind(AssertUnwindSafe(|| {
            on_all(&pool, |item| {
                if (thread::current().id() == here) == on_the_callers_thread {
                    panic!("item {item} fails");
                }
                finished.fetch_add(1, Ordering::Relaxed);
            });
        }));
        let said = failed.expect_err("it failed");
        let said = said.downcast_ref::<String>().expect("a message");
        assert!(said.ends_with("fails"), "{said}");
        // The others had finished before it came out.
        let others = if on_the_callers_thread { 2 } else { 1 };
        assert_eq!(finished.load(Ordering::Relaxed), others);
        on_all(&pool, |_| {
            finished.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(finished.load(Ordering::Relaxed), others + 3);
    }
}

#[test]
fn a_pool_that_is_taken_leaves_the_work_to_the_caller() {
    let pool = pool(2);
    let done = AtomicUsize::new(0);
    on_all(&pool, |_| {
        let here = thread::current().id();
        pool.each(&mut [1, 2], |item| {
            assert_eq!(thread::current().id(), here);
            done.fetch_add(*item, Ordering::Relaxed);
        });
    });
    assert_eq!(done.load(Ordering::Relaxed), 6);
}

#[test]
fn a_pool_ends_at_any_time() {
    for rounds in 0..200 {
        let pool = pool(4);
        let desks: Vec<_> = pool
            .workers
            .iter()
            .map(|w| Arc::downgrade(&w.desk))
            .collect();
        assert_eq!(desks.len(), 3);
        for _ in 0..rounds % 3 {
            pool.each(&mut [(), ()], |()| {});
        }
        drop(pool);
        // Every worker has gone.
        assert!(desks.iter().all(|desk| desk.strong_count() == 0));
    }
}

#[test]
fn too_few_threads_are_an_error_and_those_that_started_end() {
    let ended = Arc::new(AtomicUsize::new(0));
    let mut started = 1;
    let result = Pool::started_by(5, |serve| {
        if started == 3 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        started += 1;
        let ended = Arc::clone(&ended);
        Ok(thread::spawn(move || {
            serve();
            ended.fetch_add(1, Ordering::Relaxed);
        }))
    });
    assert_eq!(result.map(|_| ()), Err(TooFew { started: 3 }));
    assert_eq!(ended.load(Ordering::Relaxed), 2);
}

/// Processor time of this thread in seconds.
#[cfg(unix)]
fn processor_time() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64
}

#[cfg(unix)]
#[test]
fn an_idle_pool_takes_no_processor_time() {
    let pool = pool(3);
    let times = || {
        let times = Mutex::new(Vec::new());
        on_all(&pool, |_| {
            let id = format!("{:?}", thread::current().id());
            lock(&times).push((id, processor_time()));
        });
        let mut times = times.into_inner().expect("nothing fails there");
        let here = format!("{:?}", thread::current().id());
        times.retain(|(id, _)| *id != here);
        times.sort_by(|a, b| a.0.cmp(&b.0));
        times
    };
    let before = times();
    // Some time goes by, in which this thread works.
    const WORK: f64 = 0.3;
    let until = processor_time() + WORK;
    while processor_time() < until {
        hint::spin_loop();
    }
    let after = times();
    assert_eq!(before.len(), 2);
    for ((worker, before), (same, after)) in before.iter().zip(&after) {
        assert_eq!(worker, same);
        // The looks after one round, and waking up for the next.
        assert!(
            after - before < WORK / 30.0,
            "{worker} took {}",
            after - before
        );
    }
}
