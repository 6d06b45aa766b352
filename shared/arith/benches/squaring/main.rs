//! One modular squaring of this crate against GMP's plain x*x, on the same core in the same run.
//!
//! Times on a shared machine mean little, ratios to GMP taken in turns do. Beside them stand the marks:
//! the ratios of gwnum 31 (hand-written assembly). A row meets its mark at 1.1 times that; those that
//! do not are listed at the end.
//!
//! From a million bits on, two threads on one squaring stand beside that, with marks of their own; and
//! for some moduli the kernels that were not chosen.
//!
//! `cargo bench -p darkreach-arith --bench squaring [-- [--json] [WORD]]`; WORD picks the moduli whose
//! names contain it. Instruction set by `ISA=avx512|avx2|neon|portable`, lengths by `LENGTH=words`.

mod kernels;
mod rows;
#[path = "../timing/mod.rs"]
mod timing;
mod together;

use std::hint::black_box;

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use kernels::Other;
use rows::{ROWS, Row};
use rug::{Assign, Integer, integer::Order};
use timing::time;
use together::Together;

/// Seconds that one measurement takes about, and how many there are of each kind.
const SLICE: f64 = 0.01;
const SLICES: usize = 9;

fn main() {
    let (json, word) = timing::arguments();
    let isa = match std::env::var("ISA").as_deref() {
        Ok("avx512") => Isa::Avx512,
        Ok("avx2") => Isa::Avx2,
        Ok("neon") => Isa::Neon,
        Ok("portable") => Isa::Portable,
        _ => Isa::best(),
    };
    let mut options = Options::default()
        .with_backend(Backend::Transform)
        .with_isa(isa);
    if let Some(length) = std::env::var("LENGTH").ok().and_then(|l| l.parse().ok()) {
        options = options.with_length(length);
    }
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
    let mut missed = Vec::new();
    for row in ROWS.iter().filter(|row| row.name().contains(&word)) {
        match measure(row, options) {
            Ok(measured) => {
                if json {
                    measured.print_json(row, isa);
                } else {
                    measured.print(row);
                }
                if let Some(together) = &measured.together
                    && !together.met()
                {
                    missed.push(format!(
                        "misses its mark: {} with two threads at {:.2} of two rings, mark {}, and {:.2} \
                         times one thread, mark {}",
                        row.name(),
                        together.share(),
                        together::MARK,
                        together.gain(),
                        together::GAIN
                    ));
                }
                for other in measured.others.iter().filter(|o| !o.met()) {
                    missed.push(format!(
                        "misses its mark: {} on {:?}, {}",
                        row.name(),
                        other.isa,
                        other.against
                    ));
                }
                if measured.met(row) == Some(false) {
                    missed.push(format!(
                        "misses its mark: {} at {:.4}, mark {:.3}",
                        row.name(),
                        measured.ratio(),
                        row.mark.unwrap_or_default()
                    ));
                }
            }
            Err(error) => eprintln!("{}: {error}", row.name()),
        }
    }
    for line in missed {
        // Not into a stream of JSON objects.
        eprintln!("{line}");
    }
}

/// What was measured of one modulus; times in seconds.
struct Measured {
    bits: u32,
    words: usize,
    bits_per_word: f64,
    ours: f64,
    gmp: f64,
    reduced: f64,
    roundoff: f64,
    together: Option<Together>,
    others: Vec<Other>,
}

impl Measured {
    fn ratio(&self) -> f64 {
        self.ours / self.gmp
    }

    fn met(&self, row: &Row) -> Option<bool> {
        row.mark.map(|mark| self.ratio() <= 1.1 * mark)
    }

    fn print(&self, row: &Row) {
        println!(
            "{:<22} {:>8} {:>8} {:>6.2} {:>10.3} {:>10.3} {:>10.3} {:>7.4} {:>7} {:>9.4}  {}",
            row.name(),
            self.bits,
            self.words,
            self.bits_per_word,
            self.ours * 1e6,
            self.gmp * 1e6,
            self.reduced * 1e6,
            self.ratio(),
            row.mark.map_or(String::new(), |m| m.to_string()),
            self.roundoff,
            self.met(row).map_or("", |m| if m { "yes" } else { "no" }),
        );
        if let Some(t) = &self.together {
            println!(
                "{:<22} {:>8} {:>8} {:>6} {:>10.3}   {:.2} of two rings ({:.3}), {:.2} times one thread ({:.3})  {}",
                "  two threads",
                "",
                "",
                "",
                t.two * 1e6,
                t.share(),
                t.apart * 1e6,
                t.gain(),
                t.one * 1e6,
                if t.met() { "yes" } else { "no" },
            );
        }
        for other in &self.others {
            println!(
                "{:<22} {:>8} {:>8} {:>6} {:>10.3}   {}  {}",
                format!("  {:?}", other.isa),
                "",
                other.words,
                "",
                other.ours * 1e6,
                other.against,
                if other.met() { "yes" } else { "no" },
            );
        }
    }

    fn print_json(&self, row: &Row, isa: Isa) {
        let or_null = |x: Option<String>| x.unwrap_or("null".to_owned());
        println!(
            "{{\"modulus\":\"{}\",\"bits\":{},\"kernel\":\"{isa:?}\",\"threads\":1,\"batch\":1,\
             \"length\":{},\"ours_us\":{:.3},\"gmp_sqr_us\":{:.3},\"ratio\":{:.4},\
             \"mark\":{},\"met\":{},\"bits_per_word\":{:.2},\"roundoff\":{:.4}}}",
            row.name(),
            self.bits,
            self.words,
            self.ours * 1e6,
            self.gmp * 1e6,
            self.ratio(),
            or_null(row.mark.map(|m| m.to_string())),
            or_null(self.met(row).map(|m| m.to_string())),
            self.bits_per_word,
            self.roundoff,
        );
        if let Some(t) = &self.together {
            println!(
                "{{\"modulus\":\"{}\",\"bits\":{},\"kernel\":\"{isa:?}\",\"threads\":2,\"batch\":1,\
                 \"length\":{},\"ours_us\":{:.3},\"gmp_sqr_us\":{:.3},\"ratio\":{:.4},\
                 \"mark\":{},\"met\":{},\"of_two_rings\":{:.3},\"times_one_thread\":{:.3}}}",
                row.name(),
                self.bits,
                self.words,
                t.two * 1e6,
                self.gmp * 1e6,
                t.two / self.gmp,
                together::MARK,
                t.met(),
                t.share(),
                t.gain(),
            );
        }
        for other in &self.others {
            println!(
                "{{\"modulus\":\"{}\",\"bits\":{},\"kernel\":\"{:?}\",\"threads\":1,\"batch\":1,\
                 \"length\":{},\"ours_us\":{:.3},\"gmp_sqr_us\":{:.3},\"ratio\":{:.4},\
                 \"mark\":{:.4},\"met\":{}}}",
                row.name(),
                self.bits,
                other.isa,
                other.words,
                other.ours * 1e6,
                self.gmp * 1e6,
                other.ours / self.gmp,
                other.mark / self.gmp,
                other.met(),
            );
        }
    }
}

fn measure(row: &Row, options: Options) -> Result<Measured, Box<dyn std::error::Error>> {
    let modulus = row.modulus()?;
    let ring = Ring::new(&modulus, options)?;
    let plain = Ring::new(&modulus, Options::default().with_backend(Backend::Gmp))?;
    let bits = modulus.value().significant_bits();
    let value = random(&modulus);
    let mut x = ring.residue(&value);
    let mut y = plain.residue(&value);
    for _ in 0..60 {
        ring.square(&mut x);
        plain.square(&mut y);
    }
    if ring.to_integer(&x) != plain.to_integer(&y) {
        return Err("wrong after 60 squarings".into());
    }
    let mut product = Integer::with_capacity(2 * bits as usize + 64);
    let mut reduced = f64::INFINITY;
    let mut ours = f64::INFINITY;
    let mut gmp = f64::INFINITY;
    for _ in 0..SLICES {
        ours = ours.min(time(SLICE, || ring.square(&mut x)));
        gmp = gmp.min(time(SLICE, || {
            product.assign(black_box(&value).square_ref())
        }));
        reduced = reduced.min(time(SLICE, || plain.square(&mut y)));
    }
    Ok(Measured {
        bits,
        words: ring.length().unwrap_or(0),
        bits_per_word: ring.bits_per_word().unwrap_or(0.0),
        ours,
        gmp,
        reduced,
        roundoff: ring.roundoff(&x),
        together: if bits >= together::LEAST {
            Some(together::measure(&modulus, options, &value)?)
        } else {
            None
        },
        others: if row.kernels() {
            kernels::measure(&modulus, options, &value)?
        } else {
            Vec::new()
        },
    })
}

/// A number below N, the same in every run.
fn random(modulus: &Modulus) -> Integer {
    let mut state = 1u64;
    let limbs: Vec<u64> = (0..modulus.value().significant_digits::<u64>())
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        })
        .collect();
    Integer::from_digits(&limbs, Order::Lsf) % modulus.value()
}
