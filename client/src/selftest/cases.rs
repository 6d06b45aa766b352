//! The numbers of the self-test, with the residues that other programs and lists published.

use darkreach_arith::Modulus;
use rug::{Complete, Integer};

/// A number by its shape.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// k*b^n+c.
    Power(u64, u32, u32, i64),
    /// (2^p+1)/3.
    Wagstaff(u32),
    /// n!+c.
    Factorial(u32, i32),
}

impl Number {
    /// The modulus; every number of the list has one.
    pub fn modulus(self) -> Option<Modulus> {
        match self {
            Self::Power(k, b, n, c) => Modulus::kbnc(k, b, n, c).ok(),
            Self::Wagstaff(p) => Modulus::kbnc(1, 2, p, 1)
                .and_then(|whole| whole.divided_by(&Integer::from(3)))
                .ok(),
            Self::Factorial(n, c) => Modulus::integer(Integer::factorial(n).complete() + c).ok(),
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Power(k, b, n, c) => write!(f, "{k}*{b}^{n}{c:+}"),
            Self::Wagstaff(p) => write!(f, "(2^{p}+1)/3"),
            Self::Factorial(n, c) => write!(f, "{n}!{c:+}"),
        }
    }
}

/// A number and the low 64 bits of 3^(N-1) mod N.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The number.
    pub number: Number,
    /// The published residue.
    pub res64: u64,
    /// Whether GMP computes it, too: only where that is quick.
    pub with_gmp: bool,
    /// Whether the transforms for any number compute it.
    pub any_number: bool,
    /// Whether batches compute it.
    pub batch: bool,
    /// Whether every family of lengths computes it.
    pub families: bool,
}

const fn small(number: Number, res64: u64) -> Case {
    Case {
        number,
        res64,
        with_gmp: true,
        any_number: true,
        batch: true,
        families: true,
    }
}

/// A prime that the transforms alone compute.
const fn prime(number: Number, families: bool) -> Case {
    Case {
        number,
        res64: 1,
        with_gmp: false,
        any_number: false,
        batch: false,
        families,
    }
}

/// The list. Primes are from the OEIS: A002253, A002254, A002235, A000043, the lists of
/// generalised Fermat primes, A000978, A002981, and the twins that Indlekofer and Jarai published in
/// 1994; residues of composites as PFGW and PRST report them.
pub const CASES: &[Case] = &[
    small(Number::Power(3, 2, 188, 1), 0xE362_E521_8682_A016),
    small(Number::Power(3, 2, 106, -1), 0x4119_195A_AC28_9097),
    small(Number::Power(2, 5, 117, 1), 0x8AA4_CF2C_74EA_BD69),
    small(Number::Power(6, 7, 120, 1), 0xA820_44FA_698C_F54B),
    small(Number::Wagstaff(97), 0xBEC6_6DD7_632F_C9AD),
    small(Number::Factorial(100, 1), 0xBEDC_1A74_20A1_E92D),
    small(Number::Power(3, 2, 2816, 1), 1),
    small(Number::Power(3, 2, 3276, -1), 1),
    small(Number::Power(5, 2, 3313, 1), 1),
    small(Number::Power(1, 2, 4423, -1), 1),
    small(Number::Wagstaff(3539), 1),
    small(Number::Factorial(427, 1), 1),
    prime(Number::Power(1, 2, 9689, -1), true),
    prime(Number::Power(1, 824, 1024, 1), true),
    prime(Number::Power(3, 2, 20909, 1), false),
    // k above 20 bits takes padded rows.
    prime(Number::Power(697_053_813, 2, 16_352, 1), false),
    prime(Number::Power(697_053_813, 2, 16_352, -1), false),
];
