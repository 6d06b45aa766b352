//! What a thief of some keys, a mirror, or somebody on the line can try.

use darkreach_update::{Channel, Trust, UpdateError, document::RoleName};
use sha2::{Digest, Sha256};

use crate::support::{
    DAY, NOW, STABLE, accept_at, freshness, next, offer, payload_signed, release, role, root,
    signed, trust,
};

/// What the client says to a stable document with these signatures, and good freshness.
fn with_signatures(keys: &[u8]) -> Result<(), UpdateError> {
    let release = release(1);
    let document = signed(&release, keys);
    let fresh = signed(&freshness(&release, &document), &[41]);
    let answer = trust().accept(Channel::Stable, &document, &fresh, NOW);
    answer.map(drop)
}

#[test]
fn two_of_three_keys_are_enough_whichever() {
    for keys in [
        &[11, 12][..],
        &[11, 13],
        &[12, 13],
        &[13, 12, 11],
        &[99, 12, 11],
    ] {
        with_signatures(keys).unwrap();
    }
}

#[test]
fn unsigned_half_signed_or_foreign_signatures_are_refused() {
    for (keys, good) in [
        (&[][..], 0),
        (&[12], 1),
        (&[12, 99], 1),
        (&[98, 99], 0),
        // Keys of other roles: nightly's, beta's, root's own and the one that dates again.
        (&[31], 0),
        (&[21, 22, 23], 0),
        (&[1, 2, 3], 0),
        (&[41], 0),
        (&[11, 31, 41], 1),
    ] {
        let refused = with_signatures(keys).unwrap_err();
        let expected = UpdateError::Signatures {
            role: "stable",
            have: good,
            need: 2,
        };
        assert_eq!(refused, expected, "{keys:?}");
    }
}

#[test]
fn one_key_cannot_sign_twice() {
    let document = signed(&release(1), &[11, 12]);
    let text = String::from_utf8(document.to_bytes()).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[2] = lines[1];
    let doubled = lines.join("\n");
    let refused = darkreach_update::Unverified::parse(doubled.as_bytes()).unwrap_err();
    assert!(matches!(refused, UpdateError::DuplicateKey(_)), "{refused}");
}

#[test]
fn a_role_with_one_key_twice_is_no_role() {
    let mut root = root();
    root.stable = role(2, &[11, 11]);
    let refused = darkreach_update::document::Document::to_payload(&root).unwrap_err();
    assert!(refused.to_string().contains("twice"), "{refused}");
}

#[test]
fn a_replayed_older_document_is_refused_for_ever() {
    let mut trust = trust();
    accept_at(&mut trust, &release(7), NOW).unwrap();
    let expected = UpdateError::Rollback {
        channel: Channel::Stable,
        seen: 7,
        found: 6,
    };
    assert_eq!(
        accept_at(&mut trust, &release(6), NOW).unwrap_err(),
        expected
    );
    // Also by a process that was started anew.
    let pinned = signed(&root(), &[1, 2]).to_bytes();
    let mut again = Trust::restore(&pinned, &trust.state()).unwrap();
    assert_eq!(
        accept_at(&mut again, &release(6), NOW).unwrap_err(),
        expected
    );
    accept_at(&mut again, &release(7), NOW).unwrap();
    accept_at(&mut again, &release(8), NOW).unwrap();
}

#[test]
fn an_expired_document_still_moves_the_sequence_number() {
    let mut trust = trust();
    let mut newer = release(9);
    (newer.issued, newer.expires) = (NOW - 9 * DAY, NOW - DAY);
    let refused = accept_at(&mut trust, &newer, NOW).unwrap_err();
    assert!(matches!(refused, UpdateError::Expired { .. }), "{refused}");
    let refused = accept_at(&mut trust, &release(8), NOW).unwrap_err();
    assert!(matches!(refused, UpdateError::Rollback { .. }), "{refused}");
}

#[test]
fn two_documents_under_one_number_are_refused() {
    let mut trust = trust();
    accept_at(&mut trust, &release(7), NOW).unwrap();
    let mut other = release(7);
    other.rollout = 1;
    let refused = accept_at(&mut trust, &other, NOW).unwrap_err();
    assert!(matches!(refused, UpdateError::Equivocation { .. }));
}

#[test]
fn documents_of_two_releases_do_not_mix() {
    let (old, old_fresh) = offer(&release(7));
    let (new, new_fresh) = offer(&release(8));
    for (document, fresh) in [(&old, &new_fresh), (&new, &old_fresh)] {
        let refused = trust().accept(Channel::Stable, document, fresh, NOW);
        assert!(matches!(refused, Err(UpdateError::Mixed { .. })));
    }
    // The right number, another content.
    let mut twin = release(8);
    twin.notes = "another".to_owned();
    let refused = trust().accept(Channel::Stable, &offer(&twin).0, &new_fresh, NOW);
    assert!(matches!(refused, Err(UpdateError::Mixed { .. })));
    // Nothing about this channel.
    let mut silent = freshness(&release(8), &new);
    silent.channels.clear();
    let refused = trust().accept(Channel::Stable, &new, &signed(&silent, &[41]), NOW);
    assert!(matches!(refused, Err(UpdateError::Mixed { .. })));
}

#[test]
fn a_document_of_another_channel_or_kind_is_refused() {
    // Signed by the right keys of the channel that is asked for, but made for another.
    let mut nightly = release(1);
    nightly.channel = Channel::Nightly;
    let (document, fresh) = offer(&nightly);
    let refused = trust().accept(Channel::Stable, &document, &fresh, NOW);
    assert!(matches!(refused, Err(UpdateError::WrongChannel { .. })));

    // A freshness document in place of a channel's, though the same keys sign both here.
    let mut root = root();
    root.freshness = role(1, &[11, 12, 13]);
    let mut trust = Trust::pinned(&signed(&root, &[1, 2]).to_bytes()).unwrap();
    let release = release(1);
    let document = signed(&release, &[11, 13]);
    let fresh = signed(&freshness(&release, &document), &[11, 12]);
    trust
        .accept(Channel::Stable, &document, &fresh, NOW)
        .unwrap();
    for (document, fresh) in [(&fresh, &fresh), (&document, &document)] {
        let refused = trust.accept(Channel::Stable, document, fresh, NOW);
        assert!(matches!(refused, Err(UpdateError::Content { .. })));
    }
}

#[test]
fn the_freshness_key_cannot_make_bring_back_or_prolong_a_release() {
    let mut trust = trust();
    accept_at(&mut trust, &release(7), NOW).unwrap();
    // An old one, freshly vouched for.
    let (old, _) = offer(&release(6));
    let vouch = freshness(&release(6), &old);
    let refused = trust.accept(Channel::Stable, &old, &signed(&vouch, &[41]), NOW);
    assert!(matches!(refused, Err(UpdateError::Rollback { .. })));
    // One of its own.
    let own = signed(&release(8), &[41]);
    let vouch = freshness(&release(8), &own);
    let refused = trust.accept(Channel::Stable, &own, &signed(&vouch, &[41]), NOW);
    assert!(matches!(refused, Err(UpdateError::Signatures { .. })));
    // The newest one, beyond its own end.
    let release = release(9);
    let (document, _) = offer(&release);
    let mut vouch = freshness(&release, &document);
    let later = release.expires + DAY;
    (vouch.issued, vouch.expires) = (later - 60, later + DAY);
    let refused = trust.accept(Channel::Stable, &document, &signed(&vouch, &[41]), later);
    assert!(matches!(refused, Err(UpdateError::Expired { .. })));
}

#[test]
fn nobody_else_can_date_again() {
    let release = release(1);
    let (document, _) = offer(&release);
    for keys in [&[][..], &[99], &[11, 12, 13], &[1, 2]] {
        let fresh = signed(&freshness(&release, &document), keys);
        let refused = trust().accept(Channel::Stable, &document, &fresh, NOW);
        assert!(matches!(
            refused,
            Err(UpdateError::Signatures {
                role: "freshness",
                ..
            })
        ));
    }
}

#[test]
fn a_raised_epoch_makes_stolen_keys_worthless_and_forgets_their_numbers() {
    let mut trust = trust();
    // Thieves of two keys drive the number up as far as it goes.
    accept_at(&mut trust, &release(u64::MAX), NOW).unwrap();
    // Root replaces one of the keys and raises the epoch.
    let mut after = next(&root());
    after.stable = role(2, &[11, 12, 14]);
    after.role_mut(STABLE).epoch = 2;
    trust.rotate(&signed(&after, &[1, 2])).unwrap();

    let mut mended = release(1);
    mended.epoch = 2;
    let document = signed(&mended, &[11, 14]);
    let mut fresh = freshness(&mended, &document);
    fresh.root_version = 2;
    let fresh = signed(&fresh, &[41]);
    trust
        .accept(Channel::Stable, &document, &fresh, NOW)
        .unwrap();
    // What the thieves signed, or an honest old one, with keys that are still in the role.
    let old = signed(&release(500), &[11, 12]);
    let refused = trust.accept(Channel::Stable, &old, &fresh, NOW);
    assert!(matches!(
        refused,
        Err(UpdateError::Epoch {
            expected: 2,
            found: 1,
            ..
        })
    ));
}

#[test]
fn epochs_of_a_root_never_go_down() {
    let mut trust = trust();
    let mut up = next(&root());
    up.role_mut(RoleName::Channel(Channel::Beta)).epoch = 3;
    trust.rotate(&signed(&up, &[1, 2])).unwrap();
    let mut down = next(&up);
    down.role_mut(RoleName::Channel(Channel::Beta)).epoch = 2;
    let refused = trust.rotate(&signed(&down, &[1, 2])).unwrap_err();
    assert!(refused.to_string().contains("epoch of beta"), "{refused}");
}

#[test]
fn every_flipped_bit_is_refused() {
    let release = release(1);
    let (document, fresh) = offer(&release);
    let bytes = document.to_bytes();
    let good: [u8; 32] = Sha256::digest(document.payload()).into();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            let answer = darkreach_update::Unverified::parse(&bytes)
                .and_then(|d| trust().accept(Channel::Stable, &d, &fresh, NOW));
            assert!(answer.is_err(), "bit {bit} of byte {at}, {good:?}");
        }
    }
}

#[test]
fn signed_bytes_are_compared_as_they_are() {
    // The same JSON value in other bytes is not what was signed.
    let document = signed(&release(1), &[11, 13]);
    let text = String::from_utf8(document.to_bytes()).unwrap();
    let respaced = text.replacen("\": ", "\":  ", 1);
    assert_ne!(text, respaced);
    let respaced = darkreach_update::Unverified::parse(respaced.as_bytes()).unwrap();
    let refused = trust().verify_release(Channel::Stable, &respaced);
    assert!(matches!(
        refused,
        Err(UpdateError::Signatures { have: 0, .. })
    ));
    // Signed in that spelling, it is fine: only bytes count, no canonical form.
    let spelt = payload_signed(respaced.payload().to_vec(), &[11, 12]);
    trust().verify_release(Channel::Stable, &spelt).unwrap();
}
