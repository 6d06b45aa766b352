//! The command line, one file per command.

pub mod job;
pub mod migrate;
