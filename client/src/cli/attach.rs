//! `darkreach attach URL`: become a node of a server.

use chrono::Utc;
use clap::Args;
use serde_json::json;

use super::Context;
use crate::{
    config::Partial,
    display::{print_json, print_line},
    error::Error,
    link::{Link, ServerUrl},
    run::host,
    state::{
        StateError,
        directory::DataDir,
        files, lock,
        node::{self, Node},
    },
};

/// Arguments of `attach`.
#[derive(Debug, Args)]
pub(super) struct Attach {
    /// The server's address, for example `https://example.org`
    url: String,
    /// A name to tell your computers apart (the server shows it to its maintainers)
    #[arg(long)]
    name: Option<String>,
    /// Leave the server that this computer is attached to
    #[arg(long)]
    force: bool,
    /// Allow http:// to another machine
    #[arg(long)]
    allow_plain_http: bool,
    /// PEM file with a certificate authority to trust besides the system's
    #[arg(long, value_name = "FILE")]
    ca_certificate: Option<std::path::PathBuf>,
}

impl Attach {
    pub(super) fn settings(&self) -> Partial {
        Partial {
            allow_plain_http: self.allow_plain_http.then_some(true),
            ca_certificate: self.ca_certificate.clone(),
            ..Partial::default()
        }
    }

    pub(super) fn execute(self, context: &Context) -> Result<(), Error> {
        let server = ServerUrl::parse(&self.url, context.config.settings.allow_plain_http)?;
        if self.name.as_ref().is_some_and(|n| n.chars().count() > 64) {
            return Err(Error::other(
                "the name is too long",
                "use at most 64 characters",
            ));
        }
        let data = context.data()?;
        let _lock = lock::take(&data)?;
        if let Some(node) = node::load(&data)? {
            if !self.force {
                return already(context, &server, &node);
            }
            set_work_aside(&data, &node)?;
        }
        let link = Link::new(server.clone(), None, &context.link_options())?;
        let request = host::describe(self.name.clone(), context.config.threads());
        let registered = super::runtime()?.block_on(async {
            link.info().await?;
            link.register(&request).await
        })?;
        let node = Node {
            server: server.to_string(),
            node_id: registered.node_id,
            token: registered.token,
            name: self.name,
            attached_at: Utc::now(),
        };
        node::store(&data, &node)?;
        tell(context, &node, "attached")
    }
}

/// Asking twice for the same is fine; asking for another server needs `--force`.
fn already(context: &Context, wanted: &ServerUrl, node: &Node) -> Result<(), Error> {
    if node.server == wanted.as_str() {
        return tell(context, node, "already attached");
    }
    Err(Error::other(
        format!("this computer is attached to {}", node.server),
        "--force leaves that server; or use another --data-dir",
    ))
}

fn tell(context: &Context, node: &Node, what: &str) -> Result<(), Error> {
    if context.json {
        let event = what.replace(' ', "_");
        print_json(&json!({"event": event, "server": node.server, "node": node.node_id}))?;
    } else {
        print_line(&format!(
            "{what} to {} as node {}",
            node.server, node.node_id
        ))?;
        print_line("start working with: darkreach run")?;
    }
    Ok(())
}

/// Work for the server that is left can not be delivered by the new node. It is kept in a folder of
/// its own, with the identity that it belongs to, and said so.
fn set_work_aside(data: &DataDir, node: &Node) -> Result<(), Error> {
    let held = files::list(&data.path("held"))?.len();
    let results = data.outbox().list()?.len();
    if held + results == 0 {
        return Ok(());
    }
    let aside = data.path(&format!("left-{}", Utc::now().format("%Y%m%dT%H%M%S%.3f")));
    files::create_folder(&aside)?;
    for name in ["node.json", "held", "outbox"] {
        let from = data.path(name);
        if from.exists() {
            std::fs::rename(&from, aside.join(name)).map_err(StateError::io("move", &from))?;
        }
    }
    eprintln!(
        "warning: {held} blocks and {results} results for {} were not delivered; they are kept \
         in {}",
        node.server,
        aside.display()
    );
    Ok(())
}
