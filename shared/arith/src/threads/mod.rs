//! A pool of threads for the work on one squaring.
//!
//! One squaring of a million bits takes a tenth of a millisecond and is shared out twice, so sharing out
//! must cost a microsecond or less. That is four times what a cache line takes from one processor to
//! another, so there is no lock between them: each worker has one line of its own, a desk, on which work
//! is put and from which it is taken. Workers look at their desks for some ten microseconds after the last
//! work (as many looks, as no clock is read here), and sleep after that until they are woken. A pool that
//! nobody uses takes no processor time at all.
//!
//! The caller works too. It waits only for workers that have begun: from the desks of those that wake too
//! late the work is taken away again, so a busy machine costs the help and not the time. If two threads use
//! a pool at once, one has the workers and the other does its work alone.

use std::{
    any::Any,
    hint, io,
    panic::{self, AssertUnwindSafe},
    ptr,
    slice::IterMut,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicPtr, AtomicU8, Ordering},
    },
    thread::{self, JoinHandle, Thread},
};

#[cfg(test)]
mod tests;

/// How often a worker looks for work before it sleeps, and a caller for the end of it. A look takes 10 to 40
/// nanoseconds.
const LOOKS: u32 = 500;

/// The most shares that items are divided into.
const SHARES: usize = 16;

/// What is done in a round, for the number of a thread.
type Work<'a> = &'a (dyn Fn(usize) + Sync);

/// Threads that work together, the caller's among them.
#[derive(Debug)]
pub(crate) struct Pool {
    workers: Vec<Worker>,
    /// Held by the caller that has the workers.
    turn: Mutex<()>,
}

/// The system gave fewer threads than asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFew {
    /// How many there were, the caller's among them.
    pub(crate) started: usize,
}

#[derive(Debug)]
struct Worker {
    desk: Arc<Desk>,
    thread: JoinHandle<()>,
}

/// Where a worker gets its work. What it is in is said by `state` alone:
///
/// | from | to | by |
/// |---|---|---|
/// | `IDLE`, `ASLEEP` | `WORK` | the caller, who wakes a sleeper |
/// | `IDLE` | `ASLEEP` | the worker, which then sleeps |
/// | `WORK` | `BUSY` | the worker, which then works |
/// | `WORK` | `IDLE` | the caller, who takes it away |
/// | `BUSY` | `AWAITED` | the caller, who then sleeps |
/// | `BUSY`, `AWAITED` | `IDLE`, `FAILED` | the worker, which wakes a sleeping caller |
/// | `FAILED` | `IDLE` | the caller |
/// | `IDLE`, `ASLEEP` | `END` | the pool's end |
#[derive(Debug, Default)]
#[repr(align(128))]
struct Desk {
    state: AtomicU8,
    /// In `WORK` and `BUSY`, where the caller keeps the work.
    work: AtomicPtr<Work<'static>>,
    /// Who waits in `AWAITED`.
    caller: Mutex<Option<Thread>>,
    /// What the work said in `FAILED`.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

const IDLE: u8 = 0;
const ASLEEP: u8 = 1;
const WORK: u8 = 2;
const BUSY: u8 = 3;
const AWAITED: u8 = 4;
const FAILED: u8 = 5;
const END: u8 = 6;

/// What a lock protects is whole at any time, whoever panicked while holding it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A share of the items, on a line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Share<'a, T>(Mutex<IterMut<'a, T>>);

impl Pool {
    /// A pool of so many threads, the caller's among them.
    pub(crate) fn new(threads: usize) -> Result<Self, TooFew> {
        Self::started_by(threads, |serve| {
            thread::Builder::new()
                .name("squaring".to_owned())
                .spawn(serve)
        })
    }

    /// The same with a way to start a thread.
    fn started_by(
        threads: usize,
        mut start: impl FnMut(Box<dyn FnOnce() + Send>) -> io::Result<JoinHandle<()>>,
    ) -> Result<Self, TooFew> {
        let mut pool = Self {
            workers: Vec::new(),
            turn: Mutex::new(()),
        };
        for number in 1..threads {
            let desk = Arc::<Desk>::default();
            let served = Arc::clone(&desk);
            // Where one does not start, dropping the pool ends those that did.
            match start(Box::new(move || served.serve(number))) {
                Ok(thread) => pool.workers.push(Worker { desk, thread }),
                Err(_) => {
                    return Err(TooFew {
                        started: pool.threads(),
                    });
                }
            }
        }
        Ok(pool)
    }

    /// How many threads work together.
    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Does `work` with every item, and returns when all is done. Neighbouring items go to the same thread,
    /// and equally many items to the same threads every time, so that each finds in its cache what it had
    /// there; but who has none left takes those of others that have not come to them.
    ///
    /// # Panics
    /// If `work` does, on any thread.
    pub(crate) fn each<T: Send>(&self, items: &mut [T], work: impl Fn(&mut T) + Sync) {
        let size = items.len().div_ceil(self.threads().min(SHARES)).max(1);
        let count = items.len().div_ceil(size);
        let mut shares = items.chunks_mut(size);
        let shares: [Share<'_, T>; SHARES] = std::array::from_fn(|_| {
            Share(Mutex::new(shares.next().unwrap_or_default().iter_mut()))
        });
        let next = |share: usize| lock(&shares[share % count].0).next();
        self.together(&|thread| {
            for share in thread..thread + count {
                while let Some(item) = next(share) {
                    work(item);
                }
            }
        });
    }

    /// Does `work` on the caller's thread, and on those of the others that come before it is done.
    fn together(&self, work: Work<'_>) {
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return work(0),
        };
        let mut failed = None;
        let round = Round::begin(&self.workers, &work, &mut failed);
        work(0);
        drop(round);
        if let Some(panic) = failed {
            panic::resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.desk.state.swap(END, Ordering::AcqRel);
            worker.thread.thread().unpark();
        }
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its work, and has none of its own.
            let _ = worker.thread.join();
        }
    }
}

/// A round that has begun. Dropping it, which also happens when the caller's part panics, takes the work
/// from all desks and waits for the workers that have begun it.
struct Round<'a> {
    workers: &'a [Worker],
    failed: &'a mut Option<Box<dyn Any + Send>>,
}

impl<'a> Round<'a> {
    fn begin(
        workers: &'a [Worker],
        work: &'a Work<'_>,
        failed: &'a mut Option<Box<dyn Any + Send>>,
    ) -> Self {
        let work = ptr::from_ref(work).cast::<Work<'static>>().cast_mut();
        // From here on the desks are emptied whatever happens.
        let round = Self { workers, failed };
        for Worker { desk, thread } in workers {
            desk.work.store(work, Ordering::Relaxed);
            if desk.state.swap(WORK, Ordering::AcqRel) == ASLEEP {
                thread.thread().unpark();
            }
        }
        round
    }
}

impl Drop for Round<'_> {
    fn drop(&mut self) {
        for Worker { desk, .. } in self.workers {
            if let Some(panic) = desk.clear() {
                self.failed.get_or_insert(panic);
            }
        }
    }
}

impl Desk {
    /// Changes the state from one to another, if it is that.
    fn change(&self, from: u8, to: u8) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Takes the work away, or waits for its end. Returns what it said if it failed.
    fn clear(&self) -> Option<Box<dyn Any + Send>> {
        if self.change(WORK, IDLE) {
            return None;
        }
        let runs = |state| state == BUSY || state == AWAITED;
        for _ in 0..LOOKS {
            if !runs(self.state.load(Ordering::Acquire)) {
                break;
            }
            hint::spin_loop();
        }
        if runs(self.state.load(Ordering::Acquire)) {
            *lock(&self.caller) = Some(thread::current());
            self.change(BUSY, AWAITED);
            while runs(self.state.load(Ordering::Acquire)) {
                thread::park();
            }
        }
        if self.change(FAILED, IDLE) {
            lock(&self.panic).take()
        } else {
            None
        }
    }

    /// What a worker does until the end.
    fn serve(&self, number: usize) {
        loop {
            let mut looks = 0;
            loop {
                match self.state.load(Ordering::Acquire) {
                    WORK => break,
                    END => return,
                    ASLEEP => thread::park(),
                    _ if looks < LOOKS => {
                        looks += 1;
                        hint::spin_loop();
                    }
                    _ => {
                        self.change(IDLE, ASLEEP);
                    }
                }
            }
            if !self.change(WORK, BUSY) {
                continue;
            }
            let work = self.work.load(Ordering::Relaxed);
            // SAFETY: `work` was stored before the state became WORK, by a caller whose `Round` borrows what
            // it points to. That round ends, and with it the borrow, only after `clear` has seen this desk
            // in a state other than WORK, BUSY and AWAITED. It was WORK until this thread made it BUSY, and
            // only this thread takes it from there, after its last use of `work`.
            let work = unsafe { *work };
            let result = panic::catch_unwind(AssertUnwindSafe(|| work(number)));
            let state = match result {
                Ok(()) => IDLE,
                Err(panic) => {
                    *lock(&self.panic) = Some(panic);
                    FAILED
                }
            };
            // The caller may go on as soon as the state has changed, so who it is is asked before.
            let caller = if self.change(BUSY, state) {
                None
            } else {
                let caller = lock(&self.caller).take();
                self.state.store(state, Ordering::Release);
                caller
            };
            if let Some(caller) = caller {
                caller.unpark();
            }
        }
    }
}
