//! The forms of numbers that can be searched, one file each.

pub mod kbn;
