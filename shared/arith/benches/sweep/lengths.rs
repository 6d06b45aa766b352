//! The time of every length, up to the longest: one squaring modulo 2^n+1 with few bits a word, so that no
//! number of that length is squared in any other way first.

use std::time::Instant;

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::{Integer, integer::Order};

/// Bits a word.
const BITS: usize = 8;

/// Prints a line for each length from 256 to `most` words.
pub(crate) fn print(most: usize, isa: Isa, threads: usize) {
    println!(
        "{isa:?}, threads: {threads}\n{:>9} {:>12} {:>8} {:>6}",
        "length", "us", "ns/word", "step"
    );
    let mut before: Option<(usize, f64)> = None;
    let lengths = (4..22).flat_map(|a| [16usize, 18, 20, 21, 24, 28, 30].map(|t| t << a));
    for length in lengths.take_while(|&length| length <= most) {
        let Some(seconds) = measure(length, isa, threads) else {
            continue;
        };
        println!(
            "{length:>9} {:>12.3} {:>8.3} {:>6}",
            1e6 * seconds,
            1e9 * seconds / length as f64,
            before.map_or(String::new(), |(_, s)| format!("{:.2}", seconds / s)),
        );
        before = Some((length, seconds));
    }
}

/// Seconds of a squaring: the best of some runs.
fn measure(length: usize, isa: Isa, threads: usize) -> Option<f64> {
    let n = u32::try_from(BITS * length - 1).ok()?;
    let modulus = Modulus::kbnc(1, 2, n, 1).ok()?;
    let options = Options::default()
        .with_backend(Backend::Transform)
        .with_isa(isa)
        .with_length(length)
        .with_threads(threads)
        .with_memory(16 << 30);
    let ring = Ring::new(&modulus, options).ok()?;
    let mut state = 1u64;
    let limbs: Vec<u64> = (0..n / 64)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        })
        .collect();
    let mut x = ring.residue(&Integer::from_digits(&limbs, Order::Lsf));
    // It is random, and no bound needs to be looked up before each squaring.
    x.assume_random();
    ring.square(&mut x);
    let calls = (1_500_000 / length).max(1);
    let best = (0..9)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..calls {
                ring.square(&mut x);
            }
            start.elapsed().as_secs_f64() / calls as f64
        })
        .fold(f64::INFINITY, f64::min);
    Some(best)
}
