//! Who may upload: a bearer token with a scope.

use axum::{extract::FromRequestParts, http::request::Parts};
use darkreach_protocol::problem::ProblemKind;

use crate::{
    db::release_documents::{self, Holder},
    http::{App, auth::Token, problem::ApiError},
};

/// The maintainer who sent the request.
pub(super) struct Maintainer(Holder);

impl Maintainer {
    /// The token's number, if it is good for one of these.
    pub(super) fn may(&self, scopes: &[&str]) -> Result<i64, ApiError> {
        if scopes.iter().any(|s| self.0.scopes.iter().any(|h| h == s)) {
            return Ok(self.0.id);
        }
        let words = format!(
            "the token {:?} is not for this; it needs the scope {}",
            self.0.name,
            scopes.join(" or ")
        );
        Err(ApiError::of(ProblemKind::Unauthorized, words))
    }
}

impl FromRequestParts<App> for Maintainer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let refuse = |words: &str| ApiError::of(ProblemKind::Unauthorized, words);
        let token = Token::of(parts).ok_or_else(|| {
            refuse(
                "send a token for releases as `Authorization: Bearer TOKEN`; \
                 `darkreach-server release-token add` makes one",
            )
        })?;
        release_documents::holder(&app.db, token.hash())
            .await?
            .map(Self)
            .ok_or_else(|| refuse("this token is not one for releases, or was revoked"))
    }
}
