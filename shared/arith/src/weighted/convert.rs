//! Digits from integers and back, in time about proportional to one multiplication.
//!
//! With base 2 a digit is a run of bits, and both ways are linear. With any other base the number is
//! halved again and again at powers of b, which GMP does in little more than a multiplication.

use std::collections::HashMap;

use rug::{
    Assign, Integer,
    integer::Order,
    ops::{DivRounding, Pow, RemRounding},
};

use super::words::{Form, Words};

/// Pieces of fewer digits than this are taken digit by digit.
const FEW: usize = 12;

/// The powers of b at which numbers are halved.
#[derive(Debug)]
pub(crate) struct Powers(HashMap<u32, Integer>);

impl Powers {
    /// All that conversions for these digits need; none for base 2.
    pub(crate) fn new(words: &Words) -> Self {
        let mut powers = HashMap::new();
        if words.form.b != 2 {
            let mut ranges = vec![(0, words.shape.length())];
            while let Some((from, to)) = ranges.pop() {
                if to - from > FEW {
                    let middle = from.midpoint(to);
                    let exponent = words.places[middle] - words.places[from];
                    powers
                        .entry(exponent)
                        .or_insert_with(|| Integer::from(words.form.b).pow(exponent));
                    ranges.extend([(from, middle), (middle, to)]);
                }
            }
        }
        Self(powers)
    }
}

/// The digits (as they lie in memory) of the residue of a value, 0 <= value < N.
pub(crate) fn digits_of(
    words: &Words,
    powers: &Powers,
    modulus: &Integer,
    value: &Integer,
    digits: &mut [i32],
) {
    from_integer(words, powers, &by_k(&words.modulo, modulus, value), digits);
}

/// X = value/k mod N, 0 <= X < N, for 0 <= value < N and a k without factors of c.
pub(crate) fn by_k(form: &Form, modulus: &Integer, value: &Integer) -> Integer {
    let Form { k, c, .. } = *form;
    if k == 1 {
        return value.clone();
    }
    // The multiple of N that makes it divisible is known from N = c (mod k).
    let k = Integer::from(k);
    let inverse = Integer::from(c).invert(&k).unwrap_or_else(|c| c);
    let multiple = (Integer::from(-value) * inverse).rem_euc(&k);
    (modulus * multiple + value).div_exact(&k)
}

/// The canonical value of the residue that has these digits (as they lie in memory).
pub(crate) fn value_of(
    words: &Words,
    powers: &Powers,
    modulus: &Integer,
    digits: &[i32],
) -> Integer {
    (to_integer(words, powers, digits) * words.modulo.k).rem_euc(modulus)
}

/// The integer that digits (as they lie in memory) stand for; of either sign and a little above N in
/// size at most.
pub(crate) fn to_integer(words: &Words, powers: &Powers, digits: &[i32]) -> Integer {
    let ordered: Vec<i64> = words.positions().map(|at| i64::from(digits[at])).collect();
    if words.form.b == 2 {
        bits_to_integer(words, &ordered)
    } else {
        sum(words, powers, &ordered, 0, ordered.len())
    }
}

/// The digits (as they lie in memory) of an integer, 0 <= value < N.
pub(crate) fn from_integer(words: &Words, powers: &Powers, value: &Integer, digits: &mut [i32]) {
    let mut ordered = vec![0i64; words.shape.length()];
    if words.form.b == 2 {
        integer_to_bits(words, value, &mut ordered);
    } else {
        let length = ordered.len();
        divide(words, powers, value.clone(), &mut ordered, 0, length);
    }
    balance(words, &mut ordered);
    for (at, digit) in words.positions().zip(ordered) {
        digits[at] =
            i32::try_from(digit).expect("balanced digits are below their radix, 2^26 at most");
    }
}

/// Brings digits from 0 .. R-1 to -R/2 .. R/2, all but the top one.
fn balance(words: &Words, ordered: &mut [i64]) {
    let mut carry = 0;
    let top = ordered.len() - 1;
    for (j, digit) in ordered[..top].iter_mut().enumerate() {
        let radix = words.radix_of(j);
        let value = *digit + carry;
        carry = i64::from(2 * value > radix);
        *digit = value - carry * radix;
    }
    ordered[top] += carry;
}

fn bits_to_integer(words: &Words, ordered: &[i64]) -> Integer {
    let top = ordered.len() - 1;
    let bits = words.places[top] as usize;
    let mut limbs = vec![0u64; bits / 64 + 2];
    let mut carry = 0;
    for (digit, place) in ordered[..top].iter().zip(words.places.windows(2)) {
        let (place, width) = (place[0], place[1] - place[0]);
        let value = digit + carry;
        carry = value >> width;
        let low = (value - (carry << width)) as u64;
        let (limb, shift) = (place as usize / 64, place % 64);
        limbs[limb] |= low << shift;
        if shift + width > 64 {
            limbs[limb + 1] |= low >> (64 - shift);
        }
    }
    let mut high = Integer::from(ordered[top] + carry);
    high <<= words.places[top];
    high + Integer::from_digits(&limbs, Order::Lsf)
}

fn integer_to_bits(words: &Words, value: &Integer, ordered: &mut [i64]) {
    let mut limbs = value.to_digits::<u64>(Order::Lsf);
    limbs.resize(words.places[words.shape.length() - 1] as usize / 64 + 3, 0);
    let top = ordered.len() - 1;
    for (j, digit) in ordered.iter_mut().enumerate() {
        let place = words.places[j];
        // The top digit takes all that is left, which is less than its radix.
        let width = if j < top {
            words.places[j + 1] - place
        } else {
            62
        };
        let (limb, shift) = (place as usize / 64, place % 64);
        let low = u128::from(limbs[limb]) | u128::from(limbs[limb + 1]) << 64;
        *digit = ((low >> shift) as u64 & ((1 << width) - 1)) as i64;
    }
}

/// Digits `from` .. `to`, counted from the place of the first.
fn sum(words: &Words, powers: &Powers, ordered: &[i64], from: usize, to: usize) -> Integer {
    let place = |j: usize| words.places[j];
    if to - from <= FEW {
        let mut total = Integer::from(ordered[to - 1]);
        for j in (from..to - 1).rev() {
            total *= words.form.b.pow(place(j + 1) - place(j));
            total += ordered[j];
        }
        return total;
    }
    let middle = from.midpoint(to);
    let high = sum(words, powers, ordered, middle, to);
    let low = sum(words, powers, ordered, from, middle);
    high * &powers.0[&(place(middle) - place(from))] + low
}

/// The digits of `value` >= 0 into `from` .. `to`; the last takes what is left.
fn divide(
    words: &Words,
    powers: &Powers,
    mut value: Integer,
    ordered: &mut [i64],
    from: usize,
    to: usize,
) {
    if to - from <= FEW {
        for (j, ordered) in ordered.iter_mut().enumerate().take(to - 1).skip(from) {
            let radix = words.form.b.pow(words.places[j + 1] - words.places[j]);
            let (quotient, digit) = value.div_rem_euc(Integer::from(radix));
            value = quotient;
            *ordered = digit.to_i64_wrapping();
        }
        ordered[to - 1] = value.to_i64_wrapping();
        return;
    }
    let middle = from.midpoint(to);
    let power = &powers.0[&(words.places[middle] - words.places[from])];
    let mut low = Integer::new();
    low.assign((&value).rem_euc(power));
    let high = value.div_euc(power);
    divide(words, powers, low, ordered, from, middle);
    divide(words, powers, high, ordered, middle, to);
}
