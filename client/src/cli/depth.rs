//! How deep to sieve, as people write it.

use darkreach_primes::spec::{MAX_SIEVE_LIMIT, MIN_SIEVE_LIMIT};

/// A depth as `1000000`, `1e9` or `2.5e10`.
pub(super) fn depth(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a whole number such as 1000000 or 1e9");
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) {
        return Err(wrong());
    }
    let exponent: u32 = exponent.parse().map_err(|_| wrong())?;
    let zeros = exponent.checked_sub(part.len() as u32).ok_or_else(wrong)?;
    let digits = format!("{whole}{part}");
    let depth = match digits.trim_start_matches('0') {
        "" => Some(0),
        digits => 10u64
            .checked_pow(zeros)
            .and_then(|power| digits.parse::<u64>().ok()?.checked_mul(power)),
    };
    match depth.filter(|&depth| depth <= MAX_SIEVE_LIMIT) {
        None => Err(format!(
            "{text} is above {MAX_SIEVE_LIMIT}, the deepest that is sieved"
        )),
        Some(depth) if depth < MIN_SIEVE_LIMIT => Err(format!(
            "{text} is too small: every sieve takes the primes up to {MIN_SIEVE_LIMIT}"
        )),
        Some(depth) => Ok(depth),
    }
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn depths_are_read_as_people_write_them() {
        for (text, value) in [
            ("1000000", 1_000_000),
            ("1e9", 1_000_000_000),
            ("2.5e10", 25_000_000_000),
            ("3E0", 3),
            ("0007", 7),
        ] {
            assert_eq!(depth(text), Ok(value), "{text}");
        }
        for (text, reason) in [
            ("", "not a whole number"),
            ("x", "not a whole number"),
            ("1.5", "not a whole number"),
            ("1e", "not a whole number"),
            ("-3", "not a whole number"),
            ("+3", "not a whole number"),
            ("e9", "not a whole number"),
            ("1.25e1", "not a whole number"),
            ("1_000", "not a whole number"),
            ("1e19", "above 281474976710656"),
            ("1e99", "above 281474976710656"),
            ("281474976710657", "above 281474976710656"),
            ("99999999999999999999999999", "above 281474976710656"),
            ("0", "too small"),
            ("0e99", "too small"),
            ("2", "too small"),
        ] {
            let error = depth(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
