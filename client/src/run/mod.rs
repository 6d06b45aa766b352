//! The worker: holds blocks, keeps the engine fed, and stands between it, the disk and the server.
//!
//! One loop ([`worker`]) owns all state and never waits: whatever takes time (requests, checkpoint
//! rounds, calling units back) runs beside it and comes back as a message. Computing goes on
//! whatever the server or the disk does.

mod block;
mod checkpoints;
mod deliver;
pub mod host;
mod lifecycle;
mod lines;
mod message;
mod orders;
mod resume;
mod shutdown;
mod signals;
pub(crate) mod speed;
mod supply;
mod worker;

use std::time::Duration;

use darkreach_primes::search::report::Decided;
use tokio::sync::mpsc::UnboundedReceiver;

pub use signals::{ask_to_stop, listen, stop_signal};

use crate::{
    config::OnStop,
    display::{Display, Event},
    engine::Probe,
    error::Error,
    link::Link,
    state::{directory::DataDir, node::Node},
};

/// How a worker works.
#[derive(Clone)]
pub struct Options {
    /// Computing threads.
    pub threads: usize,
    /// Time between checkpoints.
    pub checkpoint: Duration,
    /// Time between heartbeats.
    pub heartbeat: Duration,
    /// Time between uploads of a block's checkpoint.
    pub upload: Duration,
    /// Blocks to hold besides the one that is computing.
    pub claim_ahead: u32,
    /// Work to hold, at the measured speed.
    pub claim_ahead_time: Duration,
    /// What becomes of leases on a stop.
    pub on_stop: OnStop,
    /// End when the server has nothing to do.
    pub until_idle: bool,
    /// Tell every tested candidate.
    pub log_candidates: bool,
    /// Looks at every unit; none outside tests.
    pub probe: Option<Probe>,
}

/// Works until idle (if so told), a stop arrives on `stop`, or going on makes no sense.
///
/// # Errors
/// [`Error`]; everything is checkpointed then, too.
pub async fn run(
    data: DataDir,
    node: Node,
    link: Link,
    options: Options,
    display: Box<dyn Display>,
    stop: UnboundedReceiver<&'static str>,
) -> Result<(), Error> {
    worker::Worker::start(data, node, link, options, display)?
        .work(stop)
        .await
}

/// A decided candidate as an event.
pub fn prime_event(assignment: i64, decided: Decided) -> Event {
    use darkreach_primes::search::ledger::Outcome;
    match decided.outcome {
        Outcome::Prime => Event::Prime {
            assignment,
            digits: decided.digits,
            expression: decided.expression,
            second: decided.proofs.get(1).cloned(),
            proof: decided.proofs.into_iter().next(),
        },
        outcome => tested_event(assignment, &decided.expression, outcome),
    }
}

/// That a candidate was tested.
pub(crate) fn tested_event(
    assignment: i64,
    expression: &str,
    outcome: darkreach_primes::search::ledger::Outcome,
) -> Event {
    use darkreach_primes::search::ledger::Outcome;
    Event::Tested {
        assignment,
        expression: expression.to_owned(),
        outcome: crate::display::outcome_name(&outcome),
        res64: match outcome {
            Outcome::Composite { res64 } => Some(crate::display::res64(res64)),
            _ => None,
        },
    }
}
