//! Errors as RFC 9457 problem details: machine-readable kind, and words that say what to do.

use serde::{Deserialize, Serialize};

/// The media type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A problem as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:darkreach:problem:` and the kind.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// The kind in words, the same for every problem of the kind.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What was wrong this time and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// For [`ProblemKind::RateLimited`] and [`ProblemKind::Unavailable`]: try again after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $status:literal, $title:literal;)*) => {
        /// What kind of problem it is. A kind, once released, keeps its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum ProblemKind {
            $($(#[$doc])* #[serde(rename = $slug)] $name,)*
            /// A kind that this program does not know yet.
            #[serde(other, rename = "about:blank")] Other,
        }

        impl ProblemKind {
            /// The HTTP status of the kind.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* Self::Other => 500 }
            }

            /// The kind in words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* Self::Other => "Error" }
            }
        }
    };
}

kinds! {
    /// The request is not understood.
    BadRequest = "urn:darkreach:problem:bad-request", 400, "The request is not understood";
    /// The other side speaks another protocol version.
    ProtocolMismatch = "urn:darkreach:problem:protocol-mismatch", 426, "Client and server speak different protocol versions";
    /// No token, or one that is not valid.
    Unauthorized = "urn:darkreach:problem:unauthorized", 401, "A valid token is needed";
    /// There is no such thing.
    NotFound = "urn:darkreach:problem:not-found", 404, "There is no such thing";
    /// The method does not fit the path.
    MethodNotAllowed = "urn:darkreach:problem:method-not-allowed", 405, "The method does not fit this address";
    /// The assignment is not leased to the sender (any more).
    NotLeased = "urn:darkreach:problem:not-leased", 409, "The block is not leased to this node";
    /// Another result was already accepted for this assignment, or the key belongs to another one.
    ResultConflict = "urn:darkreach:problem:result-conflict", 409, "Another result was already accepted";
    /// The body is larger than allowed.
    TooLarge = "urn:darkreach:problem:too-large", 413, "The body is too large";
    /// The body has the wrong media type.
    UnsupportedMediaType = "urn:darkreach:problem:unsupported-media-type", 415, "The body has the wrong media type";
    /// The content contradicts itself or the specification.
    Invalid = "urn:darkreach:problem:invalid", 422, "The content is not valid";
    /// Too many requests.
    RateLimited = "urn:darkreach:problem:rate-limited", 429, "Too many requests";
    /// The request took too long.
    Timeout = "urn:darkreach:problem:timeout", 408, "The request took too long";
    /// Something broke inside the server.
    Internal = "urn:darkreach:problem:internal", 500, "The server failed";
    /// The database is away, or the server is stopping.
    Unavailable = "urn:darkreach:problem:unavailable", 503, "The server is not available now";
}

impl Problem {
    /// A problem of a kind with words of its own.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: Some(detail.into()),
            retry_after_seconds: None,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.title)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::{Problem, ProblemKind};

    #[test]
    fn a_kind_survives_the_wire_and_an_unknown_one_does_not_break_it() {
        let text = serde_json::to_string(&Problem::new(ProblemKind::NotLeased, "gone")).unwrap();
        assert!(text.contains("urn:darkreach:problem:not-leased"), "{text}");
        let back: Problem = serde_json::from_str(&text).unwrap();
        assert_eq!((back.kind, back.status), (ProblemKind::NotLeased, 409));
        let unknown = text.replace("not-leased", "of-the-future");
        let back: Problem = serde_json::from_str(&unknown).unwrap();
        assert_eq!(back.kind, ProblemKind::Other);
    }
}
