//! Bytes from anybody.

use proptest::prelude::*;
use rug::Integer;

use super::{super::*, NONCE, SECRET, accepted, end, ring, tested};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Bytes from anybody are read or refused, and what is read is written the same again.
    #[test]
    fn bytes_are_read_or_refused(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
        tail in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let ring = ring(27, 2, 100, 1);
        let n = ring.modulus();
        // Low digits that are not all zeros: without them nobody would need the base.
        let statement = Statement::any_power(&ring, 3, Integer::from(n + 12_345));
        let plan = Plan::with_power(statement.steps(), 1.0, 3).unwrap();
        let (done, mut points) = tested(&statement, &plan);
        let proof = prove(&statement, &plan, &NONCE, &end(&done), &mut points).unwrap();
        let guard = RootGuard::new(&statement).unwrap();
        let built = build(&statement, &plan, &guard, &NONCE, SECRET, &proof).unwrap();
        let damage = |mut bytes: Vec<u8>| {
            for (place, bit) in &flips {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            if let Some(cut) = &cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes.extend_from_slice(&tail);
            bytes
        };
        let bytes = damage(proof.to_bytes());
        if let Ok(read) = Proof::read(&bytes, n) {
            prop_assert_eq!(read.to_bytes(), bytes);
            prop_assert!(read == proof || !accepted(&statement, &plan, NONCE, &read));
        }
        let bytes = damage(built.task.to_bytes());
        if let Ok(read) = Task::read(&bytes, n) {
            prop_assert_eq!(read.to_bytes(), bytes);
            let answer = certify(&ring, &read).unwrap();
            prop_assert!(read == built.task || !built.expected.accepts(&answer));
        }
    }
}

#[test]
fn bytes_longer_than_any_proof_are_not_even_read() {
    let n = Integer::from(1) << 100;
    let error = Proof::read(&vec![0; 5000], &n).unwrap_err();
    assert!(
        matches!(error, DataError::TooLong { found: 5000, .. }),
        "{error}"
    );
    assert!(matches!(
        Proof::read(&[9, 9, 0], &n),
        Err(DataError::Version { found: 0x0909 })
    ));
    assert!(matches!(
        Task::read(&[1], &n),
        Err(DataError::Unreadable(_))
    ));
    // The same content with a length of two bytes where one is enough.
    assert!(Proof::read(&[1, 0, 1, 5, 1, 1, 7], &n).is_ok());
    assert!(matches!(
        Proof::read(&[1, 0, 0x81, 0, 5, 1, 1, 7], &n),
        Err(DataError::Unreadable(_))
    ));
}
