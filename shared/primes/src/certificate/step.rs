//! One step of a certificate: that a number is prime, by one theorem, given that smaller numbers are.
//!
//! Everything that the theorem speaks of is written down, also what could be computed again (F, r, s),
//! so that a reader sees what is claimed and a damaged file contradicts itself.

use rug::Integer;
use serde::{Deserialize, Serialize};

use super::decimal;

/// A number with the evidence that it is prime. The theorems and their conditions are stated in
/// `docs/proofs-of-primality.md`, the fields in `docs/certificates.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "theorem", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Step {
    /// n < 2^64, decided by strong probable prime tests to the seven bases of Sinclair (2011).
    Small {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
    },
    /// Proth 1878: n = k*2^e+1, k < 2^e, a^((n-1)/2) = -1 (mod n).
    Proth {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The multiplier, odd.
        #[serde(with = "decimal")]
        k: Integer,
        /// The exponent of 2.
        e: u32,
        /// The witness.
        a: u64,
    },
    /// Lucas, Lehmer, Riesel 1969 with the start value of Rodseth 1994: n = k*2^e-1, k odd, k < 2^e.
    Llr {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The multiplier, odd.
        #[serde(with = "decimal")]
        k: Integer,
        /// The exponent of 2.
        e: u32,
        /// P1 of the start value u_0 = V_k(P1, 1).
        p1: u64,
    },
    /// Pocklington 1914: f divides n-1, (f+1)^2 > n, one witness for each prime of f.
    Pocklington {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The factored part of n-1.
        #[serde(with = "decimal")]
        f: Integer,
        /// Its primes, ascending.
        witnesses: Vec<Base>,
    },
    /// Brillhart, Lehmer, Selfridge 1975, theorem 3: one large prime q of n-1.
    Bls3 {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The large prime.
        #[serde(with = "decimal")]
        q: Integer,
        /// The witness: a^((n-1)/2) = -1, a^((n-1)/(2q)) != -1.
        a: u64,
    },
    /// Brillhart, Lehmer, Selfridge 1975, theorem 5 with m = 1: f above about the cube root of n.
    Bls5 {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The factored part of n-1, even.
        #[serde(with = "decimal")]
        f: Integer,
        /// (n-1)/f = 2*f*s + r with 1 <= r < 2f.
        #[serde(with = "decimal")]
        r: Integer,
        /// See r.
        #[serde(with = "decimal")]
        s: Integer,
        /// The primes of f, ascending.
        witnesses: Vec<Base>,
    },
    /// Morrison 1975: f divides n+1, (f-1)^2 > n, Lucas sequences of one discriminant.
    Morrison {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The factored part of n+1.
        #[serde(with = "decimal")]
        f: Integer,
        /// The discriminant, (d/n) = -1.
        d: i64,
        /// The primes of f, ascending.
        witnesses: Vec<Element>,
    },
    /// Brillhart, Lehmer, Selfridge 1975, theorem 15: one large prime q of n+1.
    Bls15 {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The large prime.
        #[serde(with = "decimal")]
        q: Integer,
        /// The discriminant, (d/n) = -1.
        d: i64,
        /// The element: V_((n+1)/2) = -2 and V_((n+1)/(2q)) + 2 is coprime to n.
        x: u64,
    },
    /// Brillhart, Lehmer, Selfridge 1975, theorem 17 with m = 1: f above about the cube root of n.
    Bls17 {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The factored part of n+1, even.
        #[serde(with = "decimal")]
        f: Integer,
        /// (n+1)/f = 2*f*s + r with |r| < f.
        #[serde(with = "decimal")]
        r: Integer,
        /// See r.
        #[serde(with = "decimal")]
        s: Integer,
        /// The discriminant, (d/n) = -1.
        d: i64,
        /// The primes of f, ascending.
        witnesses: Vec<Element>,
    },
    /// Factors of n-1 and of n+1 together; the divisors in the residue classes that are left are
    /// excluded by the algorithm of H. W. Lenstra 1984.
    Combined {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The factored part of n-1.
        #[serde(with = "decimal")]
        f1: Integer,
        /// The primes of f1, ascending.
        minus: Vec<Base>,
        /// The factored part of n+1.
        #[serde(with = "decimal")]
        f2: Integer,
        /// The discriminant, (d/n) = -1.
        d: i64,
        /// The primes of f2, ascending.
        plus: Vec<Element>,
    },
    /// Goldwasser, Kilian 1986; Atkin, Morain 1993: the curve y^2 = x^3 + a*x + b modulo n with the
    /// point (x, y), whose order m has the prime divisor q > (n^(1/4)+1)^2.
    Ecpp {
        /// The number.
        #[serde(with = "decimal")]
        n: Integer,
        /// The order of the curve.
        #[serde(with = "decimal")]
        m: Integer,
        /// The large prime of the order.
        #[serde(with = "decimal")]
        q: Integer,
        /// The curve.
        #[serde(with = "decimal")]
        a: Integer,
        /// The curve.
        #[serde(with = "decimal")]
        b: Integer,
        /// The point.
        #[serde(with = "decimal")]
        x: Integer,
        /// The point.
        #[serde(with = "decimal")]
        y: Integer,
    },
}

/// A prime q of n-1 with a base: a^(n-1) = 1 (mod n) and gcd(a^((n-1)/q) - 1, n) = 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The prime.
    #[serde(with = "decimal")]
    pub q: Integer,
    /// The base.
    pub a: u64,
}

/// A prime q of n+1 with an element of norm 1, (x + sqrt d)/(x - sqrt d), whose m-th power has the
/// trace V_m: V_(n+1) = 2 (mod n) and gcd(V_((n+1)/q) - 2, n) = 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// The prime.
    #[serde(with = "decimal")]
    pub q: Integer,
    /// The element; V_1 = 2*(x^2+d)/(x^2-d).
    pub x: u64,
}

impl Step {
    /// The number that it proves prime.
    pub fn n(&self) -> &Integer {
        match self {
            Self::Small { n }
            | Self::Proth { n, .. }
            | Self::Llr { n, .. }
            | Self::Pocklington { n, .. }
            | Self::Bls3 { n, .. }
            | Self::Bls5 { n, .. }
            | Self::Morrison { n, .. }
            | Self::Bls15 { n, .. }
            | Self::Bls17 { n, .. }
            | Self::Combined { n, .. }
            | Self::Ecpp { n, .. } => n,
        }
    }

    /// The theorem's short name, as files and output write it.
    pub fn theorem(&self) -> &'static str {
        match self {
            Self::Small { .. } => "small",
            Self::Proth { .. } => "proth",
            Self::Llr { .. } => "llr",
            Self::Pocklington { .. } => "pocklington",
            Self::Bls3 { .. } => "bls3",
            Self::Bls5 { .. } => "bls5",
            Self::Morrison { .. } => "morrison",
            Self::Bls15 { .. } => "bls15",
            Self::Bls17 { .. } => "bls17",
            Self::Combined { .. } => "combined",
            Self::Ecpp { .. } => "ecpp",
        }
    }

    /// The numbers whose primality it takes for granted.
    pub fn rests_on(&self) -> Vec<&Integer> {
        match self {
            Self::Small { .. } | Self::Proth { .. } | Self::Llr { .. } => Vec::new(),
            Self::Pocklington { witnesses, .. } | Self::Bls5 { witnesses, .. } => {
                witnesses.iter().map(|witness| &witness.q).collect()
            }
            Self::Morrison { witnesses, .. } | Self::Bls17 { witnesses, .. } => {
                witnesses.iter().map(|witness| &witness.q).collect()
            }
            Self::Combined { minus, plus, .. } => minus
                .iter()
                .map(|witness| &witness.q)
                .chain(plus.iter().map(|witness| &witness.q))
                .collect(),
            Self::Bls3 { q, .. } | Self::Bls15 { q, .. } | Self::Ecpp { q, .. } => vec![q],
        }
    }
}
