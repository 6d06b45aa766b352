//! Updating this program, so that nobody notices: a release is believed for its signatures alone,
//! fetched beside the work, tried on the real work before it replaces anything, and put back if it
//! does not hold.
//!
//! ```text
//! check      metadata by the rules of `darkreach-update`; state: DATA/update/
//! download   to DATA/update/staging, resumed, never more bytes than signed
//! ready      the worker stops as on a signal: everything is checkpointed
//! trial      the new program, still under a name of its own, tests itself and goes on with the
//!            work; it must reach the server and save a checkpoint within the limit
//! swap       only then: the old program is kept as .darkreach-previous, the new one takes its
//!            name by one rename
//! restart    the same process goes on as the new program
//! ```
//!
//! So a program that crashes, hangs or miscalculates at once never gets the name, a power cut at any
//! moment leaves a program that works under it, and the parent of the trial needs no luck to get back
//! to the old one: it still is the old one. What shows only later is met by [`book::Book::starts`]:
//! a new program that was started several times without ever settling gives way to the previous one.

pub mod book;
mod check;
pub mod disk;
mod installation;
mod managed;
mod mirror;
pub mod pace;
pub mod probation;
pub mod program;
pub mod trial;
mod watch;

pub use check::{Candidate, Found, Updater, UpdaterOptions};
pub use installation::{Attempt, Begun};
pub use managed::{Owner, owner};
pub use mirror::Mirror;
pub use watch::watch;

use crate::{link::LinkError, state::StateError};

/// The root document that is built in; empty if there is none.
pub const BUILT_IN_ROOT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/root.signed"));

/// The platform that this program was built for.
pub const TARGET: &str = env!("DARKREACH_TARGET");

/// Why updating cannot go on. Computing always can.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateFailure {
    /// What was offered is not believed, or not the newest.
    #[error("the release is not followed: {0}")]
    Refused(#[from] darkreach_update::UpdateError),
    /// Files.
    #[error(transparent)]
    State(#[from] StateError),
    /// The mirror cannot be reached.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The mirror answers something else than it should.
    #[error("the mirror of releases answers {what} with {answer}")]
    Answer {
        /// What was asked for.
        what: String,
        /// What came.
        answer: String,
    },
    /// A download that goes nowhere.
    #[error("the download is too slow: {received} of {size} bytes in {seconds} seconds")]
    TooSlow {
        /// Bytes that came.
        received: u64,
        /// Bytes that are due.
        size: u64,
        /// In this time.
        seconds: u64,
    },
    /// Nothing to believe anything by.
    #[error("this program has no root of trust for updates")]
    NoRoot,
    /// The thread that waited for another updater is gone.
    #[error("could not wait for another process that updates this program")]
    NoTurn,
    /// The program's own place is not known.
    #[error("cannot tell where this program lies: {0}")]
    OwnPath(std::io::Error),
}

impl UpdateFailure {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Refused(e) if e.is_suspicious() => {
                "nothing was installed; if this stays so, tell the project: the mirror may be \
                 broken or hostile"
                    .to_owned()
            }
            Self::Refused(_) => "nothing was installed; is this computer's clock right?".to_owned(),
            Self::State(e) => return e.hint(),
            Self::Link(e) => return e.hint(),
            Self::NoRoot => {
                "use a released program, or name the project's root document with update_root \
                 in the configuration"
                    .to_owned()
            }
            _ => return None,
        })
    }
}
