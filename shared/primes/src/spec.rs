//! What a search looks for: the one description that job parameters, the command line, leases and
//! checkpoints share, so that no part of the system can mean another search than the rest.

use serde::{Deserialize, Serialize};

use crate::forms::kbn::Kbn;

/// The version of [`SearchSpec`] that this program writes.
pub const SPEC_VERSION: u32 = 1;

/// A half-open range `start..end` of the variable that a search runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First value.
    pub start: u64,
    /// One past the last value.
    pub end: u64,
}

/// The form of the numbers searched, with everything that stays fixed over the range.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Form {
    /// k*b^n+1 or k*b^n-1.
    Kbn(Kbn),
}

/// A search, or one block of it: the candidates of a form over a range, sieved to a fixed depth.
///
/// The depth is part of the description because the same block must give the same results on
/// every host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchSpec {
    /// [`SPEC_VERSION`]; another version is refused.
    pub version: u32,
    /// What is searched.
    pub form: Form,
    /// The half-open range of the form's running variable.
    pub range: Span,
    /// Every prime up to and including this one is sieved with.
    pub sieve_limit: u64,
}

/// Why a search description was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct SpecError {
    /// The field at fault, as it is written on the command line and in JSON.
    pub field: &'static str,
    /// What is wrong with it and what would be right.
    pub reason: String,
}

impl SearchSpec {
    /// A checked search with the default sieve depth for its range.
    ///
    /// # Errors
    /// [`SpecError`] names the field that makes no sense.
    pub fn new(form: Form, range: Span) -> Result<Self, SpecError> {
        let _ = (form, range);
        todo!()
    }

    /// Checks every field; what has come from outside goes through here before it is used.
    ///
    /// # Errors
    /// [`SpecError`] names the field that makes no sense.
    pub fn validate(&self) -> Result<(), SpecError> {
        todo!()
    }

    /// The same search over a part of its range (a block of a job).
    ///
    /// # Errors
    /// [`SpecError`] if the part is empty or reaches outside the range.
    pub fn over(&self, range: Span) -> Result<Self, SpecError> {
        let _ = range;
        todo!()
    }

    /// The name of the form as tables and the command line write it, for example `kbn`.
    pub fn form_name(&self) -> &'static str {
        todo!()
    }

    /// The estimated cost of the whole range in reference core seconds (sieve and tests).
    pub fn cost(&self) -> f64 {
        todo!()
    }

    /// The number of values of the running variable per block so that one block costs about
    /// `seconds` reference core seconds; at least 1.
    pub fn block_size_for(&self, seconds: f64) -> u64 {
        let _ = seconds;
        todo!()
    }

    /// A one-line description for people, for example `k*2^1000+1, k in 1..300`.
    pub fn describe(&self) -> String {
        todo!()
    }
}

impl std::str::FromStr for Span {
    type Err = SpecError;

    /// Reads `a..b` (without b) and `a..=b` (with b).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let _ = text;
        todo!()
    }
}
