//! The sieves on six blocks that other programs were measured on. One thread; seconds are those of this
//! thread alone. The marks are scaled by this machine's own time for GMP's square of a number of
//! 100,014 bits over the 127 microseconds that it took where the marks were measured.
//!
//! Survivors must be exactly as many as are known. Every first factor of a candidate is checked by a
//! modular power of its own while the time runs; the products are checked afterwards, as that takes
//! longer than the sieve. Block D is compared, besides, with a sample of factors found by stepping
//! through all exponents.

mod clock;

use std::{collections::BTreeSet, ops::Range, time::Instant};

use darkreach_primes::sieve::{
    Isa, Listener, Sieve,
    over_k::{self, OverK},
    over_n::{self, OverN},
    products::{PLUS, Products},
};
use rug::{Assign, Integer, integer::IsPrime};
use serde_json::json;

use self::clock::seconds;

/// The multipliers of block D.
const MULTIPLIERS: [u64; 6] = [10_223, 21_181, 22_699, 24_737, 55_459, 67_607];
/// Factors in the sample of block D.
const SAMPLE: usize = 100_000;

/// x^e modulo m by division: shares nothing with the sieves.
fn power(x: u64, mut e: u64, m: u64) -> u64 {
    let wide = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(m)) as u64;
    let (mut square, mut power) = (x % m, 1 % m);
    while e > 0 {
        if e & 1 == 1 {
            power = wide(power, square);
        }
        square = wide(square, square);
        e >>= 1;
    }
    power
}

/// k*2^n modulo p.
fn term(k: u64, n: u64, p: u64) -> u64 {
    (u128::from(k) * u128::from(power(2, n, p)) % u128::from(p)) as u64
}

/// Marks what is hit, and checks every first hit.
struct Removed<F> {
    /// For each list of candidates one bit per index.
    bits: Vec<Vec<u64>>,
    /// The list that a target's candidates are on.
    list: fn(usize) -> usize,
    /// Whether a prime divides.
    divides: F,
    /// First hits: target, index, prime.
    first: Vec<(usize, u64, u64)>,
    wrong: u64,
}

impl<F: Fn(usize, u64, u64) -> bool> Removed<F> {
    fn new(lists: usize, length: u64, list: fn(usize) -> usize, divides: F) -> Self {
        Self {
            bits: vec![vec![0; length.div_ceil(64) as usize]; lists],
            list,
            divides,
            first: Vec::new(),
            wrong: 0,
        }
    }

    fn has(&self, list: usize, index: u64) -> bool {
        self.bits[list][(index / 64) as usize] >> (index % 64) & 1 == 1
    }

    /// Candidates that are left, of those that count.
    fn survivors(&self, length: u64, counts: impl Fn(u64) -> bool) -> u64 {
        let lists = 0..self.bits.len();
        let left = |list: usize| {
            (0..length)
                .filter(|i| counts(*i) && !self.has(list, *i))
                .count()
        };
        lists.map(left).sum::<usize>() as u64
    }
}

impl<F: Fn(usize, u64, u64) -> bool> Listener for Removed<F> {
    #[inline]
    fn hit(&mut self, target: usize, index: u64, prime: u64) {
        let list = (self.list)(target);
        let word = &mut self.bits[list][(index / 64) as usize];
        if *word >> (index % 64) & 1 == 0 {
            *word |= 1 << (index % 64);
            self.first.push((target, index, prime));
            self.wrong += u64::from(!(self.divides)(target, index, prime));
        }
    }

    fn should_stop(&mut self) -> bool {
        false
    }
}

/// What a block must reach.
struct Mark {
    name: &'static str,
    what: &'static str,
    /// Sieving primes of the block, as the other programs count them.
    primes: u64,
    survivors: u64,
    /// Seconds allowed on the machine of the marks.
    allowed: f64,
}

/// How the results are printed.
struct Report {
    json: bool,
    /// This machine's time for the square over that of the marks' machine.
    scale: f64,
    isa: Isa,
}

impl Report {
    /// Prints a block: correct, fast enough.
    fn block(&self, mark: &Mark, spent: f64, survivors: u64, right: bool) {
        let allowed = mark.allowed * self.scale;
        let exact = survivors == mark.survivors && right;
        let rate = mark.primes as f64 / spent;
        if self.json {
            let row = json!({
                "block": mark.name, "what": mark.what, "isa": format!("{:?}", self.isa),
                "seconds": spent, "primes_per_second": rate, "mark_seconds": allowed,
                "ratio": spent / allowed, "survivors": survivors,
                "survivors_expected": mark.survivors, "exact": exact,
                "met": exact && spent <= allowed,
            });
            println!("{row}");
        } else {
            println!(
                "{} {:<44} {spent:7.2} s, {:8.3} M primes/s; mark {allowed:7.2} s, ours/mark {:.2}; {survivors} left of {} expected: {}",
                mark.name,
                mark.what,
                rate * 1e-6,
                spent / allowed,
                mark.survivors,
                match (exact, spent <= allowed) {
                    (true, true) => "met",
                    (true, false) => "exact, too slow",
                    (false, _) => "WRONG",
                }
            );
        }
    }
}

/// Fixed exponent: one sign, or twins.
fn over_k(report: &Report, mark: &Mark, addends: &[i64]) {
    let targets: Vec<_> = addends
        .iter()
        .map(|addend| over_k::Target {
            exponent: 100_000,
            addend: *addend,
        })
        .collect();
    let divides = |target: usize, index: u64, p: u64| {
        let value = i128::from(term(index + 1, 100_000, p)) + i128::from(addends[target]);
        value % i128::from(p) == 0
    };
    let begun = seconds();
    let mut removed = Removed::new(1, 1_000_000, |_| 0, divides);
    OverK::new(2, &targets, 1, 1_000_000)
        .sieve(report.isa, 2..1_000_000_001, &mut removed)
        .expect("nobody stops it");
    let spent = seconds() - begun;
    let odd = removed.survivors(1_000_000, |index| index % 2 == 0);
    let all = removed.survivors(1_000_000, |_| true);
    let expected = if addends.len() == 1 { 53_827 } else { 1_969 };
    report.block(mark, spent, odd, removed.wrong == 0 && all == expected);
}

/// Fixed multipliers.
fn over_n(report: &Report, mark: &Mark, multipliers: &'static [u64]) {
    let (start, length) = (1_000_000, 1_000_001);
    let targets: Vec<_> = multipliers
        .iter()
        .map(|multiplier| over_n::Target {
            multiplier: *multiplier,
            addend: 1,
        })
        .collect();
    let divides =
        |target: usize, index: u64, p: u64| term(multipliers[target], start + index, p) == p - 1;
    let begun = seconds();
    let mut removed = Removed::new(multipliers.len(), length, |target| target, divides);
    let sieve = OverN::new(2, &targets, start, length);
    sieve
        .clone()
        .sieve(report.isa, 2..100_000_001, &mut removed)
        .expect("nobody stops it");
    let spent = seconds() - begun;
    let survivors = removed.survivors(length, |_| true);
    let mut right = removed.wrong == 0;
    if multipliers.len() > 1 {
        let (found, missed) = sample(report.isa, &sieve, start, length);
        let mut known = Everything::default();
        sieve
            .sieve(report.isa, 10_007_867_453..10_007_867_454, &mut known)
            .expect("nobody stops it");
        let removes = known.0.contains(&(0, 1_288_697 - start, 10_007_867_453));
        right &= missed == 0 && removes;
        if !report.json {
            println!(
                "  of {found} factors found by stepping the sieve misses {missed}; 10007867453 removes 10223*2^1288697+1: {removes}"
            );
        }
    }
    report.block(mark, spent, survivors, right);
}

/// Keeps everything.
#[derive(Default)]
struct Everything(BTreeSet<(usize, u64, u64)>);

impl Listener for Everything {
    fn hit(&mut self, target: usize, index: u64, prime: u64) {
        self.0.insert((target, index, prime));
    }

    fn should_stop(&mut self) -> bool {
        false
    }
}

/// Steps through all exponents for random primes of every size; how many factors that finds, and how
/// many of them the sieve misses.
fn sample(isa: Isa, sieve: &OverN, start: u64, length: u64) -> (usize, usize) {
    let (mut found, mut missed) = (0, 0);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while found < SAMPLE {
        // xorshift64: a fixed sequence. Sizes from 2^10 to 2^24, all alike often.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let bits = 10 + (state >> 32) % 14;
        let low = (1 << bits) + state % (1 << bits);
        let p = (low..).find(|n| Integer::from(*n).is_probably_prime(25) != IsPrime::No);
        let p = p.expect("there are primes");
        let inverses = MULTIPLIERS.map(|k| (p - power(k, p - 2, p)) % p);
        let mut value = power(2, start, p);
        let mut stepped = BTreeSet::new();
        for index in 0..length {
            for (target, inverse) in inverses.iter().enumerate() {
                // A multiple of p has no inverse and no solution.
                if value == *inverse && stepped.len() < 12 {
                    stepped.insert((target, index, p));
                }
            }
            value = if 2 * value >= p {
                2 * value - p
            } else {
                2 * value
            };
        }
        let mut all = Everything::default();
        sieve
            .clone()
            .sieve(isa, p..p + 1, &mut all)
            .expect("nobody stops it");
        found += stepped.len();
        missed += stepped.difference(&all.0).count();
    }
    (found, missed)
}

/// Running products.
fn products(report: &Report, mark: &Mark, range: Range<u64>, primorial: bool) {
    let length = range.end - range.start;
    let prime = |n: u64| Integer::from(n).is_probably_prime(25) != IsPrime::No;
    let begun = seconds();
    let mut removed = Removed::new(2, length, |target| target, |_, _, _| true);
    let sieve = if primorial {
        Products::primorials(range.clone())
    } else {
        Products::factorials(1, range.clone())
    };
    sieve
        .sieve(report.isa, 2..20_000_001, &mut removed)
        .expect("nobody stops it");
    let spent = seconds() - begun;
    let factors: Vec<u64> = (2..range.end).filter(|n| !primorial || prime(*n)).collect();
    let wrong = removed.first.iter().filter(|(target, index, p)| {
        let last = factors.partition_point(|n| *n <= range.start + index);
        let product = factors[..last]
            .iter()
            .fold(1, |product, n| product * (n % p) % p);
        product != if *target == PLUS { p - 1 } else { 1 }
    });
    let right = wrong.count() == 0;
    let survivors = removed.survivors(length, |index| !primorial || prime(range.start + index));
    report.block(mark, spent, survivors, right);
}

/// Microseconds that GMP takes for the square of a number of 100,014 bits: the fastest of many rounds
/// that are so short that nothing interrupts some of them.
fn gmp_square() -> f64 {
    let mut random = rug::rand::RandState::new();
    let mut x = Integer::from(Integer::random_bits(100_014, &mut random));
    x.set_bit(100_013, true);
    let mut square = Integer::new();
    let mut fastest = f64::INFINITY;
    for _ in 0..1000 {
        let begun = Instant::now();
        for _ in 0..4 {
            square.assign(x.square_ref());
        }
        fastest = fastest.min(begun.elapsed().as_secs_f64() / 4.0);
    }
    std::hint::black_box(square);
    fastest * 1e6
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let only = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("--only="));
    let square = gmp_square();
    let report = Report {
        json,
        scale: square / 127.0,
        isa: Isa::best(),
    };
    if json {
        println!(
            "{}",
            json!({ "gmp_square_microseconds": square, "scale": report.scale })
        );
    } else {
        println!(
            "GMP squares 100,014 bits in {square:.1} microseconds: marks times {:.2}; {:?}",
            report.scale, report.isa
        );
    }
    let wanted = |name: &str| only.is_none_or(|names| names.contains(name));
    let mark = |name, what, primes, survivors, allowed| Mark {
        name,
        what,
        primes,
        survivors,
        allowed,
    };
    if wanted("A") {
        let what = "k*2^100000+1, k to 10^6, p to 10^9";
        over_k(
            &report,
            &mark("A", what, 50_847_533, 26_932, 50.847_533 / 20.0),
            &[1],
        );
    }
    if wanted("B") {
        let what = "twins k*2^100000+-1, k to 10^6, p to 10^9";
        over_k(
            &report,
            &mark("B", what, 50_847_533, 992, 50.847_533 / 20.0),
            &[1, -1],
        );
    }
    if wanted("C") {
        let what = "3*2^n+1, n from 10^6 to 2*10^6, p to 10^8";
        over_n(&report, &mark("C", what, 5_761_247, 76_386, 8.5), &[3]);
    }
    if wanted("D") {
        let what = "six k*2^n+1, the same n, p to 10^8";
        over_n(
            &report,
            &mark("D", what, 5_761_248, 31_210, 33.0),
            &MULTIPLIERS,
        );
    }
    if wanted("E") {
        let what = "n!+-1, n from 10,000 to 20,000, p to 2*10^7";
        let mark = mark("E", what, 1_270_608, 9_768, 1_270_608.0 / 120e3);
        products(&report, &mark, 10_000..20_001, false);
    }
    if wanted("F") {
        let what = "p#+-1, p from 10,000 to 200,000, to 2*10^7";
        let mark = mark("F", what, 1_270_576, 22_532, 1_270_576.0 / 14.8e3);
        products(&report, &mark, 10_000..200_001, true);
    }
}
