//! What can go wrong between us and the server, each with its own words.

use darkreach_protocol::{
    PROTOCOL_VERSION,
    problem::{Problem, ProblemKind},
};

use super::retry::Severity;

/// Why a request has no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The client itself can not be set up.
    #[error("cannot prepare the connection: {reason}")]
    Setup {
        /// Why.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// No connection.
    #[error("{server} cannot be reached: {reason}")]
    Unreachable {
        /// The server.
        server: String,
        /// Why.
        reason: String,
    },
    /// It took too long.
    #[error("{server} did not answer in time")]
    Timeout {
        /// The server.
        server: String,
    },
    /// TLS failed.
    #[error("no secure connection to {server}: {reason}")]
    Tls {
        /// The server.
        server: String,
        /// What is wrong with its certificate or with TLS.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// Something answered, but not a server of ours.
    #[error("what answers at {server} is not a darkreach server: {reason}")]
    NotDarkreach {
        /// The server.
        server: String,
        /// How that is known.
        reason: String,
    },
    /// The server speaks another version.
    #[error("{server} speaks protocol version {theirs}, this program speaks {PROTOCOL_VERSION}")]
    Protocol {
        /// The server.
        server: String,
        /// Its version.
        theirs: u32,
    },
    /// The server's own words.
    #[error("the server says: {0}")]
    Problem(Problem),
    /// The answer is not what was agreed.
    #[error("the answer of {server} is not understood: {reason}")]
    Answer {
        /// The server.
        server: String,
        /// What is wrong.
        reason: String,
    },
}

impl LinkError {
    /// Whether trying again may help, and whether anything else still makes sense.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Problem(problem) => match problem.kind {
                ProblemKind::NotLeased
                | ProblemKind::ResultConflict
                | ProblemKind::Invalid
                | ProblemKind::BadRequest
                | ProblemKind::TooLarge
                | ProblemKind::UnsupportedMediaType
                | ProblemKind::NotFound => Severity::Refused,
                ProblemKind::Unauthorized | ProblemKind::ProtocolMismatch => Severity::Fatal,
                _ => Severity::Passing,
            },
            Self::Protocol { .. } | Self::Setup { .. } => Severity::Fatal,
            // Also a captive portal, a proxy's error page, or a certificate that is renewed soon.
            _ => Severity::Passing,
        }
    }

    /// The kind of problem, if the server named one.
    pub fn problem(&self) -> Option<ProblemKind> {
        match self {
            Self::Problem(problem) => Some(problem.kind),
            _ => None,
        }
    }

    /// How long the server asks to wait.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Problem(problem) => problem.retry_after_seconds,
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Setup { hint, .. } | Self::Tls { hint, .. } => hint,
                Self::Unreachable { .. } | Self::Timeout { .. } => {
                    "check the address and your network; is the server running?"
                }
                Self::NotDarkreach { .. } => "check the address",
                Self::Protocol { theirs, .. } if *theirs > PROTOCOL_VERSION => {
                    "install the newest darkreach"
                }
                Self::Protocol { .. } => "the server must be updated, or use an older darkreach",
                Self::Problem(problem) => match problem.kind {
                    ProblemKind::Unauthorized => {
                        "the server does not know this node any more: run `darkreach attach URL \
                         --force`"
                    }
                    ProblemKind::ProtocolMismatch => "install the newest darkreach",
                    ProblemKind::RateLimited => "wait a while and try again",
                    _ => return None,
                },
                Self::Answer { .. } => return None,
            }
            .to_owned(),
        )
    }
}
