//! The choice of m and of the length, and the constants of one N.

use std::sync::Arc;

use rug::{Integer, ops::RemRounding};

use super::exact;
use crate::{
    simd::Isa,
    threads::Pool,
    weighted::{
        engine::{self, Digits, Engine, Stored},
        limits::DEVIATION,
        words::Form,
    },
};

/// By how many bits m exceeds N at least.
pub(crate) const SLACK: u32 = 24;

/// m-1 is a multiple of this: then 2 has an order divisible by 32 modulo every odd prime p that divides
/// R = 2*(2^(m-1)+1), so that p = 1 (mod 32), and N is coprime to R at once nearly always.
const STEP: u32 = 16;

/// m is at least this: digits of two bits and more at the shortest length, or their carries would not come to rest.
const LEAST: u32 = 640;

/// How many m are tried for one that makes N and R coprime.
const TRIES: u32 = 64;

/// The topmost digits that are looked at count this many bits.
const LOOK: u32 = 40;

/// Arithmetic modulo one odd N.
#[derive(Debug)]
pub(crate) struct General {
    /// N.
    pub(super) modulus: Integer,
    /// m.
    pub(super) m: u32,
    /// N / 2^m.
    pub(super) size: f64,
    /// Modulo R = 2^m+2.
    pub(super) first: Engine,
    /// Modulo Q = 2^m+1.
    pub(super) second: Engine,
    /// U = -1/N mod R, and its transform.
    pub(super) inverse: Integer,
    pub(super) inverse_stored: Stored,
    /// The transform of N modulo Q.
    pub(super) modulus_stored: Stored,
    /// R and 1/R mod N.
    pub(super) scale: Integer,
    pub(super) unscale: Integer,
    /// What is kept for the value 1, and its size by 2^m.
    pub(super) one: Digits,
    pub(super) one_bound: f64,
    /// The products, modulo Q, that come to that number.
    pub(super) one_products: Digits,
    /// The digits at the top and their units by 2^m.
    pub(super) top: Vec<(usize, f64)>,
    /// The norm of the digits of U and of N by that of random digits, rounded up.
    pub(super) norms: [u32; 2],
    /// The expected deviation of the round-off of the worst of the three passes.
    pub(super) deviation: f64,
}

impl General {
    /// Arithmetic modulo N, with the smallest safe length or with a given one; none if N is even or
    /// below 2^64, or no length serves.
    pub(crate) fn new(modulus: &Integer, isa: Isa, length: Option<usize>) -> Option<Self> {
        let bits = modulus.significant_bits();
        let possible = 64..(1 << 31) - STEP * (TRIES + 2) - SLACK;
        if modulus.is_even() || !possible.contains(&bits) {
            return None;
        }
        let least = (bits + SLACK).max(LEAST).next_multiple_of(STEP) + 1;
        let (m, inverse) = (0..TRIES).map(|t| least + STEP * t).find_map(|m| {
            let inverse = Integer::from(modulus.invert_ref(&r(m))?);
            Some((m, r(m) - inverse))
        })?;
        // What U and N add to the round-off is looked at exactly, once the digits are there.
        let start = Self::engine(m, 2, isa, length, DEVIATION)?.length();
        let candidates = match length {
            Some(length) => vec![length],
            None => engine::lengths().filter(|&l| l >= start).take(4).collect(),
        };
        candidates
            .into_iter()
            .find_map(|length| Self::with_length(modulus, m, &inverse, isa, length))
    }

    fn engine(m: u32, c: i64, isa: Isa, length: Option<usize>, limit: f64) -> Option<Engine> {
        let form = Form {
            k: 1,
            b: 2,
            n: m,
            c,
        };
        let modulus = (Integer::from(1) << m) + c;
        Engine::with_limit(form, &modulus, isa, length, limit)
    }

    fn with_length(
        modulus: &Integer,
        m: u32,
        inverse: &Integer,
        isa: Isa,
        length: usize,
    ) -> Option<Self> {
        let first = Self::engine(m, 2, isa, Some(length), DEVIATION)?;
        let second = Self::engine(m, 1, isa, Some(length), DEVIATION)?;
        let u = first.residue(inverse);
        let n = second.residue(modulus);
        let (norm_u, norm_n) = (first.ratio(&u), second.ratio(&n));
        // The products of the last pass are sums of two that are independent.
        let deviation = (first.deviation() * norm_u.max(1.0))
            .max(second.deviation() * (1.0 + norm_n * norm_n).sqrt());
        if deviation > DEVIATION {
            return None;
        }
        let scale = r(m) % modulus;
        let unscale = Integer::from(scale.invert_ref(modulus)?).rem_euc(modulus);
        Some(Self {
            modulus: modulus.clone(),
            m,
            size: exact::fraction(modulus, m),
            inverse_stored: first.store(&u),
            modulus_stored: second.store(&n),
            inverse: inverse.clone(),
            one_products: {
                let mut one = second.residue(&scale);
                second.begin_product(&mut one, &second.store(&second.residue(&Integer::from(1))));
                one
            },
            one: second.residue(&scale),
            one_bound: exact::fraction(&scale, m),
            scale,
            unscale,
            top: second.top(LOOK),
            norms: [norm_u.ceil() as u32, norm_n.ceil() as u32],
            deviation,
            first,
            second,
        })
    }

    /// The same with the threads of a pool, for both moduli.
    pub(crate) fn with_pool(self, pool: &Arc<Pool>) -> Self {
        Self {
            first: self.first.with_pool(pool),
            second: self.second.with_pool(pool),
            ..self
        }
    }

    /// How many of so many threads can work on one product.
    pub(crate) fn useful_threads(&self, threads: usize) -> usize {
        self.first.useful_threads(threads)
    }

    /// How many threads work on one product.
    pub(crate) fn threads(&self) -> usize {
        self.first.threads()
    }

    /// Real words of each of the two transforms.
    pub(crate) fn length(&self) -> usize {
        self.first.length()
    }

    /// The instruction set.
    pub(crate) fn isa(&self) -> Isa {
        self.first.isa()
    }

    /// Bits that a digit stands for, on average.
    pub(crate) fn bits_per_word(&self) -> f64 {
        f64::from(self.m) / self.length() as f64
    }

    /// The expected standard deviation of the round-off.
    pub(crate) fn deviation(&self) -> f64 {
        self.deviation
    }
}

/// 2^m+2.
fn r(m: u32) -> Integer {
    (Integer::from(1) << m) + 2u32
}
