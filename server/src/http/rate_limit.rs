//! A limit on registrations per address.
//!
//! Registering is the one thing that a stranger may write without a token. The limit keeps one
//! address from filling the table of nodes; a class room behind one address still gets in.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use darkreach_protocol::problem::ProblemKind;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};

use super::problem::ApiError;

/// Registrations at once from one address.
const BURST: NonZeroU32 = NonZeroU32::new(30).expect("not zero");
/// One more is allowed after each of these.
const PERIOD: Duration = Duration::from_secs(20);

/// Counts per address.
pub struct RateLimit(DefaultKeyedRateLimiter<IpAddr>);

impl std::fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RateLimit({} addresses)", self.0.len())
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        let quota = Quota::with_period(PERIOD)
            .expect("not zero")
            .allow_burst(BURST);
        Self(RateLimiter::keyed(quota))
    }
}

impl RateLimit {
    /// Counts one, or says when to come back.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), ApiError> {
        self.0.check_key(&key(address)).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.0.clock().now());
            let seconds = u32::try_from(wait.as_secs())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            let words =
                format!("too many registrations from this address; try again in {seconds} seconds");
            ApiError::later(ProblemKind::RateLimited, words, seconds)
        })
    }

    /// Forgets addresses that have been quiet long enough.
    pub fn forget_quiet(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

/// One customer of a provider has a whole /64 of IPv6 addresses.
fn key(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let network = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST, RateLimit};

    #[test]
    fn one_address_or_ipv6_network_is_limited_and_another_is_not() {
        for (one, same, other) in [
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1"),
        ] {
            let limit = RateLimit::default();
            for _ in 0..BURST.get() {
                limit.check(one.parse().unwrap()).unwrap();
            }
            let refused = limit.check(same.parse().unwrap()).unwrap_err();
            assert!(refused.0.retry_after_seconds.is_some());
            limit.check(other.parse().unwrap()).unwrap();
        }
    }
}
