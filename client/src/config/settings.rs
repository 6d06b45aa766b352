//! Every setting once: name, type, meaning and check; the defaults stand in [`Settings`]. Flags, variables, file and the
//! `config` command are derived from this list.

use std::{collections::HashMap, path::PathBuf, str::FromStr};

use darkreach_update::{Channel, Version};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{ConfigError, Origin};

/// What happens to leased blocks when the worker stops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum OnStop {
    /// They stay leased, to be resumed from the checkpoint at the next start.
    #[default]
    Keep,
    /// Their checkpoints are uploaded and the leases handed back.
    Release,
}

impl FromStr for OnStop {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as clap::ValueEnum>::from_str(text, false)
            .map_err(|_| format!("{text:?} is neither `keep` nor `release`"))
    }
}

impl std::fmt::Display for OnStop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keep => "keep",
            Self::Release => "release",
        })
    }
}

/// What happens when there is a new version of this program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum UpdateMode {
    /// It is installed, unless the program belongs to a package manager.
    #[default]
    On,
    /// It is only told.
    Tell,
    /// Nobody looks for one.
    Off,
}

impl FromStr for UpdateMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as clap::ValueEnum>::from_str(text, false)
            .map_err(|_| format!("{text:?} is neither `on`, `tell` nor `off`"))
    }
}

macro_rules! settings {
    ($($key:ident: $type:ty, $meaning:literal, $check:expr;)*) => {
        /// Settings of one source: those it does not mention are `None`.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Partial {
            $(#[doc = $meaning] pub $key: Option<$type>,)*
        }

        /// The same as the file has it, with the place of each.
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct InFile {
            $($key: Option<Spanned<$type>>,)*
        }

        /// Keys and their meaning.
        pub const KEYS: &[(&str, &str)] = &[$((stringify!($key), $meaning)),*];

        impl InFile {
            /// The settings, checked; or where the mistake is and what it is.
            pub(super) fn checked(self) -> Result<Partial, (std::ops::Range<usize>, String)> {
                Ok(Partial {
                    $($key: match self.$key {
                        None => None,
                        Some(value) => {
                            let place = value.span();
                            let value = value.into_inner();
                            let check: fn(&$type) -> Result<(), String> = $check;
                            check(&value).map_err(|message| {
                                (place, format!("{}: {message}", stringify!($key)))
                            })?;
                            Some(value)
                        }
                    },)*
                })
            }
        }

        impl Partial {
            /// What the environment says.
            pub(super) fn from_environment(
                variable: &dyn Fn(&str) -> Option<String>,
            ) -> Result<Self, ConfigError> {
                let mut partial = Self::default();
                $(
                    let name = format!("DARKREACH_{}", stringify!($key).to_uppercase());
                    if let Some(text) = variable(&name) {
                        let wrong = |message: String| ConfigError::Value {
                            name: name.clone(), message,
                        };
                        let value: $type = text
                            .parse()
                            .map_err(|e| wrong(format!("{text:?} is not valid: {e}")))?;
                        let check: fn(&$type) -> Result<(), String> = $check;
                        check(&value).map_err(wrong)?;
                        partial.$key = Some(value);
                    }
                )*
                Ok(partial)
            }

            /// The first value that makes no sense.
            pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
                $(
                    if let Some(value) = &self.$key {
                        let check: fn(&$type) -> Result<(), String> = $check;
                        check(value).map_err(|message| (stringify!($key), message))?;
                    }
                )*
                Ok(())
            }

            /// Lays the values of a stronger source over these.
            pub(super) fn take(
                &mut self,
                stronger: Self,
                origin: Origin,
                origins: &mut HashMap<&'static str, Origin>,
            ) {
                $(
                    if stronger.$key.is_some() {
                        self.$key = stronger.$key;
                        origins.insert(stringify!($key), origin);
                    }
                )*
            }
        }
    };
}

fn any<T>(_: &T) -> Result<(), String> {
    Ok(())
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    least: T,
    most: T,
    value: T,
) -> Result<(), String> {
    if value >= least && value <= most {
        return Ok(());
    }
    Err(format!("{value} is not between {least} and {most}"))
}

/// A level, or a filter by module, which has `=` in it.
fn log_level(text: &str) -> Result<(), String> {
    match text {
        "off" | "error" | "warn" | "info" | "debug" | "trace" => Ok(()),
        filter if filter.contains('=') => tracing_subscriber::EnvFilter::try_new(filter)
            .map(drop)
            .map_err(|e| format!("{filter:?} is not a log filter: {e}")),
        other => Err(format!(
            "{other:?} is not off, error, warn, info, debug or trace"
        )),
    }
}

settings! {
    threads: u32, "computing threads (default: one per logical processor)",
        |v| within(1, 4096, *v);
    checkpoint_seconds: f64, "seconds between checkpoints: the most that a crash can cost",
        |v| within(0.05, 3600.0, *v);
    heartbeat_seconds: f64, "seconds between heartbeats to the server",
        |v| within(0.05, 3600.0, *v);
    upload_seconds: u32, "seconds between uploads of checkpoints to the server",
        |v| within(1, 86_400, *v);
    claim_ahead: u32, "blocks to hold besides the one that is computing",
        |v| within(0, 64, *v);
    claim_ahead_seconds: u32, "seconds of work to hold at the measured speed",
        |v| within(0, 604_800, *v);
    on_stop: OnStop, "what happens to leased blocks on a stop: keep or release", any;
    allow_plain_http: bool, "allow http:// to other machines", any;
    ca_certificate: PathBuf, "PEM file with a certificate authority to trust besides the system's", any;
    update: UpdateMode, "what happens to new versions of this program: on, tell or off", any;
    update_channel: Channel, "the release channel: stable, beta or nightly", any;
    update_pin: Version, "the one version to stay at", any;
    update_check_seconds: f64, "seconds between looks for a new version, give or take a half",
        |v| within(0.05, 604_800.0, *v);
    update_trial_seconds: f64, "seconds that a new version gets to show that it can do the work",
        |v| within(10.0, 3600.0, *v);
    update_mirror: String, "where releases come from instead of the server", any;
    update_root: PathBuf, "the root document by which updates are believed instead of the built-in one", any;
    data_dir: PathBuf, "where work and results are kept", any;
    log: String, "log level on standard error: off, error, warn, info, debug or trace",
        |v| log_level(v);
}

/// The values in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// Computing threads, if set.
    pub threads: Option<u32>,
    /// Seconds between checkpoints.
    pub checkpoint_seconds: f64,
    /// Seconds between heartbeats.
    pub heartbeat_seconds: f64,
    /// Seconds between uploads of checkpoints.
    pub upload_seconds: u32,
    /// Blocks to hold besides the one that is computing.
    pub claim_ahead: u32,
    /// Seconds of work to hold.
    pub claim_ahead_seconds: u32,
    /// What happens to leased blocks on a stop.
    pub on_stop: OnStop,
    /// Whether `http://` to other machines is allowed.
    pub allow_plain_http: bool,
    /// An authority to trust besides the system's.
    pub ca_certificate: Option<PathBuf>,
    /// What happens to new versions.
    pub update: UpdateMode,
    /// The release channel.
    pub update_channel: Channel,
    /// The one version to stay at.
    pub update_pin: Option<Version>,
    /// Seconds between looks for a new version.
    pub update_check_seconds: f64,
    /// Seconds of a trial.
    pub update_trial_seconds: f64,
    /// Where releases come from, if not from the server.
    pub update_mirror: Option<String>,
    /// The root of trust, if not the built-in one.
    pub update_root: Option<PathBuf>,
    /// Where work and results are kept, if set.
    pub data_dir: Option<PathBuf>,
    /// Log level.
    pub log: String,
}

impl From<Partial> for Settings {
    fn from(p: Partial) -> Self {
        Self {
            threads: p.threads,
            checkpoint_seconds: p.checkpoint_seconds.unwrap_or(30.0),
            heartbeat_seconds: p.heartbeat_seconds.unwrap_or(30.0),
            upload_seconds: p.upload_seconds.unwrap_or(300),
            claim_ahead: p.claim_ahead.unwrap_or(2),
            claim_ahead_seconds: p.claim_ahead_seconds.unwrap_or(60),
            on_stop: p.on_stop.unwrap_or_default(),
            allow_plain_http: p.allow_plain_http.unwrap_or(false),
            ca_certificate: p.ca_certificate,
            update: p.update.unwrap_or_default(),
            update_channel: p.update_channel.unwrap_or_default(),
            update_pin: p.update_pin,
            update_check_seconds: p.update_check_seconds.unwrap_or(6.0 * 3600.0),
            update_trial_seconds: p.update_trial_seconds.unwrap_or(240.0),
            update_mirror: p.update_mirror,
            update_root: p.update_root,
            data_dir: p.data_dir,
            log: p.log.unwrap_or_else(|| "warn".to_owned()),
        }
    }
}
