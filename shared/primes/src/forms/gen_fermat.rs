//! Generalised Fermat numbers b^(2^m)+1, over a range of even b at fixed m.
//!
//! N-1 is a power of b and so completely factored: each has a proof.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    Arguments, Candidate, Family, Form, FormInfo, Parameter, Survivors, Term,
    algebraic::root_and_exponent,
    arguments::{check_bits, check_number, check_range},
};
use crate::{
    sieve::{Sink, gen_fermat::GenFermat as Sieve},
    spec::{Span, SpecError},
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "gen_fermat",
    formula: "b^(2^m)+1",
    summary: "Generalised Fermat numbers, over even b at fixed m",
    parameters: &[
        Parameter::required("b", "RANGE", "a range of b; odd values are left out"),
        Parameter::required("m", "M", "m: the exponent is 2^m"),
    ],
    example: &[("b", "2..=1000"), ("m", "7")],
    read,
};

/// A search over b^(2^m)+1; the index is b.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenFermat {
    /// m, at least 1.
    pub m: u32,
}

impl Family for GenFermat {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_number("m", u64::from(self.m), 1, 29)?;
        check_range("b", range, 2, u64::from(u32::MAX))?;
        check_bits("m", (range.end as f64).log2() * f64::from(1u32 << self.m))
    }

    fn term(&self, at: u64) -> Option<Term> {
        if at < 2 || at % 2 == 1 {
            return None;
        }
        // 36^64 is written 6^128: one number, one expression.
        let (root, exponent) = root_and_exponent(at);
        Some(Term::from(Candidate {
            k: 1,
            b: u32::try_from(root).ok()?,
            n: u32::try_from(exponent << self.m).ok()?,
            c: 1,
        }))
    }

    fn count(&self, range: Span) -> u64 {
        range.end.div_ceil(2) - range.start.div_ceil(2)
    }

    fn describe(&self, range: Span) -> String {
        let Span { start, end } = range;
        format!("b^{}+1, b in {start}..{end}", 1u64 << self.m)
    }

    /// Every prime that divides is 1 (mod 2^(m+1)), and the b are the 2^m odd powers of one root.
    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let sieve = Sieve::new(self.m, range.start, range.end - range.start);
        sink.run(sieve, primes, |_, index| Some(index));
    }

    fn prime_seconds(&self, _: Span) -> f64 {
        // One prime in 2^m, each with as many roots; candidates for primes in between.
        2e-9 + 400e-9 / f64::from(1u32 << self.m)
    }

    fn survivors(&self, _: Span) -> Survivors {
        // No factor below 2^(m+1); from there on as for random numbers.
        Survivors::single(0.5 * f64::from(self.m + 1) * std::f64::consts::LN_2)
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let form = GenFermat {
        m: arguments.small("m")?,
    };
    Ok((Form::GenFermat(form), arguments.span("b")?))
}
