//! Where a search spends its time: sieve speed in primes a second, and the time of a test against
//! GMP's modular power with the same exponent, on the same core in the same run.

mod clock;

use darkreach_primes::{
    expression::Expression,
    forms::kbn::from_arguments,
    primality::{Method, Watch, test},
    search::{Control, Next, Search, UnitSnapshot},
    spec::SearchSpec,
};
use rug::Integer;

use self::clock::seconds;

struct Quiet;

impl Watch for Quiet {
    fn should_stop(&self) -> bool {
        false
    }
    fn progress(&self, _: u64, _: u64) {}
}

impl Control for Quiet {
    fn should_stop(&self) -> bool {
        false
    }
    fn wants_snapshot(&self) -> bool {
        false
    }
    fn snapshot(&self, _: UnitSnapshot) {}
}

/// Runs the sieve of a search to a depth and prints its speed.
fn sieve(k: &str, n: &str, c: i32, limit: u64) {
    let (form, range) = from_arguments(k, n, 2, c).expect("the search is valid");
    let mut spec = SearchSpec::new(form, range).expect("the search is valid");
    let default = spec.sieve_limit;
    spec.sieve_limit = limit;
    let mut search = Search::new(&spec).expect("the search is valid");
    let start = seconds();
    let mut slowest: f64 = 0.0;
    let mut units = 0;
    while let Next::Unit(unit) = search.next() {
        if unit.describe().starts_with("test") {
            break;
        }
        let begun = seconds();
        search.complete(unit.run(&Quiet));
        slowest = slowest.max(seconds() - begun);
        units += 1;
    }
    let spent = seconds() - start;
    let primes = (limit as f64) / ((limit as f64).ln() - 1.0);
    println!(
        "sieve {:<38} to {limit:>10}: {spent:7.3} s, {:6.0} ns a prime, {:6.2} M primes/s, {units} units, slowest {:.0} ms, {} left, default limit {default}",
        spec.describe(),
        spent / primes * 1e9,
        primes / spent * 1e-6,
        slowest * 1e3,
        search.progress().candidates - search.progress().sieved,
    );
}

/// Runs a whole search and compares with the cost model.
fn whole(k: &str, n: &str, base: u32, c: i32) {
    let (form, range) = from_arguments(k, n, base, c).expect("the search is valid");
    let spec = SearchSpec::new(form, range).expect("the search is valid");
    let mut search = Search::new(&spec).expect("the search is valid");
    let start = seconds();
    let mut sieve = 0.0;
    while let Next::Unit(unit) = search.next() {
        if sieve == 0.0 && unit.describe().starts_with("test") {
            sieve = seconds() - start;
        }
        search.complete(unit.run(&Quiet));
    }
    let spent = seconds() - start;
    let progress = search.progress();
    println!(
        "whole {:<38}: {spent:7.3} s, of it sieve {sieve:.3} s to {}, model {:.3} s, {} of {} tested, {} primes",
        spec.describe(),
        spec.sieve_limit,
        spec.cost(),
        progress.tested,
        progress.candidates,
        progress.primes,
    );
}

/// Times one test against GMP.
fn compare(text: &str, method: Method) {
    let expression: Expression = text.parse().expect("an expression");
    let n = expression.value().expect("a value");
    let repeat = (200_000_000 / u64::from(n.significant_bits()).pow(2)).clamp(1, 200);
    let start = seconds();
    for _ in 0..repeat {
        test(&expression, method, &Quiet).expect("nobody stops it");
    }
    let ours = (seconds() - start) / repeat as f64;
    let exponent = Integer::from(&n - 1);
    let start = seconds();
    for _ in 0..repeat {
        std::hint::black_box(Integer::from(3).pow_mod(&exponent, &n)).expect("a power");
    }
    let gmp = (seconds() - start) / repeat as f64;
    println!(
        "test {text:<20} {method:?}: {:9.3} ms, GMP's power {:9.3} ms, ratio {:.2}",
        ours * 1e3,
        gmp * 1e3,
        ours / gmp
    );
}

fn main() {
    sieve("1..1000000", "100000", 1, 20_000_000);
    sieve("1..1000000", "1000", 1, 20_000_000);
    sieve("1..10000", "1000", 1, 20_000_000);
    sieve("3", "1..10000", 1, 2_000_000);
    sieve("3", "100000..110000", 1, 2_000_000);
    sieve("3", "1000000..1100000", -1, 1_000_000);
    whole("1..100000", "300", 2, 1);
    whole("1..20000", "1000", 2, 1);
    whole("1..20000", "1000", 2, -1);
    whole("1..1000", "5000", 2, 1);
    whole("3", "1..3000", 2, 1);
    whole("1..3000", "500", 3, 1);
    for n in [500, 1000, 2000, 5000, 10_000, 20_000] {
        compare(&format!("27*2^{n}+1"), Method::Prp);
        compare(&format!("27*2^{n}-1"), Method::Auto);
    }
    compare("26*3^3000+1", Method::Prp);
    compare("26*3^3000-1", Method::Prp);
}
