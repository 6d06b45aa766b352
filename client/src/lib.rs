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
pub mod state;

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
