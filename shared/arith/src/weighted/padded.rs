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
//! That is when their digits are known. So the shortest segments are as long as both.

use rug::Integer;

use super::{
    convert,
    pass::{self, Carry, Met, Source, State, Watch, widened},
    seams::{self, Left, Seam, nearest},
    words::{Form, Long, Words},
};
use crate::{
    simd::{Buffer, C, Simd, parts},
    transform::{
        Plan, Shape,
        edge::{Column, unroll},
        plan::VECTORS,
    },
};

/// k*c^2, times a factor, is below two to this.
const MOST: u32 = 44;

/// The bits of the low piece of k.
const PIECE: u32 = 22;

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

    /// Whether a factor times k must be taken in two pieces.
    pub(super) fn is_wide(&self, factor: f64) -> bool {
        // A digit is at most a little above its radix.
        2.0 * self.radix * factor * (self.k as f64 + (self.c as f64).abs()) >= EXACT
    }
}

/// The pieces of k, and c, times a factor.
#[derive(Clone, Copy)]
struct Pieces<S: Simd> {
    low: S::V,
    high: S::V,
    step: S::V,
    c: S::V,
}

impl<S: Simd> Pieces<S> {
    #[inline(always)]
    fn new<const WIDE: bool>(s: S, k: u64, c: f64) -> Self {
        let (low, high) = if WIDE {
            (k & ((1 << PIECE) - 1), k >> PIECE)
        } else {
            (k, 0)
        };
        Self {
            low: s.splat(low as f64),
            high: s.splat(high as f64),
            step: s.splat(f64::from(1u32 << PIECE)),
            c: s.splat(c),
        }
    }

    /// The digit of k*re - c*im with what was carried to it, and what it carries on.
    #[inline(always)]
    fn fold<const WIDE: bool>(
        &self,
        s: S,
        carrying: &Carry<S>,
        z: C<S::V>,
        carry: S::V,
        long: u8,
    ) -> (S::V, S::V) {
        let sum = s.fnma(self.c, z.im, s.fma(self.low, z.re, carry));
        if WIDE {
            let (rest, high) = carrying.digit(s, s.mul(self.high, z.re), long);
            let (digit, low) = carrying.digit(s, s.fma(self.step, rest, sum), long);
            (digit, s.fma(self.step, high, low))
        } else {
            carrying.digit(s, sum, long)
        }
    }
}

/// The whole pass, like that of the parent.
#[inline(always)]
pub(crate) fn run<S: Simd, const WIDE: bool>(
    s: S,
    plan: &Plan,
    words: &Words,
    fold: &Fold,
    source: Source<'_, S::I>,
    ends: Ends,
    mut state: State<'_, S>,
) -> Watch {
    let segment = plan.shape.segment;
    let (factor, is_product) = match source {
        Source::Products(factor) => (factor, true),
        _ => (1.0, false),
    };
    let carrying = Carry::new(s, words, 1.0);
    let pieces = if is_product {
        Pieces::new::<WIDE>(s, factor as u64 * fold.k, factor * fold.c as f64)
    } else {
        Pieces::new::<false>(s, 1, 0.0)
    };
    // Of the lower and the upper half of products, and of the fold.
    let mut carry = [C::zero(s); VECTORS];
    let mut folded = [s.splat(0.0); VECTORS];
    let mut waiting = [[C::zero(s); VECTORS]; WAIT];
    let (head, waits) = (fold.head, fold.head + fold.more);
    let mut met = Met::<S>::new(s);
    let mut settled = true;
    for step in 0..segment + waits {
        let (i, column) = if step < segment {
            let i = step;
            let long: &[Long] = &words.long[i * VECTORS..][..VECTORS];
            let mut d = match source {
                Source::Products(_) => {
                    let y = pass::products::<S, false>(s, plan, words, &state, i);
                    let mut d = y;
                    unroll!(v => {
                        d[v] = carrying.cut(s, y[v], &mut carry[v], long[v], &mut met);
                    });
                    d
                }
                Source::Combination { x, a, y } => combined(s, x, a, y, i),
                Source::Column(_) => widened(s, state.digits, i),
            };
            if i < head {
                waiting[i] = d;
                continue;
            }
            unroll!(v => {
                (d[v].re, folded[v]) =
                    pieces.fold::<WIDE>(s, &carrying, d[v], folded[v], long[v][0]);
                d[v].im = s.splat(0.0);
            });
            if i < waits {
                waiting[i] = d;
                continue;
            }
            (i, d)
        } else {
            if step == segment {
                settled = finish::<S, WIDE>(
                    s,
                    words,
                    fold,
                    &carrying,
                    &pieces,
                    ends,
                    is_product.then_some(&mut carry),
                    &mut folded,
                    &mut waiting[..waits],
                );
            }
            (step - segment, waiting[step - segment])
        };
        pass::emit::<S, false>(s, plan, words, &column, i, &mut state);
    }
    Watch {
        roundoff: seams::peak(s, met.roundoff),
        largest: if settled {
            seams::peak(s, met.largest)
        } else {
            f64::INFINITY
        },
    }
}

/// Column i of a*x + b*y.
#[inline(always)]
fn combined<S: Simd>(
    s: S,
    x: &[S::I],
    a: f64,
    y: Option<(&[S::I], f64)>,
    i: usize,
) -> Column<S::V> {
    let a = s.splat(a);
    let mut z = widened(s, x, i);
    unroll!(v => { z[v] = z[v].scale(s, a); });
    if let Some((y, b)) = y {
        let b = s.splat(b);
        let y = widened(s, y, i);
        unroll!(v => { z[v] = z[v].fma(s, b, y[v]); });
    }
    z
}

/// The segments of products: each hands on to the next. What leaves the last is kept, and the row's ends get what
/// is theirs.
struct Halves<'a> {
    words: &'a Words,
    low: i128,
}

impl<S: Simd> Seam<S> for Halves<'_> {
    #[inline(always)]
    fn hand_on(&self, s: S, waiting: &mut [Column<S::V>], carry: &mut Column<S::V>) {
        seams::hand_on::<S, false>(s, self.words, carry);
        let columns: &mut [f64] = parts(waiting);
        add_low(self.words, columns, 2 * VECTORS * S::LANES, self.low);
    }
}

/// Adds an integer to the first segment's first digits, of which there are `per_column` from one to the next.
fn add_low(words: &Words, columns: &mut [f64], per_column: usize, low: i128) {
    let mut value = low;
    let last = columns.len() / per_column - 1;
    for (j, column) in columns.chunks_exact_mut(per_column).enumerate() {
        let radix = i128::from(words.radix_of(j));
        let carry = if j < last { nearest(value, radix) } else { 0 };
        column[0] += (value - carry * radix) as f64;
        value = carry;
    }
}

/// Takes the carries of all segments to the columns that wait, and cuts r. Returns whether all came to rest.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn finish<S: Simd, const WIDE: bool>(
    s: S,
    words: &Words,
    fold: &Fold,
    carrying: &Carry<S>,
    pieces: &Pieces<S>,
    ends: Ends,
    carry: Option<&mut Column<S::V>>,
    folded: &mut [S::V; VECTORS],
    waiting: &mut [Column<S::V>],
) -> bool {
    let head = fold.head;
    let mut settled = true;
    let mut top = ends.top;
    if let Some(carry) = carry {
        // t, which comes back in another way than round.
        let carries: &mut [f64] = parts(carry);
        let last = carries.len() - 1;
        let t = whole(carries[last]);
        carries[last] = 0.0;
        let factor = {
            let c = &mut [pieces.c];
            let c: &[f64] = parts(c);
            whole(c[0])
        };
        top -= factor * t;
        let seam = Halves {
            words,
            low: ends.low,
        };
        let left = seams::settle(
            s,
            &seam,
            carrying,
            &words.long,
            head,
            &mut waiting[..head],
            carry,
        );
        settled = seams::rests(s, words, &left);
    }
    let folds: &mut [f64] = parts(folded);
    top += whole(folds[folds.len() - 1]);
    let quotient = nearest(top, fold.k.into());
    let mut r = top - quotient * i128::from(fold.k);
    let mut before = s.splat((-i128::from(fold.c) * quotient) as f64);
    for folded in folded.iter_mut() {
        (*folded, before) = (s.shift(before, *folded), *folded);
    }
    for (i, column) in waiting.iter_mut().enumerate() {
        let long = &words.long[i * VECTORS..][..VECTORS];
        for v in 0..VECTORS {
            let long = long[v][0];
            let z = &mut column[v];
            if i < head {
                (z.re, folded[v]) = pieces.fold::<WIDE>(s, carrying, *z, folded[v], long);
                z.im = s.splat(0.0);
            } else if i + 1 < head + fold.more {
                (z.re, folded[v]) = carrying.digit(s, s.add(z.re, folded[v]), long);
            } else {
                z.re = s.add(z.re, folded[v]);
            }
        }
    }
    let mut left = Left {
        excess: s.splat(0.0),
        sum: s.splat(0.0),
    };
    for &folded in folded.iter() {
        left.excess = s.abs_max(left.excess, folded);
        left.sum = s.add(left.sum, folded);
    }
    let columns: &mut [f64] = parts(waiting);
    let per_column = 2 * VECTORS * S::LANES;
    for (j, above) in fold.above.iter().enumerate() {
        let carry = if j + 1 < fold.above.len() {
            nearest(r, above.radix)
        } else {
            0
        };
        columns[j * per_column + S::LANES] = (r - carry * above.radix) as f64;
        r = carry;
    }
    settled & seams::rests(s, words, &left)
}

/// An integral double as an integer. (What is refused for its size, or is not a number, may become anything.)
fn whole(x: f64) -> i128 {
    const MOST: f64 = (1u64 << 62) as f64;
    x.clamp(-MOST, MOST) as i128
}
