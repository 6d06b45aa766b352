//! The digits of a residue: how many there are, what each counts, its weight, and where it lies.

use rug::Integer;

use super::pass::HEAD;
use crate::{
    simd::{Buffer, C, Plain, Simd},
    transform::{Shape, plan::VECTORS},
};

/// 2^64.
const FIXED: f64 = 18_446_744_073_709_551_616.0;

/// log2(x) in units of 2^-100, rounded down, by squaring x again and again.
fn log2(x: u64) -> Integer {
    const BITS: u32 = 200;
    let whole = x.ilog2();
    let mut mantissa = Integer::from(x) << (BITS - whole);
    let mut log = Integer::from(whole);
    for _ in 0..100 {
        mantissa = mantissa.square() >> BITS;
        log <<= 1;
        if mantissa.significant_bits() > BITS + 1 {
            mantissa >>= 1;
            log += 1;
        }
    }
    log
}

/// The largest tail.
pub(crate) const TAIL: usize = 4;

/// k*b^n+c with c = 1 or -1; or 2^n+2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// k.
    pub(crate) k: u64,
    /// b.
    pub(crate) b: u32,
    /// n.
    pub(crate) n: u32,
    /// c.
    pub(crate) c: i64,
}

impl Form {
    /// log_b(k*b^n).
    pub(crate) fn places(&self) -> f64 {
        f64::from(self.n) + self.k_places()
    }

    /// log_b(k).
    pub(crate) fn k_places(&self) -> f64 {
        self.k_places_fixed() as f64 / FIXED
    }

    /// log_b|c|: by how many places the weights rise from the first digit to beyond the last, because what passes
    /// the top comes back |c| times as large (1 for 2^n+2, the only form that has c beyond 1 and -1).
    fn c_places(&self) -> f64 {
        (self.c.unsigned_abs() as f64).log(f64::from(self.b))
    }

    /// log_b(k) in units of 2^-64: a double would cost a few units of the last place of every weight.
    fn k_places_fixed(&self) -> u128 {
        let quotient = (log2(self.k) << 64u32) / log2(self.b.into());
        quotient.to_u128_wrapping()
    }
}

/// The weights of one complex vector of digits. A full table costs memory, but nothing beats a load: to
/// make weights of a lane's and a column's factor takes four selections and as many masks.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Weights<V> {
    /// k/(gain*weight), which takes a product to the convolution of digits, times k. In this and in the next the
    /// transform has a factor, too ([`Shape::cosine`]).
    pub(crate) inverse: C<V>,
    /// Weights.
    pub(crate) weight: C<V>,
}

// SAFETY: four plain values of one type in C order leave no padding between them.
unsafe impl<V: Plain> Plain for Weights<V> {}

impl<V: Plain> Weights<V> {
    /// What the transform left of products, as they are.
    #[inline(always)]
    pub(crate) fn product<S: Simd<V = V>>(&self, s: S, z: C<V>) -> C<V> {
        C {
            re: s.mul(z.re, self.inverse.re),
            im: s.mul(z.im, self.inverse.im),
        }
    }

    /// Digits, weighted.
    #[inline(always)]
    pub(crate) fn digit<S: Simd<V = V>>(&self, s: S, z: C<V>) -> C<V> {
        C {
            re: s.mul(z.re, self.weight.re),
            im: s.mul(z.im, self.weight.im),
        }
    }
}

/// Two bits for each lane of a vector, real and imaginary: whether the digit has one place more.
pub(crate) type Long = [u8; 2];

/// A digit of the tail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TailDigit {
    /// What it counts, in units of the lowest digit of the tail.
    pub(crate) unit: i128,
    /// What it counts to; 0 for the top digit.
    pub(crate) radix: i128,
}

/// Layout and weights of the digits.
#[derive(Debug)]
pub(crate) struct Words {
    /// What the convolution is made modulo.
    pub(crate) form: Form,
    /// What the digits are a residue modulo: the same, but in the [`padded`](super::padded) lower half of a row.
    pub(crate) modulo: Form,
    /// The transform.
    pub(crate) shape: Shape,
    /// p_j.
    pub(crate) places: Vec<u32>,
    /// Places of the whole, and by how many of them weights rise from the first digit to beyond the last.
    span: [f64; 2],
    /// b^e and b^(e+1): what digits count to, but for the top one.
    pub(crate) radix: [f64; 2],
    /// The digits at the top, lowest first, that only together count to a whole number: one, or more
    /// where k is longer than a digit.
    pub(crate) tail: Vec<TailDigit>,
    /// Columns at the start of the segments after which the carry of a segment has come to rest.
    pub(crate) head: usize,
    /// What they count to: k*b^(n-p), p the place of the lowest.
    pub(crate) tail_radix: i128,
    /// Per column and vector.
    pub(crate) weights: Buffer,
    /// Per column and vector.
    pub(crate) long: Vec<Long>,
}

impl Words {
    /// The digits of a modulus for a transform; none if it does not suit: digits too few or too
    /// large, or a boundary too near to a place for the precision of the weights.
    pub(crate) fn new(form: Form, shape: Shape) -> Option<Self> {
        let length = shape.length();
        let (b, n) = (u64::from(form.b), form.n);
        let span = [form.places(), form.c_places()];
        let per_word = span[0] / length as f64;
        if per_word < 1.0 || per_word * f64::from(form.b).log2() > 26.0 {
            return None;
        }
        let mut places = Vec::with_capacity(length + 1);
        let mut excess = Vec::with_capacity(length);
        let total = (u128::from(n) << 64) + form.k_places_fixed();
        let unit = (length as u128) << 64;
        for j in 0..length as u128 {
            // j*(n + log k)/L: whole places exactly, the rest rounded once.
            let whole = j * total / unit;
            let rest = (j * total % unit) as f64 / unit as f64;
            let up = rest.ceil();
            let over = if rest == 0.0 {
                0.0
            } else {
                (unit - j * total % unit) as f64 / unit as f64
            };
            // An exact whole number happens only for k = 1; near one, the sign could be wrong.
            if over > 1.0 - 1e-9 || (over < 1e-9 && over != 0.0) {
                return None;
            }
            if over == 0.0 && form.k != 1 && j != 0 {
                return None;
            }
            places.push(u32::try_from(whole + up as u128).ok()?);
            excess.push(over + span[1] * j as f64 / length as f64);
        }
        // What a digit counts to must fit 31 bits, the longer ones' too: of a large base they may be twice as long.
        let longest = places.windows(2).map(|w| w[1] - w[0]).max()?;
        if f64::from(longest) * f64::from(form.b).log2() > 31.0 {
            return None;
        }
        // All of it must lie in the last segment.
        let tail = (1..=TAIL.min(shape.segment)).find(|t| places[length - t] <= form.n)?;
        // Their value is computed in 128 bits, with what is carried to them.
        let tail_places = places[length - 1] - places[length - tail];
        if f64::from(tail_places) * f64::from(form.b).log2() > 60.0 {
            return None;
        }
        let short = per_word.floor() as u32;
        let power = |e: u32| (b as f64).powi(e as i32);
        let whole_power = |e: u32| i128::from(b).pow(e);
        let weight = |over: f64| (b as f64).powf(over);
        let scale = form.k as f64 / shape.gain();

        let Shape {
            lanes: width,
            segment,
            ..
        } = shape;
        // A carry is about the size of the products by a radix. Each digit divides it by another one; a sixteenth of
        // a radix may be added to the last as it is.
        let largest =
            8.0 * form.k as f64 * (power(short + 1) / 2.0).powi(2) * (length as f64).sqrt();
        let mut carry = largest / power(short);
        let mut head = 1;
        while carry > power(short) / 16.0 && head < HEAD {
            carry = 1.0 + carry / power(short);
            head += 1;
        }
        let mut weights = Vec::with_capacity(2 * length);
        let mut long = Vec::with_capacity(segment * VECTORS);
        for i in 0..segment {
            for v in 0..VECTORS {
                let word = |part, lane| shape.segment_of(v, lane, part) * segment + i;
                let cosine = shape.cosine(v);
                let rows: [&dyn Fn(f64) -> f64; 2] =
                    [&|over| scale * cosine / weight(over), &|over| {
                        weight(over) * cosine
                    }];
                for row in rows {
                    for part in 0..2 {
                        weights.extend((0..width).map(|lane| row(excess[word(part, lane)])));
                    }
                }
                let mut bits = Long::default();
                for (part, bits) in bits.iter_mut().enumerate() {
                    for lane in 0..width {
                        let j = word(part, lane);
                        if j + 1 < length {
                            let digits = places[j + 1] - places[j];
                            if digits != short && digits != short + 1 {
                                return None;
                            }
                            *bits |= u8::from(digits != short) << lane;
                        }
                    }
                }
                long.push(bits);
            }
        }
        Some(Self {
            form,
            modulo: form,
            shape,
            radix: [power(short), power(short + 1)],
            tail: (length - tail..length)
                .map(|j| TailDigit {
                    unit: whole_power(places[j] - places[length - tail]),
                    radix: places
                        .get(j + 1)
                        .map_or(0, |&next| whole_power(next - places[j])),
                })
                .collect(),
            head,
            tail_radix: i128::from(form.k) * whole_power(form.n - places[length - tail]),
            weights: Buffer::filled(&weights),
            long,
            places,
            span,
        })
    }

    /// The digits of k*b^n+c in the lower half of those of b^2n+1, so that the digit in the middle counts b^n.
    pub(crate) fn padded(modulo: Form, shape: Shape) -> Option<Self> {
        let Form { b, n, .. } = modulo;
        let form = Form {
            k: 1,
            b,
            n: n.checked_mul(2)?,
            c: 1,
        };
        let mut words = Self::new(form, shape)?;
        // The places of the halves are alike, the upper one's last digit too.
        for [lower, upper] in &mut words.long {
            *upper = *lower;
        }
        words.modulo = modulo;
        Some(words)
    }

    /// The part of a row that random-looking digits take.
    pub(crate) fn occupied(&self) -> f64 {
        if self.form == self.modulo { 1.0 } else { 0.5 }
    }

    /// The weight of digit j, and what it counts to times that.
    pub(crate) fn weight(&self, j: usize) -> [f64; 2] {
        let [places, rise] = self.span;
        let length = self.shape.length() as f64;
        let next = self.places.get(j + 1).map_or(places, |&p| f64::from(p));
        let exact = j as f64 * (places - rise) / length;
        [f64::from(self.places[j]), next].map(|place| f64::from(self.form.b).powf(place - exact))
    }

    /// What is added to the tail, in units of its lowest digit, if m is taken from the residue; none if that is no
    /// whole number, or too large. With k*X for the residue m/k is taken from X, and 1/k = -c*b^n for c = 1 or -1.
    pub(crate) fn less(&self, m: u64) -> Option<i128> {
        let Form { b, n, c, .. } = self.form;
        if m == 0 {
            return Some(0);
        }
        let places = n - self.places[self.places.len() - self.tail.len()];
        let unit = i128::from(b).checked_pow(places)?;
        let change = unit.checked_mul(i128::from(m) * i128::from(c))?;
        (c.abs() == 1 && change.abs() < 1 << 100).then_some(change)
    }

    /// What digit j, not the top one, counts to.
    pub(crate) fn radix_of(&self, j: usize) -> i64 {
        i64::from(self.form.b).pow(self.places[j + 1] - self.places[j])
    }

    /// Where the digits lie in memory, in order: column, vector, lane, part.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> {
        let Shape {
            lanes,
            segment,
            cyclic,
            ..
        } = self.shape;
        let slots = VECTORS * lanes;
        (0..2 * slots).flat_map(move |s| {
            let (slot, part) = if cyclic {
                (s / 2, s % 2)
            } else {
                (s % slots, s / slots)
            };
            (0..segment).map(move |i| (i * slots + slot) * 2 + part)
        })
    }
}
