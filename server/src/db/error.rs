//! What a database operation may fail with, and how SQLSTATE codes become that.
//!
//! The SQL functions raise codes of the class `DR`; they are part of the schema's interface:
//! `DR001` not leased, `DR002` another result, `DR003` not found (the detail says what), `DR004`
//! too many new nodes, `DR005` against the rules (the message says which).

use sqlx::postgres::PgDatabaseError;

use super::constraints::{self, Refusal};

/// Why a database operation gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The database is away, restarting, overloaded, or has no connection free: try again later.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// Another transaction was in this one's way again and again; nothing of it stays. Try later.
    #[error("the database broke the operation off, again and again, because of others at once")]
    Contended(#[source] sqlx::Error),
    /// The assignment is not leased to this node (any more).
    #[error("the block is not leased to this node")]
    NotLeased,
    /// Another result was already accepted for this assignment, or the key belongs to another one.
    #[error("another result was already accepted for this assignment, or its key is taken")]
    ResultConflict,
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Too many nodes that never worked, in total or from this address.
    #[error(
        "too many nodes were registered that never had a result validated; \
         let one of them finish a block first"
    )]
    NodeLimit,
    /// The request contradicts the rules; the text says which and what to do.
    #[error("{0}")]
    Invalid(String),
    /// A defect: the database holds or answers something that it never should.
    #[error("the database answered unexpectedly: {0}")]
    Internal(String),
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable(error),
            sqlx::Error::Database(database) => {
                match database.try_downcast_ref::<PgDatabaseError>() {
                    // Serialization failure, deadlock.
                    Some(refusal) if ["40001", "40P01"].contains(&refusal.code()) => {
                        Self::Contended(error)
                    }
                    Some(refusal) => {
                        Self::from_sqlstate(refusal).unwrap_or_else(|| Self::Unavailable(error))
                    }
                    None => Self::Internal(error.to_string()),
                }
            }
            _ => Self::Internal(error.to_string()),
        }
    }
}

impl DbError {
    /// `None`: the state passes, the same operation may succeed later.
    fn from_sqlstate(refusal: &PgDatabaseError) -> Option<Self> {
        let error = match refusal.code() {
            "DR001" => Self::NotLeased,
            "DR002" => Self::ResultConflict,
            "DR003" => Self::NotFound(match refusal.detail() {
                Some("job") => "job",
                Some("node") => "node",
                Some("result") => "result",
                Some("prime") => "prime",
                Some("project") => "project",
                Some("phase") => "phase of the project",
                Some("agent task") => "agent task",
                Some("agent task in progress") => "task that this agent works on",
                Some("unfinished agent task") => "unfinished agent task",
                Some("agent role") => "agent role",
                Some("agent template") => "agent template",
                Some("schedule") => "schedule",
                Some("release") => "release that can be offered",
                Some("release token") => "token for releases",
                Some("channel") => "release channel",
                Some("profile") => "profile",
                Some("decision") => "decision",
                Some("key") => "key of this operator",
                Some("free node") => "node that is free",
                _ => "thing",
            }),
            "DR004" => Self::NodeLimit,
            "DR005" => Self::Invalid(refusal.message().to_owned()),
            // Lock or statement timeout.
            "55P03" | "57014" => return None,
            // Connection lost, too few resources, shutting down or starting up.
            code if ["08", "53", "57P", "58"]
                .iter()
                .any(|class| code.starts_with(class)) =>
            {
                return None;
            }
            code => {
                let broken = Refusal {
                    code,
                    constraint: refusal.constraint(),
                    table: refusal.table(),
                    column: refusal.column(),
                };
                match constraints::in_words(&broken) {
                    Some(words) => Self::Invalid(words),
                    None => Self::Internal(format!("{} ({code})", refusal.message())),
                }
            }
        };
        Some(error)
    }
}
