//! The real program over HTTP: started as people start it, on a free port, with its own PostgreSQL.

// In a test, helpers included, a panic is the report.
#![allow(clippy::unwrap_used)]

mod auth;
mod commands;
mod errors;
mod lifecycle;
mod limits;
mod node;
mod outside;
mod reads;
mod releases;
mod results;
mod server;
mod tls;
