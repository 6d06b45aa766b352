//! Nodes: the installed workers, known by an identifier and the hash of their token.

use std::net::IpAddr;

use darkreach_protocol::node::RegisterRequest;

use super::{Db, DbError, Role, plain, signed};

/// Registers a node. `token_hash` is the SHA-256 of its bearer token.
///
/// # Errors
/// [`DbError::NodeLimit`] when too many nodes, in all or from this address, have never worked;
/// [`DbError::Invalid`] for a text that is too long or a number of cores that makes no sense.
pub async fn register(
    db: &Db,
    node_id: &str,
    token_hash: [u8; 32],
    address: IpAddr,
    request: &RegisterRequest,
) -> Result<(), DbError> {
    let name = request.name.as_deref();
    let name = name.map(|t| plain(t, "name", 64)).transpose()?;
    let cpu_model = request.cpu_model.as_deref();
    let cpu_model = cpu_model.map(|t| plain(t, "cpu_model", 128)).transpose()?;
    let cores = cores(request.cores)?;
    let memory = request.memory_bytes;
    let memory = memory.map(|m| signed(m, "memory_bytes")).transpose()?;

    let node_id = plain(node_id, "node id", 64)?;
    let version = plain(&request.client_version, "client_version", 64)?;
    let platform = plain(&request.platform, "platform", 64)?;

    let register = || {
        sqlx::query("SELECT register_node($1, $2, $3::inet, $4, $5, $6, $7, $8, $9)")
            .bind(node_id)
            .bind(token_hash.as_slice())
            .bind(address.to_canonical().to_string())
            .bind(name)
            .bind(version)
            .bind(platform)
            .bind(cores)
            .bind(cpu_model)
            .bind(memory)
    };
    db.execute(Role::Service, register).await
}

/// The node that a token belongs to.
///
/// # Errors
/// [`DbError::Unavailable`].
pub async fn authenticate(db: &Db, token_hash: [u8; 32]) -> Result<Option<String>, DbError> {
    let node = || sqlx::query_scalar("SELECT authenticate_node($1)").bind(token_hash.as_slice());
    db.scalar(Role::Service, node).await
}

/// A number of cores that a host can have.
pub(super) fn cores(cores: u32) -> Result<i32, DbError> {
    i32::try_from(cores)
        .ok()
        .filter(|cores| (1..=65536).contains(cores))
        .ok_or_else(|| DbError::Invalid(format!("cores: {cores} is not between 1 and 65536")))
}
