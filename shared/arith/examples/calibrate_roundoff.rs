//! Measures the round-off of random squarings against what `weighted::limits` expects: the largest of
//! many, in expected deviations. About 5 to 6 is what normally distributed errors of the expected
//! deviation give; the model is right where the column is the same for all lengths and bases.
//!
//! `cargo run --release -p darkreach-arith --example calibrate_roundoff`

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::{Integer, ops::Pow};

/// Forms, each with the bits that a word of it takes: near the most that the lengths here allow.
const FORMS: [(u64, u32, i64, f64); 7] = [
    (3, 2, 1, 16.7),
    (3, 2, -1, 16.7),
    (10223, 2, 1, 10.8),
    (12347, 10, -1, 9.2),
    // In padded rows, half of whose words are zero.
    (98_765_432_101, 2, 1, 9.8),
    (98_765_432_101, 10, -1, 9.3),
    (7, 2, 31, 9.8),
];

fn main() {
    println!(
        "{:<9} {:>8} {:<22} {:>9} {:>9} {:>6}",
        "isa", "length", "modulus", "expected", "largest", "ratio"
    );
    let mut ratios = FORMS.map(|_| Vec::new());
    for isa in Isa::available() {
        for t in [18usize, 20, 21, 24, 28, 30, 32] {
            for a in [3, 6, 9, 12] {
                for (form, ratios) in FORMS.iter().zip(&mut ratios) {
                    ratios.extend(measure(isa, t << a, *form));
                }
            }
        }
    }
    for ((k, b, c, _), ratios) in FORMS.iter().zip(ratios) {
        let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
        println!("{k}*{b}^n{c:+}: {mean:.2} on average of {}", ratios.len());
    }
}

/// The largest round-off in expected deviations; none where the form does not suit the length.
fn measure(isa: Isa, length: usize, (k, b, c, bits): (u64, u32, i64, f64)) -> Option<f64> {
    let n = (length as f64 * bits / f64::from(b).log2()) as u32;
    let modulus = Modulus::kbnc(k, b, n, c).ok()?;
    let options = Options::default()
        .with_backend(Backend::Transform)
        .with_isa(isa)
        .with_length(length);
    let ring = Ring::new(&modulus, options).ok()?;
    let expected = ring.expected_roundoff()?;
    let mut x = ring.residue(&(Integer::from(7).pow(n / 4) % modulus.value()));
    for _ in 0..4_000_000 / length + 60 {
        ring.square(&mut x);
    }
    let largest = ring.roundoff(&x);
    let ratio = largest / expected;
    println!(
        "{:<9} {length:>8} {:<22} {expected:>9.5} {largest:>9.5} {ratio:>6.2}",
        format!("{isa:?}"),
        format!("{k}*{b}^{n}{c:+}"),
    );
    Some(ratio)
}
