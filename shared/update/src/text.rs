//! Binary values as text: base64 for keys and signatures, hexadecimal for digests. Exactly one
//! spelling of each is taken, so equal texts are equal values.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Base64 with padding.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Exactly `N` bytes from base64.
pub(crate) fn from_base64<const N: usize>(text: &str) -> Option<[u8; N]> {
    // A bound before the work.
    if text.len() > N * 2 + 4 {
        return None;
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Lower-case hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 32 bytes from lower-case hexadecimal.
pub(crate) fn digest_from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 64 {
        return None;
    }
    let mut digest = [0; 32];
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? * 16 + digit(pair[1])?;
    }
    Some(digest)
}

/// Digests as hexadecimal, for serde.
pub(crate) mod hex_digest {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(digest: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::to_hex(digest))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        super::digest_from_hex(&text)
            .ok_or_else(|| D::Error::custom("a digest has 64 lower-case hexadecimal digits"))
    }
}
