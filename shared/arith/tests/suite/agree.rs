//! The same residue, bit for bit, on every instruction set and at every length: long chains at lengths
//! from some thousand words to 2^17.

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::{Complete, Integer, ops::Pow};

/// Lengths that a transform may have.
fn lengths() -> impl Iterator<Item = usize> {
    (3..14).flat_map(|a| [16usize, 18, 20, 21, 24, 28, 30].map(|t| t << a))
}

/// Squares a value again and again in the shortest safe length and in some longer ones, on all `isas`.
/// Returns how many rings there were.
fn agree(modulus: &Modulus, isas: &[Isa], longer: usize, steps: usize) -> usize {
    let start = Integer::from(3).pow(1_000);
    let gmp = Options::default().with_backend(Backend::Gmp);
    let gmp = Ring::new(modulus, gmp).expect("GMP serves always");
    let mut x = gmp.residue(&start);
    for _ in 0..steps {
        gmp.square_sub(&mut x, 2);
    }
    let expected = gmp.to_bytes(&x);
    let mut rings = 0;
    for &isa in isas {
        let options = Options::default()
            .with_backend(Backend::Transform)
            .with_isa(isa);
        let shortest = Ring::new(modulus, options).expect("there is a transform");
        let least = shortest.length().expect("it is one");
        for length in lengths().filter(|&l| l >= least).take(longer) {
            let Ok(ring) = Ring::new(modulus, options.with_length(length)) else {
                continue;
            };
            let mut x = ring.residue(&start);
            for _ in 0..steps {
                ring.square_sub(&mut x, 2);
            }
            assert!(ring.to_bytes(&x) == expected, "{}", ring.describe());
            assert!(ring.roundoff(&x) < 0.4, "{}", ring.describe());
            rings += 1;
        }
    }
    rings
}

fn special(k: u64, b: u32, bits: u32, c: i64) -> Modulus {
    let n = (f64::from(bits) / f64::from(b).log2()) as u32;
    Modulus::kbnc(k, b, n, c).expect("a valid form")
}

#[test]
fn short_special_moduli() {
    let mut rings = 0;
    for (k, b, c) in [
        (3, 2, 1),
        (10_223, 2, -1),
        (7, 10, 1),
        (1, 70_906, 1),
        (5, 3, -1),
    ] {
        rings += agree(&special(k, b, 12_000, c), &Isa::available(), 12, 200);
    }
    assert!(rings >= 120, "only {rings}");
}

#[test]
fn special_moduli_of_some_thousand_words() {
    let mut rings = 0;
    for (k, b, c) in [(3, 2, 1), (3, 2, -1), (12_347, 10, 1)] {
        rings += agree(&special(k, b, 80_000, c), &Isa::available(), 6, 80);
    }
    assert!(rings >= 45, "only {rings}");
}

#[test]
fn special_moduli_of_many_thousand_words() {
    let fast: Vec<Isa> = Isa::available()
        .into_iter()
        .filter(|&i| i != Isa::Portable)
        .collect();
    for (bits, c, isas) in [
        (600_000, 1, &fast[..]),
        (700_000, -1, &fast[..]),
        (2_100_000, 1, &fast[..1]),
        (1_700_000, -1, &fast[..1]),
    ] {
        let rings = agree(&special(3, 2, bits, c), isas, 3, 56);
        assert!(rings >= isas.len(), "only {rings}");
    }
}

#[test]
fn any_modulus_of_some_thousand_words() {
    let mut rings = 0;
    for value in [
        Integer::factorial(1_500).complete() + 1u32,
        Integer::from(7).pow(7_001) - 2u32,
    ] {
        let modulus = Modulus::integer(value).expect("above 1");
        rings += agree(&modulus, &Isa::available(), 8, 150);
    }
    assert!(rings >= 15, "only {rings}");
}

#[test]
fn any_modulus_of_many_thousand_words() {
    let value = Integer::from(10).pow(200_000) + 7_654_321u32;
    let modulus = Modulus::integer(value).expect("above 1");
    let rings = agree(&modulus, &Isa::available()[..1], 3, 56);
    assert!(rings >= 1, "only {rings}");
}
