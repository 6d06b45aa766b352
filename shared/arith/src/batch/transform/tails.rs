//! The digits at the top of all lanes at once, in vectors.
//!
//! The topmost digits of a residue together count to k*b^(n-p), with p the place of the lowest of them
//! ([`crate::weighted::seams::tail`]). One lane after the other, in integers of 128 bits, that took a tenth of a
//! squaring at 256 words. Here the number that they count to is written in digits of the tail itself,
//! T = sum of T_j*u_j with u_j what digit j counts. The top digit t alone says how often T is taken away, nearly:
//! q = round(t*u/T). Then digit j is left with d_j - q*T_j, and what that has too much is carried upwards.
//!
//! **Exact.** All numbers are whole. t is a product times a factor with what was carried to it, at most 2^52, and
//! |q*T_j| is at most |T_j|*u/T times that, and half of T_j. [`Tails::new`] refuses where this ratio is above
//! [`RATIO`]; so nothing reaches 2^53. What q is off by, because of the lower digits and of
//! rounding, leaves a top digit larger by a unit or two than half of what it counts to.

use crate::{
    simd::{Buffer, Simd},
    transform::{edge::Column, plan::VECTORS},
    weighted::words::Words,
};

/// The most that |T_j|*u/T may be: with powers of 2 it is below 2, because digits differ by a place at most.
const RATIO: f64 = 1.9;

/// The numbers of the lanes' tails, side by side.
#[derive(Debug)]
pub(super) struct Tails {
    /// u/T; then for each digit but the top one, from the lowest, T_j, its radix and one by that; then T_j of the
    /// top digit.
    numbers: Buffer,
}

impl Tails {
    /// For the candidates of all lanes, `count` digits of each; none if some T_j is too large to be exact.
    pub(super) fn new<'a>(lanes: impl Iterator<Item = &'a Words>, count: usize) -> Option<Self> {
        let lanes: Vec<Vec<f64>> = lanes
            .map(|words| numbers(words, count))
            .collect::<Option<_>>()?;
        let rows = 0..lanes.first()?.len();
        let rows = rows.flat_map(|row| lanes.iter().map(move |lane| lane[row]));
        Some(Self {
            numbers: Buffer::filled(&rows.collect::<Vec<f64>>()),
        })
    }

    /// Cuts the tails: `columns` are theirs, with the digits in the last segment, and `top` is what the top
    /// digits hold before any cut. Returns what is carried on.
    #[inline(always)]
    pub(super) fn cut<S: Simd>(&self, s: S, columns: &mut [Column<S::V>], top: S::V) -> S::V {
        let numbers: &[S::V] = self.numbers.view();
        let last = columns.len() - 1;
        let over = s.round(s.mul(top, numbers[0]));
        let mut up = s.splat(0.0);
        for (j, column) in columns.iter_mut().enumerate() {
            let digit = &mut column[VECTORS - 1].im;
            let of_digit = &numbers[1 + 3 * j..];
            if j < last {
                let value = s.add(s.fnma(over, of_digit[0], *digit), up);
                up = s.round(s.mul(value, of_digit[2]));
                *digit = s.fnma(up, of_digit[1], value);
            } else {
                *digit = s.add(s.fnma(over, of_digit[0], top), up);
            }
        }
        over
    }
}

/// The numbers of one lane.
fn numbers(words: &Words, count: usize) -> Option<Vec<f64>> {
    let (b, n) = (i128::from(words.form.b), words.form.n);
    let power = |from: u32, to: u32| b.checked_pow(to.checked_sub(from)?);
    let places = &words.places[words.places.len() - count..];
    let (lowest, top) = (*places.first()?, *places.last()?);
    let whole = i128::from(words.form.k).checked_mul(power(lowest, n)?)?;
    let share = power(lowest, top)? as f64 / whole as f64;
    let mut numbers = vec![share];
    let mut rest = whole;
    let mut largest = 0.0f64;
    for pair in places.windows(2) {
        let radix = power(pair[0], pair[1])?;
        // To the nearest, so that digits are balanced.
        let above = (2 * rest + radix).div_euclid(2 * radix);
        let part = (rest - above * radix) as f64;
        numbers.extend([part, radix as f64, 1.0 / radix as f64]);
        largest = largest.max(part.abs());
        rest = above;
    }
    numbers.push(rest as f64);
    largest = largest.max(rest as f64);
    (largest * share <= RATIO && share <= 0.5).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Isa,
        simd::{C, Kernel, parts},
        transform::Shape,
        weighted::words::Form,
    };

    /// Cuts tails that lie one digit of all lanes after the other, with the tops' values in the last.
    struct Cut<'a>(&'a Tails, &'a mut Buffer, usize);

    impl Kernel for Cut<'_> {
        /// What is carried on.
        type Output = Vec<f64>;

        #[inline(always)]
        fn call<S: Simd>(self, s: S) -> Vec<f64> {
            let Self(tails, digits, count) = self;
            let digits = &mut digits.view_mut::<S::V>()[..count];
            let mut columns = vec![[C::zero(s); VECTORS]; count];
            for (column, digit) in columns.iter_mut().zip(&*digits) {
                column[VECTORS - 1].im = *digit;
            }
            let carry = tails.cut(s, &mut columns, digits[count - 1]);
            for (digit, column) in digits.iter_mut().zip(&columns) {
                *digit = column[VECTORS - 1].im;
            }
            let carry = &mut [carry];
            let carry: &[f64] = parts(carry);
            carry.to_vec()
        }
    }

    /// Every lane keeps its value modulo T exactly, and comes out small.
    #[test]
    fn tails_keep_what_they_stand_for() {
        let mut state = 1u64;
        let mut random = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as i64 - (1 << 52)
        };
        let forms: [&[(u64, u32, u32)]; 5] = [
            &[(3, 2, 9000), (5, 2, 8990), (7, 2, 9010), (1, 2, 8992)],
            &[(10_223, 2, 7000), (3, 2, 7010), (999_999, 2, 6990)],
            &[(1_048_575, 2, 5000), (123_456_789, 2, 4800)],
            &[(2, 3, 5600), (12_346, 3, 5000)],
            &[(6, 10, 1700), (12_347, 10, 1600)],
        ];
        let shape = Shape::new(512, 1, false).unwrap();
        let mut refused = 0;
        for isa in Isa::available() {
            for forms in forms {
                let words: Vec<Words> = forms
                    .iter()
                    .map(|&(k, b, n)| Words::new(Form { k, b, n, c: 1 }, shape).unwrap())
                    .collect();
                let lanes = || (0..isa.lanes()).map(|lane| &words[lane % words.len()]);
                let count = words.iter().map(|w| w.tail.len()).max().unwrap();
                let Some(tails) = Tails::new(lanes(), count) else {
                    refused += 1;
                    continue;
                };
                for _ in 0..200 {
                    let mut before = Vec::new();
                    for j in 0..count {
                        before.extend(lanes().map(|words| {
                            let at = words.places.len() - count + j;
                            if j + 1 == count {
                                random() >> (random() & 31)
                            } else {
                                random() % (words.radix_of(at) / 2 + 1)
                            }
                        }));
                    }
                    let values: Vec<f64> = before.iter().map(|&x| x as f64).collect();
                    let mut after = Buffer::filled(&values);
                    let carry = isa.run(Cut(&tails, &mut after, count));
                    let after: &[f64] = after.view();
                    for (lane, words) in lanes().enumerate() {
                        let b = i128::from(words.form.b);
                        let places = &words.places[words.places.len() - count..];
                        let whole = i128::from(words.form.k) * b.pow(words.form.n - places[0]);
                        let mut sum = i128::from(carry[lane] as i64) * whole;
                        for (j, &place) in places.iter().enumerate() {
                            let at = j * isa.lanes() + lane;
                            let unit = b.pow(place - places[0]);
                            let kept = after[at] as i64;
                            assert_eq!(kept as f64, after[at], "whole");
                            sum += unit * (i128::from(kept) - i128::from(before[at]));
                            let most = match places.get(j + 1) {
                                Some(&next) => b.pow(next - place) / 2 + 1,
                                None => whole / unit / 2 + 3,
                            };
                            assert!(
                                i128::from(kept).abs() <= most,
                                "{isa:?} {forms:?} {j} {kept}"
                            );
                        }
                        assert_eq!(sum, 0, "{isa:?} {forms:?} {lane}");
                    }
                }
            }
        }
        assert!(
            refused < Isa::available().len() * forms.len() / 2,
            "{refused}"
        );
    }
}
