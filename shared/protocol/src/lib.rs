//! What client and server say to each other, under `/api/v1`.
//!
//! Both sides use these types, so a field can not be spelled in two ways. The paths stand in
//! [`paths`]; every error is an RFC 9457 problem ([`problem`]). Requests of a worker carry
//! `Authorization: Bearer TOKEN` and the header [`PROTOCOL_HEADER`]; every answer of a server
//! carries that header too, so that either side can say plainly that the other is too old.

pub mod node;
pub mod paths;
pub mod problem;
pub mod read;
pub mod release;
pub mod work;

/// The protocol version of this program. Client and server must speak the same one.
pub const PROTOCOL_VERSION: u32 = 1;

/// The header with the protocol version of the sender, in decimal.
pub const PROTOCOL_HEADER: &str = "x-darkreach-protocol";

/// The largest checkpoint in bytes that a server takes.
pub const MAX_CHECKPOINT_BYTES: usize = 64 * 1024 * 1024;

/// The largest result body in bytes that a server takes.
pub const MAX_RESULT_BYTES: usize = 64 * 1024 * 1024;
