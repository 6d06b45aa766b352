//! What a search looks for: the one description that job parameters, the command line, leases and
//! checkpoints share, so that no part of the system can mean another search than the rest.

use serde::{Deserialize, Serialize};

use crate::{cost, forms::Term};

pub use crate::forms::Form;

/// The version of [`SearchSpec`] that this program writes.
pub const SPEC_VERSION: u32 = 1;

/// Sieving with 2 and 3 is part of every search, so that no multiple of 3 reaches a test to base 3.
pub const MIN_SIEVE_LIMIT: u64 = 3;
/// The deepest sieve: 64-bit arithmetic has room to spare, and no search is sieved deeper.
pub const MAX_SIEVE_LIMIT: u64 = 1 << 48;

/// A half-open range `start..end` of the index that a search runs over; what stands at an index is
/// the form's affair (see its file), and any cut of a range gives the same candidates once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First value.
    pub start: u64,
    /// One past the last value.
    pub end: u64,
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
    /// The half-open range of the form's index.
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
        Self::check(&form, range)?;
        let sieve_limit = cost::default_sieve_limit(&form, range);
        let spec = Self {
            version: SPEC_VERSION,
            form,
            range,
            sieve_limit,
        };
        spec.validate()?;
        Ok(spec)
    }

    /// Checks every field; what has come from outside goes through here before it is used.
    ///
    /// # Errors
    /// [`SpecError`] names the field that makes no sense.
    pub fn validate(&self) -> Result<(), SpecError> {
        if self.version != SPEC_VERSION {
            return Err(SpecError {
                field: "version",
                reason: format!(
                    "{} is not known; this program reads version {SPEC_VERSION}",
                    self.version
                ),
            });
        }
        Self::check(&self.form, self.range)?;
        if !(MIN_SIEVE_LIMIT..=MAX_SIEVE_LIMIT).contains(&self.sieve_limit) {
            return Err(SpecError {
                field: "sieve_limit",
                reason: format!(
                    "{} is outside {MIN_SIEVE_LIMIT}..={MAX_SIEVE_LIMIT}",
                    self.sieve_limit
                ),
            });
        }
        Ok(())
    }

    /// Checks a form with its range, before there is a sieve depth.
    pub(crate) fn check(form: &Form, range: Span) -> Result<(), SpecError> {
        form.family().validate(range)
    }

    /// The same search over a part of its range (a block of a job).
    ///
    /// # Errors
    /// [`SpecError`] if the part is empty or reaches outside the range.
    pub fn over(&self, range: Span) -> Result<Self, SpecError> {
        let Span { start, end } = range;
        if start >= end || start < self.range.start || end > self.range.end {
            return Err(SpecError {
                field: "range",
                reason: format!(
                    "{start}..{end} is not a part of {}..{}",
                    self.range.start, self.range.end
                ),
            });
        }
        Ok(Self {
            range,
            ..self.clone()
        })
    }

    /// The name of the form as tables and the command line write it, for example `kbn`.
    pub fn form_name(&self) -> &'static str {
        self.form.info().name
    }

    /// The term at an index, if there is one.
    pub fn term(&self, at: u64) -> Option<Term> {
        self.form.family().term(at)
    }

    /// The terms of the range with their indices, ascending.
    pub fn terms(&self) -> impl Iterator<Item = (u64, Term)> + '_ {
        (self.range.start..self.range.end).filter_map(|at| Some((at, self.term(at)?)))
    }

    /// The number of terms in the range.
    pub fn count(&self) -> u64 {
        self.form.family().count(self.range)
    }

    /// Something that a user should know before the search starts, for example that a covering set
    /// leaves no primes to be found.
    pub fn notice(&self) -> Option<String> {
        self.form.family().notice()
    }

    /// The estimated cost of the whole range in reference core seconds (sieve and tests).
    pub fn cost(&self) -> f64 {
        cost::of(self)
    }

    /// The number of values of the running variable per block so that one block costs about
    /// `seconds` reference core seconds; at least 1.
    pub fn block_size_for(&self, seconds: f64) -> u64 {
        cost::block_size(self, seconds)
    }

    /// A one-line description for people, for example `k*2^1000+1, k in 1..300`.
    pub fn describe(&self) -> String {
        self.form.family().describe(self.range)
    }
}

impl Span {
    /// The place of a value in the range, counted from its start, if it is there.
    pub(crate) fn place(self, at: u64) -> Option<u64> {
        (self.start..self.end)
            .contains(&at)
            .then(|| at - self.start)
    }
}

impl std::str::FromStr for Span {
    type Err = SpecError;

    /// Reads `a..b` (without b) and `a..=b` (with b).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |reason| SpecError {
            field: "range",
            reason,
        };
        let Some((start, end)) = text.split_once("..") else {
            return Err(refuse(format!(
                "{text:?} is not a range; write a..b (without b) or a..=b (with b)"
            )));
        };
        let start = plain_number(start).map_err(refuse)?;
        let end = match end.strip_prefix('=') {
            Some(last) => plain_number(last)
                .map_err(refuse)?
                .checked_add(1)
                .ok_or_else(|| refuse(format!("{text:?} ends beyond 2^64")))?,
            None => plain_number(end).map_err(refuse)?,
        };
        if start >= end {
            return Err(refuse(format!(
                "{text:?} is empty; the end of a..b is not included (write a..=b to include b)"
            )));
        }
        Ok(Self { start, end })
    }
}

/// A decimal number without sign; spaces around it are allowed.
pub(crate) fn plain_number(text: &str) -> Result<u64, String> {
    let digits = text.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("{text:?} is not a whole number without sign"));
    }
    digits
        .parse()
        .map_err(|_| format!("{digits} is too large; numbers here are below 2^64"))
}
