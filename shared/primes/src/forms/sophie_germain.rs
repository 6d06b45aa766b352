//! Sophie Germain primes p = k*2^n-1 with 2p+1 = k*2^(n+1)-1 prime as well, and the second kind
//! p = k*2^n+1 with 2p-1 = k*2^(n+1)+1, over a range of odd k at fixed n. Both numbers are sieved at
//! once.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    Arguments, Candidate, Family, Form, FormInfo, Number, Parameter, Survivors, Term,
    arguments::{check_bits, check_number, check_range},
    family::{MERTENS, TWIN_CONSTANT},
    kbn::over_k_seconds,
};
use crate::{
    sieve::{
        Sink,
        over_k::{self, OverK},
    },
    spec::{Span, SpecError},
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "sophie_germain",
    formula: "p = k*2^n-1 and 2p+1, or p = k*2^n+1 and 2p-1",
    summary: "Sophie Germain primes and the second kind, over odd k at fixed n",
    parameters: &[
        Parameter::required("k", "RANGE", "a range of k; even values are left out"),
        Parameter::required("n", "N", "n of p"),
        Parameter::optional("kind", "KIND", "1 for p and 2p+1, 2 for p and 2p-1", "1"),
    ],
    example: &[("k", "1..=5000"), ("n", "100")],
    read,
};

/// A search for pairs (p, 2p+-1); the index is k.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SophieGermain {
    /// n of p, at least 1.
    pub n: u32,
    /// 1 for (k*2^n-1, k*2^(n+1)-1), 2 for (k*2^n+1, k*2^(n+1)+1).
    pub kind: u32,
}

impl SophieGermain {
    fn c(&self) -> i32 {
        if self.kind == 1 { -1 } else { 1 }
    }
}

impl Family for SophieGermain {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_number("kind", u64::from(self.kind), 1, 2)?;
        check_number("n", u64::from(self.n), 1, 1 << 31)?;
        check_range("k", range, 1, (1 << 62) - 1)?;
        check_bits("n", f64::from(self.n) + 1.0 + (range.end as f64).log2())
    }

    fn term(&self, at: u64) -> Option<Term> {
        if at.is_multiple_of(2) {
            return None;
        }
        let member = |n| {
            Number::Kbnc(Candidate {
                k: at,
                b: 2,
                n,
                c: self.c(),
            })
        };
        Some(Term::pair(member(self.n), member(self.n + 1)))
    }

    fn count(&self, range: Span) -> u64 {
        range.end / 2 - range.start / 2
    }

    fn describe(&self, range: Span) -> String {
        let Span { start, end } = range;
        let (n, c) = (self.n, self.c());
        format!("k*2^{n}{c:+} and k*2^{}{c:+}, k in {start}..{end}", n + 1)
    }

    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let target = |exponent: u32| over_k::Target {
            exponent: u64::from(exponent),
            addend: i64::from(self.c()),
        };
        let sieve = OverK::new(
            2,
            &[self.n, self.n + 1].map(target),
            range.start,
            range.end - range.start,
        );
        sink.run(sieve, primes, |_, index| Some(index));
    }

    fn prime_seconds(&self, _: Span) -> f64 {
        1.1 * over_k_seconds(2, self.n)
    }

    fn survivors(&self, _: Span) -> Survivors {
        Survivors {
            weight: TWIN_CONSTANT * 4.0 * MERTENS * MERTENS / 2.0,
            members: 2,
        }
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let form = SophieGermain {
        n: arguments.small("n")?,
        kind: arguments.small("kind")?,
    };
    Ok((Form::SophieGermain(form), arguments.span("k")?))
}
