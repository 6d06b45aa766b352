//! What a cyclic convolution leaves over: the one segment, of 2S real coefficients modulo x^(2S)-1,
//! that is its own conjugate. It is a part in 64 (32 with four lanes) of the whole and done in plain
//! Rust, which the compiler turns into vectors of the instruction set at hand: split x^(3m)-1, if there is a
//! split of 3, into x^m-1 and x^m-w, which is its conjugate's residue as well; split x^(2m)-1 into x^m-1 and x^m+1,
//! fold the latter to x^(m/2)-i, and square all that by splits of radix 2 down to a few coefficients.

use super::angle::Angle;
use crate::simd::{Kernel, Simd};

/// So few real coefficients are multiplied directly,
const DIRECT: usize = 16;

/// and so few complex ones.
const LEAF: usize = 7;

/// The roots that the splits need, for coefficients modulo x^length-1.
#[derive(Debug)]
pub(crate) struct RealPlan {
    /// For what splits of 2 lead to: x^m-i.
    quarter: Heap,
    /// For what a split of 3 leads to, x^m-w with w^3 = 1, if the length has a factor of 9, 15 or 21.
    third: Option<Heap>,
}

/// Cosine and sine of each node's root, in heap order: node 1 is x^m-r, and node h splits into 2h
/// and 2h+1. The same heap serves every m.
#[derive(Debug)]
struct Heap(Vec<[f64; 2]>);

impl Heap {
    /// For up to `length` coefficients.
    fn new(root: Angle, length: usize) -> Self {
        let mut angles = vec![Angle::new(0, 1), root];
        for h in 2..length {
            angles.push(angles[h / 2].root(h as u64 % 2, 2));
        }
        Self(angles.iter().map(|a| a.cos_sin().into()).collect())
    }
}

impl RealPlan {
    /// A plan for `length` coefficients: 2 to 7, 9, 15 or 21 times a power of two.
    pub(crate) fn new(length: usize) -> Self {
        let by_three = length >> length.trailing_zeros() > LEAF;
        let length = if by_three { length / 3 } else { length };
        Self {
            quarter: Heap::new(Angle::new(1, 4), length),
            third: by_three.then(|| Heap::new(Angle::new(1, 3), length)),
        }
    }

    /// Modulo x^n-1: if there is a split of 3, that first.
    #[inline(always)]
    fn whole(&self, x: &mut [f64], y: Option<&mut [f64]>) {
        let (mut first, mut of_first) = (x.len(), None);
        if let Some(heap) = &self.third {
            first /= 3;
            thirds(x);
            let mut of_third = None;
            if let Some(y) = y {
                thirds(y);
                let (low, high) = y.split_at_mut(first);
                (of_first, of_third) = (Some(low), Some(high));
            }
            complex(heap, &mut x[first..], of_third);
        } else {
            of_first = y;
        }
        self.cyclic(&mut x[..first], of_first);
        if self.third.is_some() {
            thirds_back(x);
        }
    }

    /// Modulo x^n-1. (A loop: a recursive function cannot be compiled for a chosen instruction set.)
    #[inline(always)]
    fn cyclic(&self, x: &mut [f64], mut y: Option<&mut [f64]>) {
        let mut length = x.len();
        while length > DIRECT {
            let m = length / 2;
            halve(&mut x[..length]);
            let mut of_y: Option<&mut [f64]> = None;
            if let Some(y) = &mut y {
                halve(&mut y[..length]);
                of_y = Some(&mut y[m..length]);
            }
            complex(&self.quarter, &mut x[m..length], of_y);
            length = m;
        }
        direct(&mut x[..length], y.as_deref());
        while length < x.len() {
            let (plus, minus) = x[..2 * length].split_at_mut(length);
            for (a, b) in plus.iter_mut().zip(minus) {
                (*a, *b) = (0.5 * (*a + *b), 0.5 * (*a - *b));
            }
            length *= 2;
        }
    }
}

/// Complex coefficients modulo x^m-r, real parts and then imaginary ones; modulo x^2m+1 with r = i these are the
/// real coefficients as they lie.
#[inline(always)]
fn complex(heap: &Heap, x: &mut [f64], y: Option<&mut [f64]>) {
    let half = x.len() / 2;
    let leaf = forward(heap, x);
    let (re, im) = x.split_at_mut(half);
    let mut of_y: Option<(&[f64], &[f64])> = None;
    if let Some(y) = y {
        forward(heap, y);
        of_y = Some(y.split_at(half));
    }
    let leaves = re.chunks_exact_mut(leaf).zip(im.chunks_exact_mut(leaf));
    for (h, (re, im)) in leaves.enumerate() {
        let root = heap.0[half / leaf + h];
        let range = h * leaf..(h + 1) * leaf;
        let y = of_y.map(|(re, im)| (&re[range.clone()], &im[range.clone()]));
        product(re, im, y, root);
    }
    inverse(heap, x, leaf);
}

/// Splits down to a few coefficients, and returns how many.
#[inline(always)]
fn forward(heap: &Heap, x: &mut [f64]) -> usize {
    let half = x.len() / 2;
    let (re, im) = x.split_at_mut(half);
    let (mut nodes, mut size) = (1, half);
    while size > LEAF && size.is_multiple_of(2) {
        let m = size / 2;
        for h in 0..nodes {
            let [c, s] = heap.0[2 * (nodes + h)];
            for j in size * h..size * h + m {
                let b = (re[j + m] * c - im[j + m] * s, re[j + m] * s + im[j + m] * c);
                (re[j + m], im[j + m]) = (re[j] - b.0, im[j] - b.1);
                (re[j], im[j]) = (re[j] + b.0, im[j] + b.1);
            }
        }
        (nodes, size) = (2 * nodes, m);
    }
    size
}

#[inline(always)]
fn inverse(heap: &Heap, x: &mut [f64], leaf: usize) {
    let half = x.len() / 2;
    let (re, im) = x.split_at_mut(half);
    let (mut nodes, mut m) = (half / leaf / 2, leaf);
    while nodes >= 1 {
        for h in 0..nodes {
            let [c, s] = heap.0[2 * (nodes + h)];
            for j in 2 * m * h..2 * m * h + m {
                let d = (re[j] - re[j + m], im[j] - im[j + m]);
                (re[j], im[j]) = (0.5 * (re[j] + re[j + m]), 0.5 * (im[j] + im[j + m]));
                re[j + m] = 0.5 * (d.0 * c + d.1 * s);
                im[j + m] = 0.5 * (d.1 * c - d.0 * s);
            }
        }
        (nodes, m) = (nodes / 2, 2 * m);
    }
}

/// x = x*y modulo x^n-1, with y = x if there is none, times `gain`.
pub(crate) struct Multiply<'a> {
    /// For the length of x.
    pub(crate) plan: &'a RealPlan,
    /// x.
    pub(crate) x: &'a mut [f64],
    /// y, which is worked on, too.
    pub(crate) y: Option<&'a mut [f64]>,
    /// A factor.
    pub(crate) gain: f64,
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, _: S) {
        self.plan.whole(self.x, self.y);
        for value in self.x {
            *value *= self.gain;
        }
    }
}

/// x = x*y modulo x^n-1 for few coefficients, with y = x if there is none.
#[inline(always)]
fn direct(x: &mut [f64], y: Option<&[f64]>) {
    let length = x.len();
    let mut a = [0.0; DIRECT];
    let mut b = [0.0; DIRECT];
    a[..length].copy_from_slice(x);
    b[..length].copy_from_slice(y.map_or(&*x, |y| &y[..length]));
    for (k, out) in x.iter_mut().enumerate() {
        let low: f64 = (0..=k).map(|i| a[i] * b[k - i]).sum();
        let high: f64 = (k + 1..length).map(|i| a[i] * b[k + length - i]).sum();
        *out = low + high;
    }
}

/// x = x*y modulo x^q-root, for few complex coefficients, with y = x if there is none.
#[inline(always)]
fn product(re: &mut [f64], im: &mut [f64], y: Option<(&[f64], &[f64])>, root: [f64; 2]) {
    let count = re.len();
    let mut a = [[0.0; 2]; LEAF];
    for (a, (&re, &im)) in a.iter_mut().zip(re.iter().zip(im.iter())) {
        *a = [re, im];
    }
    let mut b = a;
    if let Some((re, im)) = y {
        for (b, (&re, &im)) in b.iter_mut().zip(re.iter().zip(im)) {
            *b = [re, im];
        }
    }
    let times = |a: [f64; 2], b: [f64; 2]| [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
    let plus = |a: [f64; 2], b: [f64; 2]| [a[0] + b[0], a[1] + b[1]];
    for k in 0..count {
        let low = (0..=k).fold([0.0; 2], |sum, i| plus(sum, times(a[i], b[k - i])));
        let high = (k + 1..count).fold([0.0; 2], |sum, i| plus(sum, times(a[i], b[k + count - i])));
        [re[k], im[k]] = plus(low, times(high, root));
    }
}

/// a and b to a+b and a-b.
#[inline(always)]
fn halve(x: &mut [f64]) {
    let (low, high) = x.split_at_mut(x.len() / 2);
    for (a, b) in low.iter_mut().zip(high) {
        (*a, *b) = (*a + *b, *a - *b);
    }
}

/// a, b and c, of a+b*x^m+c*x^2m, to a+b+c modulo x^m-1, and to the real and the imaginary part of a+bw+cw^2 modulo
/// x^m-w; modulo x^m minus the conjugate of w it is the conjugate.
#[inline(always)]
fn thirds(x: &mut [f64]) {
    let m = x.len() / 3;
    let (low, rest) = x.split_at_mut(m);
    let (middle, high) = rest.split_at_mut(m);
    let height = 0.75f64.sqrt();
    for (a, (b, c)) in low.iter_mut().zip(middle.iter_mut().zip(high)) {
        let (sum, difference) = (*b + *c, *b - *c);
        (*a, *b, *c) = (*a + sum, *a - 0.5 * sum, height * difference);
    }
}

/// Back.
#[inline(always)]
fn thirds_back(x: &mut [f64]) {
    let m = x.len() / 3;
    let (low, rest) = x.split_at_mut(m);
    let (middle, high) = rest.split_at_mut(m);
    let (third, height) = (1.0 / 3.0, (1.0f64 / 3.0).sqrt());
    for (a, (b, c)) in low.iter_mut().zip(middle.iter_mut().zip(high)) {
        let (sum, difference) = (third * (*a - *b), height * *c);
        (*a, *b, *c) = (third * (*a + 2.0 * *b), sum + difference, sum - difference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Isa;

    #[test]
    fn products_are_those_of_the_definition() {
        for length in [
            4usize, 6, 8, 10, 14, 16, 20, 24, 28, 32, 40, 64, 112, 160, 192, 1024,
        ] {
            let plan = RealPlan::new(length);
            let value = |j: usize, p: usize| ((j * j + 3) * p % 101) as f64 - 50.0;
            let a: Vec<f64> = (0..length).map(|j| value(j, 7)).collect();
            let b: Vec<f64> = (0..length).map(|j| value(j, 11)).collect();
            for (y, square) in [(&a, true), (&b, false)] {
                let mut x = a.clone();
                let mut other = y.clone();
                Isa::best().run(Multiply {
                    plan: &plan,
                    x: &mut x,
                    y: (!square).then_some(&mut other),
                    gain: 2.0,
                });
                for k in 0..length {
                    let exact: f64 = (0..length)
                        .map(|i| a[i] * y[(k + length - i) % length])
                        .sum();
                    assert!((x[k] - 2.0 * exact).abs() < 1e-6, "{length} {k}");
                }
            }
        }
    }
}
