//! The server's introduction.

use axum::Json;
use darkreach_protocol::{PROTOCOL_VERSION, node::ServerInfo};

/// `GET /api/v1`.
pub(crate) async fn show() -> Json<ServerInfo> {
    Json(ServerInfo {
        service: "darkreach".to_owned(),
        version: crate::VERSION.to_owned(),
        protocol: PROTOCOL_VERSION,
    })
}
