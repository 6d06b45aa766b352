//! The server of darkreach: hands out work, checks what comes back, serves the results.

pub mod cli;
pub mod data_directory;
pub mod db;
pub mod duties;
pub mod events;
pub mod http;
pub mod migrate;
pub mod postgres;

/// This program's version: the source's, unless the build has one of its own; a nightly has.
pub const VERSION: &str = match option_env!("DARKREACH_VERSION") {
    Some(version) => version,
    None => env!("CARGO_PKG_VERSION"),
};
