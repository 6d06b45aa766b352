//! The rings against GMP and against published numbers.
//!
//! One program, because linking the same libraries once a file takes longer than the tests.

mod agree;
mod any;
#[cfg(target_os = "linux")]
mod kernels;
mod known;
mod program;
mod properties;
mod rings;
mod small;
mod support;
mod threads;
mod transform;
