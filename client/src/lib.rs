//! The volunteer's worker as a library, so that tests can drive each room of it: the program in
//! `main.rs` only reads arguments and reports the one error that may come out.
//!
//! The way of a block: [`run`] claims it over [`link`], [`engine`] computes it on all cores,
//! [`state`] keeps what must survive a crash, [`display`] tells people and programs about it.

pub mod cli;
pub mod config;
pub mod display;
pub mod engine;
pub mod error;
pub mod link;
pub mod run;
pub mod selftest;
pub mod state;
pub mod update;

/// This program's version, unless it was given another.
pub fn version() -> &'static str {
    VERSION.get().copied().unwrap_or(BUILT)
}

/// The version of the source, unless the build has one of its own: a nightly has.
const BUILT: &str = match option_env!("DARKREACH_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};

/// Gives this program a version of its own: for those that are built from this library and differ in
/// nothing else. Once, and before anything asked for it.
pub fn set_version(version: &'static str) {
    let _ = VERSION.set(version);
}

static VERSION: std::sync::OnceLock<&'static str> = std::sync::OnceLock::new();
