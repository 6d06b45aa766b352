//! What the end-to-end tests share: the real programs as guarded child processes, and answers
//! computed independently of the project's own arithmetic.
//!
//! The programs are the ones in the target directory that this test binary was built into; build
//! them first (`./dev test` does). Nothing here sleeps: tests wait for a line of output, the end of
//! a process, or an answer, each with a deadline that only a hang can reach.

pub mod api;
pub mod expected;
pub mod oracle;
pub mod process;
pub mod raw;
pub mod release_files;
pub mod root;
pub mod server;
pub mod stamp;
pub mod worker;
