//! The envelope: hostile bytes, the way there and back, and other programs' encodings.

use darkreach_update::{MAX_DOCUMENT_BYTES, PublicKey, SecretKey, Unverified, UpdateError, seal};
use proptest::prelude::*;

use crate::support::{key, payload_signed, release, signed};

#[test]
fn an_envelope_survives_the_way_there_and_back() {
    let document = signed(&release(1), &[11, 12, 13]);
    let bytes = document.to_bytes();
    let back = Unverified::parse(&bytes).unwrap();
    assert_eq!(back, document);
    assert_eq!(back.to_bytes(), bytes);
    assert_eq!(back.keys().count(), 3);
}

#[test]
fn every_cut_is_refused_or_signs_nothing_that_was_signed() {
    let document = signed(&release(1), &[11, 12]);
    let bytes = document.to_bytes();
    for end in 0..bytes.len() {
        if let Ok(cut) = Unverified::parse(&bytes[..end]) {
            assert_ne!(cut.payload(), document.payload());
        }
    }
}

#[test]
fn more_than_a_document_can_have_is_not_looked_at() {
    let mut bytes = payload_signed(b"x".to_vec(), &[1]).to_bytes();
    bytes.resize(MAX_DOCUMENT_BYTES + 1, b' ');
    let refused = Unverified::parse(&bytes).unwrap_err();
    assert!(matches!(refused, UpdateError::Oversized { .. }));
}

#[test]
fn a_signature_can_be_added_and_made_again() {
    let mut document = seal(b"content".to_vec()).unwrap();
    document.sign(&key(1));
    document.sign(&key(2));
    document.sign(&key(1));
    assert_eq!(document.keys().count(), 2);
}

#[test]
fn public_keys_are_read_in_one_spelling_only() {
    let public = key(1).public();
    let text = public.to_string();
    assert_eq!(PublicKey::parse(&text).unwrap(), public);
    for wrong in [
        "",
        &text[1..],
        &text[..text.len() - 1],
        &format!("{text}="),
        &format!(" {text}"),
        &text.replacen("RW", "RX", 1),
        &"A".repeat(10_000),
    ] {
        assert!(PublicKey::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_key_file_holds_the_key_and_nothing_else_passes_for_one() {
    let file = key(5).to_file();
    let back = SecretKey::parse_file(&file).unwrap();
    assert_eq!(back.public(), key(5).public());
    for wrong in [
        String::new(),
        file.replacen("key 1", "key 2", 1),
        file[..file.len() - 3].to_owned(),
        format!("{file}more\n"),
    ] {
        assert!(SecretKey::parse_file(&wrong).is_err());
    }
}

#[test]
fn a_point_of_small_order_is_no_key() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut point = [0; 32];
    point[0] = 1;
    let mut bytes = b"Ed".to_vec();
    bytes.extend(&blake3::hash(&point).as_bytes()[..8]);
    bytes.extend(point);
    let refused = PublicKey::parse(&STANDARD.encode(bytes)).unwrap_err();
    assert!(refused.to_string().contains("small order"), "{refused}");
}

#[test]
fn a_minisign_file_has_its_four_lines() {
    let document = signed(&release(1), &[11]);
    let id = key(11).public().id();
    let file = document.minisign_file(id).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[2], "trusted comment: darkreach release metadata");
    assert!(document.minisign_file(key(12).public().id()).is_none());
}

proptest! {
    #[test]
    fn hostile_bytes_never_break_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Unverified::parse(&bytes);
        let mut with_head = b"darkreach signed document 1\n".to_vec();
        with_head.extend(&bytes);
        if let Ok(parsed) = Unverified::parse(&with_head) {
            prop_assert_eq!(parsed.to_bytes(), with_head);
        }
    }
}
