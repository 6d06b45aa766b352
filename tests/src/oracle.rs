//! The right answers, from GMP alone: no sieve, no ring, no code of the project.

use rug::{Complete, Integer, integer::IsPrime};

/// k*b^n+c.
pub fn kbnc(k: u64, b: u32, n: u32, c: i32) -> Integer {
    Integer::from(k) * Integer::u_pow_u(b, n).complete() + c
}

/// Whether GMP calls it prime (Baillie-PSW and 25 rounds).
pub fn is_prime(n: &Integer) -> bool {
    n.is_probably_prime(25) != IsPrime::No
}

/// The low 64 bits of 3^(N-1) mod N as 16 hexadecimal digits.
pub fn res64(n: &Integer) -> String {
    let residue = Integer::from(3)
        .pow_mod(&(n - Integer::from(1)), n)
        .expect("a positive exponent has a power");
    format!("{:016X}", residue.to_u64_wrapping())
}
