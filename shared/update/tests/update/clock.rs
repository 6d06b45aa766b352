//! Wrong clocks and frozen mirrors.

use darkreach_update::{Channel, UpdateError};

use crate::support::{DAY, NOW, YEAR, accept_at, offer, release, trust};

#[test]
fn a_frozen_mirror_is_reported() {
    let (document, fresh) = offer(&release(1));
    let mut trust = trust();
    trust
        .accept(Channel::Stable, &document, &fresh, NOW)
        .unwrap();
    // The same answers, four days later.
    let refused = trust.accept(Channel::Stable, &document, &fresh, NOW + 4 * DAY);
    let refused = refused.unwrap_err();
    assert!(matches!(refused, UpdateError::Frozen { .. }), "{refused}");
    assert!(!refused.is_suspicious());
}

#[test]
fn everything_ends_with_its_root() {
    let mut later = release(1);
    later.issued = NOW + 2 * YEAR - DAY;
    later.expires = NOW + 3 * YEAR;
    let refused = accept_at(&mut trust(), &later, NOW + 2 * YEAR).unwrap_err();
    assert!(
        matches!(refused, UpdateError::Expired { what: "root", .. }),
        "{refused}"
    );
}

#[test]
fn a_clock_that_is_ten_years_wrong_never_takes_anything_older() {
    for now in [NOW - 10 * YEAR, 0, NOW + 10 * YEAR, u64::MAX] {
        let mut trust = trust();
        accept_at(&mut trust, &release(7), NOW).unwrap();
        let refused = accept_at(&mut trust, &release(6), now).unwrap_err();
        assert!(matches!(refused, UpdateError::Rollback { .. }), "at {now}");
    }
}

#[test]
fn a_clock_behind_is_told_and_takes_what_is_newer() {
    let mut trust = trust();
    let accepted = accept_at(&mut trust, &release(7), NOW - 10 * YEAR).unwrap();
    // The freshness document was made an hour before NOW.
    assert_eq!(accepted.clock_behind, Some(10 * YEAR - 3600));
    let accepted = accept_at(&mut trust, &release(8), NOW - 3600).unwrap();
    assert_eq!(accepted.clock_behind, None);
}

#[test]
fn a_clock_ahead_only_stops_updating() {
    let mut trust = trust();
    let refused = accept_at(&mut trust, &release(7), NOW + 10 * YEAR).unwrap_err();
    assert!(matches!(refused, UpdateError::Expired { .. }), "{refused}");
    // The clock is put right: nothing was spoiled.
    accept_at(&mut trust, &release(7), NOW).unwrap();
}

#[test]
fn what_was_signed_tells_the_time_to_a_clock_that_is_behind() {
    // A document that ended before the freshness document was made has ended for every clock.
    let mut old = release(7);
    (old.issued, old.expires) = (NOW - 30 * DAY, NOW - DAY);
    let refused = accept_at(&mut trust(), &old, NOW - 10 * YEAR).unwrap_err();
    assert!(matches!(refused, UpdateError::Expired { .. }), "{refused}");
}
