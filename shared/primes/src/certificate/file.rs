//! A certificate as it is kept in a file: a number, written as an expression and in decimal, and the
//! steps that prove it prime. Any JSON reader reads it; `docs/certificates.md` describes each field.

use rug::Integer;
use serde::{Deserialize, Serialize};

use super::{Proof, Step, decimal};
use crate::forms::Candidate;

/// What the first field of every certificate says.
pub const FORMAT: &str = "darkreach primality certificate";
/// The version of the format that is written and read.
pub const VERSION: u32 = 1;
/// The longest file that is read, in bytes: a proof by elliptic curves of 1,000 digits takes one megabyte.
pub const MAX_BYTES: usize = 1 << 26;
/// The most steps of a certificate.
pub const MAX_STEPS: usize = 10_000;

/// A primality certificate. It proves nothing until it was [verified](super::check).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    format: String,
    version: u32,
    /// The number as its author writes it, for example `3*2^189+1`.
    pub expression: String,
    /// The number in decimal.
    #[serde(with = "decimal")]
    pub n: Integer,
    /// The proof: the first step speaks of n, each other one of a prime that an earlier one uses.
    pub steps: Vec<Step>,
}

/// Why a text is not a certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate: {0}")]
pub struct CertificateError(String);

impl Certificate {
    /// A certificate of the number that the first step speaks of.
    pub fn new(expression: String, steps: Vec<Step>) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            expression,
            n: steps
                .first()
                .map(|step| step.n().clone())
                .unwrap_or_default(),
            steps,
        }
    }

    /// The certificate of a candidate of a search, from the proof that the search found.
    pub fn of(candidate: &Candidate, proof: &Proof) -> Self {
        Self::new(candidate.to_string(), vec![proof.step(candidate)])
    }

    /// The theorem of the first step.
    pub fn theorem(&self) -> &'static str {
        self.steps.first().map_or("none", Step::theorem)
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`CertificateError`]: too long, no JSON, a field missing, unknown or out of range, another
    /// format or version.
    pub fn from_json(text: &[u8]) -> Result<Self, CertificateError> {
        if text.len() > MAX_BYTES {
            return Err(CertificateError(format!(
                "it has {} bytes; certificates have at most {MAX_BYTES}",
                text.len()
            )));
        }
        // The version comes first, so that a later format is not reported as damage.
        let head: Head =
            serde_json::from_slice(text).map_err(|error| CertificateError(error.to_string()))?;
        if head.format != FORMAT {
            let start: String = head.format.chars().take(40).collect();
            return Err(CertificateError(format!(
                "its format is {start:?}, not {FORMAT:?}"
            )));
        }
        if head.version != VERSION {
            return Err(CertificateError(format!(
                "its version is {}; this program reads version {VERSION}",
                head.version
            )));
        }
        let certificate: Self =
            serde_json::from_slice(text).map_err(|error| CertificateError(error.to_string()))?;
        if certificate.steps.len() > MAX_STEPS {
            return Err(CertificateError(format!(
                "it has {} steps; certificates have at most {MAX_STEPS}",
                certificate.steps.len()
            )));
        }
        Ok(certificate)
    }

    /// Writes it, as JSON with line breaks.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("strings, numbers and lists can always be written");
        text.push('\n');
        text
    }
}

/// What is read first.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}
