//! Eight modular squarings at once against GMP's plain x*x, on the same core in the same run.
//!
//! Times are per candidate, in a chain of squarings as a test makes it. Times on a shared machine mean little, ratios to GMP taken in turns do.
//! Beside them stand the marks of `docs/arithmetic.md`, which were measured on a processor with
//! full-width AVX-512 units.
//!
//! `cargo bench -p darkreach-arith --bench batch [-- [--json] [WORD]]`; WORD picks the moduli that
//! contain it. Instruction set by `ISA=ifma|separate|portable`,
//! for transforms by `TRANSFORM=avx512|avx2|neon|portable`; their rows have the real words in the column "length", those
//! of integers the limbs.

mod timing;

use std::hint::black_box;

use darkreach_arith::{BatchIsa, BatchOptions, BatchRing, Isa, LANES, Modulus};
use rug::{Assign, Integer, integer::Order};
use timing::time;

/// Bits, the mark for k*2^n+1 and the mark for any modulus, where there is one.
const ROWS: &[(u32, Option<f64>, Option<f64>)] = &[
    (250, None, None),
    (500, None, None),
    (1_000, Some(0.20), Some(0.30)),
    (1_500, None, None),
    (2_000, Some(0.16), Some(0.32)),
    (3_300, Some(0.15), Some(0.34)),
    (5_000, Some(0.12), Some(0.38)),
    (7_000, None, None),
    (10_000, Some(0.09), None),
    (14_000, None, None),
    (20_000, None, None),
    (33_000, Some(0.07), None),
];

/// Transforms are measured from so many bits on.
const TRANSFORMS: u32 = 2_000;

/// Seconds that one measurement takes about, and how many there are of each kind.
const SLICE: f64 = 0.0005;
const SLICES: usize = 120;

/// Squarings in one call: a test is a chain of squarings.
const CHAIN: u64 = 16;

fn main() {
    let (json, word) = timing::arguments();
    let isa = match std::env::var("ISA").as_deref() {
        Ok("portable") => BatchIsa::Portable,
        Ok("separate") => BatchIsa::Separate,
        _ => BatchIsa::best(),
    };
    if !json {
        println!(
            "{:<22} {:>8} {:>6} {:>10} {:>10} {:>7} {:>6}  met",
            "modulus (times 8)", "bits", "length", "ours us", "GMP x*x", "ratio", "mark"
        );
    }
    let transform = match std::env::var("TRANSFORM").as_deref() {
        Ok("portable") => Isa::Portable,
        Ok("avx2") => Isa::Avx2,
        Ok("neon") => Isa::Neon,
        _ => Isa::best(),
    };
    let integers = BatchOptions::default().with_isa(isa);
    let transforms = BatchOptions::default().with_transform(transform);
    for &(bits, special, any) in ROWS {
        let name = format!("k*2^{bits}+1");
        let rows = [
            (name.clone(), proth(bits), special, integers),
            (name + " real", proth(bits), special, transforms),
            (
                format!("1*2^{bits}+1 to 15 real"),
                small(bits, 1),
                special,
                transforms,
            ),
            (
                format!("1*2^{bits}-1 to 15 real"),
                small(bits, -1),
                None,
                transforms,
            ),
            (format!("any of {bits} bits"), random(bits), any, integers),
        ];
        for (name, moduli, mark, options) in rows {
            if name.contains(&word) && (options != transforms || bits >= TRANSFORMS) {
                row(&name, &moduli, mark, options, json);
            }
        }
    }
}

/// Eight candidates k*2^n+1 as a search would meet them.
fn proth(n: u32) -> Vec<Modulus> {
    (0..LANES as u64)
        .filter_map(|l| Modulus::kbnc(10_223 + 2 * l, 2, n, 1).ok())
        .collect()
}

/// Eight candidates with small k, which leave more bits to a word.
fn small(n: u32, c: i64) -> Vec<Modulus> {
    (0..LANES as u64)
        .filter_map(|l| Modulus::kbnc(1 + 2 * l, 2, n, c).ok())
        .collect()
}

/// Eight odd numbers of no special shape.
fn random(bits: u32) -> Vec<Modulus> {
    (0..LANES as u64)
        .filter_map(|l| {
            let mut value = digits(bits, l + 1);
            value.set_bit(bits - 1, true).set_bit(0, true);
            Modulus::integer(value).ok()
        })
        .collect()
}

/// A number that looks random.
fn digits(bits: u32, mut state: u64) -> Integer {
    let limbs: Vec<u64> = (0..bits.div_ceil(64))
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        })
        .collect();
    Integer::from_digits(&limbs, Order::Lsf).keep_bits(bits)
}

fn row(name: &str, moduli: &[Modulus], mark: Option<f64>, options: BatchOptions, json: bool) {
    let ring = match BatchRing::new(moduli, options) {
        Ok(ring) => ring,
        Err(error) => return eprintln!("{name}: {error}"),
    };
    let bits = moduli[0].value().significant_bits();
    let mut expected: Vec<Integer> = moduli.iter().map(|m| digits(bits, 7) % m.value()).collect();
    let mut x = match ring.residues(&expected) {
        Ok(x) => x,
        Err(error) => return eprintln!("{name}: {error}"),
    };
    let value = expected[0].clone();
    // Enough for values that are taken for random.
    for _ in 0..70 {
        ring.square(&mut x);
        for (value, n) in expected.iter_mut().zip(ring.moduli()) {
            value.square_mut();
            *value %= n;
        }
    }
    assert_eq!(
        ring.to_integers(&x),
        expected,
        "{name}: wrong after 70 squarings"
    );
    let mut product = Integer::with_capacity(2 * bits as usize + 64);
    let mut ours = f64::INFINITY;
    let mut gmp = f64::INFINITY;
    for _ in 0..SLICES {
        ours = ours
            .min(time(SLICE, || ring.square_times(&mut x, CHAIN)) / (CHAIN * LANES as u64) as f64);
        gmp = gmp.min(time(SLICE, || {
            product.assign(black_box(&value).square_ref())
        }));
    }
    let ratio = ours / gmp;
    let met = mark.map(|m| ratio <= m);
    let (kernel, length) = match ring.transform() {
        Some((isa, length)) => (format!("{isa:?}"), length),
        None => (format!("{:?}", ring.isa()), ring.limbs().unwrap_or(0)),
    };
    if json {
        let text = |x: Option<String>| x.unwrap_or_else(|| "null".to_owned());
        println!(
            "{{\"modulus\":\"{name}\",\"bits\":{bits},\"kernel\":\"{kernel}\",\"threads\":1,\
             \"batch\":{LANES},\"length\":{length},\"ours_us\":{:.4},\"gmp_sqr_us\":{:.4},\
             \"ratio\":{ratio:.4},\"mark\":{},\"met\":{}}}",
            ours * 1e6,
            gmp * 1e6,
            text(mark.map(|m| m.to_string())),
            text(met.map(|m| m.to_string())),
        );
    } else {
        println!(
            "{name:<22} {bits:>8} {length:>6} {:>10.4} {:>10.4} {ratio:>7.4} {:>6}  {}",
            ours * 1e6,
            gmp * 1e6,
            mark.map_or(String::new(), |m| m.to_string()),
            met.map_or("", |m| if m { "yes" } else { "no" }),
        );
    }
}
