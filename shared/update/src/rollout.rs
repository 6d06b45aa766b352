//! Staged rollout: which hosts take a release first.
//!
//! A host's bucket is a hash of its seed and the release, so that every release meets a new early
//! group, and nobody but the host can tell its bucket: the seed never leaves it.

use std::fmt;

use crate::{Channel, Version};

/// Buckets: a percentage takes that many of them.
const BUCKETS: u8 = 100;

/// Separates this use of the hash from every other.
const CONTEXT: &str = "darkreach 2026-11 rollout bucket";

/// 32 random bytes that a host draws once and tells nobody.
#[derive(Clone)]
pub struct Seed([u8; 32]);

impl Seed {
    /// From bytes that the caller drew, or kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// The bucket of a host for a release, 0 to 99: a rollout to `p` percent takes the buckets below `p`,
/// so whoever was in stays in when the percentage rises.
pub fn bucket(seed: &Seed, channel: Channel, version: &Version) -> u8 {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&seed.0);
    hasher.update(channel.name().as_bytes());
    hasher.update(b" ");
    hasher.update(version.to_string().as_bytes());
    let mut stream = hasher.finalize_xof();
    uniform(|| {
        let mut byte = [0];
        stream.fill(&mut byte);
        byte[0]
    })
}

/// Exactly uniform below [`BUCKETS`] from uniform bytes: what lies above the largest multiple is
/// drawn again, as a plain remainder would favour the low buckets.
fn uniform(mut draw: impl FnMut() -> u8) -> u8 {
    const LIMIT: u8 = u8::MAX - (u8::MAX % BUCKETS + 1) % BUCKETS;
    loop {
        let byte = draw();
        if byte <= LIMIT {
            return byte % BUCKETS;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::uniform;

    #[test]
    fn every_bucket_has_the_same_number_of_bytes() {
        // All 256 bytes once each: what is drawn again is the byte after, which is 0 at the end.
        let mut hits = [0; 100];
        let mut rejected = 0;
        for byte in 0..=u8::MAX {
            let mut draws = 0;
            let got = uniform(|| {
                draws += 1;
                if draws == 1 { byte } else { 0 }
            });
            if draws == 1 {
                hits[usize::from(got)] += 1;
            } else {
                rejected += 1;
            }
        }
        assert_eq!((hits, rejected), ([2; 100], 56));
    }
}
