//! The whole path on real input, with the programs that ship.

mod bad_input;
mod commands;
mod faults;
mod installers;
mod jobs;
mod miscalculation;
mod releasing;
mod reports;
mod tls;
mod updates;
mod whole_path;
