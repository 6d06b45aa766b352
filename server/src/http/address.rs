//! The address that a request comes from.
//!
//! Anybody can write an `X-Forwarded-For`, so it counts only where the connection itself comes from
//! a proxy that the operator named; and of its entries only the last one that is not such a proxy,
//! because a client may have begun the list.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use darkreach_protocol::problem::ProblemKind;

use super::{App, problem::ApiError};

/// The client's address.
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let ConnectInfo(peer) = peer
            .ok_or_else(|| ApiError::of(ProblemKind::Internal, "the connection has no address"))?;
        Ok(Self(client(
            peer.ip(),
            &parts.headers,
            &app.trusted_proxies,
        )))
    }
}

fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    if !proxies.contains(&peer) {
        return peer;
    }
    let lists = headers.get_all("x-forwarded-for").into_iter();
    let entries: Vec<&str> = lists
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .collect();
    for entry in entries.into_iter().rev() {
        // An entry that is no address ends what can be known.
        let Ok(address) = entry.trim().parse::<IpAddr>() else {
            return peer;
        };
        let address = address.to_canonical();
        if !proxies.contains(&address) {
            return address;
        }
    }
    peer
}

#[cfg(test)]
mod tests {
    use super::client;
    use axum::http::{HeaderMap, HeaderValue};
    use std::net::IpAddr;

    fn seen(peer: &str, forwarded: &[&'static str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let proxies: Vec<IpAddr> = proxies.iter().map(|p| p.parse().unwrap()).collect();
        client(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_entry() {
        let proxies = ["10.0.0.1", "10.0.0.2"];
        for (peer, forwarded, expected) in [
            ("192.0.2.9", &["198.51.100.7"][..], "192.0.2.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
            (
                "10.0.0.1",
                &["1.1.1.1, 198.51.100.7, 10.0.0.2"],
                "198.51.100.7",
            ),
            ("10.0.0.1", &["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7, nonsense"], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
        ] {
            assert_eq!(
                seen(peer, forwarded, &proxies),
                expected,
                "{peer} {forwarded:?}"
            );
        }
        assert_eq!(seen("10.0.0.1", &["1.1.1.1"], &[]), "10.0.0.1");
    }
}
