//! Number theory on 64-bit words: exact primality, factorisation, powers. What the sieves and the
//! proofs of large numbers stand on, so everything here is proved, never probable.

mod factor;
mod montgomery;
mod primality;
mod primes;

pub(crate) use factor::{gcd, prime_factors};
pub(crate) use montgomery::Montgomery;
pub(crate) use primality::{is_prime, pow_mod};
pub(crate) use primes::{for_prime_slices, for_primes, primes_up_to};
