//! Plain lines, for logs, pipes and service managers. Routine events stay silent; progress is told
//! once a minute.

use std::{
    io,
    time::{Duration, Instant},
};

use darkreach_primes::search::Phase;

use super::{Display, Event, Overview, duration, percent, prime_line, print_line};

const PROGRESS_EVERY: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Plain {
    last_progress: Option<Instant>,
}

impl Display for Plain {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match line(event) {
            Some(line) => print_line(&line),
            None => Ok(()),
        }
    }

    fn overview(&mut self, overview: &Overview<'_>) {
        let last = *self.last_progress.get_or_insert_with(Instant::now);
        if last.elapsed() < PROGRESS_EVERY {
            return;
        }
        self.last_progress = Some(Instant::now());
        for block in overview.blocks.iter().filter(|b| b.progress.fraction > 0.0) {
            let eta = overview.speed.map_or(String::new(), |speed| {
                let rest = block.cost * (1.0 - block.progress.fraction) / speed;
                format!(", about {} to go", duration(rest))
            });
            let told = print_line(&format!(
                "block {}: {} ({} of {} candidates tested, {} primes{eta})",
                block.assignment,
                percent(block.progress.fraction),
                block.progress.tested,
                block.progress.candidates,
                block.progress.primes,
            ));
            if told.is_err() {
                tracing::debug!("standard output is gone");
            }
        }
    }
}

/// An event in words; `None` for routine ones.
pub(super) fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Started {
            version,
            server,
            node,
            threads,
            ..
        } => format!("darkreach {version}: node {node} of {server}, {threads} computing threads"),
        Event::Claimed {
            assignment,
            description,
            done,
            resumed,
            ..
        } => {
            let verb = if *resumed { "resumed" } else { "claimed" };
            let from = if *done > 0.0 {
                format!(", {} already done", percent(*done))
            } else {
                String::new()
            };
            format!("{verb} block {assignment}: {description}{from}")
        }
        Event::Phase {
            assignment,
            phase: Phase::Testing,
        } => format!("block {assignment}: sieved, testing"),
        Event::Tested {
            expression,
            outcome,
            res64,
            ..
        } => {
            let outcome = outcome.replace('_', " ");
            match res64 {
                Some(res64) => format!("{expression} is {outcome}, RES64 {res64}"),
                None => format!("{expression} is {outcome}"),
            }
        }
        Event::Prime {
            expression,
            digits,
            proof,
            second,
            ..
        } => prime_line(expression, *digits, proof.as_ref(), second.as_ref()),
        Event::Reported {
            assignment,
            candidates,
            sieved,
            tested,
            primes,
            wall_seconds,
            ..
        } => format!(
            "block {assignment}: done in {}: {candidates} candidates, {sieved} sieved out, \
             {tested} tested, {primes} primes",
            duration(*wall_seconds)
        ),
        Event::Receipt { assignment, .. } => {
            format!("block {assignment}: the server has the result")
        }
        Event::Refused {
            assignment, reason, ..
        } => format!(
            "warning: block {assignment}: the result was refused and set aside in \
             outbox/refused: {reason}"
        ),
        Event::Released { assignment, .. } => format!("block {assignment}: handed back"),
        Event::Abandoned { assignment } => {
            format!("warning: block {assignment}: the server says that the lease is over, dropped")
        }
        Event::Failed { assignment, reason } => {
            format!("warning: block {assignment}: {reason}; handed back, nothing reported")
        }
        Event::Waiting { reason, seconds } => {
            format!("waiting {}: {reason}", duration(*seconds))
        }
        Event::Warning { message } => format!("warning: {message}"),
        Event::Trying { version } => format!("trying version {version} of this program"),
        Event::Updated { version } => format!("version {version} is installed, going on with it"),
        Event::NotUpdated {
            version, reason, ..
        } => format!("warning: version {version} was not installed: {reason}"),
        Event::Stopped { held, outbox, .. } => {
            format!("stopped: {held} blocks held, {outbox} results not yet delivered")
        }
        Event::Phase { .. } | Event::Checkpoint { .. } | Event::Heartbeat { .. } => return None,
    })
}
