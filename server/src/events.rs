//! What a running server tells on its standard output, as lines for people or as JSON.
//!
//! Logs go to standard error and may change in any version; these lines are for programs that start
//! a server and wait for something to happen, and for people who watch one.

use std::{fmt, io::Write};

use darkreach_primes::certificate::Proof;
use serde::Serialize;

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The server answers from now on.
    Listening {
        /// Where.
        url: String,
    },
    /// A prime was stored, its proof verified by this server.
    Prime {
        /// The job that found it.
        job_id: i64,
        /// The prime.
        expression: String,
        /// Decimal digits.
        digits: u64,
        /// The proof, of a pair that of the first number.
        proof: Proof,
        /// Of a pair the proof of the second number.
        #[serde(skip_serializing_if = "Option::is_none")]
        second: Option<Proof>,
    },
    /// A probable prime was stored: it passed the Fermat test here again, but has no proof.
    ProbablePrime {
        /// The job that found it.
        job_id: i64,
        /// The number.
        expression: String,
        /// Decimal digits.
        digits: u64,
    },
    /// A result was checked and accepted.
    Validated {
        /// Its job.
        job_id: i64,
        /// Its block.
        block_id: i64,
        /// The result.
        result_id: i64,
        /// Candidates of the block.
        candidates: u64,
        /// Of these, tested.
        tested: u64,
        /// Of these, primes.
        primes: usize,
        /// Residues that this server computed again.
        audited: u64,
    },
    /// A result was checked and not believed.
    Rejected {
        /// Its job.
        job_id: i64,
        /// Its block.
        block_id: i64,
        /// The result.
        result_id: i64,
        /// Why.
        reason: String,
    },
    /// The private PostgreSQL had died and runs again.
    PostgresRestarted,
    /// The server was told to end and finishes what has begun.
    Stopping,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { url } => write!(f, "listening on {url} (Ctrl-C stops the server)"),
            Self::Prime {
                job_id,
                expression,
                digits,
                proof,
                second,
            } => {
                let theorem = proof.theorem();
                write!(f, "prime {expression} ({digits} digits, proof: {theorem}")?;
                if let Some(second) = second {
                    write!(f, " and {}", second.theorem())?;
                }
                write!(f, "), job {job_id}")
            }
            Self::ProbablePrime {
                job_id,
                expression,
                digits,
            } => write!(
                f,
                "probable prime {expression} ({digits} digits, no proof), job {job_id}"
            ),
            Self::Validated {
                job_id,
                block_id,
                candidates,
                tested,
                primes,
                ..
            } => write!(
                f,
                "validated block {block_id} of job {job_id}: {candidates} candidates, {tested} \
                 tested, {primes} prime"
            ),
            Self::Rejected {
                job_id,
                block_id,
                reason,
                ..
            } => write!(
                f,
                "rejected a result for block {block_id} of job {job_id}: {reason}"
            ),
            Self::PostgresRestarted => f.write_str("PostgreSQL had ended and runs again"),
            Self::Stopping => f.write_str("stopping"),
        }
    }
}

/// Where events go.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Events {
    /// Prints an event. That nobody reads it any more is no reason to stop serving.
    pub fn emit(self, event: &Event) {
        let text = if self.json {
            serde_json::to_string(event).unwrap_or_default()
        } else {
            event.to_string()
        };
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }
}
