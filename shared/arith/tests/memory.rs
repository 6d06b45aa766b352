//! The memory that a ring says it needs is what it takes: at most as much, and not many times less. A
//! program of its own, because the peak is that of the whole process.
#![cfg(target_os = "linux")]

use std::process::Command;

use darkreach_arith::{Backend, Modulus, Options, Ring, RingError};
use rug::{Integer, ops::Pow};

/// The peak of this process' resident memory in bytes, and from now on anew.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .expect("the kernel reports it");
    let kilobytes: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number");
    std::fs::write("/proc/self/clear_refs", "5").expect("one's own may be reset");
    kilobytes << 10
}

/// What the ring for a modulus says that it needs.
fn needed(modulus: &Modulus, options: Options) -> u64 {
    match Ring::new(modulus, options.with_memory(0)) {
        Err(RingError::TooLarge { bytes, .. }) => bytes,
        other => panic!("{other:?}"),
    }
}

/// The kinds of ring that are looked at.
const KINDS: [&str; 6] = ["special", "long k", "padded", "decimal", "any", "GMP"];

/// Which of them this process is to look at.
const KIND: &str = "DARKREACH_MEMORY_OF";

/// Every kind in a process of its own, since memory that was freed is taken again unseen.
#[test]
fn a_ring_takes_no_more_memory_than_it_says() {
    if let Ok(kind) = std::env::var(KIND) {
        return look_at(&kind);
    }
    for kind in KINDS {
        let output = Command::new(std::env::current_exe().expect("this program has a path"))
            .args(["a_ring_takes_no_more_memory_than_it_says", "--exact"])
            .env(KIND, kind)
            .output()
            .expect("it can be started");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{kind}: {said}");
    }
}

fn look_at(kind: &str) {
    let special = |k, b, n, c| Modulus::kbnc(k, b, n, c).expect("valid");
    let transform = Options::default().with_backend(Backend::Transform);
    let (modulus, options) = match kind {
        "special" => (special(3, 2, 800_000, -1), transform),
        "long k" => (special(1_048_575, 2, 700_000, 1), transform),
        "padded" => (special((1 << 40) - 87, 2, 700_000, 1), transform),
        "decimal" => (special(7, 10, 220_000, 1), transform),
        "any" => (special(3, 2, 800_000, -1), transform.without_form()),
        "GMP" => (
            special(3, 2, 800_000, -1),
            transform.with_backend(Backend::Gmp),
        ),
        other => panic!("{other} is no kind"),
    };
    let needed = needed(&modulus, options);
    let start = Integer::from(7).pow(250_000);
    peak();
    let before = peak();
    let ring = Ring::new(&modulus, options).expect("there is memory for it");
    let mut x = ring.residue(&start);
    // By GMP and by the transform, with every kind of scratch space.
    let factor = ring.factor(&x);
    for _ in 0..52 {
        ring.square_sub(&mut x, 2);
    }
    let y = x.clone();
    ring.mul(&mut x, &y);
    ring.mul_factor(&mut x, &factor);
    drop((ring.to_bytes(&x), y));
    let taken = peak() - before;
    assert!(taken <= needed, "{kind}: {taken} of {needed}");
    assert!(taken >= needed / 5, "{kind}: {taken} of {needed}");
    println!("{kind}: {taken} of {needed}");
}
