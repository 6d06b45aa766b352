//! Palindromes of a number of digits in a base. The index is that of the upper half of the digits, so
//! that any number of blocks can be cut out of one length.
//!
//! The first digit, which is also the last, has no factor in common with the base; lengths that are
//! even give multiples of b+1 and are refused, but for b+1 itself.

use std::ops::Range;

use rug::{Integer, ops::Pow};
use serde::{Deserialize, Serialize};

use super::{
    Arguments, Family, Form, FormInfo, Number, Parameter, Structure, Survivors, Term,
    arguments::{check_bits, check_number, check_range},
    family::weight_without,
};
use crate::{
    sieve::{Sink, palindromes::Palindromes},
    spec::{Span, SpecError},
    word::{gcd, pow_mod, prime_factors},
};

/// See [`FormInfo`].
pub(super) static INFO: FormInfo = FormInfo {
    name: "palindromic",
    formula: "palindromes of d digits in base b",
    summary: "Palindromic primes of one length, over the upper half of the digits",
    parameters: &[
        Parameter::required("digits", "D", "the number of digits, odd"),
        Parameter::required(
            "index",
            "RANGE",
            "a range of the index, which counts the upper halves from the lowest",
        ),
        Parameter::optional("base", "B", "b", "10"),
        Parameter::optional(
            "lead",
            "L",
            "the first digits, as a number; 0 for none: then the index counts all palindromes",
            "0",
        ),
    ],
    example: &[("digits", "65"), ("index", "0..20000")],
    read,
};

/// A search over palindromes. Without `lead` the index counts the first digits that are possible, and
/// for each of them the digits that follow up to the middle; with it only these.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Palindromic {
    /// b, at least 2.
    pub base: u32,
    /// Digits of each number.
    pub digits: u32,
    /// The number that the first digits form; 0 for no such condition.
    pub lead: u64,
}

/// A palindrome: its first digits, zeros, and the digits up to the middle from the middle outwards.
#[derive(Clone, Debug)]
struct Palindrome {
    base: u32,
    digits: u32,
    /// The first digits, the very first one first.
    lead: Vec<u32>,
    /// The digits from the middle outwards; those from there to the first ones are 0.
    low: Vec<u32>,
}

/// The digits of x, the lowest first.
fn digits_of(mut x: u64, base: u32) -> Vec<u32> {
    let mut digits = Vec::new();
    while x > 0 {
        digits.push((x % u64::from(base)) as u32);
        x /= u64::from(base);
    }
    digits
}

impl Palindrome {
    /// Digits up to the middle, that in the middle included.
    fn half(&self) -> u32 {
        self.digits.div_ceil(2)
    }

    /// The digits of the core, the palindrome in the middle; as many lie to its left as to its right.
    fn core(&self) -> impl Iterator<Item = u32> + '_ {
        let outwards = self.low.iter().copied();
        outwards.clone().skip(1).rev().chain(outwards)
    }

    /// All digits of the upper half, the first digit first.
    fn upper(&self) -> Vec<u32> {
        let mut upper = vec![0; self.half() as usize];
        upper[..self.lead.len()].copy_from_slice(&self.lead);
        for (digit, &low) in upper.iter_mut().rev().zip(&self.low) {
            *digit = low;
        }
        upper
    }

    fn number(&self, digits: impl Iterator<Item = u32>) -> Integer {
        digits.fold(Integer::new(), |number, digit| number * self.base + digit)
    }

    fn power(&self, exponent: u32) -> Integer {
        Integer::from(self.base).pow(exponent)
    }
}

/// A run of zeros of this length is worth a formula instead of digits.
const LONG_RUN: usize = 8;
/// Decimal digits that are always written out.
const WRITTEN_OUT: f64 = 100.0;

impl Structure for Palindrome {
    fn value(&self) -> Integer {
        let lead = self.number(self.lead.iter().copied());
        if self.digits == 1 {
            return lead;
        }
        let length = self.lead.len() as u32;
        let mut value = lead * self.power(self.digits - length);
        value += self.number(self.lead.iter().rev().copied());
        if !self.low.is_empty() {
            let places = self.half() - self.low.len() as u32;
            value += self.number(self.core()) * self.power(places);
        }
        value
    }

    fn bits(&self) -> f64 {
        f64::from(self.digits) * f64::from(self.base).log2()
    }

    fn modulo(&self, m: u64) -> u64 {
        let wide = u128::from(m);
        let base = u128::from(self.base) % wide;
        let number = |digits: &mut dyn Iterator<Item = u32>| {
            digits.fold(0, |sum, digit| (sum * base + u128::from(digit)) % wide)
        };
        let lead = number(&mut self.lead.iter().copied());
        if self.digits == 1 {
            return lead as u64;
        }
        let power = |exponent: u32| {
            let power = pow_mod(u64::from(self.base), u64::from(exponent), m);
            u128::from(power)
        };
        let mut value = lead * power(self.digits - self.lead.len() as u32) % wide;
        value += number(&mut self.lead.iter().rev().copied());
        let core = number(&mut self.core());
        value += core * power(self.half() - self.low.len() as u32) % wide;
        (value % wide) as u64
    }

    /// Short ones, and long ones without many zeros, as plain decimals; others by the digits before
    /// and after their longest run of zeros: `10^1000+12321*10^498+1`. This depends on the number
    /// alone, not on how it was searched.
    fn expression(&self) -> String {
        let upper = self.upper();
        let (at, length) = longest_run(&upper);
        let decimals = f64::from(self.digits) * f64::from(self.base).log10();
        if decimals <= WRITTEN_OUT || length < LONG_RUN {
            return self.value().to_string();
        }
        let (lead, inner) = (&upper[..at], &upper[at + length..]);
        let first = self.number(lead.iter().copied());
        let last = self.number(lead.iter().rev().copied());
        let times = |number: Integer, exponent: u32| {
            let power = format!("{}^{exponent}", self.base);
            if number == 1 {
                power
            } else {
                format!("{number}*{power}")
            }
        };
        let mut text = times(first, self.digits - lead.len() as u32);
        if !inner.is_empty() {
            let core = inner
                .iter()
                .copied()
                .chain(inner.iter().rev().skip(1).copied());
            text += "+";
            text += &times(self.number(core), self.half() - inner.len() as u32);
        }
        format!("{text}+{last}")
    }

    fn factors_below(&self) -> Vec<u64> {
        // N-1 ends in zeros.
        if self.lead == [1] && self.digits > 3 && self.low.len() + 1 < self.half() as usize {
            prime_factors(u64::from(self.base))
        } else {
            Vec::new()
        }
    }
}

/// Start and length of the first longest run of zeros.
fn longest_run(digits: &[u32]) -> (usize, usize) {
    let (mut best, mut start) = ((0, 0), 0);
    for (at, &digit) in digits.iter().enumerate() {
        if digit != 0 {
            start = at + 1;
        } else if at + 1 - start > best.1 {
            best = (start, at + 1 - start);
        }
    }
    best
}

impl Palindromic {
    fn half(&self) -> u32 {
        self.digits.div_ceil(2)
    }

    /// The first digits that a number may have, where they are not given.
    fn first_digits(&self) -> Vec<u32> {
        match self.digits {
            1 => (1..self.base).collect(),
            // b+1; the others are multiples of it.
            2 => vec![1],
            _ => (1..self.base)
                .filter(|&digit| gcd(u64::from(digit), u64::from(self.base)) == 1)
                .collect(),
        }
    }

    /// The upper halves that begin alike, as a number, if that fits: the period of the first digits.
    fn period(&self) -> Option<u64> {
        let lead = match self.lead {
            0 => 1,
            lead => digits_of(lead, self.base).len() as u32,
        };
        u64::from(self.base).checked_pow(self.half() - lead)
    }

    /// The first digits of an index, highest first, and what the digits behind them form.
    fn split(&self, at: u64) -> Option<(Vec<u32>, u64)> {
        let (ordinal, rest) = match self.period() {
            Some(period) => (at / period, at % period),
            None => (0, at),
        };
        let lead = if self.lead > 0 {
            let mut lead = digits_of(self.lead, self.base);
            lead.reverse();
            (ordinal == 0).then_some(lead)?
        } else {
            vec![*self.first_digits().get(usize::try_from(ordinal).ok()?)?]
        };
        Some((lead, rest))
    }

    fn palindrome(&self, at: u64) -> Option<Palindrome> {
        let (lead, rest) = self.split(at)?;
        Some(Palindrome {
            base: self.base,
            digits: self.digits,
            lead,
            low: digits_of(rest, self.base),
        })
    }

    /// How many palindromes there are, if that fits a word.
    fn size(&self) -> Option<u64> {
        let ways = if self.lead > 0 {
            1
        } else {
            self.first_digits().len() as u64
        };
        self.period()?.checked_mul(ways)
    }
}

/// The largest base: its digits are listed.
const MAX_BASE: u64 = 1 << 16;

impl Family for Palindromic {
    fn validate(&self, range: Span) -> Result<(), SpecError> {
        check_number("base", u64::from(self.base), 2, MAX_BASE)?;
        check_number("digits", u64::from(self.digits), 1, 1 << 29)?;
        if self.digits > 2 && self.digits.is_multiple_of(2) {
            return Err(SpecError {
                field: "digits",
                reason: format!(
                    "{} is even; palindromes of even length are multiples of {}",
                    self.digits,
                    self.base + 1
                ),
            });
        }
        check_bits(
            "digits",
            f64::from(self.digits) * f64::from(self.base).log2(),
        )?;
        if self.lead > 0 {
            let lead = digits_of(self.lead, self.base);
            let first = lead.last().copied().unwrap_or(0);
            let reason = if lead.len() as u32 >= self.half() {
                format!(
                    "{} has too many digits; fewer than {} are needed",
                    self.lead,
                    self.half()
                )
            } else if gcd(u64::from(first), u64::from(self.base)) > 1 {
                format!("its first digit {first} has a factor in common with the base")
            } else {
                String::new()
            };
            if !reason.is_empty() {
                return Err(SpecError {
                    field: "lead",
                    reason,
                });
            }
        }
        let last = self.size().unwrap_or(u64::MAX).min(1 << 62) - 1;
        check_range("index", range, 0, last)
    }

    fn term(&self, at: u64) -> Option<Term> {
        Some(Term::single(Number::other(self.palindrome(at)?)))
    }

    fn count(&self, range: Span) -> u64 {
        range.end - range.start
    }

    fn describe(&self, range: Span) -> String {
        let mut text = format!("palindromes of {} digits", self.digits);
        if self.base != 10 {
            text += &format!(" in base {}", self.base);
        }
        if self.lead > 0 {
            text += &format!(" beginning as {}", self.lead);
        }
        format!("{text}, index in {}..{}", range.start, range.end)
    }

    /// The remainder of each palindrome from that of the one before: a digit up adds its weight
    /// b^i+b^j, a carry takes the weights below back. All modulo p, so that no power overflows.
    fn sieve(&self, range: Span, primes: Range<u64>, sink: &mut Sink<'_>) {
        let mut at = range.start;
        while at < range.end {
            // All with the same first digits.
            let Some(first) = self.palindrome(at) else {
                return;
            };
            let rest = self.split(at).map_or(0, |(_, rest)| rest);
            let end = match self.period() {
                Some(period) => range.end.min(at - rest + period),
                None => range.end,
            };
            let half = first.upper().into_iter().rev().collect();
            let sieve = Palindromes::new(self.base, self.digits as usize, half, end - at);
            let primes = primes.clone();
            sink.run(sieve, primes, |_, index| Some(at - range.start + index));
            at = end;
        }
    }

    fn prime_seconds(&self, range: Span) -> f64 {
        500e-9 + 5e-9 * ((range.end - range.start) as f64).sqrt()
    }

    fn survivors(&self, _: Span) -> Survivors {
        Survivors::single(weight_without(&prime_factors(u64::from(self.base))))
    }
}

fn read(arguments: &Arguments) -> Result<(Form, Span), SpecError> {
    let form = Palindromic {
        base: arguments.small("base")?,
        digits: arguments.small("digits")?,
        lead: arguments.number("lead")?,
    };
    Ok((Form::Palindromic(form), arguments.span("index")?))
}
