//! The envelope of saved states: magic, format number (4 bytes, little endian), the BLAKE3 digest of
//! the spec and that of the body (32 bytes each), then the body. A state that is damaged, cut short,
//! of another format or of another search is refused before its body is read.

use super::ResumeError;
use crate::spec::SearchSpec;

/// Magic, format, two digests.
pub(crate) const HEADER: usize = 8 + 4 + 32 + 32;

fn digest_of(spec: &SearchSpec) -> [u8; 32] {
    let bytes = postcard::to_stdvec(spec).expect("a spec has nothing that postcard cannot write");
    *blake3::hash(&bytes).as_bytes()
}

/// Puts a body into its envelope.
pub(crate) fn seal(magic: [u8; 8], format: u32, spec: &SearchSpec, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(&magic);
    bytes.extend_from_slice(&format.to_le_bytes());
    bytes.extend_from_slice(&digest_of(spec));
    bytes.extend_from_slice(blake3::hash(body).as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The body of a state, once magic, format and digests are right.
pub(crate) fn open<'a>(
    magic: [u8; 8],
    format: u32,
    spec: &SearchSpec,
    bytes: &'a [u8],
) -> Result<&'a [u8], ResumeError> {
    let unreadable = |reason: &str| ResumeError::Unreadable(reason.into());
    let (head, body) = bytes
        .split_at_checked(HEADER)
        .ok_or_else(|| unreadable("it is too short"))?;
    let (found_magic, rest) = head.split_at(8);
    let (found, digests) = rest.split_at(4);
    let (spec_digest, body_digest) = digests.split_at(32);
    if found_magic != magic {
        return Err(unreadable("it does not begin like a state of this kind"));
    }
    let found = found
        .iter()
        .rev()
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    if found != format {
        return Err(ResumeError::Version {
            found,
            supported: format,
        });
    }
    if body_digest != blake3::hash(body).as_bytes() {
        return Err(unreadable(
            "its checksum is wrong: it was damaged or cut short",
        ));
    }
    if spec_digest != digest_of(spec) {
        return Err(ResumeError::OtherSearch(format!(
            "it was not written for {} with sieve limit {}",
            spec.describe(),
            spec.sieve_limit
        )));
    }
    Ok(body)
}
