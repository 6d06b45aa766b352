//! What a command may end with: one type for the one place, in `main.rs`, that reports it.

use crate::{
    config::ConfigError,
    engine::EngineError,
    link::{LinkError, UrlError},
    state::StateError,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Files.
    #[error(transparent)]
    State(#[from] StateError),
    /// The server.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The server's address.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// Threads.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A search description on the command line.
    #[error("{}", on_command_line(.0))]
    Spec(#[from] darkreach_primes::spec::SpecError),
    /// Updating this program.
    #[error(transparent)]
    Update(crate::update::UpdateFailure),
    /// This program is on trial and cannot reach the server.
    #[error("on trial: {0}")]
    Unreachable(LinkError),
    /// Writing to the terminal or the pipe.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    /// Anything else, with its words and advice.
    #[error("{message}")]
    Other {
        /// What was wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Some of several things failed; each was already told.
    #[error("{0}")]
    Several(String),
}

/// The fields of a search are flags here.
fn on_command_line(error: &darkreach_primes::spec::SpecError) -> String {
    let mut flags = darkreach_primes::forms::FORMS
        .iter()
        .flat_map(|info| info.parameters)
        .map(|parameter| parameter.name);
    if error.field == "sieve_limit" || flags.any(|flag| flag == error.field) {
        return format!("--{}: {}", error.field.replace('_', "-"), error.reason);
    }
    error.to_string()
}

impl Error {
    /// An error with advice.
    pub fn other(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(e) => e.hint(),
            Self::State(e) => e.hint(),
            Self::Link(e) => e.hint(),
            Self::Url(e) => Some(e.hint()),
            Self::Update(e) => e.hint(),
            Self::Unreachable(e) => e.hint(),
            Self::Other { hint, .. } => hint.clone(),
            _ => None,
        }
    }

    /// Whether the reader of our output went away, as `| head` does: no error of ours.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(e) if e.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// The exit status: 2 for wrong usage, 1 for the rest.
    pub fn status(&self) -> u8 {
        match self {
            Self::Spec(_) | Self::Url(_) => 2,
            Self::Unreachable(_) => crate::update::trial::UNREACHABLE,
            _ => 1,
        }
    }
}
