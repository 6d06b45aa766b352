//! `darkreach run`: work for the server.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::Context;
use crate::{
    config::{OnStop, Partial},
    display,
    error::Error,
    link::{Link, ServerUrl},
    run,
    state::{lock, node},
};

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// End when the server has nothing to do for us
    #[arg(long)]
    until_idle: bool,
    /// Tell every tested candidate
    #[arg(long)]
    log_candidates: bool,
    /// Computing threads [default: one per logical processor]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Seconds between checkpoints [default: 30]
    #[arg(long, value_name = "SECONDS")]
    checkpoint_seconds: Option<f64>,
    /// Seconds between heartbeats [default: 30]
    #[arg(long, value_name = "SECONDS")]
    heartbeat_seconds: Option<f64>,
    /// Seconds between uploads of checkpoints [default: 300]
    #[arg(long, value_name = "SECONDS")]
    upload_seconds: Option<u32>,
    /// Blocks to hold besides the one that is computing [default: 2]
    #[arg(long, value_name = "N")]
    claim_ahead: Option<u32>,
    /// Seconds of work to hold at the measured speed [default: 60]
    #[arg(long, value_name = "SECONDS")]
    claim_ahead_seconds: Option<u32>,
    /// What happens to leased blocks on a stop [default: keep]
    #[arg(long, value_enum)]
    on_stop: Option<OnStop>,
    /// Allow http:// to another machine
    #[arg(long)]
    allow_plain_http: bool,
    /// PEM file with a certificate authority to trust besides the system's
    #[arg(long, value_name = "FILE")]
    ca_certificate: Option<PathBuf>,
}

impl Run {
    pub(super) fn settings(&self) -> Partial {
        Partial {
            threads: self.threads,
            checkpoint_seconds: self.checkpoint_seconds,
            heartbeat_seconds: self.heartbeat_seconds,
            upload_seconds: self.upload_seconds,
            claim_ahead: self.claim_ahead,
            claim_ahead_seconds: self.claim_ahead_seconds,
            on_stop: self.on_stop,
            allow_plain_http: self.allow_plain_http.then_some(true),
            ca_certificate: self.ca_certificate.clone(),
            ..Partial::default()
        }
    }

    pub(super) fn execute(self, context: &Context) -> Result<(), Error> {
        let not_attached = || {
            Error::other(
                "this computer is not attached to a server",
                "darkreach attach URL",
            )
        };
        let data = context.existing_data()?.ok_or_else(not_attached)?;
        let node = node::load(&data)?.ok_or_else(not_attached)?;
        let _lock = lock::take(&data)?;
        let settings = &context.config.settings;
        let server = ServerUrl::parse(&node.server, settings.allow_plain_http)?;
        let link = Link::new(server, Some(node.token.clone()), &context.link_options())?;
        let seconds = |n: u32| Duration::from_secs(n.into());
        let options = run::Options {
            threads: context.config.threads(),
            checkpoint: Duration::from_secs_f64(settings.checkpoint_seconds),
            heartbeat: Duration::from_secs_f64(settings.heartbeat_seconds),
            upload: seconds(settings.upload_seconds),
            claim_ahead: settings.claim_ahead,
            claim_ahead_time: seconds(settings.claim_ahead_seconds),
            on_stop: settings.on_stop,
            until_idle: self.until_idle,
            log_candidates: self.log_candidates,
            probe: None,
        };
        let display = display::choose(context.json);
        super::runtime()?.block_on(async {
            let stop = run::listen();
            run::run(data, node, link, options, display, stop).await
        })
    }
}
