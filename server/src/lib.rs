//! The server of darkreach: hands out work, checks what comes back, serves the results.

pub mod cli;
pub mod data_directory;
pub mod db;
pub mod duties;
pub mod events;
pub mod http;
pub mod migrate;
pub mod postgres;
