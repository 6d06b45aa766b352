//! Palindromic near-repdigits: palindromes of an odd number of digits, all alike but the one in the
//! middle or two that lie symmetrically, such as 10^(2k+1)-1-d*(10^(k+m)+10^(k-m)).

use std::ops::Range;

use rug::{Integer, ops::Pow};
use serde::{Deserialize, Serialize};

use super::{
    Arguments, Family, Form, FormInfo, Number, Parameter, Structure, Survivors, Term,
    arguments::{check_bits, check_number, check_range},
    family::weight_without,
    geometric::sum_modulo,
};
use crate::{
    sieve::{
        Sink,
        quadratic::{Equation, Quadratic},
    },
    spec::{Span, SpecError},
    word::pow_mod,
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "near_repdigit",
    formula: "r*(10^(2k+1)-1)/9 + (e-r)*(10^(k+m)+10^(k-m))",
    summary: "Palindromic near-repdigits: one digit repeated, and one other in the middle or twice",
    parameters: &[
        Parameter::required(
            "digits",
            "D|RANGE",
            "the number of digits, odd; or a range of it, with --changed",
        ),
        Parameter::optional("repeated", "R", "the repeated digit r: 1, 3, 7 or 9", "9"),
        Parameter::optional(
            "changed",
            "E",
            "the other digit e, in the middle of every odd length of a range; any: every digit at every place of one length",
            "any",
        ),
    ],
    example: &[("digits", "101"), ("repeated", "9")],
    read,
};

/// Digits that a changed one may be.
const CHOICES: u64 = 9;

/// A search over palindromic near-repdigits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearRepdigit {
    /// The repeated digit.
    pub repeated: u32,
    /// What the range runs over.
    pub over: Over,
}

/// What the range of a search over near-repdigits runs over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Over {
    /// Place and value of the changed digit: the index is nine times the distance m from the middle,
    /// plus the place of the digit among those that are not the repeated one, ascending.
    Places {
        /// The number of digits.
        digits: u32,
    },
    /// The number of digits, with one changed digit in the middle.
    Lengths {
        /// The changed digit.
        changed: u32,
    },
}

/// One of them.
#[derive(Clone, Copy, Debug)]
struct Near {
    digits: u32,
    repeated: u32,
    changed: u32,
    /// Distance of the changed digits from the middle.
    distance: u32,
}

impl Near {
    fn middle(&self) -> u32 {
        self.digits / 2
    }

    fn difference(&self) -> i64 {
        i64::from(self.changed) - i64::from(self.repeated)
    }
}

impl Structure for Near {
    fn value(&self) -> Integer {
        let power = |exponent: u32| Integer::from(10).pow(exponent);
        let mut places = power(self.middle() + self.distance);
        if self.distance > 0 {
            places += power(self.middle() - self.distance);
        }
        (power(self.digits) - 1u32) / 9u32 * self.repeated + places * self.difference()
    }

    fn bits(&self) -> f64 {
        f64::from(self.digits) * std::f64::consts::LOG2_10
    }

    fn modulo(&self, m: u64) -> u64 {
        let wide = i128::from(m);
        let power = |exponent: u32| i128::from(pow_mod(10, u64::from(exponent), m));
        let mut places = power(self.middle() + self.distance);
        if self.distance > 0 {
            places += power(self.middle() - self.distance);
        }
        let ones = i128::from(sum_modulo(10, u64::from(self.digits), m));
        let value = ones * i128::from(self.repeated) + places * i128::from(self.difference());
        value.rem_euclid(wide) as u64
    }

    fn expression(&self) -> String {
        let ones = match self.repeated {
            9 => format!("10^{}-1", self.digits),
            1 => format!("(10^{}-1)/9", self.digits),
            r => format!("{r}*(10^{}-1)/9", self.digits),
        };
        let sign = if self.difference() < 0 { "-" } else { "+" };
        let times = match self.difference().unsigned_abs() {
            1 => String::new(),
            d => format!("{d}*"),
        };
        let (k, m) = (self.middle(), self.distance);
        let places = match m {
            0 => format!("10^{k}"),
            _ => format!("(10^{}+10^{})", k + m, k - m),
        };
        format!("{ones}{sign}{times}{places}")
    }

    fn factors_above(&self) -> Vec<u64> {
        if self.repeated == 9 && self.distance < self.middle() {
            vec![2, 5]
        } else {
            Vec::new()
        }
    }
}

impl NearRepdigit {
    fn near(&self, at: u64) -> Option<Near> {
        let near = match self.over {
            Over::Places { digits } => {
                let below = (at % CHOICES) as u32;
                Near {
                    digits,
                    repeated: self.repeated,
                    changed: below + u32::from(below >= self.repeated),
                    distance: u32::try_from(at / CHOICES).ok()?,
                }
            }
            Over::Lengths { changed } => Near {
                digits: u32::try_from(at).ok().filter(|digits| digits % 2 == 1)?,
                repeated: self.repeated,
                changed,
                distance: 0,
            },
        };
        // A number does not begin with 0.
        let zero = near.changed == 0 && near.distance == near.middle();
        (!zero && near.distance <= near.middle()).then_some(near)
    }
}

impl Family for NearRepdigit {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        if !matches!(self.repeated, 1 | 3 | 7 | 9) {
            return Err(SpecError {
                field: "repeated",
                reason: format!("{} is not possible; it is 1, 3, 7 or 9", self.repeated),
            });
        }
        match self.over {
            Over::Places { digits } => {
                check_number("digits", u64::from(digits), 3, 1 << 28)?;
                if digits.is_multiple_of(2) {
                    return Err(SpecError {
                        field: "digits",
                        reason: format!("{digits} is even; these are multiples of 11"),
                    });
                }
                check_bits("digits", f64::from(digits) * std::f64::consts::LOG2_10)?;
                let last = CHOICES * (u64::from(digits) / 2 + 1) - 1;
                check_range("digits", range, 0, last)
            }
            Over::Lengths { changed } => {
                if changed > 9 || changed == self.repeated {
                    return Err(SpecError {
                        field: "changed",
                        reason: format!("{changed} is not a digit other than {}", self.repeated),
                    });
                }
                check_range("digits", range, 3, 1 << 28)?;
                check_bits("digits", range.end as f64 * std::f64::consts::LOG2_10)
            }
        }
    }

    fn term(&self, at: u64) -> Option<Term> {
        Some(Term::single(Number::other(self.near(at)?)))
    }

    fn describe(&self, range: Span) -> String {
        let (r, Span { start, end }) = (self.repeated, range);
        match self.over {
            Over::Places { digits } => {
                let whole = CHOICES * (u64::from(digits) / 2 + 1);
                let text = format!("near-repdigits of {digits} digits {r}");
                if (start, end) == (0, whole) {
                    text
                } else {
                    format!("{text}, index in {start}..{end}")
                }
            }
            Over::Lengths { changed } => {
                format!("{r}...{r}{changed}{r}...{r}, digits in {start}..{end}")
            }
        }
    }

    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        match self.over {
            Over::Places { digits } => self.sieve_places(digits, range, primes, sink),
            Over::Lengths { changed } => self.sieve_lengths(changed, range, primes, sink),
        }
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        2e-6 + 0.55e-9 * (2.0 * (range.end - range.start) as f64).sqrt()
    }

    fn survivors(&self, _: Span) -> Survivors {
        // Half of the digits are odd and no 5 where they are last; inside all may be prime.
        Survivors::single(weight_without(&[2, 5]))
    }
}

impl NearRepdigit {
    /// One length: the middle by itself, and the distances from it.
    fn sieve_places(&self, digits: u32, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let middle = u64::from(digits / 2);
        let (first, end) = (range.start / CHOICES, range.end.div_ceil(CHOICES));
        let place = |distance: u64, below: usize| range.place(distance * CHOICES + below as u64);
        let others: Vec<u32> = (0..10).filter(|digit| *digit != self.repeated).collect();
        if first == 0 {
            let equations: Vec<Equation> = others
                .iter()
                .map(|digit| Equation::middle_changed(10, self.repeated, *digit))
                .collect();
            let sieve = Quadratic::new(10, &equations, middle, 1);
            sink.run(sieve, primes.clone(), |below, _| place(0, below));
        }
        let first = first.max(1);
        if first < end {
            let equations: Vec<Equation> = others
                .iter()
                .map(|digit| Equation::two_changed(10, middle, self.repeated, *digit))
                .collect();
            let sieve = Quadratic::new(10, &equations, first, end - first);
            sink.run(sieve, primes, |below, index| place(first + index, below));
        }
    }

    /// One changed digit in the middle: all lengths at once.
    fn sieve_lengths(&self, changed: u32, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let (first, end) = (range.start / 2, range.end / 2);
        if first < end {
            let equation = Equation::middle_changed(10, self.repeated, changed);
            let sieve = Quadratic::new(10, &[equation], first, end - first);
            sink.run(sieve, primes, |_, index| {
                range.place(2 * (first + index) + 1)
            });
        }
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let repeated = arguments.small("repeated")?;
    if arguments.text("changed")?.trim() == "any" {
        let digits = arguments.small("digits").map_err(|error| SpecError {
            reason: format!("{}; a range of it needs --changed", error.reason),
            ..error
        })?;
        let range = Span {
            start: 0,
            end: CHOICES * (u64::from(digits) / 2 + 1),
        };
        let over = Over::Places { digits };
        return Ok((Form::NearRepdigit(NearRepdigit { repeated, over }), range));
    }
    let over = Over::Lengths {
        changed: arguments.small("changed")?,
    };
    let range = arguments.span("digits")?;
    Ok((Form::NearRepdigit(NearRepdigit { repeated, over }), range))
}
