//! `darkreach-server release-token`: who may upload releases.

use std::io::{self, Write};

use serde_json::json;

use crate::{
    db::{Db, DbError, release_documents},
    http::auth::Token,
};

/// The subcommands of `release-token`.
#[derive(Debug, clap::Subcommand)]
pub enum ReleaseTokenCommand {
    /// Make a token; it is shown this once
    Add {
        /// Whose it is, or what for
        name: String,
        /// What it is good for: root, stable, beta, nightly, files, halt; may be repeated
        #[arg(long = "scope", required = true, value_name = "SCOPE")]
        scopes: Vec<String>,
    },
    /// List the tokens, without their secrets
    List,
    /// Make a token worthless
    Revoke {
        /// Its number
        id: i64,
    },
}

/// Why a token command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseTokenError {
    /// The database refused or is away.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The answer could not be written.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// Runs a token command.
///
/// # Errors
/// [`ReleaseTokenError`].
pub async fn run(
    command: &ReleaseTokenCommand,
    db: &Db,
    json: bool,
) -> Result<(), ReleaseTokenError> {
    let mut out = io::stdout().lock();
    match command {
        ReleaseTokenCommand::Add { name, scopes } => {
            let token = Token::draw();
            let id = release_documents::add_token(db, token.hash(), name, scopes).await?;
            let secret = token.reveal();
            if json {
                writeln!(out, "{}", json!({"id": id, "token": secret}))?;
            } else {
                // The secret alone, so that it goes into a file as it is.
                writeln!(out, "{secret}")?;
                eprintln!("this is token {id} of {name}; it is shown this once");
            }
        }
        ReleaseTokenCommand::List => {
            for token in release_documents::tokens(db).await? {
                let (id, name, scopes) = (token.id, &token.name, token.scopes.join(" "));
                if json {
                    let line = json!({"id": id, "name": name, "scopes": token.scopes, "revoked": token.revoked});
                    writeln!(out, "{line}")?;
                } else {
                    let state = if token.revoked { " (revoked)" } else { "" };
                    writeln!(out, "{id}  {name}: {scopes}{state}")?;
                }
            }
        }
        ReleaseTokenCommand::Revoke { id } => release_documents::revoke_token(db, *id).await?,
    }
    Ok(())
}
