//! The content of signed documents: plain JSON with a fixed set of fields. Whatever is unknown,
//! missing, out of bounds or said twice makes the whole document invalid; a new field means a new
//! document type, so that an old program never follows half of what it reads.

mod artifact;
mod freshness;
mod release;
mod root;

pub use artifact::{Artifact, ArtifactCheck, ArtifactKind, MAX_ARTIFACT_BYTES, is_plain_path};
pub use freshness::{Freshness, Vouched};
pub use release::Release;
pub use root::{Role, RoleName, Root};

use serde::{Serialize, de::DeserializeOwned};

use crate::{PRODUCT, UpdateError};

/// Times are whole seconds since 1970 UTC, up to the year 9999.
pub(crate) const LAST_SECOND: u64 = 253_402_300_799;

mod sealed {
    /// Only the documents here are documents.
    pub trait Sealed {}
    impl Sealed for super::Root {}
    impl Sealed for super::Release {}
    impl Sealed for super::Freshness {}
}

/// A kind of document.
pub trait Document: Serialize + DeserializeOwned + sealed::Sealed {
    /// What it is called in messages.
    const NAME: &'static str;
    /// What stands in its field `type`, so that no document passes for another kind.
    const TYPE: &'static str;

    /// Its field `type`, and its product.
    #[doc(hidden)]
    fn header(&self) -> (&str, &str);

    /// What is wrong with its values, if anything.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn check(&self) -> Result<(), String>;

    /// The bytes to sign.
    ///
    /// # Errors
    /// [`UpdateError::Content`] if it is not valid.
    fn to_payload(&self) -> Result<Vec<u8>, UpdateError> {
        validate(self)?;
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|e| wrong::<Self>(&e))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Reads a document from bytes whose signatures were checked.
pub(crate) fn parse<T: Document>(payload: &[u8]) -> Result<T, UpdateError> {
    let document: T = serde_json::from_slice(payload).map_err(|e| wrong::<T>(&e))?;
    validate(&document)?;
    Ok(document)
}

fn validate<T: Document>(document: &T) -> Result<(), UpdateError> {
    let (kind, product) = document.header();
    if kind != T::TYPE {
        return Err(wrong::<T>(&format!("its type is {kind:?}")));
    }
    if product != PRODUCT {
        return Err(wrong::<T>(&format!("it is for the product {product:?}")));
    }
    document.check().map_err(|reason| wrong::<T>(&reason))
}

fn wrong<T: Document>(reason: &dyn std::fmt::Display) -> UpdateError {
    UpdateError::Content {
        what: T::NAME,
        reason: reason.to_string(),
    }
}

/// Checks a span of time.
pub(crate) fn span(issued: u64, expires: u64) -> Result<(), String> {
    if issued < expires && expires <= LAST_SECOND {
        return Ok(());
    }
    Err(format!(
        "it is issued at {issued} and expires at {expires} (Unix time)"
    ))
}
