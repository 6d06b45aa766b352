//! Squaring modulo k*2^n+c against GMP's bare product and against its modular power, on the same
//! core in the same run. Prints nanoseconds and ratios.

use std::{hint::black_box, sync::LazyLock, time::Instant};

use darkreach_arith::{Modulus, Options, Ring};
use rug::{Assign, Integer};

/// Seconds that this thread computed, where the system tells (Linux), so that other load does not
/// count; elsewhere seconds that passed.
fn seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map_or_else(
            || START.elapsed().as_secs_f64(),
            |nanoseconds| nanoseconds * 1e-9,
        )
}

/// Seconds of one call, from enough calls to fill a tenth of a second.
fn time(mut call: impl FnMut()) -> f64 {
    let mut count = 1u32;
    loop {
        let start = seconds();
        for _ in 0..count {
            call();
        }
        let spent = seconds() - start;
        if spent > 0.1 {
            return spent / f64::from(count);
        }
        count *= 4;
    }
}

fn main() {
    println!(
        "{:>14} {:>10} {:>10} {:>7} {:>10} {:>10} {:>7}",
        "N", "square", "x*x", "ratio", "plain %", "powm step", "ratio"
    );
    for (k, c) in [(1u64, -1), (27, -1), (3_000_000_001, 1)] {
        for n in [500u32, 1000, 2000, 5000, 10_000, 20_000, 100_000] {
            let modulus = Modulus::kbnc(k, 2, n, c).expect("the modulus exists");
            let ring = Ring::new(&modulus, Options::default());
            let plain = Ring::new(&modulus, Options::plain());
            let start = (Integer::from(1) << n) / 7u32;
            let mut x = ring.residue(&start);
            let square = time(|| ring.square(&mut x));
            let mut y = plain.residue(&start);
            let general = time(|| plain.square(&mut y));
            let mut product = Integer::new();
            let bare = time(|| product.assign(black_box(&start).square_ref()));
            // A power with an exponent of m bits takes m squarings and few products.
            let steps = if n > 10_000 { 200 } else { n.min(1000) };
            let exponent = (Integer::from(1) << steps) / 3u32;
            let power = time(|| {
                black_box(
                    start
                        .pow_mod_ref(&exponent, modulus.value())
                        .map(Integer::from),
                );
            }) / f64::from(steps);
            println!(
                "{:>14} {:>8.0}ns {:>8.0}ns {:>7.2} {:>8.0}ns {:>8.0}ns {:>7.2}",
                format!("{k}*2^{n}{c:+}"),
                square * 1e9,
                bare * 1e9,
                square / bare,
                general * 1e9,
                power * 1e9,
                square / power,
            );
        }
    }
}
