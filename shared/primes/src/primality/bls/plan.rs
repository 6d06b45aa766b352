//! Which theorem, with which primes; and the step that its witnesses make.

use rug::{Integer, ops::Pow};

use super::Outcome;
use crate::certificate::{Base, Element, Step};

/// Known prime factors, each once: of N-1 and of N+1. Others may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Factors {
    /// Prime divisors of N-1.
    pub(crate) minus: Vec<Integer>,
    /// Prime divisors of N+1.
    pub(crate) plus: Vec<Integer>,
}

/// What is to be tried: witnesses for primes of N-1, for primes of N+1, or for both.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Primes of N-1 with their full powers.
    pub(super) minus: Vec<Factor>,
    /// Primes of N+1 with their full powers.
    pub(super) plus: Vec<Factor>,
}

/// A prime and the largest power of it that divides.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    pub(super) q: Integer,
    pub(super) power: Integer,
}

impl Plan {
    /// Whether the primes of N-1 that have witnesses, making `part`, suffice without the others.
    pub(super) fn minus_suffices(&self, n: &Integer, part: &Integer) -> bool {
        self.plus.is_empty() && Integer::from(part + 1).square() > *n
    }

    /// The same for N+1.
    pub(super) fn plus_suffices(&self, n: &Integer, part: &Integer) -> bool {
        self.minus.is_empty() && *part > 1 && Integer::from(part - 1).square() > *n
    }
}

/// The plans that the factors allow, the cheapest first.
pub(super) fn plans(n: &Integer, factors: &Factors) -> Vec<Plan> {
    let minus = powers(&Integer::from(n - 1), &factors.minus);
    let plus = powers(&Integer::from(n + 1), &factors.plus);
    let mut plans = Vec::new();
    for words in [true, false] {
        let usable = |list: &[Factor]| -> Vec<Factor> {
            list.iter()
                .filter(|factor| !words || factor.q.significant_bits() <= 64)
                .cloned()
                .collect()
        };
        let (minus, plus) = (usable(&minus), usable(&plus));
        let (f1, f2) = (part(&minus), part(&plus));
        let reaches = |part: &Integer, exponent: u32| part.clone().pow(exponent) > *n;
        if reaches(&f1, 2) {
            plans.push(Plan {
                minus: enough(n, minus),
                plus: Vec::new(),
            });
        } else if f2 > 1 && reaches(&Integer::from(&f2 - 1), 2) {
            plans.push(Plan {
                minus: Vec::new(),
                plus: enough(n, plus),
            });
        } else if theorem5(n, &f1).is_some() {
            plans.push(Plan {
                minus,
                plus: Vec::new(),
            });
        } else if theorem17(n, &f2).is_some() {
            plans.push(Plan {
                minus: Vec::new(),
                plus,
            });
        } else if f1 > 1 && f2 > 1 && reaches(&f1.clone().lcm(&f2), 3) {
            plans.push(Plan { minus, plus });
        }
    }
    plans
}

/// The primes that divide the number, the largest power first.
fn powers(whole: &Integer, primes: &[Integer]) -> Vec<Factor> {
    let mut primes = primes.to_vec();
    primes.sort_unstable();
    primes.dedup();
    let mut list: Vec<Factor> = primes
        .into_iter()
        .filter(|q| *q > 1)
        .filter_map(|q| {
            let multiplicity = whole.clone().remove_factor(&q).1;
            let power = Integer::from((&q).pow(multiplicity));
            (multiplicity > 0).then_some(Factor { q, power })
        })
        .collect();
    list.sort_by(|one, other| other.power.cmp(&one.power));
    list
}

/// The product of the powers.
pub(super) fn part(factors: &[Factor]) -> Integer {
    factors.iter().map(|factor| &factor.power).product()
}

/// Primes until they make N^(2/3): so a few may fail to find a witness with the first base.
fn enough(n: &Integer, factors: Vec<Factor>) -> Vec<Factor> {
    let goal = f64::from(n.significant_bits()) * 2.0 / 3.0;
    let mut bits = 0.0;
    let mut list = Vec::new();
    for factor in factors {
        if bits > goal {
            break;
        }
        bits += f64::from(factor.power.significant_bits());
        list.push(factor);
    }
    list
}

/// r and s of theorem 5 if the size of f suffices: (N-1)/f = 2*f*s + r, 1 <= r < 2f.
fn theorem5(n: &Integer, f: &Integer) -> Option<(Integer, Integer)> {
    if f.is_odd() {
        return None;
    }
    let twice = Integer::from(f << 1u32);
    let (s, r) = (Integer::from(n - 1) / f).div_rem(twice.clone());
    let bound = (twice * f + Integer::from(&r - 1) * f + 1u32) * Integer::from(f + 1);
    (*n < bound).then_some((r, s))
}

/// r and s of theorem 17 if the size of f suffices: (N+1)/f = 2*f*s + r, |r| < f.
fn theorem17(n: &Integer, f: &Integer) -> Option<(Integer, Integer)> {
    if f.is_odd() {
        return None;
    }
    let twice = Integer::from(f << 1u32);
    let (mut s, mut r) = (Integer::from(n + 1) / f).div_rem(twice.clone());
    if r > *f {
        r -= &twice;
        s += 1;
    }
    let slack = Integer::from(1) - Integer::from(r.abs_ref());
    let bound = (twice * f + slack * f + 1u32) * Integer::from(f - 1);
    (*n < bound).then_some((r, s))
}

/// Whether a number, possibly negative, is a square.
fn is_square(n: &Integer) -> bool {
    *n >= 0 && n.is_perfect_square()
}

/// The step that witnesses for primes of N-1 make.
pub(super) fn minus_step(n: &Integer, witnesses: Vec<Base>) -> Outcome {
    let whole = Integer::from(n - 1);
    let f = factored(&whole, witnesses.iter().map(|witness| &witness.q));
    let n = n.clone();
    if Integer::from(&f + 1).square() > n {
        return Outcome::Step(Step::Pocklington { n, f, witnesses });
    }
    let Some((r, s)) = theorem5(&n, &f) else {
        return Outcome::Open;
    };
    if s != 0 && is_square(&(Integer::from(r.square_ref()) - Integer::from(&s << 3u32))) {
        return Outcome::Composite;
    }
    Outcome::Step(Step::Bls5 {
        n,
        f,
        r,
        s,
        witnesses,
    })
}

/// The step that witnesses for primes of N+1 make.
pub(super) fn plus_step(n: &Integer, d: i64, witnesses: Vec<Element>) -> Outcome {
    let whole = Integer::from(n + 1);
    let f = factored(&whole, witnesses.iter().map(|witness| &witness.q));
    let n = n.clone();
    if Integer::from(&f - 1).square() > n {
        return Outcome::Step(Step::Morrison { n, f, d, witnesses });
    }
    let Some((r, s)) = theorem17(&n, &f) else {
        return Outcome::Open;
    };
    if s != 0 && is_square(&(Integer::from(r.square_ref()) + Integer::from(&s << 3u32))) {
        return Outcome::Composite;
    }
    Outcome::Step(Step::Bls17 {
        n,
        f,
        r,
        s,
        d,
        witnesses,
    })
}

/// The step that witnesses on both sides make. Whether a divisor is left is not seen here.
pub(super) fn combined_step(n: &Integer, minus: Vec<Base>, d: i64, plus: Vec<Element>) -> Outcome {
    let f1 = factored(&Integer::from(n - 1), minus.iter().map(|w| &w.q));
    let f2 = factored(&Integer::from(n + 1), plus.iter().map(|w| &w.q));
    Outcome::Step(Step::Combined {
        n: n.clone(),
        f1,
        minus,
        f2,
        d,
        plus,
    })
}

/// The part of a number that primes make.
fn factored<'a>(whole: &Integer, primes: impl Iterator<Item = &'a Integer>) -> Integer {
    primes
        .map(|q| {
            let multiplicity = whole.clone().remove_factor(q).1;
            Integer::from(q.pow(multiplicity))
        })
        .product()
}
