//! The worker's tests: its rooms through the library, the program as a program, and the loop
//! against a server that does what a test tells it.

// Helpers of tests are tests: what is not as expected must stop them.
#![allow(clippy::unwrap_used)]

mod attach;
mod certificates;
mod commands;
mod disk;
mod engine;
mod faults;
mod kills;
mod known;
mod program;
mod selftest;
mod server;
mod sieve;
mod state;
mod updates;
mod worker;
