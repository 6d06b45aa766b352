//! How smooth the curve is: one squaring modulo 3*2^n+1 for n from 5,000 to 5,000,000, a line for every
//! transform length that the ring chooses on the way, with the step from the length before it.
//!
//! `cargo bench -p darkreach-arith --bench sweep [-- --svg FILE]`; with a file it draws the picture of
//! `docs/arithmetic.md`. With `-- --lengths MOST` it takes every length up to MOST words instead, by
//! `ISA=avx512|avx2|portable` and `THREADS=number`.

mod lengths;

use std::{fmt::Write, fs, time::Instant};

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::Integer;

/// From here,
const LEAST: u32 = 5_000;
/// to here,
const MOST: u32 = 5_000_000;
/// with so many sizes from one to its double.
const PER_OCTAVE: f64 = 16.0;
/// No step from one length to the next may cost more.
const MARK: f64 = 1.25;

/// One size.
struct Point {
    n: u32,
    length: usize,
    microseconds: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value_of = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)
    };
    if let Some(most) = value_of("--lengths").and_then(|most| most.parse().ok()) {
        let isa = match std::env::var("ISA").as_deref() {
            Ok("avx512") => Isa::Avx512,
            Ok("avx2") => Isa::Avx2,
            Ok("portable") => Isa::Portable,
            _ => Isa::best(),
        };
        let threads = std::env::var("THREADS").ok().and_then(|t| t.parse().ok());
        return lengths::print(most, isa, threads.unwrap_or(1));
    }
    let svg = value_of("--svg");
    let octaves = f64::from(MOST / LEAST).log2();
    let points: Vec<Point> = (0..=(octaves * PER_OCTAVE) as u32)
        .map(|j| (f64::from(LEAST) * 2f64.powf(f64::from(j) / PER_OCTAVE)) as u32)
        .filter_map(measure)
        .collect();
    println!(
        "{:>9} {:>9} {:>11} {:>9} {:>6}",
        "n up to", "length", "us", "ns a bit", "step"
    );
    let mut before: Option<&Point> = None;
    let mut largest: f64 = 0.0;
    for group in points.chunk_by(|a, b| a.length == b.length) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let best = group
            .iter()
            .min_by(|a, b| a.microseconds.total_cmp(&b.microseconds))
            .unwrap_or(first);
        let step = before.map(|before| best.microseconds / before.microseconds);
        // Lengths that no size of this sweep fell on make a step of two.
        let neighbours = before.is_some_and(|before| 4 * best.length <= 5 * before.length);
        if let Some(step) = step.filter(|_| neighbours) {
            largest = largest.max(step);
        }
        println!(
            "{:>9} {:>9} {:>11.3} {:>9.4} {:>6}",
            last.n,
            best.length,
            best.microseconds,
            1e3 * best.microseconds / f64::from(last.n),
            step.map_or(String::new(), |step| format!("{step:.2}")),
        );
        before = Some(best);
    }
    println!(
        "largest step between neighbouring lengths {largest:.2}, mark {MARK}: {}",
        if largest <= MARK { "met" } else { "missed" }
    );
    if let Some(file) = svg
        && let Err(error) = fs::write(file, picture(&points))
    {
        eprintln!("{file}: {error}");
    }
}

/// The best of some runs of squarings.
fn measure(n: u32) -> Option<Point> {
    let modulus = Modulus::kbnc(3, 2, n, 1).ok()?;
    let options = Options::default().with_backend(Backend::Transform);
    let ring = Ring::new(&modulus, options).ok()?;
    let length = ring.length()?;
    let mut x = ring.residue(&Integer::from(3));
    // Until the residue looks random.
    for _ in 0..80 {
        ring.square(&mut x);
    }
    let count = (4_000_000 / n).max(3);
    let best = (0..12)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..count {
                ring.square(&mut x);
            }
            start.elapsed().as_secs_f64() / f64::from(count)
        })
        .fold(f64::INFINITY, f64::min);
    Some(Point {
        n,
        length,
        microseconds: 1e6 * best,
    })
}

/// Nanoseconds a bit over n, which is logarithmic.
fn picture(points: &[Point]) -> String {
    const WIDTH: f64 = 900.0;
    const HEIGHT: f64 = 420.0;
    const LEFT: f64 = 60.0;
    const BOTTOM: f64 = 40.0;
    let cost = |p: &Point| 1e3 * p.microseconds / f64::from(p.n);
    let top = 1.1 * points.iter().map(cost).fold(0.0, f64::max);
    let span = (f64::from(MOST) / f64::from(LEAST)).ln();
    let x = |n: f64| LEFT + (WIDTH - LEFT - 20.0) * (n / f64::from(LEAST)).ln() / span;
    let y = |c: f64| HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 30.0) * c / top;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"18\">One squaring modulo 3*2^n+1, nanoseconds a bit of n; a dot for each size measured</text>\n"
    );
    let mut line = |x1: f64, y1: f64, x2: f64, y2: f64| {
        // Writing into a string cannot fail.
        let _ = writeln!(
            svg,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#ddd\"/>"
        );
    };
    let sizes = [5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6];
    let unit = 10f64.powf(top.log10().floor()) / 2.0;
    let costs: Vec<f64> = (0..)
        .map(|j| f64::from(j) * unit)
        .take_while(|&c| c <= top)
        .collect();
    for n in sizes {
        line(x(n), y(0.0), x(n), y(top));
    }
    for &c in &costs {
        line(LEFT, y(c), WIDTH - 20.0, y(c));
    }
    for n in sizes {
        let label = if n < 1e6 {
            format!("{}k", n / 1e3)
        } else {
            format!("{}M", n / 1e6)
        };
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
            x(n),
            HEIGHT - BOTTOM + 18.0
        );
    }
    for &c in &costs {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{c:.2}</text>",
            LEFT - 6.0,
            y(c) + 4.0
        );
    }
    let path: Vec<String> = points
        .iter()
        .map(|p| format!("{:.1},{:.1}", x(f64::from(p.n)), y(cost(p))))
        .collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#1f6feb\" stroke-width=\"1.5\"/>",
        path.join(" ")
    );
    for p in points {
        let _ = writeln!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\" fill=\"#1f6feb\"/>",
            x(f64::from(p.n)),
            y(cost(p))
        );
    }
    svg.push_str("</svg>\n");
    svg
}
