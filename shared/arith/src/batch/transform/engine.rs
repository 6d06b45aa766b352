//! Operations on the residues of a batch, and the gate that no lane passes with a wrong result.
//!
//! Only squarings are made by the transform: they are what powers consist of. All else goes by way of
//! integers, and is right but slow.

use rug::{Integer, ops::RemRounding};

use super::{pass, square::square, tables::Tables};
use crate::{
    Isa, Modulus,
    batch::LANES,
    reduce::Reduction,
    ring::form,
    simd::{Buffer, Kernel, Simd},
    transform::Shape,
    weighted::{
        convert::{self, Powers},
        engine::lengths,
        limits::{CAREFUL, DEVIATION, Limits, ROUNDOFF},
        words::{Form, Words},
    },
};

/// Up to here a product times a factor, with what is carried to it, is exact.
const EXACT: f64 = (1u64 << 52) as f64;

/// What is known of one candidate.
#[derive(Debug)]
struct Candidate {
    modulus: Integer,
    reduction: Reduction,
    limits: Limits,
    powers: Powers,
}

/// What computes: a table for every vector full of candidates.
#[derive(Debug)]
pub(in crate::batch) struct Engine {
    isa: Isa,
    candidates: Vec<Candidate>,
    groups: Vec<Tables>,
    max_factor: u32,
}

/// A residue for each lane.
#[derive(Clone, Debug)]
pub(in crate::batch) struct Residues {
    state: State,
    /// Products since the value of a lane came from outside.
    ages: [u32; LANES],
    /// Products that were made again.
    redone: u64,
}

/// How residues are held.
#[derive(Clone, Debug)]
enum State {
    /// Some lane's value need not look random yet.
    Integers(Vec<Integer>),
    /// For each group.
    Digits(Vec<Digits>),
}

/// Digits of a group; `data` always holds the first step of their transform.
#[derive(Clone, Debug)]
struct Digits {
    digits: Buffer,
    /// The digits before the last product.
    kept: Buffer,
    data: Buffer,
}

impl Engine {
    /// The engine with the smallest length that is safe for all moduli; none if they are neither all of the
    /// shape k*b^n+1 nor all k*b^n-1, or no length suits all.
    pub(in crate::batch) fn new(moduli: &[Modulus], isa: Isa) -> Option<Self> {
        let forms: Option<Vec<Form>> = moduli
            .iter()
            .map(|modulus| form(modulus).filter(|form| form.c.abs() == 1))
            .collect();
        let forms = forms?;
        let c = forms.first()?.c;
        if forms.iter().any(|form| form.c != c) {
            return None;
        }
        let bits = moduli.iter().map(|m| m.value().significant_bits()).max()?;
        let (words, limits): (Vec<Words>, Vec<Limits>) = lengths()
            .skip_while(|&length| length as f64 * 22.0 < f64::from(bits))
            .find_map(|length| {
                let shape = Shape::new(length, 1, c < 0)?;
                let lane = |&form: &Form| {
                    let words = Words::new(form, shape)?;
                    let limits = Limits::new(&words);
                    let safe = limits.deviation <= DEVIATION && limits.settles(&words);
                    safe.then_some((words, limits))
                };
                forms.iter().map(lane).collect::<Option<Vec<_>>>()
            })?
            .into_iter()
            .unzip();
        let candidates: Vec<Candidate> = moduli
            .iter()
            .zip(words.iter().zip(limits))
            .map(|(modulus, (words, limits))| Candidate {
                modulus: modulus.value().clone(),
                reduction: Reduction::new(modulus, true),
                limits,
                powers: Powers::new(words),
            })
            .collect();
        let largest = candidates.iter().map(|c| c.limits.largest(1));
        let largest = largest.fold(1.0, f64::max);
        let mut groups = Vec::new();
        let mut words = words.into_iter().peekable();
        while words.peek().is_some() {
            let group = words.by_ref().take(isa.lanes()).collect();
            groups.push(Tables::new(group, isa.lanes()));
        }
        Some(Self {
            isa,
            candidates,
            groups,
            // Products are below 2^50, so at least 4.
            max_factor: (EXACT / largest).min(65_535.0) as u32,
        })
    }

    /// Real words of each lane's transform.
    pub(in crate::batch) fn length(&self) -> usize {
        self.groups[0].shape().length()
    }

    /// The instruction set.
    pub(in crate::batch) fn isa(&self) -> Isa {
        self.isa
    }

    /// The largest m for which [`Self::square_mul`] takes one pass: at least 4.
    pub(in crate::batch) fn max_factor(&self) -> u32 {
        self.max_factor
    }

    /// The residues of one integer a lane, of either sign.
    pub(in crate::batch) fn residues(&self, values: &[Integer]) -> Residues {
        let values = self.candidates.iter().zip(values);
        Residues {
            state: State::Integers(values.map(|(c, v)| v.rem_euc(&c.modulus).into()).collect()),
            ages: [0; LANES],
            redone: 0,
        }
    }

    /// 1 in every lane.
    pub(in crate::batch) fn one(&self) -> Residues {
        self.residues(&vec![Integer::from(1); self.candidates.len()])
    }

    /// The canonical values.
    pub(in crate::batch) fn to_integers(&self, x: &Residues) -> Vec<Integer> {
        match &x.state {
            State::Integers(values) => values.clone(),
            State::Digits(groups) => (0..self.candidates.len())
                .map(|number| {
                    let (group, _) = self.place(number);
                    self.value_of(number, &groups[group].digits)
                })
                .collect(),
        }
    }

    /// Squares `times` times.
    pub(in crate::batch) fn square_times(&self, x: &mut Residues, times: u64) {
        for _ in 0..times {
            self.square_mul(x, &[1; LANES]);
        }
    }

    /// x = m*x^2.
    pub(in crate::batch) fn square_mul(&self, x: &mut Residues, m: &[u32; LANES]) {
        let count = self.candidates.len();
        match &mut x.state {
            State::Integers(values) => {
                let lanes = self.candidates.iter().zip(values).zip(&mut x.ages);
                for (((candidate, value), age), &m) in lanes.zip(m) {
                    // A square of 0 or 1 looks no more random for it.
                    if *value > 1 {
                        *age = age.saturating_add(1);
                    }
                    candidate.square_mul(value, m);
                }
                self.enter_if_grown(x);
            }
            State::Digits(groups) => {
                if m[..count].iter().any(|&m| m > self.max_factor) {
                    self.square_times(x, 1);
                    return self.mul_small(x, m);
                }
                let mut redone = 0;
                for (group, digits) in groups.iter_mut().enumerate() {
                    redone += self.square_group(group, digits, m);
                }
                x.redone += redone;
            }
        }
    }

    /// x = x*y.
    pub(in crate::batch) fn mul(&self, x: &mut Residues, y: &Residues) {
        self.with(x, Some(y), |_, x, y| x * y);
        for age in &mut x.ages {
            *age = age.saturating_add(1);
        }
    }

    /// x = m*x.
    pub(in crate::batch) fn mul_small(&self, x: &mut Residues, m: &[u32; LANES]) {
        self.with(x, None, |lane, x, _| x * m[lane]);
    }

    /// x = x+y.
    pub(in crate::batch) fn add(&self, x: &mut Residues, y: &Residues) {
        self.with(x, Some(y), |_, x, y| x + y);
    }

    /// x = x-y.
    pub(in crate::batch) fn sub(&self, x: &mut Residues, y: &Residues) {
        self.with(x, Some(y), |_, x, y| x - y);
    }

    /// x = x-m.
    pub(in crate::batch) fn sub_small(&self, x: &mut Residues, m: &[u32; LANES]) {
        self.with(x, None, |lane, x, _| x - m[lane]);
    }

    /// Which lanes are equal modulo N; empty lanes are.
    pub(in crate::batch) fn equal(&self, x: &Residues, y: &Residues) -> [bool; LANES] {
        let (x, y) = (self.to_integers(x), self.to_integers(y));
        std::array::from_fn(|lane| x.get(lane) == y.get(lane))
    }

    /// x = f(lane, x, y) by way of integers, where y is x if there is none. The result is as old as
    /// the younger of both.
    fn with(
        &self,
        x: &mut Residues,
        y: Option<&Residues>,
        f: impl Fn(usize, Integer, &Integer) -> Integer,
    ) {
        let values = self.to_integers(x);
        let others = y.map(|y| self.to_integers(y));
        if let Some(y) = y {
            for (age, other) in x.ages.iter_mut().zip(y.ages) {
                *age = (*age).min(other);
            }
        }
        let zero = Integer::new();
        let lanes = values.into_iter().zip(&self.candidates).enumerate();
        let values = lanes.map(|(lane, (x, candidate))| {
            let y = others.as_ref().map_or(&zero, |others| &others[lane]);
            f(lane, x, y).rem_euc(&candidate.modulus)
        });
        x.state = State::Integers(values.collect());
        self.enter_if_grown(x);
    }

    /// From integers to digits, if all lanes are old enough.
    fn enter_if_grown(&self, x: &mut Residues) {
        let State::Integers(values) = &x.state else {
            return;
        };
        if x.ages[..values.len()].iter().all(|&age| age >= CAREFUL) {
            let groups = self.groups.iter().zip(values.chunks(self.isa.lanes()));
            let groups = groups.enumerate().map(|(group, (tables, values))| {
                let shape = tables.shape();
                let count = shape.length() * tables.lanes;
                let mut digits = Digits {
                    digits: Buffer::zeroed::<i32>(count),
                    kept: Buffer::zeroed::<i32>(count),
                    data: Buffer::zeroed::<f64>(2 * shape.points() * tables.lanes),
                };
                let lanes = values.iter().enumerate();
                self.load(group, &mut digits, lanes);
                digits
            });
            x.state = State::Digits(groups.collect());
        }
    }

    /// The group and lane of a candidate.
    fn place(&self, number: usize) -> (usize, usize) {
        (number / self.isa.lanes(), number % self.isa.lanes())
    }

    /// A candidate's value in its group's digits.
    fn value_of(&self, number: usize, digits: &Buffer) -> Integer {
        let (group, lane) = self.place(number);
        let tables = &self.groups[group];
        let digits = tables.digits_of(lane, digits.view());
        let Candidate {
            powers, modulus, ..
        } = &self.candidates[number];
        convert::value_of(&tables.words[lane], powers, modulus, &digits)
    }

    /// Sets lanes of a group to canonical values.
    fn load<'a>(
        &self,
        group: usize,
        x: &mut Digits,
        values: impl Iterator<Item = (usize, &'a Integer)>,
    ) {
        let tables = &self.groups[group];
        let mut digits = vec![0; tables.shape().length()];
        for (lane, value) in values {
            let number = group * self.isa.lanes() + lane;
            let Candidate {
                powers, modulus, ..
            } = &self.candidates[number];
            convert::digits_of(&tables.words[lane], powers, modulus, value, &mut digits);
            tables.put_digits(lane, &digits, x.digits.view_mut());
        }
        self.isa.run(Enter { tables, x });
    }

    /// x = m*x^2 in one group; returns how many lanes had to be made again.
    fn square_group(&self, group: usize, x: &mut Digits, m: &[u32; LANES]) -> u64 {
        let tables = &self.groups[group];
        let start = group * self.isa.lanes();
        let mut factors = [1.0; LANES];
        for (factor, &m) in factors.iter_mut().zip(&m[start..]) {
            *factor = m.into();
        }
        std::mem::swap(&mut x.digits, &mut x.kept);
        let Digits { data, digits, .. } = &mut *x;
        let watch = square(self.isa, tables, data, digits, &factors);
        let refused: Vec<usize> = (0..tables.words.len())
            .filter(|&lane| {
                // Written so that a NaN is refused.
                let limit = self.candidates[start + lane].limits.largest(1);
                !(watch.roundoff[lane] < ROUNDOFF && watch.largest[lane] < limit)
            })
            .collect();
        if refused.is_empty() {
            return 0;
        }
        let values: Vec<Integer> = refused
            .iter()
            .map(|&lane| {
                let mut value = self.value_of(start + lane, &x.kept);
                self.candidates[start + lane].square_mul(&mut value, m[start + lane]);
                value
            })
            .collect();
        self.load(group, x, refused.iter().copied().zip(&values));
        refused.len() as u64
    }
}

impl Candidate {
    /// x = m*x^2 of canonical values, exactly.
    fn square_mul(&self, x: &mut Integer, m: u32) {
        let mut wide = Integer::from(x.square_ref()) * m;
        let mut high = Integer::new();
        self.reduction
            .reduce(&self.modulus, x, &mut wide, &mut high);
    }
}

#[cfg(test)]
impl Residues {
    /// Lanes that were made again.
    pub(super) fn redone(&self) -> u64 {
        self.redone
    }

    /// Whether the transform computes with them by now.
    pub(super) fn is_digits(&self) -> bool {
        matches!(self.state, State::Digits(_))
    }
}

#[cfg(test)]
impl Engine {
    /// Takes values for random.
    pub(super) fn skip_careful_steps(&self, x: &mut Residues) {
        x.ages = [CAREFUL; LANES];
        self.enter_if_grown(x);
    }

    /// Sets digit j of each lane, but for the tail, to a value by lane, j and radix.
    pub(super) fn set_digits(&self, x: &mut Residues, value: impl Fn(usize, usize, i64) -> i32) {
        let State::Digits(groups) = &mut x.state else {
            panic!("no digits yet");
        };
        for (tables, x) in self.groups.iter().zip(groups) {
            for (lane, words) in tables.words.iter().enumerate() {
                let mut digits = tables.digits_of(lane, x.digits.view());
                let body = tables.shape().length() - words.tail.len();
                for (j, at) in words.positions().take(body).enumerate() {
                    digits[at] = value(lane, j, words.radix_of(j));
                }
                tables.put_digits(lane, &digits, x.digits.view_mut());
            }
            self.isa.run(Enter { tables, x });
        }
    }

    /// Puts a wrong value into the transform of a candidate.
    pub(super) fn spoil(&self, x: &mut Residues, number: usize, value: f64) {
        let State::Digits(groups) = &mut x.state else {
            panic!("no digits yet");
        };
        let (group, lane) = self.place(number);
        // Real parts of the sixth complex vector.
        groups[group].data.view_mut::<f64>()[10 * self.isa.lanes() + lane] = value;
    }
}

/// Takes a group's digits through the first step of their transform.
struct Enter<'a> {
    tables: &'a Tables,
    x: &'a mut Digits,
}

impl Kernel for Enter<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, s: S) {
        let (digits, data) = (self.x.digits.view(), self.x.data.view_mut());
        if self.tables.levels.is_some() {
            pass::enter::<S, true>(s, self.tables, digits, data);
        } else {
            pass::enter::<S, false>(s, self.tables, digits, data);
        }
    }
}
