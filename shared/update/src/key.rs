//! Ed25519 keys, in the encodings of minisign, so that a person without any program of ours can
//! check a signature.
//!
//! Verification is strict: keys of small order and signatures with more than one spelling are
//! refused (RFC 8032, section 5.1.7, and the stricter rule of ed25519-dalek).

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{UpdateError, text};

/// What minisign puts before a key and before a signature of the bytes themselves.
const ALGORITHM: &[u8; 2] = b"Ed";

/// The eight bytes by which a signature names its key. They identify nothing by themselves: the key
/// is looked up by them, then verified with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As minisign shows it: a little-endian number.
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// From the text that [`fmt::Display`] writes: that of a minisign public key.
    ///
    /// # Errors
    /// [`UpdateError::Key`].
    pub fn parse(text: &str) -> Result<Self, UpdateError> {
        let bytes: [u8; 42] = text::from_base64(text)
            .ok_or(UpdateError::Key("a public key has 42 bytes in base64"))?;
        if !bytes.starts_with(ALGORITHM) {
            return Err(UpdateError::Key("it is not an Ed25519 key"));
        }
        let mut point = [0; 32];
        point.copy_from_slice(&bytes[10..]);
        let key = VerifyingKey::from_bytes(&point)
            .map_err(|_| UpdateError::Key("its bytes are no point of the curve"))?;
        if key.is_weak() {
            return Err(UpdateError::Key("it is a point of small order"));
        }
        let key = Self(key);
        if key.id().0 != bytes[2..10] {
            return Err(UpdateError::Key("its number does not belong to its bytes"));
        }
        Ok(key)
    }

    /// By what signatures name it.
    pub fn id(&self) -> KeyId {
        let mut id = [0; 8];
        id.copy_from_slice(&blake3::hash(self.0.as_bytes()).as_bytes()[..8]);
        KeyId(id)
    }

    /// The 32 bytes of RFC 8032, for other programs.
    pub fn raw(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether the signature over the message is this key's.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = ALGORITHM.to_vec();
        bytes.extend(self.id().0);
        bytes.extend(self.0.as_bytes());
        f.write_str(&text::to_base64(&bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// The first line of a file with a secret key.
const KEY_FILE: &str = "darkreach secret key 1";

/// A secret key. It has no `Debug` and no `Display`; it is wiped from memory when dropped.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// From 32 random bytes, which are the whole secret.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// From the text of a key file.
    ///
    /// # Errors
    /// [`UpdateError::Key`]; it does not repeat the text.
    pub fn parse_file(text: &str) -> Result<Self, UpdateError> {
        let mut lines = text.lines();
        if lines.next() != Some(KEY_FILE) {
            return Err(UpdateError::Key("the file is no darkreach secret key"));
        }
        let seed = lines.next().and_then(text::from_base64);
        match (seed, lines.next()) {
            (Some(seed), None) => Ok(Self::from_seed(&seed)),
            _ => Err(UpdateError::Key("the file of the secret key is damaged")),
        }
    }

    /// The text of a key file, which only its owner may be able to read.
    pub fn to_file(&self) -> String {
        format!("{KEY_FILE}\n{}\n", text::to_base64(self.0.as_bytes()))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// A signature as minisign writes it: algorithm, key number, signature.
pub(crate) fn signature_text(id: KeyId, signature: &[u8; 64]) -> String {
    let mut bytes = ALGORITHM.to_vec();
    bytes.extend(id.0);
    bytes.extend(signature);
    text::to_base64(&bytes)
}

/// The reverse of [`signature_text`].
pub(crate) fn parse_signature(line: &str) -> Option<(KeyId, [u8; 64])> {
    let bytes: [u8; 74] = text::from_base64(line)?;
    let (mut id, mut signature) = ([0; 8], [0; 64]);
    id.copy_from_slice(&bytes[2..10]);
    signature.copy_from_slice(&bytes[10..]);
    bytes
        .starts_with(ALGORITHM)
        .then_some((KeyId(id), signature))
}
