//! k*b^n+1 and k*b^n-1, over a range of k at fixed n or over a range of n at fixed k.

use serde::{Deserialize, Serialize};

use super::Candidate;
use crate::spec::{Form, SearchSpec, Span, SpecError};

/// The largest exponent.
pub(crate) const MAX_EXPONENT: u32 = 1 << 31;
/// The largest multiplier: what reaches 64-bit signed columns must fit them.
pub(crate) const MAX_MULTIPLIER: u64 = 1 << 62;
/// The largest candidate in bits.
const MAX_BITS: f64 = (1u64 << 30) as f64;

/// A search over k*b^n+c.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kbn {
    /// b, at least 2.
    pub base: u32,
    /// c: 1 or -1.
    pub c: i32,
    /// Which variable the range runs over, with the value of the other one.
    pub over: Over,
}

/// The variable that the range runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Over {
    /// The range is of k, n is fixed. Values of k divisible by b are not candidates, so that one
    /// number has one expression.
    K {
        /// The fixed exponent.
        n: u32,
    },
    /// The range is of n, k is fixed and not divisible by b.
    N {
        /// The fixed multiplier.
        k: u64,
    },
}

impl Kbn {
    /// The candidate at a value of the running variable; `None` where the form has none.
    pub fn candidate(&self, at: u64) -> Option<Candidate> {
        let (k, n) = match self.over {
            Over::K { n } => (at, n),
            Over::N { k } => (k, u32::try_from(at).ok()?),
        };
        let normal = k > 0 && n > 0 && !k.is_multiple_of(u64::from(self.base));
        normal.then_some(Candidate {
            k,
            b: self.base,
            n,
            c: self.c,
        })
    }

    /// The number of candidates with the running variable in the range.
    pub(crate) fn count(&self, range: Span) -> u64 {
        match self.over {
            Over::K { .. } => {
                let base = u64::from(self.base);
                let multiples = (range.end - 1) / base - (range.start - 1) / base;
                range.end - range.start - multiples
            }
            Over::N { .. } => range.end - range.start,
        }
    }

    /// Checks form and range together.
    pub(crate) fn validate(&self, range: Span) -> Result<(), SpecError> {
        let refuse = |field, reason| Err(SpecError { field, reason });
        if self.base < 2 {
            return refuse(
                "base",
                format!("{} is too small; b is at least 2", self.base),
            );
        }
        if self.c != 1 && self.c != -1 {
            return refuse("c", format!("{} is not possible; c is 1 or -1", self.c));
        }
        match self.over {
            Over::K { n } => {
                check_exponent(u64::from(n))?;
                check_range("k", range, MAX_MULTIPLIER)?;
            }
            Over::N { k } => {
                check_range("n", range, u64::from(MAX_EXPONENT))?;
                if k == 0 || k > MAX_MULTIPLIER {
                    return refuse("k", format!("{k} is outside 1..={MAX_MULTIPLIER} (2^62)"));
                }
                if k.is_multiple_of(u64::from(self.base)) {
                    return refuse(
                        "k",
                        format!(
                            "{k} is divisible by the base {}; write k*b^n with the largest n, as {}*{}^(n+1)",
                            self.base,
                            k / u64::from(self.base),
                            self.base
                        ),
                    );
                }
            }
        }
        let (k, n) = match self.over {
            Over::K { n } => (range.end, n),
            Over::N { k } => (k, (range.end - 1) as u32),
        };
        let last = Candidate {
            k,
            b: self.base,
            n,
            c: self.c,
        };
        if last.bits() > MAX_BITS {
            return refuse(
                "n",
                format!(
                    "{last} has about {:.0} bits; candidates have at most 2^30",
                    last.bits()
                ),
            );
        }
        Ok(())
    }

    /// For people: `k*2^1000+1, k in 1..300`.
    pub(crate) fn describe(&self, range: Span) -> String {
        let Span { start, end } = range;
        let (b, c) = (self.base, self.c);
        match self.over {
            Over::K { n } => format!("k*{b}^{n}{c:+}, k in {start}..{end}"),
            Over::N { k } => format!("{k}*{b}^n{c:+}, n in {start}..{end}"),
        }
    }
}

fn check_exponent(n: u64) -> Result<(), SpecError> {
    if (1..=u64::from(MAX_EXPONENT)).contains(&n) {
        return Ok(());
    }
    Err(SpecError {
        field: "n",
        reason: format!("{n} is outside 1..={MAX_EXPONENT} (2^31)"),
    })
}

fn check_range(field: &'static str, range: Span, last: u64) -> Result<(), SpecError> {
    let Span { start, end } = range;
    let reason = if start >= end {
        format!(
            "the range {start}..{end} is empty; the end is not included (write a..=b to include b)"
        )
    } else if start == 0 {
        format!("the range starts at 0; {field} is at least 1")
    } else if end > last {
        format!("the range ends at {end}; {field} is at most {last}")
    } else {
        return Ok(());
    };
    Err(SpecError { field, reason })
}

/// Reads a search as the command line writes it: one of `k` and `n` is a range (`1..300`,
/// `1..=299`), the other one a plain number. Both sides of the house use this, so `job create` and
/// `search` cannot differ.
///
/// # Errors
/// [`SpecError`] names the argument and says what would be right.
pub fn from_arguments(k: &str, n: &str, base: u32, c: i32) -> Result<(Form, Span), SpecError> {
    let number = |field: &'static str, text: &str| -> Result<u64, SpecError> {
        crate::spec::plain_number(text).map_err(|reason| SpecError { field, reason })
    };
    let span = |field: &'static str, text: &str| -> Result<Span, SpecError> {
        text.parse::<Span>()
            .map_err(|error| SpecError { field, ..error })
    };
    let (over, range) = match (k.contains(".."), n.contains("..")) {
        (true, false) => {
            let n = number("n", n)?;
            check_exponent(n)?;
            (Over::K { n: n as u32 }, span("k", k)?)
        }
        (false, true) => (Over::N { k: number("k", k)? }, span("n", n)?),
        (true, true) => {
            return Err(SpecError {
                field: "n",
                reason: format!(
                    "{n:?} and k={k:?} are both ranges; one of them must be a plain number, for example --k 1..300 --n 1000"
                ),
            });
        }
        (false, false) => {
            return Err(SpecError {
                field: "k",
                reason: format!(
                    "neither k={k:?} nor n={n:?} is a range; write one of them as a..b, for example --k 1..300 --n 1000"
                ),
            });
        }
    };
    let form = Form::Kbn(Kbn { base, c, over });
    SearchSpec::check(&form, range)?;
    // A block of a search may be empty in this way; a search that somebody asks for should not.
    let Form::Kbn(kbn) = &form;
    if kbn.count(range) == 0 {
        return Err(SpecError {
            field: "k",
            reason: format!(
                "{}..{} holds only multiples of {base}; k is not divisible by b",
                range.start, range.end
            ),
        });
    }
    Ok((form, range))
}
