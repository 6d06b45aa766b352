//! k*b^n+c for c = 1, -1 or small: over a range of k at fixed n, or over a range of n at fixed k or
//! for a set of k.

use std::ops::Range;

use rug::{Integer, ops::Pow};
use serde::{Deserialize, Serialize};

use super::{
    Arguments, Candidate, Family, Form, FormInfo, Number, Parameter, Structure, Survivors, Term,
    algebraic::covering_set,
    arguments::{check_bits, check_number, check_range},
    family::weight_without,
};
use crate::{
    sieve::{
        Sink,
        over_k::{self, OverK},
        over_n::{self, OverN},
    },
    spec::{Span, SpecError},
    word::{gcd, prime_factors},
};

/// The largest exponent.
const MAX_EXPONENT: u64 = 1 << 31;
/// The largest multiplier: what reaches 64-bit signed columns must fit them.
const MAX_MULTIPLIER: u64 = 1 << 62;
/// How many multipliers a set may have.
const MAX_SET: usize = 1000;

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "kbn",
    formula: "k*b^n+c",
    summary: "Proth and Riesel numbers and their like, over k at fixed n or over n at fixed k",
    parameters: &[
        Parameter::required(
            "k",
            "K|RANGE|LIST",
            "k, a range of k (1..300 is without 300, 1..=300 with it), or a list: 3,5,7",
        ),
        Parameter::required("n", "N|RANGE", "n, or a range of n"),
        Parameter::optional("base", "B", "b", "2"),
        Parameter::required("c", "C", "c: 1, -1, or a small number that is not 0"),
    ],
    example: &[("k", "1..300"), ("n", "1000"), ("c", "1")],
    read,
};

/// A search over k*b^n+c.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kbn {
    /// b, at least 2.
    pub base: u32,
    /// c, not 0.
    pub c: i32,
    /// Which variable the range runs over, with the value of the other one.
    pub over: Over,
}

/// The variable that the range runs over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The range is of n times the number of multipliers: for each n one index a multiplier, in
    /// their order.
    NSet {
        /// The fixed multipliers, ascending, each not divisible by b.
        k: Vec<u64>,
    },
}

/// k*b^n+c as a number; n at least 1.
pub(super) fn number(k: u64, b: u32, n: u32, c: i32) -> Number {
    let candidate = Candidate { k, b, n, c };
    if c.abs() == 1 {
        Number::Kbnc(candidate)
    } else {
        Number::other(candidate)
    }
}

impl Kbn {
    fn k_and_n(&self, at: u64) -> Option<(u64, u32)> {
        let (k, n) = match &self.over {
            Over::K { n } => (at, *n),
            Over::N { k } => (*k, u32::try_from(at).ok()?),
            Over::NSet { k } => {
                let count = k.len() as u64;
                let n = at.checked_div(count)?;
                (*k.get((at % count) as usize)?, u32::try_from(n).ok()?)
            }
        };
        let normal = k > 0 && n > 0 && !k.is_multiple_of(u64::from(self.base));
        normal.then_some((k, n))
    }

    /// The multipliers of a search over n.
    fn multipliers(&self) -> &[u64] {
        match &self.over {
            Over::K { .. } => &[],
            Over::N { k } => std::slice::from_ref(k),
            Over::NSet { k } => k,
        }
    }

    fn check_multiplier(&self, k: u64) -> Result<(), SpecError> {
        check_number("k", k, 1, MAX_MULTIPLIER)?;
        let base = u64::from(self.base);
        if k.is_multiple_of(base) {
            return Err(SpecError {
                field: "k",
                reason: format!(
                    "{k} is divisible by the base {base}; write k*b^n with the largest n, as {}*{base}^(n+1)",
                    k / base,
                ),
            });
        }
        let shared = gcd(k, u64::from(self.c.unsigned_abs()));
        if shared > 1 {
            return Err(SpecError {
                field: "c",
                reason: format!("c={} and k={k} are both divisible by {shared}", self.c),
            });
        }
        Ok(())
    }
}

impl Family for Kbn {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        let refuse = |field, reason| Err(SpecError { field, reason });
        if self.base < 2 {
            return refuse(
                "base",
                format!("{} is too small; b is at least 2", self.base),
            );
        }
        if self.c == 0 || self.c == i32::MIN {
            return refuse(
                "c",
                format!(
                    "{} is not possible; c is 1, -1 or another small number",
                    self.c
                ),
            );
        }
        let shared = gcd(u64::from(self.base), u64::from(self.c.unsigned_abs()));
        if shared > 1 {
            return refuse(
                "c",
                format!(
                    "c={} and the base {} are both divisible by {shared}",
                    self.c, self.base
                ),
            );
        }
        let values = match &self.over {
            Over::K { n } => {
                check_number("n", u64::from(*n), 1, MAX_EXPONENT)?;
                check_range("k", range, 1, MAX_MULTIPLIER - 1)?;
                range
            }
            Over::N { .. } => range,
            Over::NSet { k } => {
                if k.is_empty() || k.len() > MAX_SET || k.windows(2).any(|pair| pair[0] >= pair[1])
                {
                    return refuse(
                        "k",
                        format!(
                            "a list of k has 1 to {MAX_SET} different values in ascending order"
                        ),
                    );
                }
                let count = k.len() as u64;
                Span {
                    start: range.start / count,
                    end: range.end.div_ceil(count),
                }
            }
        };
        if range.start >= range.end {
            check_range("n", range, 0, u64::MAX)?;
        }
        let (first, last) = match &self.over {
            Over::K { n } => ((range.start, *n), (range.end, *n)),
            _ => {
                check_range("n", values, 1, MAX_EXPONENT - 1)?;
                let ks = self.multipliers();
                for &k in ks {
                    self.check_multiplier(k)?;
                }
                let (low, high) = (ks[0], ks[ks.len() - 1]);
                ((low, values.start as u32), (high, (values.end - 1) as u32))
            }
        };
        let bits = |(k, n): (u64, u32)| {
            Candidate {
                k,
                b: self.base,
                n,
                c: 1,
            }
            .bits()
        };
        check_bits("n", bits(last))?;
        // The smallest: k*b^n above |c|, so that no candidate is negative. A product below 2^70 is exact here.
        let (k, n) = first;
        let small = bits(first) < 70.0
            && Integer::from(self.base).pow(n) * k <= self.c.unsigned_abs()
            && self.c < -1;
        if small {
            return refuse(
                "c",
                format!("{k}*{}^{n}{:+} is not positive", self.base, self.c),
            );
        }
        Ok(())
    }

    fn term(&self, at: u64) -> Option<Term> {
        let (k, n) = self.k_and_n(at)?;
        Some(Term::single(number(k, self.base, n, self.c)))
    }

    fn count(&self, range: Span) -> u64 {
        match self.over {
            Over::K { .. } => {
                let base = u64::from(self.base);
                let multiples = (range.end - 1) / base - (range.start - 1) / base;
                range.end - range.start - multiples
            }
            _ => range.end - range.start,
        }
    }

    fn describe(&self, range: Span) -> String {
        let Span { start, end } = range;
        let (b, c) = (self.base, self.c);
        match &self.over {
            Over::K { n } => format!("k*{b}^{n}{c:+}, k in {start}..{end}"),
            Over::N { k } => format!("{k}*{b}^n{c:+}, n in {start}..{end}"),
            Over::NSet { k } => {
                let count = k.len() as u64;
                let list: Vec<String> = k.iter().take(8).map(u64::to_string).collect();
                let more = if k.len() > 8 { ",..." } else { "" };
                let (first, last) = (start / count, end.div_ceil(count));
                let mut text = format!(
                    "{{{}{more}}}*{b}^n{c:+}, n in {first}..{last}",
                    list.join(",")
                );
                if start % count != 0 {
                    text += &format!(" from k={} on", k[(start % count) as usize]);
                }
                if end % count != 0 {
                    text += &format!(" up to k={}", k[(end % count) as usize - 1]);
                }
                text
            }
        }
    }

    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let base = u64::from(self.base);
        let addend = i64::from(self.c);
        let length = range.end - range.start;
        match &self.over {
            Over::K { n } => {
                let exponent = u64::from(*n);
                let sieve = OverK::new(
                    base,
                    &[over_k::Target { exponent, addend }],
                    range.start,
                    length,
                );
                sink.run(sieve, primes, |_, index| Some(index));
            }
            Over::N { k } => {
                let multiplier = *k;
                let target = over_n::Target { multiplier, addend };
                let sieve = OverN::new(base, &[target], range.start, length);
                sink.run(sieve, primes, |_, index| Some(index));
            }
            Over::NSet { k } => {
                let count = k.len() as u64;
                let (first, last) = (range.start / count, range.end.div_ceil(count));
                let targets: Vec<_> = k
                    .iter()
                    .map(|&multiplier| over_n::Target { multiplier, addend })
                    .collect();
                let sieve = OverN::new(base, &targets, first, last - first);
                sink.run(sieve, primes, |place, n| {
                    range.place((first + n) * count + place as u64)
                });
            }
        }
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        match &self.over {
            Over::K { n } => over_k_seconds(self.base, *n),
            // Baby steps and giant steps.
            Over::N { .. } | Over::NSet { .. } => {
                let ks = self.multipliers().len() as f64;
                let length = (range.end - range.start) as f64;
                100e-9 * (1.0 + ks) + 0.55e-9 * length.sqrt()
            }
        }
    }

    fn survivors(&self, range: Span) -> Survivors {
        Survivors::single(match &self.over {
            // Multiples of b survive the sieve like the rest and are no candidates.
            Over::K { .. } => {
                weight_without(&prime_factors(u64::from(self.base)))
                    * (1.0 - 1.0 / f64::from(self.base))
            }
            // How many n survive depends on k in no simple way (the Nash weight): sieve a stretch.
            Over::N { .. } | Over::NSet { .. } => {
                crate::cost::measured_weight(&Form::Kbn(self.clone()), range)
            }
        })
    }

    fn notice(&self) -> Option<String> {
        let covered: Vec<String> = self
            .multipliers()
            .iter()
            .filter_map(|&k| {
                let set = covering_set(k, self.base, i64::from(self.c))?;
                Some(format!(
                    "every {k}*{}^n{:+} is divisible by one of {set:?}",
                    self.base, self.c
                ))
            })
            .collect();
        (!covered.is_empty()).then(|| covered.join("; "))
    }
}

/// Seconds of one power; for b = 2 without an inversion.
pub(super) fn over_k_seconds(base: u32, n: u32) -> f64 {
    if base == 2 {
        14e-9 + 0.3e-9 * f64::from(n.ilog2())
    } else {
        40e-9 + 0.6e-9 * f64::from(n.ilog2())
    }
}

/// Reads a search as the command line writes it: one of `k` and `n` is a range (`1..300`,
/// `1..=299`), the other one a plain number, or k a list. Both sides of the house use this, so `job
/// create` and `search` cannot differ.
///
/// # Errors
/// [`SpecError`] names the argument and says what would be right.
pub fn from_arguments(k: &str, n: &str, base: u32, c: i32) -> Result<(Form, Span), SpecError> {
    let arguments = [
        ("k", k.to_owned()),
        ("n", n.to_owned()),
        ("base", base.to_string()),
        ("c", c.to_string()),
    ];
    INFO.read(&arguments.into_iter().collect())
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let (k, n) = (arguments.text("k")?, arguments.text("n")?);
    let base = arguments.small("base")?;
    let c: i32 = arguments.text("c")?.trim().parse().map_err(|_| SpecError {
        field: "c",
        reason: format!(
            "{:?} is not a small whole number",
            arguments.get("c").unwrap_or("")
        ),
    })?;
    let (over, range) = match (k.contains(".."), n.contains("..")) {
        (true, false) => {
            let n = arguments.number("n")?;
            check_number("n", n, 1, MAX_EXPONENT)?;
            (Over::K { n: n as u32 }, arguments.span("k")?)
        }
        (false, true) if k.contains(',') => {
            let mut ks = k
                .split(',')
                .map(crate::spec::plain_number)
                .collect::<Result<Vec<u64>, String>>()
                .map_err(|reason| SpecError { field: "k", reason })?;
            ks.sort_unstable();
            ks.dedup();
            let values = arguments.span("n")?;
            let count = ks.len() as u64;
            let scale = |n: u64| {
                n.checked_mul(count).ok_or(SpecError {
                    field: "n",
                    reason: format!("{n} is too large"),
                })
            };
            let range = Span {
                start: scale(values.start)?,
                end: scale(values.end)?,
            };
            (Over::NSet { k: ks }, range)
        }
        (false, true) => {
            let k = arguments.number("k")?;
            (Over::N { k }, arguments.span("n")?)
        }
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
    let kbn = Kbn { base, c, over };
    kbn.validate(range)?;
    // A block of a search may be empty in this way; a search that somebody asks for should not.
    if kbn.count(range) == 0 {
        return Err(SpecError {
            field: "k",
            reason: format!(
                "{}..{} holds only multiples of {base}; k is not divisible by b",
                range.start, range.end
            ),
        });
    }
    Ok((Form::Kbn(kbn), range))
}
