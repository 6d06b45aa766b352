//! The server's address: `https`, or plain `http` to this very machine.
//!
//! A bearer token over plain HTTP is readable by everyone on the way, so that needs the user's word.

use reqwest::Url;

/// A checked base address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    url: Url,
}

/// Why an address is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is no address.
    #[error("{text:?} is not a server address: {reason}")]
    Syntax {
        /// What was given.
        text: String,
        /// What is wrong.
        reason: String,
    },
    /// It would send the token in the clear.
    #[error("{text} is plain HTTP to another machine: anyone on the way could read the token")]
    Plain {
        /// What was given.
        text: String,
    },
}

impl UrlError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Syntax { .. } => "write it like https://example.org".to_owned(),
            Self::Plain { .. } => {
                "use https://, or --allow-plain-http if you trust the network in between".to_owned()
            }
        }
    }
}

impl ServerUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn parse(text: &str, allow_plain_http: bool) -> Result<Self, UrlError> {
        let syntax = |reason: &str| UrlError::Syntax {
            text: text.to_owned(),
            reason: reason.to_owned(),
        };
        let mut url = Url::parse(text.trim()).map_err(|e| syntax(&e.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(syntax("it must start with https:// or http://"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(syntax("the host is missing"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(syntax("it must not contain a user or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(syntax("it must not contain ? or #"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        let checked = Self { url };
        if checked.url.scheme() == "http" && !checked.is_loopback() && !allow_plain_http {
            return Err(UrlError::Plain {
                text: text.trim().to_owned(),
            });
        }
        Ok(checked)
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || bare
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    /// Whether certificates matter.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address of an API path.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.as_str())
    }

    /// Without a slash at the end.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}

impl std::fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{ServerUrl, UrlError};

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for here in [
            "http://127.0.0.1:7770",
            "http://localhost:1/",
            "http://[::1]:80",
            "http://127.9.9.9",
        ] {
            assert!(ServerUrl::parse(here, false).is_ok(), "{here}");
        }
        for elsewhere in [
            "http://example.org",
            "http://10.0.0.1",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "http://[::2]",
        ] {
            let refused = ServerUrl::parse(elsewhere, false);
            assert!(
                matches!(refused, Err(UrlError::Plain { .. })),
                "{elsewhere}"
            );
            assert!(ServerUrl::parse(elsewhere, true).is_ok(), "{elsewhere}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_so() {
        for wrong in [
            "",
            "example.org",
            "ftp://example.org",
            "https://",
            "https://u:p@example.org",
            "https://example.org/?a=b",
            "https://example.org/#x",
        ] {
            let refused = ServerUrl::parse(wrong, true);
            assert!(
                matches!(refused, Err(UrlError::Syntax { .. })),
                "{wrong}: {refused:?}"
            );
        }
    }

    #[test]
    fn paths_are_joined_without_a_double_slash() {
        let url = ServerUrl::parse("https://example.org/primes/", false).unwrap();
        assert_eq!(url.join("/api/v1"), "https://example.org/primes/api/v1");
        let url = ServerUrl::parse("https://example.org", false).unwrap();
        assert_eq!(url.join("/api/v1"), "https://example.org/api/v1");
    }
}
