//! The rings against GMP and against published numbers.
//!
//! One program, because linking the same libraries once a file takes longer than the tests.

mod any;
mod known;
mod small;
mod support;
mod transform;
