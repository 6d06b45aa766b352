//! What a careful product costs: the mean time of a squaring while a value from outside is not yet taken for
//! random, by that of one afterwards, for moduli of several sizes.
//!
//! `cargo run --release -p darkreach-arith --example careful`

use std::time::Instant;

use darkreach_arith::{Backend, Modulus, Options, Ring};
use rug::{Integer, ops::Pow};

/// Products until a value is taken for random.
const CAREFUL: u32 = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{:<24} {:>8} {:>12} {:>12} {:>7}",
        "modulus", "length", "careful us", "ordinary us", "ratio"
    );
    for (k, b, n, c) in [
        (3u64, 2u32, 10_000, 1),
        (3, 2, 20_000, 1),
        (3, 2, 40_000, -1),
        (3, 2, 100_000, 1),
        (10_223, 2, 333_000, 1),
        (3, 2, 1_000_000, 1),
        (3, 2, 1_000_000, -1),
        (1_234_567, 2, 1_000_000, 1),
        (7, 10, 300_000, 1),
    ] {
        let modulus = Modulus::kbnc(k, b, n, c)?;
        let options = Options::default().with_backend(Backend::Transform);
        let ring = Ring::new(&modulus, options)?;
        // Digits of full size that have been through no product yet.
        let start = Integer::from(7).pow(n) % modulus.value();
        let mut least = [f64::INFINITY; 2];
        for _ in 0..8 {
            let mut x = ring.residue(&start);
            ring.square(&mut x);
            for (least, count) in least.iter_mut().zip([CAREFUL - 1, CAREFUL]) {
                let time = Instant::now();
                for _ in 0..count {
                    ring.square(&mut x);
                }
                *least = least.min(time.elapsed().as_secs_f64() * 1e6 / f64::from(count));
            }
        }
        println!(
            "{:<24} {:>8} {:>12.2} {:>12.2} {:>7.2}",
            format!("{k}*{b}^{n}{c:+}"),
            ring.length().unwrap_or(0),
            least[0],
            least[1],
            least[0] / least[1],
        );
    }
    Ok(())
}
