//! Measures the round-off of random squarings against what `weighted::limits` expects: the largest of
//! many, in expected deviations. About 5 to 6 is what normally distributed errors of the expected
//! deviation give; the model is right where the column is the same for all lengths and bases.
//!
//! `cargo run --release -p darkreach-arith --example calibrate_roundoff`

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::{Integer, ops::Pow};

fn main() {
    println!(
        "{:<9} {:>8} {:<18} {:>9} {:>9} {:>6}",
        "isa", "length", "modulus", "expected", "largest", "ratio"
    );
    for isa in Isa::available() {
        for t in [5usize, 6, 7, 8] {
            for a in [5, 8, 11, 14] {
                let length = t << a;
                for (k, b, c) in [
                    (3u64, 2u32, 1),
                    (3, 2, -1),
                    (10223, 2, 1),
                    (12347, 10, -1),
                    // In padded rows.
                    (98_765_432_101, 2, 1),
                    (98_765_432_101, 10, -1),
                ] {
                    let of_k = (k as f64).log2() / 2.0;
                    let bits = if of_k < 12.0 { 17.5 - of_k } else { 8.8 };
                    let bits = bits - if b > 2 { 1.5 } else { 0.0 };
                    let n = (length as f64 * bits / f64::from(b).log2()) as u32;
                    let Ok(modulus) = Modulus::kbnc(k, b, n, c) else {
                        continue;
                    };
                    let options = Options::default()
                        .with_backend(Backend::Transform)
                        .with_isa(isa)
                        .with_length(length);
                    let Ok(ring) = Ring::new(&modulus, options) else {
                        continue;
                    };
                    let Some(expected) = ring.expected_roundoff() else {
                        continue;
                    };
                    let mut x = ring.residue(&(Integer::from(7).pow(n / 4) % modulus.value()));
                    for _ in 0..4_000_000 / length + 60 {
                        ring.square(&mut x);
                    }
                    let largest = ring.roundoff(&x);
                    println!(
                        "{:<9} {length:>8} {:<18} {expected:>9.5} {largest:>9.5} {:>6.2}",
                        format!("{isa:?}"),
                        format!("{k}*{b}^{n}{c:+}"),
                        largest / expected,
                    );
                }
            }
        }
    }
}
