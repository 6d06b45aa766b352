//! Montgomery reduction modulo N = k*2^n+-1, where it needs no inverse: N is +-1 modulo every power
//! of two up to 2^n, so dividing by 2^n takes the low half times k from the high half, and dividing
//! by one more word touches only the top. One pass over the words, no division.
//!
//! Residues are kept as x*2^(n+64) mod N, canonical. Words are little-endian, two's complement
//! while a value may be negative.

use rug::{Integer, integer::Order};

/// The constants of one N = k*2^n+c, c = +-1, n >= 128.
#[derive(Debug)]
pub(crate) struct Shifted {
    k: u64,
    plus: bool,
    /// n = 64*words + bits.
    words: usize,
    bits: u32,
    /// N, as long as results before the last correction.
    modulus: Vec<u64>,
}

impl Shifted {
    /// Prepares for k*2^n+1 or, unless `plus`, k*2^n-1.
    pub(crate) fn new(k: u64, n: u32, plus: bool, modulus: &Integer) -> Self {
        let words = (n / 64) as usize;
        let mut digits = vec![0; words + 3];
        modulus.write_digits(&mut digits, Order::Lsf);
        Self {
            k,
            plus,
            words,
            bits: n % 64,
            modulus: digits,
        }
    }

    /// The bits by which residues are shifted: n+64.
    pub(crate) fn shift(&self) -> u32 {
        self.words as u32 * 64 + self.bits + 64
    }

    /// Words of scratch that a reduction needs: a product, then a result with one word below it.
    pub(crate) fn scratch(&self) -> usize {
        2 * self.words + 6 + self.words + 4
    }

    /// Puts wide/2^(n+64) mod N, canonical, into `value`, for 0 <= wide < N^2.
    pub(crate) fn reduce(&self, value: &mut Integer, wide: &Integer, scratch: &mut Vec<u64>) {
        scratch.resize(self.scratch(), 0);
        let (product, result) = scratch.split_at_mut(2 * self.words + 6);
        wide.write_digits(product, Order::Lsf);
        self.divide(product, result);
        let low = result[0];
        let result = &mut result[1..];
        self.fold_word(low, result);
        if self.plus {
            while is_negative(result) {
                add(result, &self.modulus);
            }
        }
        while !is_less(result, &self.modulus) {
            subtract(result, &self.modulus);
        }
        value.assign_digits(result, Order::Lsf);
    }

    /// result = high - k*low for +1, high + k*low for -1, where product = high*2^n + low.
    fn divide(&self, product: &mut [u64], result: &mut [u64]) {
        let (low, high) = product.split_at_mut(self.words);
        // The word that the cut goes through belongs to both halves.
        let top = high[0] & ((1 << self.bits) - 1);
        let (body, rest) = result.split_at_mut(self.words);
        let mut carry = self.multiply(body, low, high, 0);
        carry = self.multiply(rest, &[top], &high[self.words..], carry);
        let taken = self.words + 1;
        self.multiply(&mut rest[1..], &[0, 0, 0], &high[taken..], carry);
    }

    /// The same for the words of `low`, with a carry in and out; `high` is not yet shifted.
    #[inline]
    fn multiply(&self, result: &mut [u64], low: &[u64], high: &[u64], mut carry: u64) -> u64 {
        let k = u128::from(self.k);
        let words = result.iter_mut().zip(low).zip(high.windows(2));
        for ((word, &low), pair) in words {
            let high = ((u128::from(pair[1]) << 64 | u128::from(pair[0])) >> self.bits) as u64;
            if self.plus {
                // At most (2^64-1)^2 + 2^64-1: it fits, and its upper word stays below 2^64-1.
                let term = k * u128::from(low) + u128::from(carry);
                let (difference, borrow) = high.overflowing_sub(term as u64);
                *word = difference;
                carry = (term >> 64) as u64 + u64::from(borrow);
            } else {
                let sum = k * u128::from(low) + u128::from(high) + u128::from(carry);
                *word = sum as u64;
                carry = (sum >> 64) as u64;
            }
        }
        carry
    }

    /// Takes (for -1: adds) low*k*2^(n-64), which stands for the word cut off.
    fn fold_word(&self, low: u64, result: &mut [u64]) {
        let term = u128::from(low) * u128::from(self.k);
        let (lower, upper) = (term as u64, (term >> 64) as u64);
        let shifted = if self.bits == 0 {
            [lower, upper, 0]
        } else {
            let up = 64 - self.bits;
            [
                lower << self.bits,
                lower >> up | upper << self.bits,
                upper >> up,
            ]
        };
        let result = &mut result[self.words - 1..];
        if self.plus {
            subtract(result, &shifted);
        } else {
            add(result, &shifted);
        }
    }
}

/// Whether a two's complement number is negative.
fn is_negative(words: &[u64]) -> bool {
    words.last().is_some_and(|top| top >> 63 == 1)
}

/// a < b, both not negative and equally long.
fn is_less(a: &[u64], b: &[u64]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// a += b, modulo the length of a.
fn add(a: &mut [u64], b: &[u64]) {
    let mut carry = false;
    for (i, word) in a.iter_mut().enumerate() {
        let Some(&term) = b.get(i) else {
            if !carry {
                break;
            }
            (*word, carry) = word.overflowing_add(1);
            continue;
        };
        let (sum, first) = word.overflowing_add(term);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        *word = sum;
        carry = first | second;
    }
}

/// a -= b, modulo the length of a.
fn subtract(a: &mut [u64], b: &[u64]) {
    let mut borrow = false;
    for (i, word) in a.iter_mut().enumerate() {
        let Some(&term) = b.get(i) else {
            if !borrow {
                break;
            }
            (*word, borrow) = word.overflowing_sub(1);
            continue;
        };
        let (difference, first) = word.overflowing_sub(term);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        *word = difference;
        borrow = first | second;
    }
}
