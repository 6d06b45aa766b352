//! What checking and proving a long test costs, as shares of the test: every part is computed by the code
//! that computes it in a test, on values of the real size, and timed against squarings in the same run.
//!
//! `cargo bench -p darkreach-primes --bench proofs [-- BITS]`; 1,000,000 bits by default. With `--whole`
//! also whole chains with and without the check, which takes as long as the tests do.

use std::{hint::black_box, sync::LazyLock, time::Instant};

use darkreach_arith::{Modulus, Options, Ring};
use darkreach_primes::{
    strong::{Block, Chain, Digits, EqualPowers, LucasPowers, Run, Start},
    vdf::{MemoryPoints, Points, RootGuard, Statement, build, certify, prove},
};
use rug::{Integer, integer::Order};

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

/// Seconds of one run.
fn once(mut work: impl FnMut()) -> f64 {
    let start = seconds();
    work();
    seconds() - start
}

/// Seconds of each of so many runs that the system's account of them, which it keeps in steps of some
/// milliseconds, is near enough.
fn time(mut work: impl FnMut()) -> f64 {
    let start = seconds();
    let mut count = 0;
    while count < 3 || seconds() - start < 0.2 {
        work();
        count += 1;
    }
    (seconds() - start) / f64::from(count)
}

/// A number below N, the same in every run.
fn random(n: &Integer, seed: u64) -> Integer {
    let mut state = seed;
    let limbs: Vec<u64> = (0..n.significant_digits::<u64>())
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state ^ state >> 29
        })
        .collect();
    Integer::from_digits(&limbs, Order::Lsf) % n
}

fn ring(modulus: &Modulus) -> Ring {
    Ring::new(modulus, Options::default().with_memory(u64::MAX)).expect("every modulus has a ring")
}

/// Prints the check's share of a chain, from its parts, and returns it with the seconds of the chain.
fn check<C: Chain>(name: &str, chain: &C) -> (f64, f64) {
    let values: Vec<Vec<Integer>> = (1..=2)
        .map(|seed| {
            let parts = 0..chain.width() as u64;
            parts
                .map(|part| random(chain.modulus(), 10 * seed + part))
                .collect()
        })
        .collect();
    let (mut x, mut d) = (chain.element(&values[0]), chain.element(&values[1]));
    let mut position = 0;
    let step = time(|| {
        for _ in 0..20 {
            chain.step(&mut x, position);
            position += 1;
        }
    }) / 20.0;
    let mul = time(|| chain.mul(&mut d, &x));
    let canonical = time(|| drop(black_box(chain.value(&x))));
    let product = time(|| drop(black_box(chain.product(&values[0], &values[1]))));
    let (mut at, mut spent, mut blocks, mut longest) = (0, 0.0, 0, 0);
    while at < chain.total() {
        let block = Block::at(at, chain.total(), chain.weight());
        // The same steps as in the chain; one block is made in full to see that they are.
        spent += block.segment as f64 * step
            + block.segments as f64 * mul
            + 3.0 * canonical
            + 2.0 * product;
        longest = longest.max(block.segment);
        blocks += 1;
        at = block.end();
    }
    let first = Block::at(0, chain.total(), chain.weight());
    let raised = once(|| drop(black_box(chain.raise(&d, &first))));
    spent += raised - first.segment as f64 * step;
    let test = chain.total() as f64 * step;
    println!(
        "check {name:<24} {:>9} steps of {:8.1} us, product {:4.2} steps, canonical value {:5.1}, GMP's product {:5.1}, \
         {blocks} blocks of segments up to {longest}: {:6.3} % of the chain",
        chain.total(),
        step * 1e6,
        mul / step,
        canonical / step,
        product / step,
        100.0 * spent / test,
    );
    (spent / test, test)
}

/// The first modulus with a multiplier from `k` on that small primes do not divide, as in a search.
fn sieved(k: u64, b: u32, n: u32, c: i64) -> (u64, Modulus) {
    (k..)
        .filter(|k| k % u64::from(b) != 0)
        .filter_map(|k| Some((k, Modulus::kbnc(k, b, n, c).ok()?)))
        .find(|(_, modulus)| (3..5000).all(|p| !modulus.value().is_divisible_u(p)))
        .expect("most multipliers have no such factor")
}

/// Prints the shares of a proof.
fn proof(name: &str, statement: &Statement<'_>, checked: f64, test: f64) {
    let n = statement.modulus();
    let bits = n.significant_bits();
    let plan = statement.plan().expect("it is long enough");
    let mut points = MemoryPoints::default();
    for number in 1..=plan.points() {
        let Ok(()) = points.put(number, &random(n, number.into())) else {
            unreachable!("memory has room");
        };
    }
    let ring = statement.ring();
    let value = ring.residue(&random(n, 5));
    let keep = time(|| drop(black_box(ring.to_integer(&value)))) * f64::from(plan.points());
    let result = random(n, u64::from(plan.points()));
    let nonce = [1; 32];
    let mut made = None;
    let prove = once(|| {
        made = prove(statement, &plan, &nonce, &result, &mut points).ok();
    });
    let proof = made.expect("the computer computes");
    let mut guard = None;
    let guarded = once(|| guard = RootGuard::new(statement).ok());
    let guard = guard.expect("N-1 is not smooth");
    let mut built = None;
    let build = once(|| {
        built = build(statement, &plan, &guard, &nonce, 5, &proof).ok();
    });
    let built = built.expect("the values are random and prime to N");
    let certify = once(|| {
        certify(ring, &built.task).expect("the computer computes");
    });
    let share = |seconds: f64| 100.0 * seconds / test;
    println!(
        "proof {name:<24} power {}, {} values kept ({:.1} MB), proof {:.2} MB: keep {:.3} %, prove {:.3} %, with the check \
         {:.3} % of the test; server: guard {:.3} %, build {:.3} %; certify ({} steps) {:.3} %",
        plan.power(),
        plan.points(),
        plan.disk_bytes(bits) as f64 * 1e-6,
        proof.to_bytes().len() as f64 * 1e-6,
        share(keep),
        share(prove),
        100.0 * checked + share(keep + prove),
        share(guarded),
        share(build),
        plan.certify_steps(),
        share(certify),
    );
}

/// Whole chains, checked and unchecked.
fn whole<C: Chain>(name: &str, chain: &C) {
    let plain = once(|| {
        let mut x = chain.start();
        for position in 0..chain.total() {
            chain.step(&mut x, position);
        }
        drop(black_box(chain.value(&x)));
    });
    let checked = once(|| {
        let run = Run::new(chain).expect("the computer computes");
        run.finish(|_| Ok::<(), ()>(()))
            .expect("the computer computes");
    });
    println!(
        "whole {name:<24} {plain:.2} s, checked {checked:.2} s: {:+.3} %",
        100.0 * (checked / plain - 1.0)
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let bits: u32 = arguments
        .iter()
        .find_map(|a| a.parse().ok())
        .unwrap_or(1_000_000);
    let all = arguments.iter().any(|a| a == "--whole");

    for c in [1, -1] {
        let (k, modulus) = sieved(3, 2, bits, c);
        let name = format!("{k}*2^{bits}{c:+}");
        let ring = ring(&modulus);
        let chain = EqualPowers::new(&ring, Start::Power { a: 3, k }, 2, bits.into());
        let (checked, test) = check(&name, &chain);
        let statement = Statement::equal_powers(&ring, 3, k, 2, bits.into());
        proof(&name, &statement, checked, test);
        if all {
            whole(&name, &chain);
        }
        if c < 0 {
            let exponent = Integer::from(ring.modulus() + 1);
            let pairs = LucasPowers::new(&ring, 2, exponent).expect("4 is in range");
            let (checked, pairs) = check(&format!("{name} Lucas pairs"), &pairs);
            println!(
                "      the checked Lucas chain takes {:.2} times the chain of squares (V alone, unchecked: about as long as \
                 that)",
                pairs * (1.0 + checked) / test
            );
        }
    }
    let n = (f64::from(bits) / 5f64.log2()) as u32;
    let (k, modulus) = sieved(4, 5, n, -1);
    let name = format!("{k}*5^{n}-1");
    let fives = ring(&modulus);
    let chain = EqualPowers::new(&fives, Start::Power { a: 3, k }, 5, n.into());
    let (checked, test) = check(&name, &chain);
    let statement = Statement::equal_powers(&fives, 3, k, 5, n.into());
    proof(&name, &statement, checked, test);
    let exponent = Integer::from(fives.modulus() - 1);
    let (checked, digits) = check(
        &format!("{name} by digits"),
        &Digits::new(&fives, 3, &exponent),
    );
    println!(
        "      by digits it takes {:.2} of the chain of fifth powers",
        digits / test
    );
    let statement = Statement::any_power(&fives, 3, exponent);
    proof(&format!("{name} by digits"), &statement, checked, digits);

    let (_, modulus) = sieved(1 << 40, 2, bits, 12_345);
    let any = ring(&Modulus::integer(modulus.value().clone()).expect("it is a modulus"));
    let exponent = Integer::from(any.modulus() - 1);
    let name = format!("2^{bits}+..., no form");
    let (checked, test) = check(&name, &Digits::new(&any, 3, &exponent));
    proof(
        &name,
        &Statement::any_power(&any, 3, exponent),
        checked,
        test,
    );
}
