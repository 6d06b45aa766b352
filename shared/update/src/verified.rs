//! From unverified bytes to a document: the signatures first, the content only after them.

use sha2::{Digest, Sha256};

use crate::{
    Unverified, UpdateError,
    document::{Document, Role, parse},
};

/// A document that enough keys of its role signed. There is no other way to make one than to verify
/// it, and none to change it.
#[derive(Clone, Debug)]
pub struct Verified<T> {
    document: T,
    digest: [u8; 32],
}

impl<T> Verified<T> {
    /// SHA-256 of the signed bytes.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

impl<T> std::ops::Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.document
    }
}

/// Checks the signatures against a role, then reads the content.
pub(crate) fn verify<T: Document>(
    unverified: &Unverified,
    role: &Role,
    name: &'static str,
) -> Result<Verified<T>, UpdateError> {
    count(unverified, role, name)?;
    Ok(Verified {
        document: parse(&unverified.payload)?,
        digest: Sha256::digest(&unverified.payload).into(),
    })
}

/// That enough keys of the role signed: distinct keys, each with a good signature. Signatures of
/// other keys count nothing and harm nothing, as a root that replaces another has both kinds.
pub(crate) fn count(
    unverified: &Unverified,
    role: &Role,
    name: &'static str,
) -> Result<(), UpdateError> {
    // Root's own checks make sure that no key stands in a role twice.
    let good = role.keys.iter().filter(|key| {
        let id = key.id();
        let signature = unverified.signatures.iter().find(|s| s.key == id);
        signature.is_some_and(|s| s.is_by(key, &unverified.payload))
    });
    let (have, need) = (good.count(), usize::from(role.threshold));
    if need == 0 || have < need {
        return Err(UpdateError::Signatures {
            role: name,
            have,
            need,
        });
    }
    Ok(())
}
