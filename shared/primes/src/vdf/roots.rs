//! Elements of small order, and what they could forge.
//!
//! Whoever knows an element rho of small order q can multiply the result and some products by powers of
//! it, and a fraction of about 1/q of all challenges does not notice. For a composite N nobody knows any
//! but -1 (and what follows from known factors); for a prime N they are the a^((N-1)/q), q a prime factor
//! of N-1: that is how a prime could be hidden. But then the true result is 1, so the forged one is an
//! element of small order itself, and that is what is looked for: a result r with r^E = 1, E the product
//! of powers of all small primes that divide N-1, each about 2^64.
//!
//! Primes above [`LIMIT`] are not looked for where N-1 is not factored: to forge with one of them takes
//! as many tries with the hash as it is large, each of some hundred products.

use rug::Integer;

use super::statement::Statement;
use crate::{
    strong::chain::residue,
    word::{prime_factors, primes_up_to},
};

/// Where N-1 is not known in factors, primes up to here are looked for.
pub const LIMIT: u64 = 1 << 20;

/// Each prime counts as often as makes so many bits, or as often as it divides N-1.
const BITS: u32 = 64;

/// Knows the exponent E for one N.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootGuard {
    exponent: Integer,
    /// What a^e of the statement can be for a prime N: one value, or 1 and -1.
    of_prime: Vec<Integer>,
}

/// Why forged results could not be told from true ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoGuard {
    /// There are so many elements of small order that to look for them would cost as much as the test.
    #[error(
        "N-1 has small prime factors of {bits} bits together, up to {most} are affordable: tests of this \
         number cannot be proved, only repeated"
    )]
    Smooth {
        /// Bits of the exponent E.
        bits: u32,
        /// Bits that are worth it.
        most: u32,
    },
    /// It is not known what the power is if N is prime.
    #[error("the exponent is neither near N-1 nor (N-1)/2: the power says nothing about N")]
    Exponent,
}

impl RootGuard {
    /// The guard of a statement's N. Its work is small against the test's, except where `NoGuard` says
    /// that there is none: n!+1 and p#+1.
    ///
    /// # Errors
    /// [`NoGuard`].
    pub fn new(statement: &Statement<'_>) -> Result<Self, NoGuard> {
        let n = statement.modulus();
        let group = Integer::from(n - 1);
        let primes = match statement.known_primes() {
            Some(primes) => primes,
            None => small_divisors(&group),
        };
        let most = (statement.steps() / 64) as u32 + 4096;
        let mut exponent = Integer::from(1);
        for q in primes {
            exponent *= part(&group, q);
            let bits = exponent.significant_bits();
            if bits > most {
                return Err(NoGuard::Smooth { bits, most });
            }
        }
        Ok(Self {
            exponent,
            of_prime: statement.of_prime().ok_or(NoGuard::Exponent)?,
        })
    }

    /// Whether the result is another one than that of a prime, but differs by an element of small order.
    pub(super) fn refuses(&self, statement: &Statement<'_>, result: &Integer) -> bool {
        if self.of_prime.contains(result) {
            return false;
        }
        let (n, ring) = (statement.modulus(), statement.ring);
        let Ok(inverse) = Integer::from(&self.of_prime[0]).invert(n) else {
            // A small prime divides N, which is then no prime.
            return false;
        };
        let quotient = inverse * result % n;
        let root = super::fold::power(ring, &residue(ring, &quotient), &self.exponent);
        ring.to_integer(&root) == 1
    }
}

impl Statement<'_> {
    /// All primes of N-1, where N-1 is the exponent k*b^n.
    fn known_primes(&self) -> Option<Vec<u64>> {
        let super::statement::Exponent::Equal { k, b, .. } = self.exponent else {
            return None;
        };
        if self.exponent() + 1 != *self.modulus() {
            return None;
        }
        let mut primes = prime_factors(k);
        primes.extend(prime_factors(b.into()));
        primes.sort_unstable();
        primes.dedup();
        Some(primes)
    }

    /// What a^e modulo N can be if N is prime, where e counts modulo N-1.
    fn of_prime(&self) -> Option<Vec<Integer>> {
        let n = self.modulus();
        let group = Integer::from(n - 1);
        let rest = self.exponent() - &group;
        if self.exponent() * 2 == group {
            return Some(vec![Integer::from(1), group]);
        }
        if rest.significant_bits() > 64 {
            return None;
        }
        Integer::from(self.a)
            .pow_mod(&rest, n)
            .ok()
            .map(|value| vec![value])
    }
}

/// q^j, as often as q divides the group's order, but not much above 2^[`BITS`].
fn part(group: &Integer, q: u64) -> Integer {
    let mut rest = group.clone();
    let mut part = Integer::from(1);
    while part.significant_bits() <= BITS && rest.is_divisible(&Integer::from(q)) {
        rest /= q;
        part *= q;
    }
    part
}

/// The primes up to [`LIMIT`] that divide a number, by remainders modulo products of some hundred.
fn small_divisors(value: &Integer) -> Vec<u64> {
    primes_up_to(LIMIT)
        .chunks(256)
        .flat_map(|primes| {
            let product: Integer = primes.iter().copied().map(Integer::from).product();
            let rest = Integer::from(value % &product);
            primes
                .iter()
                .copied()
                .filter(move |&p| rest.is_divisible(&Integer::from(p)))
                .collect::<Vec<_>>()
        })
        .collect()
}
