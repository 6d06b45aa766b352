//! Batches against GMP.

mod operations;
mod powers;
mod refusals;
mod support;
mod transforms;
