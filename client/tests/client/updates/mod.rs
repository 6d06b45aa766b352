//! Updating, against a mirror that does what a test tells it.

mod checks;
mod disk;
mod mirror;
mod steps;
mod trials;
mod world;
