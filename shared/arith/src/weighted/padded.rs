//! Arithmetic modulo k*b^n+c with a long k, or with a c other than 1 and -1, by convolutions of twice the length.
//!
//! Weights alone (the parent's way) multiply the products by k, which costs log2(k)/2 bits of every word, and they
//! need c = 1 or -1. Here the row of L digits is twice as long as the number: digit L/2 counts b^n, the digits
//! below hold a number D of at most about b^n/2, a few digits from there on hold a number r of at most k/2, and
//! the rest are zero:
//!
//! ```text
//! X = D + r*b^n,    the residue being x = k*X, as with weights
//! ```
//!
//! The convolution is that of b^(2n)+1: weights and transform of k = 1, at the price of a row half empty.
//!
//! **The fold.** The convolution of X with Y gives the digits of
//!
//! ```text
//! P = X*Y - w*(b^(2n)+1) = lo + hi*b^n + t*b^(2n)
//! ```
//!
//! where w*b^(2n) are the products of digits whose places pass the row's end, and which come round with the other
//! sign: those of the digits of r with each other, and with the topmost digits of D. There are few, and w is known
//! from the digits before the product. What is wanted is k*X*Y, since x*y = k*(k*X*Y). With k*b^n = -c (mod N), and
//! k*b^(2n) = -c*b^n,
//!
//! ```text
//! k*X*Y = k*(lo + w) - c*hi + T*b^n,    T = -c*(t + w)
//! ```
//!
//! and T, with what the digits below carry to it, is q*k + r with |r| <= k/2, of which q comes back as -c*q. In a
//! negacyclic transform the digits of lo and of hi at the same place are the real and the imaginary part of the
//! same lane: the fold is one multiply-add or two and one more carry, in the same registers. w is a few digits and
//! added to those of lo; t, T, q and r are a handful of integers of 128 bits.
//!
//! **Sizes.** Products are rounded and cut into digits *before* they are multiplied by k, so k does nothing to
//! their round-off. A digit times k must stay below 2^50; from there on k is taken in two pieces of 22 bits, high and
//! low: high*digit is cut first and its rest, times 2^22, goes to low*digit. With k*c^2 below 2^[`MOST`] everything
//! carried is below 2^51: w is at most k^2/4 and a little, so that q*c is at most k*c^2/4 and a little.
//!
//! **Waiting.** Carries between segments run twice: those of lo and hi come to rest in the first `head` columns of
//! the next segment; the fold of those columns waits for that, and what it carries comes to rest in the next `more`.
//! That is when their digits are known. So the shortest segments are as long as both. Where several threads have a
//! stretch of the columns each, the same happens at the start of every stretch.

use rug::Integer;

mod pass;

pub(crate) use pass::run;

use super::{
    convert,
    words::{Form, Words},
};
use crate::{simd::Buffer, transform::Shape};

/// k*c^2, times a factor, is below two to this.
const MOST: u32 = 44;

/// The most columns that wait.
const WAIT: usize = 14;

/// Up to here a sum of products by k is exact, and so is its quotient by a radix.
const EXACT: f64 = (1u64 << 50) as f64;

/// The constants of the fold.
#[derive(Debug)]
pub(crate) struct Fold {
    k: u64,
    c: i64,
    /// What the digits of r count, and where they lie.
    above: Vec<Above>,
    /// Products of a digit of D by one of r that come round.
    round: Vec<Round>,
    /// Columns in which the carries of products come to rest,
    head: usize,
    /// and after them those of the fold.
    more: usize,
    /// Large enough for any digit times a factor to be taken in one piece.
    radix: f64,
    /// 1/k, if c is not 1 or -1: the digits of the residue 1.
    pub(super) one: Option<Buffer>,
}

/// A digit of r.
#[derive(Clone, Copy, Debug)]
struct Above {
    /// What it counts, in units of b^n.
    unit: i128,
    /// Its radix.
    radix: i128,
    /// Where it lies among the digits in memory.
    at: usize,
}

/// A digit of D and one of r, whose product passes the end of the row.
#[derive(Clone, Copy, Debug)]
struct Round {
    /// What the product counts, in units of b^(2n).
    unit: i128,
    /// Where they lie.
    below: usize,
    above: usize,
}

/// What comes to the ends of the row besides the products or sums.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    /// Added to lo at the bottom, before the fold.
    pub(super) low: i128,
    /// Added to T; in a row with weights, to what the tail stands for.
    pub(super) top: i128,
}

impl Fold {
    /// The layout and the constants for a modulus; none if the row is too short for the carries, k or c too long,
    /// or k has a factor of c.
    pub(crate) fn new(form: Form, modulus: &Integer, shape: Shape) -> Option<(Words, Self)> {
        let Form { k, b, c, .. } = form;
        let size = (k as f64) * (c as f64).powi(2);
        let coprime = Integer::from(c).gcd(&Integer::from(k)) == 1;
        if shape.cyclic || c == 0 || !coprime || size >= f64::from(MOST).exp2() {
            return None;
        }
        let words = Words::padded(form, shape)?;
        let radix = words.radix[0];
        let bits = radix.log2();
        // What comes round has about twice the bits of k.
        let head = words
            .head
            .max((2.0 * (k as f64).log2() / bits) as usize + 2);
        // The fold carries about k*c^2 times a factor, and each digit divides it.
        let more = (f64::from(MOST) / bits) as usize + 2;
        if head + more > WAIT.min(shape.segment) {
            return None;
        }
        let half = shape.length() / 2;
        let place = |j: usize| words.places[half + j] - words.places[half];
        let whole = |e: u32| i128::from(b).checked_pow(e);
        let mut above = Vec::new();
        let positions: Vec<usize> = words.positions().skip(half).take(head).collect();
        for (j, at) in positions.into_iter().enumerate() {
            let (unit, radix) = (whole(place(j))?, whole(place(j + 1) - place(j))?);
            above.push(Above { unit, radix, at });
            // Balanced digits of anything up to k: a value from outside is not yet cut to a half of it.
            if unit * radix > 2 * i128::from(k) + 2 {
                break;
            }
        }
        // Digits h-i and h+j, for half a row of h digits.
        let last: Vec<usize> = words.positions().skip(half - head).take(head).collect();
        let mut round = Vec::new();
        for (j, digit) in above.iter().enumerate() {
            for i in 1..=j {
                let missing = words.places[half] - words.places[half - i];
                round.push(Round {
                    unit: whole(place(j).checked_sub(missing)?)?,
                    below: last[head - i],
                    above: digit.at,
                });
            }
        }
        let mut fold = Self {
            k,
            c,
            above,
            round,
            head,
            more,
            radix: words.radix[1],
            one: None,
        };
        if c != 1 && c != -1 {
            let powers = convert::Powers::new(&words);
            let mut digits = Buffer::zeroed::<i32>(shape.length());
            convert::digits_of(
                &words,
                &powers,
                modulus,
                &Integer::from(1),
                digits.view_mut(),
            );
            fold.one = Some(digits);
        }
        Some((words, fold))
    }

    /// Whether `factor` times a product can be folded in one pass.
    pub(super) fn allows(&self, factor: u32) -> bool {
        let size = f64::from(factor) * (self.k as f64) * (self.c as f64).powi(2);
        size < f64::from(MOST).exp2()
    }

    /// r of the digits of a residue.
    pub(super) fn above(&self, digits: &[i32]) -> i128 {
        self.above
            .iter()
            .map(|a| a.unit * i128::from(digits[a.at]))
            .sum()
    }

    /// w of a product.
    fn round(&self, x: &[i32], y: &[i32]) -> i128 {
        let product = |a: i32, b: i32| i128::from(a) * i128::from(b);
        let mixed = self
            .round
            .iter()
            .map(|r| r.unit * (product(x[r.below], y[r.above]) + product(y[r.below], x[r.above])));
        self.above(x) * self.above(y) + mixed.sum::<i128>()
    }

    /// What comes to the ends in `factor` times a product, of which `less` is subtracted (for c = 1 or -1).
    pub(super) fn ends(&self, x: &[i32], y: &[i32], factor: u32, less: u64) -> Ends {
        let low = self.round(x, y);
        let c = i128::from(self.c);
        Ends {
            low,
            // m/k = -c*m*b^n.
            top: c * (i128::from(less) - i128::from(factor) * low),
        }
    }

    /// Whether m is subtracted in the pass.
    pub(super) fn subtracts(&self, m: u64) -> bool {
        self.one.is_none() && m < 1 << 32
    }

    /// What comes to the ends in a*x + b*y, less a small number (for c = 1 or -1).
    pub(super) fn ends_of_sum(
        &self,
        x: &[i32],
        a: f64,
        y: Option<(&[i32], f64)>,
        less: u64,
    ) -> Ends {
        let times = |a: f64, x: &[i32]| a as i128 * self.above(x);
        Ends {
            low: 0,
            top: times(a, x)
                + y.map_or(0, |(y, b)| times(b, y))
                + i128::from(self.c) * i128::from(less),
        }
    }

    /// Columns that wait at the start of a segment, or of a stretch of it.
    pub(super) fn waits(&self) -> usize {
        self.head + self.more
    }

    /// Whether a factor times k must be taken in two pieces.
    pub(super) fn is_wide(&self, factor: f64) -> bool {
        // A digit is at most a little above its radix.
        2.0 * self.radix * factor * (self.k as f64 + (self.c as f64).abs()) >= EXACT
    }
}
