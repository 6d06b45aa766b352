//! Who we are to which server. One file, so that server, node and token can not come apart.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{StateError, directory::DataDir, files, read_json, to_json};

const FILE: &str = "node.json";

/// The identity that `attach` got.
#[derive(Clone, Serialize, Deserialize)]
pub struct Node {
    /// The server's base address.
    pub server: String,
    /// The node there.
    pub node_id: String,
    /// Its bearer token: secret.
    pub token: String,
    /// The name given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When.
    pub attached_at: DateTime<Utc>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("server", &self.server)
            .field("node_id", &self.node_id)
            .field("token", &"<secret>")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The identity, if attached.
///
/// # Errors
/// [`StateError`].
pub fn load(data: &DataDir) -> Result<Option<Node>, StateError> {
    read_json(&data.path(FILE))
}

/// Stores the identity, readable by its owner only.
///
/// # Errors
/// [`StateError`].
pub fn store(data: &DataDir, node: &Node) -> Result<(), StateError> {
    let path = data.path(FILE);
    files::replace(&**data.files(), &path, &to_json(&path, node)?)
}
