//! Getting to know each other: the server's introduction and a node's registration.

use serde::{Deserialize, Serialize};

/// The server's introduction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Always `darkreach`; anything else is not a server of ours.
    pub service: String,
    /// The server program's version.
    pub version: String,
    /// Its protocol version.
    pub protocol: u32,
}

/// A worker asks to become a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// A name for people to tell nodes apart; it need not be unique. At most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The worker program's version.
    pub client_version: String,
    /// Rust target triple or `os-arch` of the worker.
    pub platform: String,
    /// Logical processors.
    pub cores: u32,
    /// Processor model, as the system names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_model: Option<String>,
    /// Memory in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

/// The node's identity. The token is shown this once; the server keeps only its hash.
#[derive(Clone, Serialize, Deserialize)]
pub struct RegisterResponse {
    /// The node's identifier.
    pub node_id: String,
    /// The bearer token.
    pub token: String,
}

impl std::fmt::Debug for RegisterResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisterResponse")
            .field("node_id", &self.node_id)
            .field("token", &"<secret>")
            .finish()
    }
}
