//! The envelope: a line that says what it is, a line per signature, an empty line, and then the
//! signed bytes to the end of the file.
//!
//! ```text
//! darkreach signed document 1
//! signature BASE64 BASE64
//! signature BASE64 BASE64
//!
//! { ... }
//! ```
//!
//! So the signed bytes are in the file exactly as they were signed, and a shell script can cut them
//! out with `sed '1,/^$/d'`. The two texts of a signature are the second and fourth line of a
//! minisign signature file: the signature of the bytes, and that of signature and comment together.

use crate::{
    KeyId, MAX_DOCUMENT_BYTES, PublicKey, SecretKey, UpdateError,
    key::{parse_signature, signature_text},
    text,
};

/// The first line.
const MAGIC: &str = "darkreach signed document 1";
/// The comment that minisign finds signed.
pub(crate) const TRUSTED_COMMENT: &str = "darkreach release metadata";
/// The most signatures on one document.
const MAX_SIGNATURES: usize = 32;

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) key: KeyId,
    pub(crate) bytes: [u8; 64],
    /// Of the signature and the comment, for minisign.
    pub(crate) global: [u8; 64],
}

impl Signature {
    /// Whether both parts are this key's.
    pub(crate) fn is_by(&self, key: &PublicKey, payload: &[u8]) -> bool {
        key.verifies(payload, &self.bytes) && key.verifies(&commented(&self.bytes), &self.global)
    }
}

/// What minisign signs a second time: signature and comment.
fn commented(signature: &[u8; 64]) -> Vec<u8> {
    [&signature[..], TRUSTED_COMMENT.as_bytes()].concat()
}

/// A document that nobody vouched for yet: its content cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    pub(crate) signatures: Vec<Signature>,
    pub(crate) payload: Vec<u8>,
}

impl Unverified {
    /// Takes the envelope apart.
    ///
    /// # Errors
    /// [`UpdateError::Oversized`], [`UpdateError::Envelope`], [`UpdateError::DuplicateKey`].
    pub fn parse(bytes: &[u8]) -> Result<Self, UpdateError> {
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(UpdateError::Oversized {
                what: "document",
                most: MAX_DOCUMENT_BYTES,
            });
        }
        let wrong = UpdateError::Envelope;
        let mut rest = line(bytes, MAGIC.as_bytes()).ok_or(wrong("its first line is another"))?;
        let mut signatures = Vec::new();
        loop {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let end = end.ok_or(wrong("it ends before the signed part"))?;
            let (text, after) = (&rest[..end], &rest[end + 1..]);
            rest = after;
            if text.is_empty() {
                break;
            }
            if signatures.len() == MAX_SIGNATURES {
                return Err(wrong("it has too many signatures"));
            }
            let signature = std::str::from_utf8(text)
                .ok()
                .and_then(signature)
                .ok_or(wrong("a signature line is not understood"))?;
            if signatures
                .iter()
                .any(|s: &Signature| s.key == signature.key)
            {
                return Err(UpdateError::DuplicateKey(signature.key.to_string()));
            }
            signatures.push(signature);
        }
        if rest.is_empty() {
            return Err(wrong("nothing is signed in it"));
        }
        Ok(Self {
            signatures,
            payload: rest.to_vec(),
        })
    }

    /// The whole file again.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{MAGIC}\n");
        for signature in &self.signatures {
            let first = signature_text(signature.key, &signature.bytes);
            let second = text::to_base64(&signature.global);
            text.push_str(&format!("signature {first} {second}\n"));
        }
        text.push('\n');
        let mut bytes = text.into_bytes();
        bytes.extend(&self.payload);
        bytes
    }

    /// The keys that claim to have signed it.
    pub fn keys(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.signatures.iter().map(|signature| signature.key)
    }

    /// The bytes that are signed. Not to be followed: for showing them to a person who signs them.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Adds a signature; one that this key made before is replaced.
    pub fn sign(&mut self, key: &SecretKey) {
        let id = key.public().id();
        let bytes = key.sign(&self.payload);
        let global = key.sign(&commented(&bytes));
        self.signatures.retain(|signature| signature.key != id);
        self.signatures.push(Signature {
            key: id,
            bytes,
            global,
        });
    }

    /// One signature as the minisign signature file of the signed bytes.
    pub fn minisign_file(&self, key: KeyId) -> Option<String> {
        let signature = self.signatures.iter().find(|s| s.key == key)?;
        Some(format!(
            "untrusted comment: darkreach key {key}\n{}\ntrusted comment: {TRUSTED_COMMENT}\n{}\n",
            signature_text(key, &signature.bytes),
            text::to_base64(&signature.global),
        ))
    }
}

/// Puts bytes into an envelope without any signature yet.
///
/// # Errors
/// [`UpdateError::Oversized`]; [`UpdateError::Envelope`] if there are none.
pub fn seal(payload: Vec<u8>) -> Result<Unverified, UpdateError> {
    // Room for the signatures that follow.
    let most = MAX_DOCUMENT_BYTES - 256 * MAX_SIGNATURES;
    if payload.len() > most {
        return Err(UpdateError::Oversized {
            what: "signed part",
            most,
        });
    }
    if payload.is_empty() {
        return Err(UpdateError::Envelope("nothing to sign"));
    }
    Ok(Unverified {
        signatures: Vec::new(),
        payload,
    })
}

/// What follows the line `expected`.
fn line<'a>(bytes: &'a [u8], expected: &[u8]) -> Option<&'a [u8]> {
    bytes.strip_prefix(expected)?.strip_prefix(b"\n")
}

fn signature(line: &str) -> Option<Signature> {
    let (first, second) = line.strip_prefix("signature ")?.split_once(' ')?;
    let (key, bytes) = parse_signature(first)?;
    let global = text::from_base64(second)?;
    Some(Signature { key, bytes, global })
}
