//! Prime factors of the divisors of N-1 and N+1: small ones by trial division, all of a word, and what is
//! left if it is probably prime itself.

use rug::{Integer, integer::IsPrime};

use crate::word::{prime_factors, primes_up_to};

/// Trial division goes up to here.
const TRIAL: u32 = 1 << 17;

/// Finds prime factors; keeps what all numbers share.
pub(crate) struct Factorer {
    primorial: Integer,
    primes: Vec<u64>,
    /// Longer cofactors are not tested: nobody could prove them.
    largest: u32,
}

impl Factorer {
    /// For prime factors of at most so many bits.
    pub(crate) fn new(largest: u32) -> Self {
        Self {
            primorial: Integer::from(Integer::primorial(TRIAL)),
            primes: primes_up_to(TRIAL.into()),
            largest,
        }
    }

    /// Prime factors of n >= 1, each once; those above 2^64 are probable primes. Some may be missing.
    pub(crate) fn primes_of(&self, n: &Integer) -> Vec<Integer> {
        let mut found = Vec::new();
        let mut rest = n.clone();
        if let Some(word) = n.to_u64() {
            return prime_factors(word.max(1))
                .into_iter()
                .map(Integer::from)
                .collect();
        }
        let common = Integer::from(rest.gcd_ref(&self.primorial));
        if common != 1 {
            for &p in &self.primes {
                if common.is_divisible_u(p as u32) {
                    rest.remove_factor_mut(&Integer::from(p));
                    found.push(Integer::from(p));
                }
            }
        }
        if let Some(word) = rest.to_u64() {
            found.extend(prime_factors(word.max(1)).into_iter().map(Integer::from));
        } else if rest.significant_bits() <= self.largest
            && rest.is_probably_prime(25) != IsPrime::No
        {
            found.push(rest);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_factors_words_and_large_primes_are_found() {
        let factorer = Factorer::new(1000);
        let large = (Integer::from(1) << 100u32).next_prime();
        let n = Integer::from(Integer::factorial(30)) * &large;
        let found = factorer.primes_of(&n);
        assert_eq!(found.len(), 11);
        assert_eq!(found.last(), Some(&large));
        let word = Integer::from(4_294_967_291u64) * 4_294_967_279u64;
        let found = factorer.primes_of(&(word * 97u32));
        assert_eq!(found, [97u64, 4_294_967_279, 4_294_967_291]);
        assert!(Factorer::new(80).primes_of(&large).is_empty());
        assert!(factorer.primes_of(&Integer::from(1)).is_empty());
    }
}
