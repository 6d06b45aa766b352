//! Several threads on one product: the same residues as with one, for rings of every kind that has them.

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::{Complete, Integer, ops::Pow};

fn options(isa: Isa, threads: usize) -> Options {
    Options::default()
        .with_backend(Backend::Transform)
        .with_isa(isa)
        .with_threads(threads)
}

/// A chain of squarings with other operations between, and what it ends with as bytes.
fn chain(ring: &Ring, steps: usize) -> Vec<Vec<u8>> {
    let mut x = ring.residue(&Integer::from(3).pow(1_000));
    let mut ends = Vec::new();
    for part in 0..4 {
        for _ in 0..steps / 4 {
            ring.square(&mut x);
        }
        let mut y = x.clone();
        ring.square_sub(&mut y, 2);
        ring.mul(&mut x, &y);
        ring.add(&mut x, &y);
        ring.square_mul(&mut x, 5);
        ring.mul_small(&mut x, 10_007 + part);
        ends.push(ring.to_bytes(&x));
        ends.push(ring.to_bytes(&y));
    }
    ends
}

/// Compares 2 to 4 threads with one. Returns how many rings had more than one.
fn agree(modulus: &Modulus, isas: &[Isa], steps: usize) -> usize {
    let mut rings = 0;
    for &isa in isas {
        let one = Ring::new(modulus, options(isa, 1)).expect("there is a transform");
        assert_eq!(one.threads(), 1);
        let expected = chain(&one, steps);
        for threads in 2..=4 {
            let ring = Ring::new(modulus, options(isa, threads)).expect("threads can be had");
            assert!(
                chain(&ring, steps) == expected,
                "{threads}: {}",
                ring.describe()
            );
            rings += usize::from(ring.threads() > 1);
        }
    }
    rings
}

fn special(k: u64, b: u32, n: u32, c: i64) -> Modulus {
    Modulus::kbnc(k, b, n, c).expect("a valid form")
}

#[test]
fn the_same_residues_on_every_kernel() {
    for (k, b, n, c) in [
        (3, 2, 320_000, 1),
        (3, 2, 320_000, -1),
        (12_347, 10, 72_000, 1),
    ] {
        let rings = agree(&special(k, b, n, c), &Isa::available(), 64);
        assert_eq!(rings, 3 * Isa::available().len(), "{k}*{b}^{n}{c:+}");
    }
}

#[test]
fn the_same_residues_over_a_long_chain() {
    for c in [1, -1] {
        let rings = agree(&special(3, 2, 320_000, c), &Isa::available()[..1], 1_000);
        assert_eq!(rings, 3);
    }
}

#[test]
fn the_same_residues_in_padded_rows() {
    for (k, b, n, c) in [
        (123_456_789_123, 2, 170_000, 1),
        (98_765_431, 10, 51_000, -1),
        (5, 2, 170_000, 77),
    ] {
        let modulus = special(k, b, n, c);
        let ring = Ring::new(&modulus, options(Isa::best(), 2)).expect("threads can be had");
        assert!(ring.describe().contains("padded"), "{}", ring.describe());
        let rings = agree(&modulus, &Isa::available(), 64);
        assert_eq!(rings, 3 * Isa::available().len(), "{k}*{b}^{n}{c:+}");
    }
}

#[test]
fn the_same_residues_modulo_any_number() {
    let value = Integer::factorial(25_000).complete() + 1u32;
    let modulus = Modulus::integer(value).expect("above 1");
    assert_eq!(agree(&modulus, &Isa::available()[..1], 64), 3);
    // A divisor of a number with a shape.
    let whole = special(1, 2, 400_009, 1);
    let modulus = whole.divided_by(&Integer::from(3)).expect("3 divides it");
    assert_eq!(agree(&modulus, &Isa::available()[..1], 64), 3);
}

#[test]
fn short_transforms_take_fewer_threads() {
    let isa = Isa::best();
    let threads = |n| {
        Ring::new(&special(3, 2, n, 1), options(isa, 64))
            .expect("threads can be had")
            .threads()
    };
    assert_eq!(threads(20_000), 1);
    assert!((2..64).contains(&threads(400_000)));
    let gmp = Options::plain().with_threads(4);
    let ring = Ring::new(&special(3, 2, 400_000, 1), gmp).expect("GMP serves always");
    assert_eq!(ring.threads(), 1);
    let none = Ring::new(&special(3, 2, 400_000, 1), options(isa, 0)).expect("one is enough");
    assert_eq!(none.threads(), 1);
}

#[test]
fn one_ring_serves_several_callers_at_once() {
    let modulus = special(3, 2, 400_000, 1);
    let one = Ring::new(&modulus, options(Isa::best(), 1)).expect("there is a transform");
    let expected = chain(&one, 100);
    let ring = Ring::new(&modulus, options(Isa::best(), 2)).expect("threads can be had");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert!(chain(&ring, 100) == expected));
        }
    });
}

#[test]
fn rings_end_with_their_threads_at_any_time() {
    let modulus = special(3, 2, 400_000, -1);
    for round in 0..6 {
        let ring = Ring::new(&modulus, options(Isa::best(), 3)).expect("threads can be had");
        let mut x = ring.residue(&Integer::from(3));
        for _ in 0..round {
            ring.square(&mut x);
        }
        let y = x.clone();
        assert_eq!(ring.to_integer(&y), Integer::from(3).pow(1 << round));
        drop(ring);
        drop((x, y));
    }
}
