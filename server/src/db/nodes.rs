//! Nodes: the installed workers, known by an identifier and the hash of their token.

use std::net::IpAddr;

use darkreach_protocol::node::RegisterRequest;

use super::{Db, DbError};

/// Registers a node. `token_hash` is the SHA-256 of its bearer token.
///
/// # Errors
/// [`DbError::NodeLimit`] when too many nodes, in all or from this address, have never worked.
pub async fn register(
    db: &Db,
    node_id: &str,
    token_hash: [u8; 32],
    address: IpAddr,
    request: &RegisterRequest,
) -> Result<(), DbError> {
    let _ = (db, node_id, token_hash, address, request);
    todo!()
}

/// The node that a token belongs to.
///
/// # Errors
/// [`DbError::Unavailable`].
pub async fn authenticate(db: &Db, token_hash: [u8; 32]) -> Result<Option<String>, DbError> {
    let _ = (db, token_hash);
    todo!()
}
