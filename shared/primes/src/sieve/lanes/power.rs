//! Several rows of primes side by side, and powers modulo them. A product waits for its own halves;
//! rows that do not depend on each other fill the time.

use super::{LANES, Lanes, Row};

/// Arithmetic modulo `N` rows of primes.
#[derive(Clone, Copy)]
pub(in super::super) struct Field<S: Lanes, const N: usize> {
    /// The instruction set.
    pub(in super::super) s: S,
    /// The primes.
    pub(in super::super) m: [S::M; N],
}

impl<S: Lanes, const N: usize> Field<S, N> {
    /// Prepares for rows of primes.
    #[inline(always)]
    pub(in super::super) fn new(s: S, primes: &[Row; N]) -> Self {
        let mut m = [s.modulus(&primes[0]); N];
        for (m, primes) in m.iter_mut().zip(primes).skip(1) {
            *m = s.modulus(primes);
        }
        Self { s, m }
    }

    /// 1, tight.
    #[inline(always)]
    pub(in super::super) fn one(&self) -> [S::V; N] {
        let mut v = [self.s.one(self.m[0]); N];
        for (v, m) in v.iter_mut().zip(&self.m).skip(1) {
            *v = self.s.one(*m);
        }
        v
    }

    /// What numbers are entered with.
    #[inline(always)]
    pub(in super::super) fn entrance(&self) -> [S::V; N] {
        let mut v = self.one();
        for (v, m) in v.iter_mut().zip(&self.m) {
            *v = self.s.entrance(*m);
        }
        v
    }

    /// The residue of any number, tight.
    #[inline(always)]
    pub(in super::super) fn number(&self, number: u64) -> [S::V; N] {
        self.number_by(self.entrance(), number)
    }

    /// The same, where more than one number is entered.
    #[inline(always)]
    pub(in super::super) fn number_by(&self, entrance: [S::V; N], number: u64) -> [S::V; N] {
        let mut v = entrance;
        for (v, m) in v.iter_mut().zip(&self.m) {
            let (s, m, entrance) = (self.s, *m, *v);
            *v = if number <= super::LARGEST_NUMBER {
                s.tight(m, s.enter(m, entrance, &Row([number; LANES])))
            } else {
                let high = s.enter(m, entrance, &Row([number >> 32; LANES]));
                let radix = s.enter(m, entrance, &Row([1 << 32; LANES]));
                let low = s.enter(m, entrance, &Row([number & u64::from(u32::MAX); LANES]));
                s.add(m, s.tight(m, s.mul(m, high, radix)), s.tight(m, low))
            };
        }
        v
    }

    /// a*b, loose.
    #[inline(always)]
    pub(in super::super) fn mul(&self, mut a: [S::V; N], b: [S::V; N]) -> [S::V; N] {
        for ((a, b), m) in a.iter_mut().zip(b).zip(&self.m) {
            *a = self.s.mul(*m, *a, b);
        }
        a
    }

    /// Tight residues.
    #[inline(always)]
    pub(in super::super) fn tight(&self, mut a: [S::V; N]) -> [S::V; N] {
        for (a, m) in a.iter_mut().zip(&self.m) {
            *a = self.s.tight(*m, *a);
        }
        a
    }

    /// a+b of tight residues, tight.
    #[inline(always)]
    pub(in super::super) fn add(&self, mut a: [S::V; N], b: [S::V; N]) -> [S::V; N] {
        for ((a, b), m) in a.iter_mut().zip(b).zip(&self.m) {
            *a = self.s.add(*m, *a, b);
        }
        a
    }

    /// a-b of tight residues, tight.
    #[inline(always)]
    pub(in super::super) fn sub(&self, mut a: [S::V; N], b: [S::V; N]) -> [S::V; N] {
        for ((a, b), m) in a.iter_mut().zip(b).zip(&self.m) {
            *a = self.s.sub(*m, *a, b);
        }
        a
    }

    /// -a of tight residues, tight.
    #[inline(always)]
    pub(in super::super) fn neg(&self, a: [S::V; N]) -> [S::V; N] {
        let mut zero = a;
        for ((zero, a), m) in zero.iter_mut().zip(a).zip(&self.m) {
            *zero = self.s.sub(*m, a, a);
        }
        self.sub(zero, a)
    }

    /// a/2 of tight residues, tight.
    #[inline(always)]
    pub(in super::super) fn halve(&self, mut a: [S::V; N]) -> [S::V; N] {
        for (a, m) in a.iter_mut().zip(&self.m) {
            *a = self.s.halve(*m, *a);
        }
        a
    }

    /// 1/b, tight, for a number b that none of the primes divides.
    #[inline(always)]
    pub(in super::super) fn inverse(&self, primes: &[Row; N], b: u64) -> [S::V; N] {
        if b == 1 {
            return self.one();
        }
        if b.is_power_of_two() {
            let mut v = self.one();
            for _ in 0..b.ilog2() {
                v = self.halve(v);
            }
            return v;
        }
        let mut exponents = *primes;
        for p in exponents.iter_mut().flat_map(|row| &mut row.0) {
            *p -= 2;
        }
        self.tight(pow_each(self, self.number(b), &exponents))
    }
}

/// x^e with the same exponent in every lane, loose.
#[inline(always)]
pub(in super::super) fn pow<S: Lanes, const N: usize>(
    field: &Field<S, N>,
    x: [S::V; N],
    e: u64,
) -> [S::V; N] {
    if e == 0 {
        return field.one();
    }
    let mut power = x;
    for bit in (0..e.ilog2()).rev() {
        power = field.mul(power, power);
        if e >> bit & 1 == 1 {
            power = field.mul(power, x);
        }
    }
    power
}

/// x^e with an exponent for every lane, loose.
#[inline(always)]
pub(in super::super) fn pow_each<S: Lanes, const N: usize>(
    field: &Field<S, N>,
    x: [S::V; N],
    exponents: &[Row; N],
) -> [S::V; N] {
    let bits = exponents
        .iter()
        .flat_map(|row| row.0)
        .fold(1, |bits, e| bits | e)
        .ilog2();
    let mut power = field.one();
    for bit in (0..=bits).rev() {
        if bit < bits {
            power = field.mul(power, power);
        }
        let product = field.mul(power, x);
        for ((power, product), row) in power.iter_mut().zip(product).zip(exponents) {
            *power = field.s.select(bit_of(row, bit), product, *power);
        }
    }
    power
}

/// The lanes whose numbers have a bit.
#[inline(always)]
fn bit_of(row: &Row, bit: u32) -> u8 {
    let mut lanes = 0;
    for (lane, e) in row.0.iter().enumerate() {
        lanes |= ((e >> bit & 1) as u8) << lane;
    }
    lanes
}
