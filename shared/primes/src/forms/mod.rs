//! The forms of numbers that can be searched, one file each.

mod candidate;
pub mod kbn;

pub use candidate::Candidate;
