//! The schema and the database layer on a real PostgreSQL, with row-level security on, connected
//! as the role that serves: what would silently lose work, count it twice or show it to the wrong
//! people is tried here.
#![allow(
    clippy::unwrap_used,
    reason = "a test ends where something unexpected happens"
)]

mod agents;
mod batch;
mod bench;
mod campaigns;
mod claims;
mod contention;
mod jobs;
mod leases;
mod migrations;
mod network;
mod nodes;
mod operators;
mod queries;
mod random;
mod results;
mod rights;
mod roles;
mod samples;
mod seed;
mod statistics;
mod strategy;
mod timescale;
mod upgrade;
