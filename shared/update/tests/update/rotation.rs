//! Root keys come and go; a host that slept through many rotations still arrives.

use darkreach_update::{Trust, UpdateError, document::Root};

use crate::support::{
    NOW, YEAR, accept_at, freshness, next, payload_signed, release, role, root, signed,
};

/// A root per version, each with one key replaced: version v has the keys v, v+1, v+2.
fn chain(versions: u8) -> Vec<Root> {
    let mut roots = vec![root()];
    for v in 2..=versions {
        let mut later = next(&roots[roots.len() - 1]);
        later.root = role(2, &[v, v + 1, v + 2]);
        // All but the last expired long ago.
        (later.issued, later.expires) = (NOW - 3 * YEAR, NOW - 2 * YEAR);
        roots.push(later);
    }
    let last = roots.len() - 1;
    (roots[last].issued, roots[last].expires) = (NOW - YEAR, NOW + YEAR);
    roots
}

fn start() -> Trust {
    Trust::pinned(&signed(&root(), &[1, 2]).to_bytes()).unwrap()
}

#[test]
fn forty_rotations_are_followed_through_expired_versions() {
    let mut trust = start();
    for (i, root) in chain(40).iter().enumerate().skip(1) {
        let v = i as u8 + 1;
        // Two keys that are in both.
        trust.rotate(&signed(root, &[v, v + 1])).unwrap();
    }
    assert_eq!(trust.root().version, 40);
    // Kept and taken up again, with the old root still built in.
    let pinned = signed(&root(), &[1, 2]).to_bytes();
    let mut trust = Trust::restore(&pinned, &trust.state()).unwrap();
    assert_eq!(trust.root().version, 40);

    let release = release(1);
    let document = signed(&release, &[11, 12]);
    let mut fresh = freshness(&release, &document);
    fresh.root_version = 40;
    let fresh = signed(&fresh, &[41]);
    trust
        .accept(release.channel, &document, &fresh, NOW)
        .unwrap();
}

#[test]
fn a_rotation_needs_the_old_keys_and_the_new_ones() {
    let mut later = next(&root());
    later.root = role(2, &[4, 5, 6]);
    for keys in [&[4, 5, 6][..], &[1, 2, 3], &[1, 4, 5], &[1, 2, 4], &[]] {
        let mut trust = start();
        let refused = trust.rotate(&signed(&later, keys)).unwrap_err();
        assert!(
            matches!(refused, UpdateError::Signatures { role: "root", .. }),
            "{keys:?}: {refused}"
        );
        assert_eq!(trust.root().version, 1);
    }
    let mut trust = start();
    trust.rotate(&signed(&later, &[1, 2, 4, 5])).unwrap();
    // The old keys have no say any more.
    let after = next(&later);
    assert!(trust.rotate(&signed(&after, &[1, 2, 3])).is_err());
    trust.rotate(&signed(&after, &[5, 6])).unwrap();
}

#[test]
fn versions_come_one_by_one() {
    let mut trust = start();
    let second = next(&root());
    let third = next(&second);
    for wrong in [&third, &root()] {
        let refused = trust.rotate(&signed(wrong, &[1, 2])).unwrap_err();
        assert!(matches!(
            refused,
            UpdateError::RootVersion { expected: 2, .. }
        ));
    }
    trust.rotate(&signed(&second, &[1, 2])).unwrap();
    assert!(trust.rotate(&signed(&second, &[1, 2])).is_err());
    trust.rotate(&signed(&third, &[1, 3])).unwrap();
}

#[test]
fn revoked_channel_keys_sign_nothing_after_the_rotation() {
    let mut trust = start();
    accept_at(&mut trust, &release(1), NOW).unwrap();
    let mut later = next(&root());
    later.stable = role(2, &[11, 15, 16]);
    trust.rotate(&signed(&later, &[1, 2])).unwrap();
    let refused = accept_at(&mut trust, &release(2), NOW).unwrap_err();
    let expected = UpdateError::Signatures {
        role: "stable",
        have: 1,
        need: 2,
    };
    assert_eq!(refused, expected);
}

#[test]
fn a_mirror_that_hides_a_rotation_is_found() {
    let release = release(1);
    let document = signed(&release, &[11, 12]);
    let mut fresh = freshness(&release, &document);
    fresh.root_version = 2;
    let refused = start().accept(release.channel, &document, &signed(&fresh, &[41]), NOW);
    assert_eq!(
        refused.unwrap_err(),
        UpdateError::RootMismatch { ours: 1, theirs: 2 }
    );
}

#[test]
fn a_pinned_root_must_be_signed_by_itself() {
    for keys in [&[][..], &[1], &[4, 5, 6]] {
        assert!(Trust::pinned(&signed(&root(), keys).to_bytes()).is_err());
    }
    let junk = payload_signed(b"{}".to_vec(), &[1, 2]);
    assert!(Trust::pinned(&junk.to_bytes()).is_err());
}

#[test]
fn a_program_with_a_newer_root_built_in_uses_that_one() {
    let state = start().state();
    let second = signed(&next(&root()), &[1, 2]).to_bytes();
    let trust = Trust::restore(&second, &state).unwrap();
    assert_eq!(trust.root().version, 2);
}
