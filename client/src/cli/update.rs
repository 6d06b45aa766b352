//! `darkreach update`: what this program would become, and what its owner wants of that.

use chrono::{Duration, Utc};
use clap::{Args, Subcommand};
use serde_json::json;

use super::Context;
use crate::{
    display::{print_json, print_line},
    error::Error,
    link::ServerUrl,
    state::{directory::DataDir, files::Disk, node},
    update::{
        BUILT_IN_ROOT, Found, Mirror, Owner, TARGET, UpdateFailure, Updater, UpdaterOptions, owner,
        pace::Pace, program::Program,
    },
};

/// Arguments of `update`.
#[derive(Debug, Args)]
pub(super) struct Update {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look for a new version now and fetch it; a running worker installs it at its next check
    Check,
    /// Show what is known about updates
    Status,
    /// Install no update for some days
    Defer {
        /// How many days, 0 to end it
        days: u32,
    },
    /// Go back to the version before this one, and do not take this one again
    Rollback,
}

impl Update {
    pub(super) fn execute(&self, context: &Context) -> Result<(), Error> {
        let data = context.data()?;
        let updater = updater(context, &data)?;
        let say = |value: serde_json::Value, line: &str| {
            if context.json {
                print_json(&value)
            } else {
                print_line(line)
            }
        };
        match self.command.as_ref().unwrap_or(&Command::Status) {
            Command::Check => {
                let found = super::runtime()?.block_on(updater.check(true))?;
                match found {
                    Found::Nothing(why) => say(json!({"found": "nothing", "reason": why}), &why)?,
                    Found::Available { version, reason } => say(
                        json!({"found": "available", "version": version, "reason": reason}),
                        &format!("{version} is available: {reason}"),
                    )?,
                    Found::Ready(candidate) => say(
                        json!({"found": "ready", "version": candidate.version, "path": candidate.path}),
                        &format!("{} is ready and verified", candidate.version),
                    )?,
                }
            }
            Command::Status => {
                let book = updater.shelf().read()?;
                let owner = match owner(updater.program()) {
                    Owner::User => "this user".to_owned(),
                    Owner::Manager(name) => name,
                    Owner::Other => "another user".to_owned(),
                };
                let channel = updater.channel();
                let value = json!({
                    "version": updater.running(), "channel": channel, "owner": owner,
                    "checked": book.checked, "outcome": book.outcome, "bad": book.bad,
                    "deferred_until": book.deferred_until, "unsettled": book.unsettled,
                });
                let checked = book
                    .checked
                    .map_or("never".to_owned(), |at| at.to_rfc3339());
                let outcome = book.outcome.unwrap_or_default();
                let line = format!(
                    "darkreach {} on {channel}, owned by {owner}; last check {checked}: {outcome}",
                    updater.running()
                );
                say(value, &line)?;
            }
            Command::Defer { days } => {
                let until = (*days > 0).then(|| Utc::now() + Duration::days(i64::from(*days)));
                updater
                    .shelf()
                    .change(|book| book.deferred_until = until)
                    .map_err(Error::State)?;
                let line = match until {
                    Some(until) => {
                        format!("no update before {}", until.format("%Y-%m-%d %H:%M UTC"))
                    }
                    None => "updates are not deferred".to_owned(),
                };
                say(json!({"deferred_until": until}), &line)?;
            }
            Command::Rollback => {
                updater.put_back("its owner went back")?;
                let line = "the version before is back; restart the worker to use it";
                say(json!({"rolled_back": true}), line)?;
            }
        }
        Ok(())
    }
}

/// The updater of this program, as configured.
pub(super) fn updater(context: &Context, data: &DataDir) -> Result<Updater, Error> {
    let settings = &context.config.settings;
    let (address, base) = match (&settings.update_mirror, node::load(data)?) {
        (Some(mirror), _) => (mirror.clone(), ""),
        (None, Some(node)) => (node.server, darkreach_protocol::paths::RELEASES),
        (None, None) => {
            return Err(Error::other(
                "this computer is not attached to a server, and no mirror is named",
                "darkreach attach URL, or set update_mirror in the configuration",
            ));
        }
    };
    let url = ServerUrl::parse(&address, settings.allow_plain_http)?;
    let mirror = Mirror::new(&url, base, &context.link_options())?;
    let root = match &settings.update_root {
        Some(path) => std::fs::read(path).map_err(crate::state::StateError::io("read", path))?,
        None => BUILT_IN_ROOT.to_vec(),
    };
    let version = crate::version();
    let options = UpdaterOptions {
        channel: settings.update_channel,
        pin: settings.update_pin.clone(),
        only_tell: settings.update == crate::config::UpdateMode::Tell,
        root,
        running: version.parse().map_err(|e| {
            Error::other(
                format!("this program's version {version:?} is none: {e}"),
                "reinstall it",
            )
        })?,
        target: TARGET.to_owned(),
        pace: Pace::default(),
    };
    let program = Program::own()?;
    let disk = std::sync::Arc::new(Disk);
    Ok(Updater::open(data, mirror, program, options, disk)?)
}

impl From<UpdateFailure> for Error {
    fn from(failure: UpdateFailure) -> Self {
        Self::Update(failure)
    }
}
