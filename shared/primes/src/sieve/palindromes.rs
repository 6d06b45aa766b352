//! Palindromes in base b, over consecutive halves. A palindrome is the sum of its digits times weights,
//! so it splits into an inner part, from the middle digits that vary fast, and an outer part. A prime
//! divides where the residues of both parts cancel: a list of all inner residues meets a list of all
//! outer ones, about the square root of the range each, for primes side by side in lanes.

use super::{
    lanes::{Field, LANES, Lanes, Row, Slices, pow, rows},
    listener::{Listener, Stopped},
    meet::{Columns, MOST, Meet},
};

/// Outer residues that are stored before they are looked up.
const STORED: usize = 1 << 12;

/// The sieve over palindromes whose upper halves, with the middle digit, are first, first+1, and so on.
/// Hits carry target 0 and the half counted from the first.
#[derive(Debug)]
pub struct Palindromes {
    base: u32,
    odd: bool,
    /// The digits of the first half, the least, which is nearest to the middle, first.
    first: Vec<u32>,
    length: u64,
    /// Digits that are not the same over the range: the lowest ones.
    varying: usize,
    /// Digits of the inner part, and how many numbers they make.
    inner: usize,
    patterns: u64,
    few: Columns,
    many: Columns,
    meet: Meet,
}

impl Palindromes {
    /// A sieve for palindromes of some digits in base b >= 2. `first` is the first upper half,
    /// digits/2 rounded up, its least digit first; the range must end before the half gets longer.
    pub fn new(base: u32, digits: usize, first: Vec<u32>, length: u64) -> Self {
        debug_assert_eq!(first.len(), digits.div_ceil(2));
        let (mut inner, mut patterns) = (0, 1u64);
        while inner < first.len()
            && patterns * u64::from(base) <= MOST as u64
            && (inner == 0 || patterns * patterns < length)
        {
            patterns *= u64::from(base);
            inner += 1;
        }
        // The last half: where the carry ends.
        let (mut varying, mut carry) = (0, length.saturating_sub(1));
        while carry > 0 && varying < first.len() {
            carry = (carry + u64::from(first[varying])) / u64::from(base);
            varying += 1;
        }
        Self {
            base,
            odd: digits % 2 == 1,
            first,
            length,
            varying: varying.max(inner),
            inner,
            patterns,
            few: Columns::default(),
            many: Columns::default(),
            meet: Meet::default(),
        }
    }

    /// The inner digits of the first half.
    fn low(&self) -> u64 {
        let digits = self.first[..self.inner].iter().rev();
        digits.fold(0, |low, d| low * u64::from(self.base) + u64::from(*d))
    }

    /// Sieves a row of primes that do not divide b.
    #[inline(always)]
    fn row<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let (moduli, used) = rows::<1>(primes);
        let field = Field::new(s, &moduli);
        let m = field.m[0];
        let weights = self.weights(&field, &moduli);
        let one = s.one(m);
        let zero = s.sub(m, one, one);

        // Minus the inner parts: with every digit the list grows by its copies.
        let mut inner = vec![zero];
        for weight in &weights[..self.inner] {
            let before = inner.len();
            let mut shift = zero;
            for _ in 1..self.base {
                shift = s.sub(m, shift, *weight);
                for i in 0..before {
                    inner.push(s.add(m, inner[i], shift));
                }
            }
        }
        store(s, &mut self.few, &inner);

        // The outer parts, counted up digit by digit.
        let low = self.low();
        let outers = (low + self.length).div_ceil(self.patterns);
        let mut digits = self.first[self.inner..self.varying].to_vec();
        let mut sum = zero;
        for (digit, weight) in self.first[self.inner..].iter().zip(&weights[self.inner..]) {
            if *digit > 0 {
                let digit = s.enter(m, s.entrance(m), &Row([u64::from(*digit); LANES]));
                sum = s.add(m, sum, s.tight(m, s.mul(m, digit, *weight)));
            }
        }
        let weights = &weights[self.inner..self.varying];
        // What a digit that returns to zero takes away.
        let mut wraps = Vec::with_capacity(weights.len());
        for weight in weights {
            let most = s.enter(m, s.entrance(m), &Row([u64::from(self.base - 1); LANES]));
            wraps.push(s.tight(m, s.mul(m, most, *weight)));
        }
        let mut outer = Vec::with_capacity(STORED);
        let mut begun = 0;
        while begun < outers {
            if listener.should_stop() {
                return Err(Stopped);
            }
            let count = (STORED as u64).min(outers - begun);
            outer.clear();
            for _ in 0..count {
                outer.push(sum);
                for (i, digit) in digits.iter_mut().enumerate() {
                    if *digit + 1 < self.base {
                        *digit += 1;
                        sum = s.add(m, sum, weights[i]);
                        break;
                    }
                    *digit = 0;
                    sum = s.sub(m, sum, wraps[i]);
                }
            }
            store(s, &mut self.many, &outer);
            for (lane, p) in moduli[0].0.iter().enumerate().take(used) {
                let pairs = self.meet.pairs(self.few.lane(lane), self.many.lane(lane));
                for &(at, j) in pairs {
                    // The lists are padded.
                    if u64::from(at) < count && u64::from(j) < self.patterns {
                        let half = (begun + u64::from(at)) * self.patterns + u64::from(j);
                        if half >= low && half - low < self.length {
                            listener.hit(0, half - low, *p);
                        }
                    }
                }
            }
            begun += count;
        }
        Ok(())
    }

    /// For each digit of a half b^i+b^j with its two places i and j in the palindrome; tight. Zeros that
    /// stay get none.
    #[inline(always)]
    fn weights<S: Lanes>(&self, field: &Field<S, 1>, primes: &[Row; 1]) -> Vec<S::V> {
        let (s, m) = (field.s, field.m[0]);
        let base = field.number(u64::from(self.base));
        let inverse = field.inverse(primes, u64::from(self.base));
        let half = self.first.len();
        let middle = pow(field, base, half as u64 - 1);
        let (mut up, mut down, mut reached) = (middle, middle, 0);
        if !self.odd {
            up = field.mul(up, base);
        }
        let mut weights = vec![field.one()[0]; half];
        for (i, weight) in weights.iter_mut().enumerate() {
            if i >= self.varying && self.first[i] == 0 {
                continue;
            }
            let step = (i - reached) as u64;
            if step > 0 {
                up = field.mul(up, pow(field, base, step));
                down = field.mul(down, pow(field, inverse, step));
                reached = i;
            }
            let (up, down) = (s.tight(m, up[0]), s.tight(m, down[0]));
            *weight = if i == 0 && self.odd {
                up
            } else {
                s.add(m, up, down)
            };
        }
        weights
    }

    /// A divisor of b divides where it divides the last digit, which is the half's highest.
    fn divisor_of_the_base(&self, p: u64, listener: &mut dyn Listener) -> Result<(), Stopped> {
        let mut digits = self.first.clone();
        for index in 0..self.length {
            if index % (1 << 16) == 0 && listener.should_stop() {
                return Err(Stopped);
            }
            let last = digits.last().copied().unwrap_or(0);
            if u64::from(last).is_multiple_of(p) {
                listener.hit(0, index, p);
            }
            for digit in &mut digits {
                *digit += 1;
                if *digit < self.base {
                    break;
                }
                *digit = 0;
            }
        }
        Ok(())
    }

    /// 2 where it does not divide b: all weights but the middle one are even.
    fn parity(&self, listener: &mut dyn Listener) {
        let mut middle = self.first[0];
        for index in 0..self.length {
            if !self.odd || middle.is_multiple_of(2) {
                listener.hit(0, index, 2);
            }
            middle = (middle + 1) % self.base;
        }
    }
}

/// Stores a list, padded to a multiple of eight.
#[inline(always)]
fn store<S: Lanes>(s: S, columns: &mut Columns, list: &[S::V]) {
    columns.reset(list.len().next_multiple_of(LANES));
    for block in list.chunks(LANES) {
        let mut full = [block[0]; LANES];
        full[..block.len()].copy_from_slice(block);
        columns.push(s, full);
    }
}

impl Slices for Palindromes {
    #[inline(always)]
    fn slice<S: Lanes>(
        &mut self,
        s: S,
        primes: &[u64],
        listener: &mut dyn Listener,
    ) -> Result<(), Stopped> {
        let base = u64::from(self.base);
        let (divisors, others): (Vec<u64>, Vec<u64>) =
            primes.iter().partition(|p| base.is_multiple_of(**p));
        for p in divisors {
            self.divisor_of_the_base(p, listener)?;
        }
        for primes in others.chunks(LANES) {
            self.row(s, primes, listener)?;
        }
        Ok(())
    }

    fn two(&mut self, listener: &mut dyn Listener) -> Result<(), Stopped> {
        if self.base.is_multiple_of(2) {
            self.divisor_of_the_base(2, listener)
        } else {
            self.parity(listener);
            Ok(())
        }
    }
}
