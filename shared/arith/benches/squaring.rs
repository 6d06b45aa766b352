//! One modular squaring of this crate against GMP's plain x*x, on the same core in the same run.
//!
//! Times on a shared machine mean little, ratios to GMP taken in turns do. Beside them stand the
//! ratios of gwnum 31 (hand-written assembly) as published in `docs/arithmetic.md`, where known.
//!
//! `cargo bench -p darkreach-arith --bench squaring [-- [--json] [WORD]]`; WORD picks the moduli that
//! contain it. Instruction set by `ISA=avx512|avx2|portable`, lengths by `LENGTH=words`.

use std::{hint::black_box, time::Instant};

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::{Assign, Integer, integer::Order};

/// k, b, n, c, and the mark: gwnum's time by that of GMP's x*x.
const ROWS: &[(u64, u32, u32, i64, Option<f64>)] = &[
    (3, 2, 2_000, 1, None),
    (3, 2, 3_300, 1, None),
    (10223, 2, 3_300, 1, Some(0.45)),
    (3, 2, 3_300, -1, None),
    (3, 2, 5_000, 1, None),
    (3, 2, 5_000, -1, None),
    (3, 2, 7_000, 1, None),
    (3, 2, 10_000, 1, None),
    (10223, 2, 10_000, 1, Some(0.152)),
    (3, 2, 10_000, -1, None),
    (3, 2, 33_000, 1, None),
    (10223, 2, 33_000, 1, Some(0.082)),
    (3, 2, 33_000, -1, None),
    (3, 2, 100_000, 1, Some(0.041)),
    (10223, 2, 100_000, 1, Some(0.056)),
    (113_983, 2, 100_000, -1, Some(0.068)),
    (3, 2, 100_000, -1, None),
    (3, 2, 333_000, 1, None),
    (10223, 2, 333_000, 1, Some(0.063)),
    (3, 2, 333_000, -1, None),
    (3, 2, 1_000_000, 1, Some(0.049)),
    (10223, 2, 1_000_000, 1, Some(0.064)),
    (3, 2, 1_000_000, -1, None),
    (3, 2, 3_300_000, 1, None),
    (10223, 2, 3_300_000, 1, Some(0.062)),
    (3, 2, 3_300_000, -1, None),
    (12346, 3, 20_960, 1, Some(0.099)),
    (12347, 10, 100_000, 1, Some(0.073)),
    (1, 70906, 32_768, 1, Some(0.048)),
];

/// Seconds that one measurement takes about, and how many there are of each kind.
const SLICE: f64 = 0.01;
const SLICES: usize = 9;

fn main() {
    let mut json = false;
    let mut word = String::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            // Cargo says so to every benchmark.
            "--bench" => {}
            other => word = other.to_owned(),
        }
    }
    let isa = match std::env::var("ISA").as_deref() {
        Ok("avx512") => Isa::Avx512,
        Ok("avx2") => Isa::Avx2,
        Ok("portable") => Isa::Portable,
        _ => Isa::best(),
    };
    let length = std::env::var("LENGTH").ok().and_then(|l| l.parse().ok());
    if !json {
        println!(
            "{:<22} {:>8} {:>8} {:>6} {:>10} {:>10} {:>10} {:>7} {:>7} {:>9}  met",
            "modulus",
            "bits",
            "length",
            "bits/w",
            "ours us",
            "GMP x*x",
            "mod N",
            "ratio",
            "gwnum",
            "round-off"
        );
    }
    for &(k, b, n, c, mark) in ROWS {
        let name = format!("{k}*{b}^{n}{c:+}");
        if name.contains(&word) {
            row(&name, k, b, n, c, mark, isa, length, json);
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "one row of the table")]
fn row(
    name: &str,
    k: u64,
    b: u32,
    n: u32,
    c: i64,
    mark: Option<f64>,
    isa: Isa,
    length: Option<usize>,
    json: bool,
) {
    let modulus = match Modulus::kbnc(k, b, n, c) {
        Ok(modulus) => modulus,
        Err(error) => return eprintln!("{name}: {error}"),
    };
    let mut options = Options::default()
        .with_backend(Backend::Transform)
        .with_isa(isa);
    if let Some(length) = length {
        options = options.with_length(length);
    }
    let ring = Ring::new(&modulus, options);
    let bits = modulus.value().significant_bits();
    let mut state = 1u64;
    let limbs: Vec<u64> = (0..bits.div_ceil(64))
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        })
        .collect();
    let value = Integer::from_digits(&limbs, Order::Lsf) % modulus.value();
    let mut x = ring.residue(&value);
    let mut expected = value.clone();
    for _ in 0..60 {
        ring.square(&mut x);
        expected = expected.square() % modulus.value();
    }
    assert_eq!(
        ring.to_integer(&x),
        expected,
        "{name}: wrong after 60 squarings"
    );
    let mut product = Integer::with_capacity(2 * bits as usize + 64);
    let plain = Ring::new(&modulus, Options::default().with_backend(Backend::Gmp));
    let mut y = plain.residue(&value);
    let mut reduced = f64::INFINITY;
    let mut ours = f64::INFINITY;
    let mut gmp = f64::INFINITY;
    for _ in 0..SLICES {
        ours = ours.min(time(|| ring.square(&mut x)));
        gmp = gmp.min(time(|| product.assign(black_box(&value).square_ref())));
        reduced = reduced.min(time(|| plain.square(&mut y)));
    }
    let ratio = ours / gmp;
    let met = mark.map(|m| ratio <= 1.1 * m);
    let words = ring.length().unwrap_or(0);
    if json {
        let number = |x: Option<f64>| x.map_or("null".to_owned(), |x| x.to_string());
        println!(
            "{{\"modulus\":\"{name}\",\"bits\":{bits},\"kernel\":\"{isa:?}\",\"threads\":1,\"batch\":1,\
             \"length\":{words},\"ours_us\":{:.3},\"gmp_sqr_us\":{:.3},\"ratio\":{ratio:.4},\
             \"mark\":{},\"met\":{}}}",
            ours * 1e6,
            gmp * 1e6,
            number(mark),
            met.map_or("null".to_owned(), |m| m.to_string()),
        );
    } else {
        println!(
            "{name:<22} {bits:>8} {words:>8} {:>6.2} {:>10.3} {:>10.3} {:>10.3} {ratio:>7.4} {:>7} {:>9.4}  {}",
            f64::from(bits) / words as f64,
            ours * 1e6,
            gmp * 1e6,
            reduced * 1e6,
            mark.map_or(String::new(), |m| m.to_string()),
            ring.roundoff(&x),
            met.map_or("", |m| if m { "yes" } else { "no" }),
        );
    }
}

/// Seconds of one call, over as many as fill a slice.
fn time(mut call: impl FnMut()) -> f64 {
    let mut calls = 1u32;
    loop {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        let seconds = start.elapsed().as_secs_f64();
        if seconds > SLICE {
            return seconds / f64::from(calls);
        }
        calls = (f64::from(calls) * (1.2 * SLICE / seconds.max(1e-9)).clamp(1.5, 100.0)) as u32 + 1;
    }
}
