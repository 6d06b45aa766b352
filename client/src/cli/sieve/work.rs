//! The threads of a sieve: each takes an interval of primes, sieves, and gives back what it found.

use std::{
    io::IsTerminal,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use darkreach_primes::{
    search::{Control, UnitSnapshot},
    spec::MAX_SIEVE_LIMIT,
};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::{State, depth::Depth};
use crate::{
    cli::{Context, runtime},
    engine::thread_seconds,
    error::Error,
};

/// The stop sign of all threads.
struct Stop(AtomicBool);

impl Control for Stop {
    fn should_stop(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
    fn wants_snapshot(&self) -> bool {
        false
    }
    fn snapshot(&self, _: UnitSnapshot) {}
}

/// What the threads share.
struct Shared<'a> {
    state: &'a mut State,
    depth: Depth,
    /// Deep enough, or something failed.
    over: bool,
    error: Option<Error>,
}

/// Sieves to `p_max`, or as deep as it pays.
pub(super) fn run(context: &Context, state: &mut State, p_max: Option<u64>) -> Result<(), Error> {
    let before = state.spent;
    let begun = Instant::now();
    let shared = Mutex::new(Shared {
        state,
        depth: Depth::default(),
        over: false,
        error: None,
    });
    let stop = Stop(AtomicBool::new(false));
    let (sender, ended) = mpsc::unbounded_channel();
    let outcome = std::thread::scope(|scope| {
        for _ in 0..context.config.threads().max(1) {
            let sender = sender.clone();
            let (shared, stop) = (&shared, &stop);
            scope.spawn(move || {
                work(shared, stop, p_max);
                // The receiver waits for all of them.
                let _ = sender.send(());
            });
        }
        drop(sender);
        let watched = runtime().and_then(|runtime| {
            runtime.block_on(watch(context, &shared, ended, &stop, p_max, |state| {
                state.spent.wall_seconds = before.wall_seconds + begun.elapsed().as_secs_f64();
            }))
        });
        stop.0.store(true, Ordering::Relaxed);
        watched
    });
    let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    shared.state.spent.wall_seconds = before.wall_seconds + begun.elapsed().as_secs_f64();
    if let Some(error) = shared.error {
        return Err(error);
    }
    if let Err(error) = outcome {
        // What was found until now is not lost.
        shared.state.save()?;
        return Err(error);
    }
    Ok(())
}

/// One thread.
fn work(shared: &Mutex<Shared<'_>>, stop: &Stop, p_max: Option<u64>) {
    loop {
        let unit = {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if shared.over || stop.should_stop() {
                return;
            }
            shared
                .state
                .sieving
                .next_unit(p_max.unwrap_or(MAX_SIEVE_LIMIT))
        };
        let Some(unit) = unit else {
            return;
        };
        let begun = thread_seconds();
        let result = unit.run(stop);
        let seconds = thread_seconds() - begun;
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let factors = shared.state.sieving.complete(result);
        shared.state.spent.cpu_seconds += seconds;
        if let Some(file) = &mut shared.state.factors
            && let Err(error) = file.add(&factors)
        {
            shared.error.get_or_insert(error);
            shared.over = true;
        }
        if p_max.is_none() && !shared.over {
            let Shared { state, depth, .. } = &mut *shared;
            let reached = depth.reached(&state.sieving, seconds, factors.len() as u64);
            shared.over = reached;
        }
    }
}

/// Shows progress, writes checkpoints, listens for a stop signal, until the threads have ended.
async fn watch(
    context: &Context,
    shared: &Mutex<Shared<'_>>,
    mut ended: mpsc::UnboundedReceiver<()>,
    stop: &Stop,
    p_max: Option<u64>,
    time: impl Fn(&mut State),
) -> Result<(), Error> {
    let bar = bar(context.json);
    let mut signals = crate::run::listen();
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let every = Duration::from_secs_f64(context.config.settings.checkpoint_seconds);
    let mut keep = tokio::time::interval(every);
    keep.reset();
    let mut stopped = false;
    loop {
        tokio::select! {
            thread = ended.recv() => {
                if thread.is_none() {
                    bar.finish_and_clear();
                    return if stopped { Err(interrupted(shared)) } else { Ok(()) };
                }
            }
            _ = tick.tick() => {
                let shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                bar.set_message(progress(&shared, p_max));
            }
            _ = keep.tick() => {
                let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
                time(shared.state);
                shared.state.save()?;
            }
            Some(signal) = signals.recv() => {
                tracing::debug!("{signal}: stopping");
                stop.0.store(true, Ordering::Relaxed);
                stopped = true;
            }
        }
    }
}

fn interrupted(shared: &Mutex<Shared<'_>>) -> Error {
    let shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let hint = match shared.state.keeper {
        Some(_) => "the same command goes on from its checkpoint",
        None => "with --checkpoint DIR a sieve can be continued",
    };
    Error::other("interrupted", hint)
}

fn bar(json: bool) -> ProgressBar {
    if json || !std::io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    ProgressBar::new_spinner()
}

fn progress(shared: &Shared<'_>, p_max: Option<u64>) -> String {
    let sieving = &shared.state.sieving;
    let until = match (p_max, shared.depth.measured()) {
        (Some(limit), _) => format!(" of {limit}"),
        (None, Some(test)) => format!(", until a factor takes {test:.3} s"),
        (None, None) => String::new(),
    };
    let left = sieving.counts().survivors();
    format!("p at {}{until}; {left} candidates left", sieving.depth())
}
