//! Cursors: where the next page starts, as text that people hand back without looking inside.
//!
//! One letter says which listing it belongs to, so that a cursor of one cannot mean something else
//! in another; then numbers.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::DbError;

/// Packs a position of the listing `kind`.
pub(super) fn encode<const N: usize>(kind: char, position: [i64; N]) -> String {
    let numbers: Vec<String> = position.iter().map(i64::to_string).collect();
    URL_SAFE_NO_PAD.encode(format!("{kind}{}", numbers.join(",")))
}

/// Reads what [`encode`] made.
///
/// # Errors
/// [`DbError::Invalid`] for anything else.
pub(super) fn decode<const N: usize>(kind: char, text: &str) -> Result<[i64; N], DbError> {
    parse(kind, text).ok_or_else(|| {
        DbError::Invalid("cursor: not one of this listing; leave it out to start again".to_owned())
    })
}

fn parse<const N: usize>(kind: char, text: &str) -> Option<[i64; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let numbers = std::str::from_utf8(&bytes).ok()?.strip_prefix(kind)?;
    let numbers: Vec<i64> = numbers
        .split(',')
        .map(|number| number.parse().ok().filter(|n| *n >= 0))
        .collect::<Option<_>>()?;
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let text = encode('r', [7, i64::MAX]);
        assert_eq!(decode('r', &text).unwrap(), [7, i64::MAX]);
    }

    #[test]
    fn whatever_is_no_cursor_of_the_listing_is_refused() {
        let other = encode('p', [7, 8]);
        let short = encode('r', [7]);
        let negative = encode('r', [7, -8]);
        for text in ["", "7,8", "!", &other, &short, &negative] {
            assert!(decode::<2>('r', text).is_err(), "{text:?}");
        }
    }
}
