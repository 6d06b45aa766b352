//! Bearer tokens: drawn here, shown once, kept as a hash, and looked up by that hash.
//!
//! A token is 256 random bits, so its plain SHA-256 cannot be reversed or guessed, and the lookup
//! by hash takes the same work for every text that a stranger may send. A token is never logged:
//! it has no `Debug`, and requests are traced without their headers.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use darkreach_protocol::problem::ProblemKind;
use sha2::{Digest, Sha256};

use super::{App, problem::ApiError};
use crate::db::nodes;

/// What every token begins with, so that people and secret scanners know one when they see it.
const PREFIX: &str = "drt_";

/// A bearer token.
pub(crate) struct Token(String);

impl Token {
    /// A new one.
    pub(crate) fn draw() -> Self {
        let bytes: [u8; 32] = rand::random();
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The token itself, for its owner.
    pub(crate) fn reveal(self) -> String {
        self.0
    }

    /// The token in a request.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        let fits = scheme.eq_ignore_ascii_case("bearer");
        fits.then(|| Self(token.trim().to_owned()))
    }
}

/// The identifier of the node that sent the request.
#[derive(Clone, Debug)]
pub(crate) struct Node(pub(crate) String);

impl FromRequestParts<App> for Node {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let refuse = |words: &str| ApiError::of(ProblemKind::Unauthorized, words);
        let token = Token::of(parts).ok_or_else(|| {
            refuse("send the node's token as `Authorization: Bearer TOKEN`; registering gives one")
        })?;
        match nodes::authenticate(&app.db, token.hash()).await? {
            Some(node) => Ok(Self(node)),
            None => Err(refuse(
                "this server does not know the token; attach the worker again to register it",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PREFIX, Token};

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, two) = (Token::draw(), Token::draw());
        assert_ne!(one.hash(), two.hash());
        let text = one.reveal();
        assert!(
            text.starts_with(PREFIX) && text.len() == PREFIX.len() + 43,
            "{}",
            text.len()
        );
    }
}
