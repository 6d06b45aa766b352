//! Files that are cut, absurd or damaged.

use darkreach_primes::{
    certificate::{Certificate, check},
    expression::Expression,
};
use proptest::prelude::*;
use rug::integer::IsPrime;

use crate::certificate;

#[test]
fn the_example_of_the_documentation_is_a_certificate() {
    let page = include_str!("../../../../docs/certificates.md");
    let example = page
        .split("```json")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap_or_default();
    let read = Certificate::from_json(example.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(check(&read), Ok(()));
    assert_eq!(read, certificate(&read.expression));
}

#[test]
fn truncated_and_absurd_files_are_refused() {
    let text = certificate("10^60+7").to_json();
    for length in (0..text.trim_end().len()).step_by(7) {
        assert!(
            Certificate::from_json(&text.as_bytes()[..length]).is_err(),
            "{length}"
        );
    }
    let deep = "[".repeat(100_000);
    assert!(Certificate::from_json(deep.as_bytes()).is_err());
    let huge = vec![b' '; darkreach_primes::certificate::MAX_BYTES + 1];
    let error = Certificate::from_json(&huge).expect_err("it is too long");
    assert!(error.to_string().contains("bytes"), "{error}");
    for (from, to, reason) in [
        ("\"version\": 1", "\"version\": 2", "version is 2"),
        ("darkreach primality", "another", "format"),
        ("10^60+7", "2^(2^60)+7", "too large"),
        ("10^60+7", "10^60+9", "not the n"),
        ("10^60+7", "10^^60+7", "character"),
    ] {
        let forged = text.replace(from, to);
        let message = match Certificate::from_json(forged.as_bytes()) {
            Err(error) => error.to_string(),
            Ok(certificate) => check(&certificate).expect_err("it is forged").to_string(),
        };
        assert!(message.contains(reason), "{from} -> {to}: {message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever one byte is changed to, a certificate that is still accepted speaks of the same number or
    /// of another prime.
    #[test]
    fn no_changed_byte_proves_a_composite(which in 0usize..3, place: prop::sample::Index, byte in 32u8..127) {
        let text = ["73!+1", "28*6^60-1", "10^40+3*10^20+1"][which];
        thread_local! {
            static GOOD: std::cell::RefCell<std::collections::HashMap<String, Option<String>>> = Default::default();
        }
        let good = GOOD.with(|cache| {
            cache.borrow_mut().entry(text.to_owned()).or_insert_with(|| {
                let n = text.parse::<Expression>().ok().and_then(|e| e.value().ok()).unwrap_or_default();
                (n.is_probably_prime(30) != IsPrime::No).then(|| certificate(text).to_json())
            }).clone()
        });
        if let Some(good) = good {
            let mut bytes = good.into_bytes();
            let at = place.index(bytes.len());
            bytes[at] = byte;
            if let Ok(read) = Certificate::from_json(&bytes)
                && check(&read).is_ok()
            {
                prop_assert!(read.n.is_probably_prime(30) != IsPrime::No);
            }
        }
    }
}
