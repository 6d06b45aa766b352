//! Signed, and still not what such a document may say: a mistake of the maintainers, or a key that
//! should sign less than it can.

use darkreach_update::{
    Channel, MAX_DOCUMENT_BYTES, UpdateError, Version, document::Document, seal,
};

use crate::support::{artifact, payload_signed, release, trust};

/// What the client says to a signed payload.
fn refusal(payload: &str) -> String {
    let document = payload_signed(payload.as_bytes().to_vec(), &[11, 12]);
    match trust().verify_release(Channel::Stable, &document) {
        Err(UpdateError::Content { reason, .. }) => reason,
        other => panic!("{other:?}: {payload}"),
    }
}

#[test]
fn changed_fields_are_refused_with_the_reason() {
    let good = String::from_utf8(release(1).to_payload().unwrap()).unwrap();
    let document = payload_signed(good.clone().into_bytes(), &[11, 12]);
    trust().verify_release(Channel::Stable, &document).unwrap();
    for (from, to, reason) in [
        ("\"darkreach\"", "\"darkbeach\"", "for the product"),
        ("darkreach-channel-1", "darkreach-channel-2", "its type"),
        ("darkreach-channel-1", "darkreach-root-1", "its type"),
        ("\"rollout\": 100", "\"rollout\": 101", "101 percent"),
        ("\"rollout\": 100", "\"rollout\": -1", "invalid value"),
        (
            "\"rollout\": 100",
            "\"rollout\": 100, \"force\": true",
            "unknown field",
        ),
        (
            "\"rollout\": 100",
            "\"rollout\": 100, \"rollout\": 1",
            "duplicate field",
        ),
        ("\"rollout\": 100,", "", "missing field"),
        ("\"sequence\": 1", "\"sequence\": 0", "begin with 1"),
        ("\"1.1.0\"", "\"1.1\"", "unexpected end"),
        ("\"1.1.0\"", "\"1.1.0+evil\"", "build metadata"),
        ("\"1.0.0\"", "\"1.2.0\"", "above the version"),
        ("\"stable\"", "\"Stable\"", "unknown variant"),
        ("\"worker\"", "\"installer\"", "unknown variant"),
        ("\"size\": 15", "\"size\": 0", "0 bytes"),
        ("\"size\": 15", "\"size\": 1073741825", "bytes"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(good, changed, "{from}");
        let words = refusal(&changed);
        assert!(words.contains(reason), "{to}: {words}");
    }
    assert!(refusal(&format!("{good}{{}}")).contains("trailing"));
    assert!(refusal("[]").contains("invalid"));
}

#[test]
fn a_path_cannot_leave_its_folder() {
    for path in [
        "",
        "/etc/passwd",
        "../x",
        "a/../x",
        "a//b",
        "a/",
        "./a",
        "a/.",
        ".hidden",
        "a\\b",
        "C:evil",
        "a\0b",
        "a b",
        "http://host/x",
        "a%2e%2e/b",
        "ä",
        "a\nb",
        "~/x",
        "a?b",
        "a#b",
        &"x".repeat(201),
    ] {
        let mut release = release(1);
        release.artifacts[0].path = path.to_owned();
        assert!(release.to_payload().is_err(), "{path:?}");
    }
    for path in ["a", "1.2.3-rc.1/darkreach_x86_64+musl", "a/b/c"] {
        let mut release = release(1);
        release.artifacts[0].path = path.to_owned();
        release.to_payload().unwrap();
    }
}

#[test]
fn two_programs_for_one_platform_are_refused() {
    let mut release = release(1);
    let mut second = artifact(b"another");
    second.path = "other".to_owned();
    release.artifacts.push(second);
    let refused = release.to_payload().unwrap_err();
    assert!(refused.to_string().contains("two programs"), "{refused}");
}

#[test]
fn nothing_oversized_is_sealed() {
    let refused = seal(vec![b'x'; MAX_DOCUMENT_BYTES]).unwrap_err();
    assert!(matches!(refused, UpdateError::Oversized { .. }));
}

#[test]
fn received_bytes_are_counted_and_hashed() {
    let version = Version::new(1, 1, 0);
    let content = b"the new program";
    let good = artifact(content);
    let check = |bytes: &[u8], artifact: &darkreach_update::document::Artifact| {
        let mut check = artifact.verifier();
        for piece in bytes.chunks(4) {
            check.update(&version, piece)?;
        }
        check.finish(&version)
    };
    check(content, &good).unwrap();
    for (bytes, words) in [
        (&b"the new progra"[..], "shorter"),
        (b"the new program!", "longer"),
        (b"the bad program", "SHA-256"),
    ] {
        let refused = check(bytes, &good).unwrap_err();
        assert!(refused.to_string().contains(words), "{refused}");
    }
    let mut other = good;
    other.blake3[0] ^= 1;
    let refused = check(content, &other).unwrap_err();
    assert!(refused.to_string().contains("BLAKE3"), "{refused}");
}
