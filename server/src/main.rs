//! The program `darkreach-server`.
fn main() {}
