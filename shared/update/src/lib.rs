//! Signed release metadata: which program belongs on a channel, who says so, and whether this host
//! takes it. The worker, the server and the maintainers' program share it, so a rule that one of them
//! enforces is the rule that the others mean.
//!
//! Three kinds of documents, each an [envelope] of signatures around bytes that are signed as they
//! are, never parsed and written again:
//!
//! ```text
//! root        which keys may sign what, and how many of them together; versions 1, 2, 3, ...
//! channel     what stable, beta or nightly offers: version, artifacts, rollout; a rising sequence
//! freshness   that these are still the newest: a short-lived word which can only date again what
//!             the others signed
//! ```
//!
//! The roles and attacks are those of The Update Framework (specification, section 1.5.2). What is
//! different: one document per channel stands for targets and snapshot together, and a role has an
//! *epoch* that root raises after a theft, which makes everything signed before it worthless and
//! forgets sequence numbers that a thief may have driven up.
//!
//! Nothing here knows the clock, the network or files: time is a parameter, state is plain data.
//! Bytes from outside are [`Unverified`]; only [`Trust`] turns them into [`Verified`] documents.
//!
//! [envelope]: Unverified

mod channel;
mod decision;
pub mod document;
mod envelope;
mod error;
mod key;
mod rollout;
mod text;
mod trust;
mod verified;

pub use channel::Channel;
pub use decision::{Decision, Installed};
pub use envelope::{Unverified, seal};
pub use error::UpdateError;
pub use key::{KeyId, PublicKey, SecretKey};
pub use rollout::{Seed, bucket};
pub use semver::Version;
pub use trust::{Accepted, Seen, Trust, TrustState};
pub use verified::Verified;

/// What every document names as its product.
pub const PRODUCT: &str = "darkreach";

/// The largest document in bytes that anybody takes, signatures included.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// The most versions of root that a check follows, one after the other.
pub const MAX_ROTATIONS: u64 = 256;
