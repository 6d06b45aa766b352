//! The schema and the database layer on a real PostgreSQL, with row-level security on, connected
//! as the role that serves: what would silently lose work, count it twice or show it to the wrong
//! people is tried here.
#![allow(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

mod areas;
mod bench;
mod claims;
mod jobs;
mod leases;
mod migrations;
mod network;
mod nodes;
mod queries;
mod random;
mod results;
mod rights;
mod roles;
mod statistics;
mod upgrade;
