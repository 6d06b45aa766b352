//! The moduli that are measured, each with its mark: gwnum's time by that of GMP's x*x, as published in
//! `docs/arithmetic.md`.

use darkreach_arith::{Modulus, ModulusError};
use rug::{Complete, Integer, ops::Pow};

/// One row of the table.
pub(crate) struct Row {
    kind: Kind,
    /// The mark, if there is one.
    pub(crate) mark: Option<f64>,
}

/// What the modulus is.
enum Kind {
    /// k*b^n+c.
    Power(u64, u32, u32, i64),
    /// n!+1.
    Factorial(u32),
    /// The least odd palindrome of so many decimal digits whose middle reads 2718281.
    Palindrome(u32),
}

impl Row {
    /// What the row is called.
    pub(crate) fn name(&self) -> String {
        match self.kind {
            Kind::Power(k, b, n, c) => format!("{k}*{b}^{n}{c:+}"),
            Kind::Factorial(n) => format!("{n}!+1"),
            Kind::Palindrome(digits) => format!("palindrome {digits}"),
        }
    }

    /// The modulus.
    pub(crate) fn modulus(&self) -> Result<Modulus, ModulusError> {
        match self.kind {
            Kind::Power(k, b, n, c) => Modulus::kbnc(k, b, n, c),
            Kind::Factorial(n) => Modulus::integer(Integer::factorial(n).complete() + 1u32),
            Kind::Palindrome(digits) => {
                let ten = Integer::from(10);
                let middle = Integer::from(2_718_281 + 10_000_000 * 1_828_172u64);
                let ends = ten.clone().pow(digits - 1) + 1u32;
                Modulus::integer(ends + middle * ten.pow(digits / 2 - 7))
            }
        }
    }
}

impl Row {
    /// Whether the kernels that were not chosen are measured, too: for one modulus of each look and some lengths.
    pub(crate) fn kernels(&self) -> bool {
        matches!(
            self.kind,
            Kind::Power(10_223, 2, 10_000 | 100_000 | 1_000_000, 1)
                | Kind::Power(3, 2, 33_000, 1 | -1)
                | Kind::Power(1_234_567 | 3, 2, 1_000_000, _)
                | Kind::Power(12_347, 10, ..)
                | Kind::Factorial(3_000)
        )
    }
}

const fn power(k: u64, b: u32, n: u32, c: i64, mark: Option<f64>) -> Row {
    Row {
        kind: Kind::Power(k, b, n, c),
        mark,
    }
}

/// All rows, in the order of the table.
pub(crate) const ROWS: &[Row] = &[
    power(3, 2, 2_000, 1, None),
    power(3, 2, 3_300, 1, None),
    power(10_223, 2, 3_300, 1, Some(0.45)),
    power(3, 2, 3_300, -1, None),
    power(3, 2, 5_000, 1, None),
    power(3, 2, 5_000, -1, None),
    power(3, 2, 7_000, 1, None),
    power(3, 2, 10_000, 1, None),
    power(10_223, 2, 10_000, 1, Some(0.152)),
    power(3, 2, 10_000, -1, None),
    power(3, 2, 33_000, 1, None),
    power(10_223, 2, 33_000, 1, Some(0.082)),
    power(3, 2, 33_000, -1, None),
    power(3, 2, 100_000, 1, Some(0.041)),
    power(10_223, 2, 100_000, 1, Some(0.056)),
    power(1_234_567, 2, 100_000, 1, Some(0.075)),
    power(113_983, 2, 100_000, -1, Some(0.068)),
    power(3, 2, 100_000, -1, None),
    power(3, 2, 333_000, 1, None),
    power(10_223, 2, 333_000, 1, Some(0.063)),
    power(3, 2, 333_000, -1, None),
    power(3, 2, 1_000_000, 1, Some(0.049)),
    power(10_223, 2, 1_000_000, 1, Some(0.064)),
    power(1_234_567, 2, 1_000_000, 1, Some(0.112)),
    power(3, 2, 1_000_000, -1, None),
    power(3, 2, 3_300_000, 1, None),
    power(10_223, 2, 3_300_000, 1, Some(0.062)),
    power(3, 2, 3_300_000, -1, None),
    power(12_346, 3, 20_960, 1, Some(0.099)),
    power(12_347, 10, 100_000, 1, Some(0.073)),
    power(1, 70_906, 32_768, 1, Some(0.048)),
    Row {
        kind: Kind::Factorial(3_000),
        mark: Some(0.19),
    },
    Row {
        kind: Kind::Factorial(20_000),
        mark: Some(0.15),
    },
    Row {
        kind: Kind::Palindrome(100_000),
        mark: Some(0.128),
    },
];
