//! Big integers in certificates: decimal strings, in normal form and of limited length.

use rug::Integer;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// The longest number that is read, in digits: that of the largest value of an expression.
const MAX_DIGITS: usize = (crate::expression::MAX_BITS as usize) / 3;

/// Writes it.
pub(super) fn serialize<S: Serializer>(n: &Integer, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&n.to_string())
}

/// Reads it.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Integer, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    parse(&text).map_err(D::Error::custom)
}

/// A decimal integer without leading zeros, `-0` or anything else that could be written otherwise.
fn parse(text: &str) -> Result<Integer, String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let normal = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (!digits.starts_with('0') || text == "0");
    if !normal {
        let start: String = text.chars().take(40).collect();
        return Err(format!("{start:?} is not a decimal integer"));
    }
    if digits.len() > MAX_DIGITS {
        return Err(format!("a number has more than {MAX_DIGITS} digits"));
    }
    Integer::from_str_radix(text, 10).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_spelling() {
        for text in ["0", "-1", "10", "123456789012345678901234567890"] {
            assert_eq!(parse(text).map(|n| n.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "", "-", "-0", "00", "01", "+1", " 1", "1 ", "1_0", "0x10", "1e3", "١",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert!(parse(&"1".repeat(MAX_DIGITS + 1)).is_err());
    }
}
