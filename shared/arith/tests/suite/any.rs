//! Any modulus by two transforms, against GMP.

use darkreach_arith::{Backend, Isa, Modulus, Options, Ring};
use rug::{Integer, ops::Pow};

use crate::support::{check, random, random_below, ring};

/// Odd numbers without a shape that the ring knows, of all looks, of about so many bits.
fn moduli(bits: u32, state: &mut u64) -> Vec<Integer> {
    let one = Integer::from(1);
    let whole = Integer::from(&one << bits);
    let digits = f64::from(bits) * 2f64.log10();
    let palindrome = Integer::from(10).pow(digits as u32)
        + 1u32
        + Integer::from(5) * Integer::from(10).pow(digits as u32 / 2);
    vec![
        random_below(&whole, state) | 1u32,
        // Sparse, all ones, and alternating: digits that are all zero, or alike.
        Integer::from(&whole + 1u32),
        Integer::from(&whole - 1u32),
        Integer::from(&whole / 3u32) | 1u32,
        Integer::from(&whole / 7u32) | 1u32,
        (Integer::from(&whole - 1u32) << (bits / 3)) | 1u32,
        palindrome | 1u32,
        // A divisor of 2^m+1 for many m.
        Integer::from(&one << (bits / 16 * 16)) + 1u32,
        Integer::from(3).pow((f64::from(bits) / 3f64.log2()) as u32),
    ]
}

fn sweep(sizes: &[u32], chain: usize) {
    let mut state = 11;
    for isa in Isa::available() {
        for &bits in sizes {
            for value in moduli(bits, &mut state) {
                let modulus = Modulus::integer(value).expect("above 1");
                let ring = ring(&modulus, isa, None).expect("every odd number has a transform");
                check(&modulus, &ring, &mut state, chain);
            }
        }
    }
}

#[test]
fn short_numbers_of_any_look_agree_with_gmp() {
    sweep(&[1_000, 2_777, 5_000], 80);
}

#[test]
fn longer_numbers_of_any_look_agree_with_gmp() {
    sweep(&[20_000], 20);
}

#[test]
fn an_even_number_has_a_ring_but_no_transform() {
    let even = Modulus::integer(Integer::from(10).pow(7_000)).expect("above 1");
    let ring = Ring::new(&even, Options::default()).expect("GMP serves");
    assert_eq!(ring.length(), None);
    check(&even, &ring, &mut 3, 3);
    let error = Ring::new(&even, Options::default().with_backend(Backend::Transform))
        .expect_err("there is no transform");
    assert!(error.to_string().contains("even"), "{error}");
}

#[test]
fn known_long_divisors_of_two_to_the_m_plus_one_do_not_disturb() {
    let mut state = random(&mut 5);
    for m in [4_096u32, 4_112, 4_128, 8_192] {
        let n = (Integer::from(1) << m) + 1u32;
        let modulus = Modulus::integer(n).expect("above 1");
        let ring = ring(&modulus, Isa::best(), None).expect("odd");
        check(&modulus, &ring, &mut state, 60);
    }
}
