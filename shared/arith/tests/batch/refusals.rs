//! What a batch cannot hold or is not made for, and what it is good for besides.

use darkreach_arith::{BatchError, BatchOptions, BatchRing, Modulus};
use rug::Integer;

use super::support::*;

#[test]
fn what_a_batch_cannot_hold_is_refused() {
    let odd = |bits: u32| Modulus::integer((Integer::from(1) << (bits - 1)) + 1u32).unwrap();
    let new = |moduli: &[Modulus]| BatchRing::new(moduli, BatchOptions::default()).map(|_| ());
    assert_eq!(new(&[]), Err(BatchError::Empty));
    assert_eq!(
        new(&vec![odd(99); 9]),
        Err(BatchError::TooMany { given: 9 })
    );
    let even = Modulus::kbnc(3, 10, 20, 2).unwrap();
    assert_eq!(new(&[odd(99), even]), Err(BatchError::Even { lane: 1 }));
    assert_eq!(
        new(&[odd(2000), odd(900)]),
        Err(BatchError::Mixed {
            smallest: 900,
            largest: 2000
        })
    );
    let huge = new(&[Modulus::kbnc(3, 2, 100_000, 1).unwrap()]).unwrap_err();
    assert_eq!(
        huge,
        BatchError::TooLarge {
            lane: 0,
            bits: 100_002,
            limit: 40_000,
        }
    );
    assert!(huge.to_string().contains("use a ring"), "{huge}");
    let ring = BatchRing::new(&[odd(99), odd(98)], BatchOptions::default()).unwrap();
    let one = [Integer::from(1)];
    let values = BatchError::Values {
        given: 1,
        expected: 2,
    };
    assert_eq!(ring.residues(&one).map(|_| ()), Err(values.clone()));
    assert_eq!(ring.pow(3, &one).map(|_| ()), Err(values));
    let negative = ring.pow(3, &[Integer::from(1), Integer::from(-1)]);
    assert_eq!(
        negative.map(|_| ()),
        Err(BatchError::NegativeExponent { lane: 1 })
    );
}

#[test]
fn the_largest_moduli_of_all() {
    let mut random = Random(7);
    let bits = 52 * 496;
    let any = vec![Modulus::integer((Integer::from(1) << bits) - 1u32).unwrap(); 2];
    check(&any, 2, 5, &mut random);
    let special = vec![Modulus::kbnc(1, 2, bits, -1).unwrap(); 2];
    check(&special, 2, 5, &mut random);
}

#[test]
#[should_panic(expected = "another batch")]
fn a_residue_of_a_batch_of_another_size_is_refused() {
    let modulus = |n| [Modulus::kbnc(3, 2, n, 1).unwrap()];
    let ring = |n| BatchRing::new(&modulus(n), BatchOptions::default()).unwrap();
    let mut x = ring(300).one();
    ring(1000).square(&mut x);
}

#[test]
fn batches_and_their_residues_cross_threads() {
    let modulus = [Modulus::kbnc(3, 2, 353, 1).unwrap()];
    let ring = BatchRing::new(&modulus, BatchOptions::default()).unwrap();
    let mut x = ring.residues(&[Integer::from(5)]).unwrap();
    let values = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            ring.square(&mut x);
            ring.to_integers(&x)
        });
        thread.join().unwrap()
    });
    assert_eq!(values, [25]);
    assert!(
        ring.describe().contains("batch of 1"),
        "{}",
        ring.describe()
    );
}
